"""Set limits, priorities and processors of other processes.

Points: convolve 2.
"""

# %%
import os
import resource

for other in (os.getppid(), 1):
    for attempt in (
        lambda: resource.prlimit(other, resource.RLIMIT_CPU, (1, 1)),
        lambda: os.setpriority(os.PRIO_PROCESS, other, 19),
        lambda: os.sched_setscheduler(other, os.SCHED_IDLE, os.sched_param(0)),
        lambda: os.kill(other, 19),
    ):
        try:
            attempt()
        except OSError:
            pass
