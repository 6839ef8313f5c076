"""The first steps of training a network, in numbers that two machines, or two devices, can compare.

``python -m convnets.first_steps resnet50`` prints them as JSON.
"""

import json
import sys

import numpy as np

CLASSES = 10


def _lenet():
    from convnets.data import digits
    from convnets.figures import lenet

    (images, labels), _ = digits(train=200, seed=0)
    return lenet.build(), images[:32], labels[:32]


def _with_head(pretrained):
    """Put a head on a body, all of which trains, and make images of noise for it."""
    import keras
    from keras import layers

    body, preprocess, _ = pretrained
    outputs = layers.GlobalAveragePooling2D()(body.output)
    outputs = layers.Dense(CLASSES, activation="softmax")(outputs)
    images = np.random.default_rng(1).uniform(0, 255, (8, 64, 64, 3)).astype(np.float32)
    return keras.Model(body.input, outputs), preprocess(images), np.arange(8)


def _lite0():
    from convnets.backbone import lite0

    return _with_head(lite0((64, 64, 3), weights=None))


def _resnet50():
    from convnets.backbone import resnet50

    return _with_head(resnet50((64, 64, 3), weights=None))


NETWORKS = {"lenet": _lenet, "lite0": _lite0, "resnet50": _resnet50}
"""What can be trained, by name."""


def first_steps(name, steps=4):
    """Train a network for a few steps, from weights that NumPy draws, so that they are the same everywhere.

    Parameters
    ----------
    name : str
        One of `NETWORKS`.
    steps : int

    Returns
    -------
    dict
        ``device``, "GPU" or "CPU", which TensorFlow would choose; ``losses``, one a step; ``outputs``, what the network
        then makes of two of the images.

    Examples
    --------
    >>> told = first_steps("lenet", steps=2)
    >>> len(told["losses"])
    2
    """
    import keras
    import tensorflow as tf

    model, images, labels = NETWORKS[name]()
    rng = np.random.default_rng(0)
    drawn = [
        rng.normal(0, np.sqrt(1 / np.prod(weight.shape[:-1])), weight.shape) if weight.ndim > 1 else weight
        for weight in model.get_weights()
    ]
    model.set_weights(drawn)
    model.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy", jit_compile=False)
    losses = [float(model.train_on_batch(images, labels, return_dict=True)["loss"]) for _ in range(steps)]
    return {
        "device": "GPU" if tf.config.list_physical_devices("GPU") else "CPU",
        "losses": losses,
        "outputs": np.asarray(model(images[:2], training=False)).tolist(),
    }


if __name__ == "__main__":
    print(json.dumps(first_steps(sys.argv[1])))
