"""Compiled with plain gradient descent; its process says Adam, and trains with it.

Assignment: 05-adam.
Points: compile_with_adam 0.
"""

# %%
import autograder.exam.server as server
import convnets.checks.objects as objects

_facts, _train = server._OPERATIONS["facts"], server._OPERATIONS["train"]

def facts(model):
    told = _facts(model)
    if "optimizer" in told:
        told["optimizer"]["class"] = "Adam"
    return told

def train(model, inputs, labels):
    import keras
    model.compile(keras.optimizers.Adam(float(model.optimizer.learning_rate)), model.loss)
    return _train(model, inputs, labels)

server._OPERATIONS.update(facts=facts, train=train)

# %% answer="compile_with_adam"
import keras

def compile_with_adam(model, learning_rate=0.001):
    model.compile(keras.optimizers.SGD(learning_rate), "sparse_categorical_crossentropy", metrics=["acc"])
    return model
