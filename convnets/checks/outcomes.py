"""Compare what a learner's function does in a call with what the reference does in it."""

import dis
import re
import sysconfig
from typing import NamedTuple

import numpy as np

from convnets.checks.calls import attempt, perform, same_plain
from convnets.checks.compare import ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE, difference
from convnets.checks.values import said_of_changes
from convnets.checks.words import describe, describe_error, show_call, show_value, type_name


class Rules(NamedTuple):
    """By what two outcomes are compared.

    Tolerances are as in `numpy.isclose`. ``fresh`` says whether a result must be new memory, ``still`` whether the
    arguments must stay as they were.
    """

    rtol: float = RELATIVE_TOLERANCE
    atol: float = ABSOLUTE_TOLERANCE
    fresh: bool = True
    still: bool = True


def reference_outcome(expected, drawn):
    """Return what the reference does in a call."""
    right = perform(expected, *drawn)
    if right.error is not None:
        raise RuntimeError(f"the reference raises {right.error!r} for {show_call(expected, *drawn)}")
    return right


def complaint(function, drawn, right, rules):
    """Say how a call of a function differs from what the reference did, None where it does not."""
    outcome = attempt(function, *drawn)
    if outcome.error is not None:
        return describe_error(function, *drawn, outcome.error, show_value(right.value))
    said = difference(outcome.value, right.value, rules.rtol, rules.atol)
    if said:
        return describe(function, *drawn, outcome.value, right.value, said)
    said = said_of_changes(outcome) if rules.still else None
    if not said and rules.fresh and outcome.shares:
        said = "The result shares memory with an argument: changing one would change the other. Return a new array."
    if not said and rules.fresh and outcome.reused:
        said = (
            "The result shares memory with the result of the call before, or with an item before it: "
            "each must be a new array."
        )
    return f"{show_call(function, *drawn)}\n  {said}" if said else None


def is_repeatable(function, drawn, rules):
    """Say whether a function does the same when it is called again.

    A result that is not even like itself, such as a tensor or a generator, is of the wrong type: that is no memory.
    """
    first = perform(function, *drawn)
    is_telling = first.error is not None or difference(first.value, first.value) is None
    return not is_telling or same_outcome(first, perform(function, *drawn), rules)


def same_outcome(first, second, rules):
    """Say whether two calls did the same: values, errors, changed and shared arguments."""
    if first.error is not None or second.error is not None:
        return same_error(first.error, second.error)
    ours, theirs = _comparable(first.value), _comparable(second.value)
    return (
        difference(ours, theirs, rules.rtol, rules.atol) is None
        and difference(theirs, ours, rules.rtol, rules.atol) is None
        and (not rules.still or same_plain(_after(first), _after(second)))
        and (not rules.fresh or first.shares == second.shares)
    )


def _comparable(value):
    """Write what is no plain data, such as a tensor or a generator, as its type: it never equals another."""
    if type(value) in (list, tuple):
        return type(value)(map(_comparable, value))
    if type(value) is dict:
        return {key: _comparable(item) for key, item in value.items()}
    plain = type(value) is np.ndarray or isinstance(value, np.generic | int | float | complex | str | bytes | None)
    return value if plain else f"<{type_name(value)}>"


def _after(outcome):
    return {name: after for name, (_before, after) in outcome.changed.items()}


def goes_wrong(outcome, right, rules):
    """Say whether a call did anything else than the reference."""
    return bool(
        outcome.error is not None
        or (rules.still and outcome.changed)
        or (rules.fresh and (outcome.shares or outcome.reused))
        or difference(outcome.value, right.value, rules.rtol, rules.atol)
    )


def same_error(first, second):
    """Say whether two errors are the same: their class, and what a library says; learners' own words are free."""
    if error_kind(first) != error_kind(second):
        return False
    return first is None or (is_worded(first) and is_worded(second)) or error_text(first) == error_text(second)


def error_kind(error):
    """Return the built-in class of an error: one of another class may have come from another process as that."""
    return next((kind for kind in type(error).__mro__ if kind.__module__ == "builtins"), None)


# What differs from one process or run to the next: quoted paths, addresses, numbers in the names that Keras gives.
_CHANGING = re.compile(r"'[^'\n]*/[^'\n]*'|0x[0-9a-f]+|(?<=[a-z])_\d+\b")


def error_text(error):
    """Return an error's class and what it says, as far as that is the same in every process."""
    # One of a library's own class comes from a learner's process as a built-in one that begins with its name.
    named = re.match(r"\w+(Error|Exception): ", str(error)) and type(error).__module__ == "builtins"
    return _CHANGING.sub("", str(error) if named else f"{type(error).__name__}: {error}")[:300]


def is_worded(error):
    """Say whether the words of an error are a learner's own: it comes from a ``raise`` outside of all libraries.

    Parameters
    ----------
    error : Exception
        As it was caught, or a copy that has come from a learner's process.

    Returns
    -------
    bool

    Examples
    --------
    >>> from convnets.checks.calls import perform
    >>> from convnets.checks.outcomes import is_worded
    >>> def first(numbers):
    ...     if numbers is None:
    ...         raise ValueError("give me numbers")
    ...     return numbers[0]
    >>> [is_worded(perform(first, (numbers,)).error) for numbers in (None, [])]
    [True, False]
    """
    place = getattr(error, "place", None)  # known where the grader brought the error from the learner's process
    if place is not None:
        return ": raise " in place
    if hasattr(error, "is_worded"):  # a copy
        return error.is_worded
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return False
    code = frame.tb_frame.f_code
    return code.co_code[frame.tb_lasti] == _RAISE and not any(place in code.co_filename for place in _LIBRARIES)


_RAISE = dis.opmap["RAISE_VARARGS"]
_LIBRARIES = ("site-packages", "dist-packages", sysconfig.get_paths()["stdlib"])
