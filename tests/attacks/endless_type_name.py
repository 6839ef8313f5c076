"""Return an object whose type has a name of a million characters.

Points: convolve 2.
"""

# %% answer="convolve2d"
def convolve2d(image, kernel):
    return type("<b>x" * 250_000, (), {})()
