"""A check of functions that compile a Keras model."""

import numpy as np

from convnets.calls import perform
from convnets.checks import CheckFailed, difference, show_value


def compiled_with(model):
    """Say how a Keras model is compiled.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    dict
        ``optimizer`` and ``loss``, names; ``learning_rate``, a float.

    Raises
    ------
    ValueError
        When it is not a model, or not compiled.
    """
    if not hasattr(model, "layers"):
        raise ValueError(f"A Keras model is expected, not {show_value(model)}.")
    if not model.compiled:
        raise ValueError("The model is not compiled.")
    loss = model.loss
    return {
        "optimizer": type(model.optimizer).__name__,
        "learning_rate": float(np.asarray(model.optimizer.learning_rate)),
        "loss": loss if isinstance(loss, str) else getattr(loss, "name", None) or getattr(loss, "__name__", str(loss)),
    }


def check_compiled(function, model, *arguments, expected, **keywords):
    """Check that a call compiles a Keras model and returns it.

    Parameters
    ----------
    function : callable
        The function under test; the model is its first argument.
    model : keras.Model
    *arguments, **keywords
        What else it is called with.
    expected : dict
        As `compiled_with` returns it, or a part of that.

    Raises
    ------
    CheckFailed
        When it does not return a compiled model, or one that is compiled in another way.
    Exception
        Whatever the function raises.
    """
    outcome = perform(function, (model, *arguments), keywords)
    if outcome.error is not None:
        raise outcome.error
    named = [*map(show_value, arguments), *(f"{name}={show_value(value)}" for name, value in keywords.items())]
    shown = f"{function.__name__}({', '.join(['model', *named])})"
    if outcome.value is None:
        raise CheckFailed(f"{shown}\n  The function returned None: is a `return` missing?")
    try:
        # The grader's stand-in for a model in another process is asked there.
        asks = hasattr(type(outcome.value), "ask")
        told = outcome.value.ask("compiled_with") if asks else compiled_with(outcome.value)
    except ValueError as error:
        raise CheckFailed(f"{shown}\n  {error}") from None
    told = {name: value for name, value in told.items() if name in expected}
    said = difference(told, expected)
    if said:
        raise CheckFailed(f"{shown}\n  returned a model with {told}\n  expected:            {expected}\n  {said}")
