"""Keras models in visible tests: a small network to try functions on, and a check of what a function builds."""

import contextlib

import numpy as np

from convnets.checks.calls import perform
from convnets.checks.compare import difference
from convnets.checks.objects import facts_or_none, predict
from convnets.checks.words import NOTHING_RETURNED, CheckFailed, show_call, type_name


def small_convnet(input_shape, classes, seed=0, scale=1):
    """Build a small network whose weights are not the ones it would start with: its biases are not zero, for instance.

    Parameters
    ----------
    input_shape : (int, int, int)
        Height, width and channels of an image.
    classes : int
    seed : int
        Decides the weights.
    scale : float
        Multiplies them; a larger one makes a network that is surer of its predictions.

    Returns
    -------
    keras.Sequential
        Conv2D(4, 3, relu), Flatten, Dense(classes, softmax).

    Examples
    --------
    >>> from convnets.checks.networks.visible import small_convnet
    >>> small_convnet((6, 6, 1), 3).count_params()  # 4 · (3 · 3 + 1) + 3 · (4 · 4 · 4 + 1)
    235
    """
    import keras

    layers = [
        keras.layers.Conv2D(4, 3, activation="relu", name="convolution"),
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dense(classes, activation="softmax", name="dense"),
    ]
    model = keras.Sequential([keras.Input(tuple(input_shape), name="images"), *layers], name="small_convnet")
    rng = np.random.default_rng(seed)
    # Sixty-fourths, so that sums of some hundred products are the same in single and in double precision.
    model.set_weights([scale * rng.integers(-8, 9, weight.shape) / 64 for weight in model.weights])
    return model


def check_builds(function, *arguments, inputs=None, outputs=None, **expected):
    """Check what a call builds with Keras.

    Parameters
    ----------
    function : callable
        The function under test.
    *arguments
        What it is called with.
    inputs, outputs : array_like, optional
        A batch for the model or layer that is built, and what it should make of it.
    **expected
        Some of the facts of `outline`, for instance ``parameters=36122``.

    Raises
    ------
    CheckFailed
        When it builds nothing, or something else.
    Exception
        Whatever the function raises.

    Examples
    --------
    >>> from convnets.checks.networks.visible import check_builds, small_convnet
    >>> check_builds(small_convnet, (6, 6, 1), 3, parameters=235, shapes=[(4, 4, 4), (64,), (3,)])
    """
    outcome = perform(function, arguments)
    if outcome.error is not None:
        raise outcome.error
    shown = show_call(function, arguments)
    batch = None if inputs is None else np.asarray(inputs, dtype=np.float32)
    if batch is not None:
        with contextlib.suppress(Exception):  # a layer may get its weights only now; what is none is told of below
            predict(outcome.value, batch)
    try:
        told = outline(outcome.value)
    except ValueError as error:
        raise CheckFailed(f"{shown}\n  {error}") from None
    for name, wanted in expected.items():
        unknown = name == "shapes" and told[name] is None
        said = None if unknown else difference(told[name], wanted)
        if said:
            label = name.replace("_", " ")
            raise CheckFailed(f"{shown}\n  {label}: {told[name]}\n  expected: {wanted}\n  {said}")
    if inputs is not None:
        wanted = np.asarray(outputs, dtype=float)
        made = predict(outcome.value, batch)
        said = difference(made, wanted)
        if said:
            raise CheckFailed(
                f"{shown}, called on {_flat(batch)} of shape {batch.shape},\n"
                f"  returned: {_flat(made)} of shape {made.shape}\n"
                f"  expected: {_flat(wanted)} of shape {wanted.shape}\n"
                f"  {said}"
            )


def outline(model):
    """Pick from the facts of a Keras model or layer what `check_builds` compares.

    Parameters
    ----------
    model : keras.Model, keras.Layer or convnets.checks.objects.Remote

    Returns
    -------
    dict
        ``class_name``; ``shapes``, of what comes out of each layer, without the batch axis and only where it changes,
        None for a model of a class of its own, whose layers do not know theirs; ``parameters`` and
        ``trainable_parameters``; ``weights``, their shapes; ``trainable``; ``compiled``.

    Raises
    ------
    ValueError
        When it is neither a model nor a layer of Keras, or has no weights yet.

    Examples
    --------
    >>> from convnets.checks.networks.visible import outline, small_convnet
    >>> outline(small_convnet((6, 6, 1), 3))["shapes"]
    [(4, 4, 4), (64,), (3,)]
    """
    if model is None:
        raise ValueError(NOTHING_RETURNED)
    told = facts_or_none(model)
    if told is None:
        raise ValueError(f"A Keras model or layer is expected, not {type_name(model)}.")
    if told["parameters"] is None:
        raise ValueError(f"The {told['class']} is not built: it has no weights yet.")
    shapes = [layer["output_shape"] for layer in told.get("layers", [None]) if layer and layer["class"] != "InputLayer"]
    if None in shapes or "layers" not in told:
        shapes = None
    return {
        "class_name": told["class"],
        "shapes": shapes
        and [tuple(shape[1:]) for shape, before in zip(shapes, [None, *shapes], strict=False) if shape != before],
        "parameters": told["parameters"],
        "trainable_parameters": told["trainable_parameters"],
        "weights": [tuple(shape) for shape, _trainable in told["weights"]],
        "trainable": told["trainable"],
        "compiled": "optimizer" in told,
    }


def _flat(array):
    return f"[{', '.join(f'{value:.6g}' for value in array.flat)}]"
