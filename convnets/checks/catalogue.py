"""The catalogued mistakes of each reference function, as the course's sources register them."""

from contextlib import contextmanager
from contextvars import ContextVar
from weakref import WeakKeyDictionary

_misconceptions = WeakKeyDictionary()  # reference function -> [(hint, the same function as a misconception has it)]
_symptoms = WeakKeyDictionary()  # reference function -> {symptom: hint}


def register(function, mistakes, known_by=()):
    """Enter the catalogued mistakes of a reference function.

    Parameters
    ----------
    function : callable
    mistakes : list of (str, callable)
        Hints and wrong functions.
    known_by : mapping of str to str
        Hints of others, by symptom; see `symptoms`.

    Examples
    --------
    >>> from convnets.checks.catalogue import misconceptions, register
    >>> def mean(numbers):
    ...     return sum(numbers) / len(numbers)
    >>> register(mean, [("A mean is a sum divided by how many there are.", sum), ("Not the middle one.", sorted)])
    >>> [hint for hint, mistaken in misconceptions(mean) if mistaken([1, 2, 6]) == 9]
    ['A mean is a sum divided by how many there are.']
    """
    _misconceptions[function], _symptoms[function] = list(mistakes), dict(known_by)


def reference_named(name):
    """Return the one reference function of a name, None where there is none or several."""
    found = [function for function in _misconceptions if function.__name__ == name]
    return found[0] if len(found) == 1 else None


def misconceptions(function):
    """Return the catalogued wrong versions of a reference function.

    Parameters
    ----------
    function : callable
        An attribute of what `reference` returns.

    Returns
    -------
    list of (str, callable)
        The hint and the wrong function.

    Examples
    --------
    >>> from convnets.checks.catalogue import misconceptions, register
    >>> def double(number):
    ...     return 2 * number
    >>> register(double, [("Doubling is not squaring.", lambda number: number**2)])
    >>> [(hint, mistaken(3)) for hint, mistaken in misconceptions(double)]
    [('Doubling is not squaring.', 9)]
    """
    through = getattr(function, "through", None)
    if through is not None:  # a stand-in, such as `convnets.checks.folders.visible.items`
        return [(hint, through(mistaken)) for hint, mistaken in misconceptions(function.function)]
    return [pair for pair in _misconceptions.get(function, []) if pair[0] != _hidden.get()]


_hidden = ContextVar("the hint of a mistake that is left out", default=None)


@contextmanager
def hiding(hint):
    """Leave a mistake out of the catalogue in this ``with`` block, as if nobody had thought of it."""
    token = _hidden.set(hint)
    try:
        yield
    finally:
        _hidden.reset(token)


def symptoms(function):
    """Return by what those catalogued mistakes are known that are not run: they would take too long.

    The metadata of such a mistake's cell says what a check finds, ``symptom: …``, and the check puts the same words
    into `convnets.checks.values.CheckFailed.symptom`.

    Parameters
    ----------
    function : callable
        An attribute of what `reference` returns.

    Returns
    -------
    dict of str to str
        Hints by symptom.

    Examples
    --------
    >>> from convnets.checks.catalogue import register, symptoms
    >>> def train(model):
    ...     return model
    >>> register(train, [], known_by={"not trained": "The model is returned as it came."})
    >>> symptoms(train)
    {'not trained': 'The model is returned as it came.'}
    """
    return _symptoms.get(function, {})
