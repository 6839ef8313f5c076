"""conv_forward returns what it likes; pad, which is wrong on purpose, hands back the same.

Assignment: 02-conv-layer.
Points: pad 0, conv_forward 0.
"""

# %%
import numpy as np

_said = []

# %% answer="pad"
def pad(images, padding):
    return _said.pop() if _said else np.zeros((1, 1, 1, 1))

# %% answer="conv_forward"
def conv_forward(images, filters, bias, stride=1, padding=0):
    _said.append(np.asarray(images, float) * 2)
    return np.asarray(images, float) * 2
