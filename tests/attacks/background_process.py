"""Start a process that outlives the grading.

Points: convolve 2.
"""

# %%
import os, subprocess

for start in (
    lambda: subprocess.Popen(["sleep", "1000"]),
    lambda: os.system("nohup sleep 1000 &"),
    lambda: os.posix_spawn("/bin/sleep", ["sleep", "1000"], {}),
):
    try:
        start()
    except OSError:
        pass

# %% answer="convolve2d"
def convolve2d(image, kernel):
    return None
