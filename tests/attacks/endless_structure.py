"""Return a list that contains itself.

Points: convolve 2.
"""

# %% answer="convolve2d"
def convolve2d(image, kernel):
    loop = []
    loop.append(loop)
    return loop
