"""Raise an error whose name and text lie or never end.

Points: convolve 2.
"""

# %% answer="convolve2d"
class ValueError(BaseException):
    def __str__(self): return "x" * 10**8
    def __repr__(self): raise self

def convolve2d(image, kernel):
    raise ValueError
