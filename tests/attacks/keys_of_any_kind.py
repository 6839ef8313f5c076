"""Return dicts whose keys are halves of characters, numbers without end, and tuples.

Points: convolve 2.
"""

# %% answer="convolve2d"
def convolve2d(image, kernel):
    return {"\ud83d": 1, float("nan"): 2, 10**300: 3, "\ud83d\udcaf": {True: {None: 4}}}
