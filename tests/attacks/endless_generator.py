"""Return a generator that never ends.

Points: convolve 2.
"""

# %% answer="convolve2d"
def convolve2d(image, kernel):
    while True:
        yield 1
