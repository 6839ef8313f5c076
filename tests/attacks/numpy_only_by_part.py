"""SciPy's filter in a partial, held by a class.

Assignment: 07-augmentation.
Points: blur 0.1.
"""

# %% answer="blur"
import functools
import numpy as np
from scipy import ndimage

class _Tools:
    mean = functools.partial(ndimage.uniform_filter, mode="nearest")

def blur(image, size=3):
    if size % 2 == 0:
        raise ValueError("an even size has no middle")
    image = np.asarray(image, float)
    return _Tools.mean(image, size=(size, size, 1)[: image.ndim])
