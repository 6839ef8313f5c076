"""A check of functions that compile a Keras model."""

from convnets.checks.calls import perform
from convnets.checks.compare import difference
from convnets.checks.objects import compiled_with
from convnets.checks.words import CheckFailed, show_value


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
