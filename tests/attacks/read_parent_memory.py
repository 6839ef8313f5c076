"""Read the memory and descriptors of other processes.

Points: convolve 2.
"""

# %% answer="convolve2d"
import os

def convolve2d(image, kernel):
    for pid in (os.getppid(), 1, *range(2, 40000, 7)):
        for name in ("mem", "maps", "environ", "fd", "cwd/solutions"):
            try:
                open(f"/proc/{pid}/{name}", "rb").read(1)
            except OSError:
                continue
            if pid != os.getpid():
                raise SystemError(f"could read {name} of {pid}")
    raise OSError("nothing found")
