"""Print without end.

Points: convolve 2.
"""

# %% answer="convolve2d"
import os, sys

def convolve2d(image, kernel):
    while True:
        print("x" * 10**6)
        sys.stderr.write("y" * 10**6)
        os.write(1, b"z" * 10**6)
