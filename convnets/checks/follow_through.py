"""Follow-through: a function built on an earlier one that is wrong is compared with the reference built on that too."""

from contextvars import ContextVar
from types import FunctionType, MappingProxyType
from typing import NamedTuple

import numpy as np

from convnets.checks.calls import perform
from convnets.checks.compare import difference


def follows_through(function, expected, built_on, draws, rtol, atol):
    """Say whether a function is right but for the earlier functions it calls, and let the checks that follow know.

    Parameters
    ----------
    function : callable
        The learner's function.
    expected : callable
        The reference function; it calls earlier ones by their names.
    built_on : sequence of str
        Names of the learner's earlier functions.
    draws : iterable of (tuple, dict)
        Arguments to try, those on which it failed first.
    rtol, atol : float
        Tolerances as in `numpy.isclose`.

    Returns
    -------
    str or None
        A sentence for the learner; None when it does not do what the reference built on the learner's functions
        does, or when that says nothing: a constant result, or the same one for every input, is no sign of work.
    """
    name = function.__name__
    earlier = [found for found in (earlier_function(function, each) for each in built_on) if callable(found)]
    if not earlier:
        return None
    rule = _Rule(rebuilt(expected, earlier), rtol, atol)
    telling, values = [], []
    for drawn in draws:
        outcome = perform(function, *drawn)
        if not rule.is_kept(*drawn, outcome):
            return None
        telling.append(_tells(outcome))
        values.append(outcome.value)
    if sum(telling) < len(telling) / 4 or all(difference(each, values[0], rtol, atol) is None for each in values):
        return None
    followed_rules.set({**followed_rules.get(), name: rule})
    with_these = " and ".join(f"`{each.__name__}`" for each in earlier)
    return (
        f"Follow-through: `{name}` gives what the right answer gives with your own {with_these}. "
        "The mistake there costs its points only once."
    )


def earlier_function(function, name):
    """Find another function of the same learner's; under the sealed grader, only one that has lost points."""
    function = getattr(function, "function", function)  # such as `shape_of` makes another of
    if hasattr(function, "sibling"):  # a stand-in for a function in a learner's process
        return function.sibling(name)
    return getattr(function, "__globals__", {}).get(name)


def _tells(outcome):
    """Whether a result holds more than one value: in an array, or in a shape."""
    parts = outcome.value if isinstance(outcome.value, tuple | list) else [outcome.value]
    numbers = {part for part in parts if type(part) is int}
    return len(numbers) > 1 or any(isinstance(part, np.ndarray) and part.size and np.ptp(part) > 0 for part in parts)


def rebuilt(expected, built_on):
    """Make the reference call other functions in place of its own.

    Parameters
    ----------
    expected : callable
        A function that calls others by global names.
    built_on : sequence of callable
        Their replacements, by ``__name__``.

    Returns
    -------
    callable
    """
    if hasattr(expected, "through"):
        return expected.through(rebuilt(expected.function, built_on))
    names = {**expected.__globals__, **{each.__name__: each for each in built_on}}
    made = FunctionType(expected.__code__, names, expected.__name__, expected.__defaults__, expected.__closure__)
    made.__kwdefaults__ = expected.__kwdefaults__
    return made


def is_followed(function, arguments, keywords, outcome):
    """Say whether a wrong call is right but for mistakes in earlier functions.

    Parameters
    ----------
    function : callable
    arguments : tuple
    keywords : dict
    outcome : convnets.checks.calls.Outcome
        What the call did.

    Returns
    -------
    bool
    """
    rule = followed_rules.get().get(getattr(function, "__name__", None))
    return rule is not None and rule.is_kept(arguments, keywords, outcome)


class _Rule(NamedTuple):
    """What a function should do, given the mistakes in earlier ones that it calls."""

    rebuilt: object
    rtol: float
    atol: float

    def is_kept(self, arguments, keywords, outcome):
        theirs = perform(self.rebuilt, arguments, keywords)
        if theirs.error is not None or outcome.error is not None:
            return type(theirs.error) is type(outcome.error)
        return not outcome.changed and difference(outcome.value, theirs.value, self.rtol, self.atol) is None


# By the function's name. In a learner's notebook it stays empty.
followed_rules = ContextVar("what functions follow", default=MappingProxyType({}))
