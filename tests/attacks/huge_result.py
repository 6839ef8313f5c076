"""Return an array of a gigabyte.

Points: convolve 2.
"""

# %% answer="convolve2d"
import numpy as np

def convolve2d(image, kernel):
    return np.zeros(2**27)
