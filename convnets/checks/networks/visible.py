"""Keras models in visible tests: a small network to try functions on, and a check of what a function builds."""

import numpy as np

from convnets.checks.calls import perform
from convnets.checks.compare import difference
from convnets.checks.objects import outline
from convnets.checks.words import CheckFailed, show_call


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
    """
    outcome = perform(function, arguments)
    if outcome.error is not None:
        raise outcome.error
    shown = show_call(function, arguments)
    if outcome.value is None:
        raise CheckFailed(f"{shown}\n  The function returned None: is a `return` missing?")
    asks = hasattr(type(outcome.value), "ask")  # the grader's stand-in for a model in another process is asked there
    batch = None if inputs is None else np.asarray(inputs, dtype=np.float32)
    try:
        # first of all, for a layer may get its weights only now
        made = None if batch is None else _called(outcome.value, batch, asks)
        told = outcome.value.ask("outline") if asks else outline(outcome.value)
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
        said = difference(made, wanted)
        if said:
            raise CheckFailed(
                f"{shown}, called on {_flat(batch)} of shape {batch.shape},\n"
                f"  returned: {_flat(made)} of shape {made.shape}\n"
                f"  expected: {_flat(wanted)} of shape {wanted.shape}\n"
                f"  {said}"
            )


def _called(model, batch, asks):
    if asks:
        return model.ask("predict", batch, False)
    return np.asarray(model(batch)) if callable(model) else None  # what is no model is told of by `outline`


def _flat(array):
    return f"[{', '.join(f'{value:.6g}' for value in array.flat)}]"
