"""Take all memory.

Points: convolve 2.
"""

# %% answer="convolve2d"
def convolve2d(image, kernel):
    hoard = []
    while True:
        hoard.append(bytearray(2**26))
