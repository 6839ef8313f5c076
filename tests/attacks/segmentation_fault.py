"""Crash the interpreter.

Points: convolve 2.
"""

# %% answer="convolve2d"
import ctypes

def convolve2d(image, kernel):
    ctypes.string_at(0)
