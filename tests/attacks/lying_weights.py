"""unfreeze_top unfreezes everything; its process says that only the top has moved.

Assignment: 08-transfer.
Points: unfreeze_top 0.
"""

# %%
import autograder.exam.server as server
import convnets.checks.objects as objects

_train = server._OPERATIONS["train"]

def train(model, inputs, labels):
    body = model.get_layer("tiny_backbone")
    before = body.get_weights()
    losses = _train(model, inputs, labels)
    body.set_weights([*before[:-6], *body.get_weights()[-6:]])
    return losses

server._OPERATIONS["train"] = train

# %% answer="unfreeze_top"
import keras

def unfreeze_top(model, backbone, layers, learning_rate=1e-5):
    backbone.trainable = True
    model.compile(keras.optimizers.SGD(learning_rate), "sparse_categorical_crossentropy", metrics=["acc"])
    return model
