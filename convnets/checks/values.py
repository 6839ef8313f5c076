"""Checks for the visible tests: each says what was called, what came back and what was expected.

They are asserts with better messages. A check takes the learner's function itself, not its result, so that it
can name the call; that also lets the grader pass a stand-in for a function that lives in another process.
"""

import numpy as np

from convnets.checks.calls import Performed, attempt, perform
from convnets.checks.compare import ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE, as_expected, difference
from convnets.checks.follow_through import is_followed
from convnets.checks.words import (
    CheckFailed,
    describe,
    describe_error,
    indented,
    kind_of_value,
    show_call,
    show_value,
    with_article,
)


def check_equal(function, *arguments, expected, rtol=RELATIVE_TOLERANCE, atol=ABSOLUTE_TOLERANCE, **keywords):
    """Check that a call returns the expected value.

    Parameters
    ----------
    function : callable
        The function under test.
    *arguments, **keywords
        What it is called with.
    expected : object
        What it should return. Lists stand for arrays.
    rtol, atol : float
        Tolerances as in `numpy.isclose`.

    Raises
    ------
    CheckFailed
        When the result differs; the message shows the call, both values and the first difference.
    Exception
        Whatever the function raises.

    Examples
    --------
    >>> from convnets.checks.values import check_equal
    >>> def double(number):
    ...     return number + number
    >>> check_equal(double, 3, expected=6)
    >>> check_equal(double, 3, expected=9)
    Traceback (most recent call last):
    ...
    convnets.checks.words.CheckFailed: double(3)
      returned: 6
      expected: 9
      It is 6; it should be 9.
    """
    expected = as_expected(expected)
    outcome = perform(function, arguments, keywords)
    if outcome.error is not None and not is_followed(function, arguments, keywords, outcome):
        raise outcome.error
    said = difference(outcome.value, expected, rtol, atol)
    if said and not is_followed(function, arguments, keywords, outcome):
        failed = CheckFailed(describe(function, arguments, keywords, outcome.value, expected, said))
        failed.arrays = outcome.value, expected
        failed.is_diagnosed = True  # a single wrong value is no sign of one mistake rather than of another
        raise failed


def shape_of(function):
    """Make a function of one that returns an array: it returns the shape of that array.

    Parameters
    ----------
    function : callable
        The function, or the grader's stand-in for it.

    Returns
    -------
    callable

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.values import check_equal, shape_of
    >>> check_equal(shape_of(np.transpose), np.zeros((2, 3)), expected=(3, 2))
    """
    return Performed(function, _shape, f"shape of {getattr(function, '__name__', 'function')}")


def _shape(value, _outcome, _given):
    if not isinstance(value, np.ndarray):
        raise TypeError(f"A NumPy array is expected, not {kind_of_value(value)}.")
    return value.shape


def check_raises(function, *arguments, error=ValueError, **keywords):
    """Check that a call with senseless arguments raises an error that says what is wrong.

    Parameters
    ----------
    function : callable
        The function under test.
    *arguments, **keywords
        What it is called with.
    error : type
        The exception it should raise.

    Raises
    ------
    CheckFailed
        When nothing or something else is raised, or when the error carries no message.

    Examples
    --------
    >>> from convnets.checks.values import check_raises
    >>> def root(number):
    ...     if number < 0:
    ...         raise ValueError("A negative number has no real square root.")
    ...     return number**0.5
    >>> check_raises(root, -1)
    >>> check_raises(root, 4)
    Traceback (most recent call last):
    ...
    convnets.checks.words.CheckFailed: root(4)
      returned: 2.0
      expected: a ValueError with a sentence that says what is wrong
    """
    outcome = attempt(function, arguments, keywords)
    said = said_of_acceptance(function, arguments, keywords, outcome, error)
    if said and not is_followed(function, arguments, keywords, outcome):
        raise CheckFailed(said)


def said_of_acceptance(function, arguments, keywords, outcome, error=ValueError, such_as=None):
    """Say how a call with senseless arguments went wrong.

    Parameters
    ----------
    function : callable
    arguments : tuple
    keywords : dict
    outcome : convnets.checks.calls.Outcome
        What the call did.
    error : type
        The exception it should raise.
    such_as : str, optional
        A message the exception could carry.

    Returns
    -------
    str or None
        None when it raised the exception, with a message.
    """
    if isinstance(outcome.error, error) and str(outcome.error).strip():
        return None
    wanted = f"{with_article(error.__name__)} with a sentence that says what is wrong" + (
        f", such as: {such_as}" if such_as else ""
    )
    if outcome.error is not None:
        return describe_error(function, arguments, keywords, outcome.error, wanted)
    return (
        f"{show_call(function, arguments, keywords)}\n"
        f"  returned: {indented(show_value(outcome.value), 12)}\n"
        f"  expected: {wanted}"
    )


def check_unchanged(function, *arguments, **keywords):
    """Check that a call leaves its arguments as they were.

    Parameters
    ----------
    function : callable
        The function under test.
    *arguments, **keywords
        What it is called with; arrays, lists and dicts are compared before and after.

    Raises
    ------
    CheckFailed
        When an argument is different after the call.
    Exception
        Whatever the function raises.

    Examples
    --------
    >>> from convnets.checks.values import check_unchanged
    >>> check_unchanged(sorted, [2, 1])
    >>> check_unchanged(list.sort, [2, 1])
    Traceback (most recent call last):
    ...
    convnets.checks.words.CheckFailed: sort([2, 1])
      The call changed its argument 1. Work on a copy, or on a new array.
      before:   [2, 1]
      after:    [1, 2]
    """
    outcome = perform(function, arguments, keywords)
    if outcome.error is not None:
        raise outcome.error
    said = said_of_changes(outcome)
    if said:
        raise CheckFailed(f"{show_call(function, arguments, keywords)}\n  {said}")


def said_of_changes(outcome):
    """Say which argument a call changed.

    Parameters
    ----------
    outcome : convnets.checks.calls.Outcome

    Returns
    -------
    str or None
    """
    for name, (before, after) in outcome.changed.items():
        which = f"argument {name + 1}" if isinstance(name, int) else f"argument {name!r}"
        return (
            f"The call changed its {which}. Work on a copy, or on a new array.\n"
            f"  before:   {indented(show_value(before), 12)}\n"
            f"  after:    {indented(show_value(after), 12)}"
        )
    return None
