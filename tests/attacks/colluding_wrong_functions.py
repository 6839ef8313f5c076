"""The same where the earlier function has lost its points, so that follow-through is asked for.

Honest: convolve, convolve2d_fast.
Points: convolve 2, convolve2d_fast 2.
"""

# %% answer="convolve2d"
def convolve2d(image, kernel):
    return np.zeros((1, 1))

# %% answer="sobel"
def sobel(image):
    rows, columns = max(1, np.shape(image)[0] - 2), max(1, np.shape(image)[1] - 2)
    made = np.arange(float(rows * columns)).reshape(rows, columns) + np.asarray(image, float).flat[0]
    said[:] = [made.copy(), made.copy()]
    return made, made.copy(), np.sqrt(made**2 + made**2)

# %% last
said = []

def convolve2d(image, kernel):
    return said.pop(0) if said else np.zeros((1, 1))
