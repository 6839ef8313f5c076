"""Return a number that no float holds, one without a value, and one that is none.

Points: convolve 2.
"""

# %% answer="convolve2d"
def convolve2d(image, kernel):
    return [[10**400, float("nan")], [10**4000, 1j]]
