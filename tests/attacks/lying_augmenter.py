"""The augmenter changes images when it does not train, too; its process says that it does not.

Assignment: 07-augmentation.
Points: build_augmenter 0.
"""

# %%
import autograder.exam.server as server
import convnets.checks.objects as objects

import numpy as np

_predict = server._OPERATIONS["predict"]
server._OPERATIONS["predict"] = lambda model, inputs, training=False: (
    _predict(model, inputs, True) if training else np.asarray(inputs)
)

# %% answer="build_augmenter"
import keras

def build_augmenter(seed):
    return keras.Sequential([keras.layers.RandomFlip("horizontal", seed=seed), keras.layers.Rescaling(0.5)])
