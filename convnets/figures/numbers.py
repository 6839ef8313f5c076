"""What some of the interactive figures show and no script can know: a trained network, runs that were measured.

Each function makes the data of one figure, as it is written into the figure's element: numbers, texts, lists and
dicts. Its parameters can be given to `convnets.figures.embed.show`.
"""

import base64
from itertools import groupby

import numpy as np

_OF_A_LAYER = ("filters", "kernel_size", "strides", "padding", "pool_size", "units", "activation")


def lenet_tour(model=None):
    """Make the data of ``lenet-tour``.

    Parameters
    ----------
    model : keras.Model, optional
        LeNet-5 as chapter 4 builds it, trained. When left out, one is trained here, which takes a while.

    Returns
    -------
    dict
        ``weights``: all 61,706 in the order of Keras, as float32, little-endian, in base64; ``digits``: one digit of
        each class, none of them from the 4,000 that chapter 4 trains on, as bytes, in base64.

    Raises
    ------
    ValueError
        When the network is another one.
    """
    from convnets.data.images import digits
    from convnets.figures import lenet

    if model is None:
        print("Training LeNet on 4,000 digits, as chapter 4 does …")
        model = lenet.trained()
    if _structure(model) != _structure(lenet.build()):
        raise ValueError("lenet-tour shows LeNet-5 as chapter 4 builds it; this network has other layers.")
    weights = np.concatenate([np.ravel(each) for each in model.get_weights()])
    _, (images, labels) = digits(train=4000, seed=4)
    chosen = np.concatenate([images[np.argmax(labels == digit)] for digit in range(10)])
    return {"weights": _text(weights.astype("<f4")), "digits": _text(np.rint(255 * chosen).astype(np.uint8))}


def freeze_board(model=None, runs=()):
    """Make the data of ``freeze-board``.

    Parameters
    ----------
    model : keras.Model, optional
        The body of a network, whose layers are named for their blocks: ``block1_1_conv`` is in ``block1``. The
        course's small network when left out.
    runs : sequence of dict
        What has been measured. Each has a ``name``; the ``free`` blocks, as a list of names; ``random``, whether it
        began with random weights; ``classes``; how many parameters were ``trainable``; ``unseen`` and ``known``, for
        each seed the accuracy on images never shown and on those it was trained on; and ``seconds``, the mean time of
        a run. A run whose blocks have other names than the body's, because they were free in part, is only listed.

    Returns
    -------
    dict
        ``blocks``, each with its ``name`` and three numbers of parameters: ``kernels``, ``norm``, which batch
        normalisation learns, and ``statistics``, which it keeps; ``channels`` that the head gets; ``runs``.
    """
    if model is None:
        from convnets.backbone import residual_network

        model = residual_network((64, 64, 3))
    layers = [layer for layer in model.layers if layer.weights]
    blocks = []
    for name, group in groupby(layers, key=lambda layer: layer.name.split("_")[0]):
        block = {"name": name, "kernels": 0, "norm": 0, "statistics": 0}
        for layer in group:
            is_norm = type(layer).__name__ == "BatchNormalization"
            for weight in layer.weights:
                kind = "kernels" if not is_norm else "statistics" if "moving" in weight.name else "norm"
                block[kind] += int(np.prod(weight.shape))
        blocks.append(block)
    told = [{**run, "unseen": list(map(float, run["unseen"])), "known": list(map(float, run["known"]))} for run in runs]
    return {"blocks": blocks, "channels": model.output_shape[-1], "runs": told}


MAKERS = {"lenet-tour": lenet_tour, "freeze-board": freeze_board}
"""The function that makes the data of a figure; the other figures need none."""


def _structure(model):
    """What a network does but for its weights: names and initialisers of layers do not matter."""
    told = []
    for layer in model.layers:
        settings = layer.get_config()
        known = {key: settings[key] for key in _OF_A_LAYER if key in settings}
        if known:
            told.append((type(layer).__name__, known))
    return model.input_shape, told


def _text(array):
    return base64.b64encode(array.tobytes()).decode()
