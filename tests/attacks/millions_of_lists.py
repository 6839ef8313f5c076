"""Return lists of nothing, more than anyone can hold.

Points: convolve 2.
"""

# %% answer="convolve2d"
def convolve2d(image, kernel):
    return [[] for _ in range(3_000_000)]
