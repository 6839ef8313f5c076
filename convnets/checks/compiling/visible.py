"""A check of functions that compile a Keras model."""

from convnets.checks.calls import perform
from convnets.checks.compare import difference
from convnets.checks.objects import facts_or_none
from convnets.checks.words import NOTHING_RETURNED, CheckFailed, show_value


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
        ``optimizer`` and ``loss``, names, and ``learning_rate``; or some of them.

    Raises
    ------
    CheckFailed
        When it does not return a compiled model, or one that is compiled in another way.
    Exception
        Whatever the function raises.

    Examples
    --------
    >>> from convnets.checks.compiling.visible import check_compiled
    >>> from convnets.checks.networks.visible import small_convnet
    >>> def compile_with_momentum(model):
    ...     import keras
    ...     model.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss="sparse_categorical_crossentropy")
    ...     return model
    >>> expected = {"optimizer": "SGD", "learning_rate": 0.1}
    >>> check_compiled(compile_with_momentum, small_convnet((6, 6, 1), 3), expected=expected)
    """
    outcome = perform(function, (model, *arguments), keywords)
    if outcome.error is not None:
        raise outcome.error
    named = [*map(show_value, arguments), *(f"{name}={show_value(value)}" for name, value in keywords.items())]
    shown = f"{function.__name__}({', '.join(['model', *named])})"
    if outcome.value is None:
        raise CheckFailed(f"{shown}\n  {NOTHING_RETURNED}")
    told = facts_or_none(outcome.value)
    if told is None or "layers" not in told:
        raise CheckFailed(f"{shown}\n  A Keras model is expected, not {show_value(outcome.value)}.")
    if "optimizer" not in told:
        raise CheckFailed(f"{shown}\n  The model is not compiled.")
    optimizer = told["optimizer"]
    told = {"optimizer": optimizer["class"], "learning_rate": optimizer["learning_rate"], "loss": told["loss"]}
    told = {name: value for name, value in told.items() if name in expected}
    said = difference(told, expected)
    if said:
        raise CheckFailed(f"{shown}\n  returned a model with {told}\n  expected:            {expected}\n  {said}")
