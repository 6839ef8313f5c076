"""What hidden tests are written with: compare a learner's function with the reference on many inputs."""

from typing import NamedTuple

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.extra import numpy as hnp

from autograder.reference import misconceptions, reference
from convnets.calls import perform
from convnets.checks import (
    ABSOLUTE_TOLERANCE,
    RELATIVE_TOLERANCE,
    CheckFailed,
    check_equal,
    check_raises,
    check_unchanged,
    describe,
    difference,
    said_of_changes,
    show_call,
)

__all__ = [
    "Call",
    "agrees",
    "array_likes",
    "call",
    "check_equal",
    "check_raises",
    "check_unchanged",
    "does_not_loop",
    "images",
    "reference",
    "uses_only",
]

_SETTINGS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=False,
    verbosity=Verbosity.quiet,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


class Call(NamedTuple):
    """The arguments of one call."""

    arguments: tuple
    keywords: dict


def call(*arguments, **keywords):
    """Write the arguments of a call down the way one would type them."""
    return Call(arguments, keywords)


def array_likes(shape, low=-9, high=9):
    """Draw what a caller may pass for an array: float or integer arrays, or nested lists.

    Parameters
    ----------
    shape : tuple of int
    low, high : int
        Smallest and largest element. Elements are whole or half numbers, so that float32 sums stay exact.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
    """
    whole = hnp.arrays(np.int64, shape, elements=st.integers(low, high), fill=st.nothing())
    halves = hnp.arrays(np.int64, shape, elements=st.integers(2 * low, 2 * high), fill=st.nothing()).map(
        lambda array: array / 2
    )
    return st.one_of(halves, whole, whole.map(np.ndarray.tolist))


@st.composite
def images(draw, minimum=(1, 1), maximum=(7, 7), low=-9, high=9):
    """Draw a (height, width) image, seldom square.

    Parameters
    ----------
    minimum, maximum : (int, int)
        Smallest and largest (height, width).
    low, high : int
        Smallest and largest element.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
    """
    shape = tuple(draw(st.integers(small, large)) for small, large in zip(minimum, maximum, strict=True))
    return draw(array_likes(shape, low, high))


def agrees(function, expected, calls, *, examples=100, rtol=RELATIVE_TOLERANCE, atol=ABSOLUTE_TOLERANCE, fresh=True):
    """Check that a function does what the reference does, on many drawn inputs.

    Each call must return what the reference returns, leave its arguments alone, and (unless ``fresh`` is False)
    return memory of its own. The first failure is shrunk to the smallest input that still fails.

    Parameters
    ----------
    function : callable
        The learner's function.
    expected : callable
        The reference function.
    calls : hypothesis.strategies.SearchStrategy
        Draws tuples of positional arguments, or `Call`.
    examples : int
        How many inputs to draw.
    rtol, atol : float
        Tolerances as in `numpy.isclose`.
    fresh : bool
        Whether the result must share no memory with the arguments.

    Raises
    ------
    CheckFailed
        With the smallest failing call, both results, where they differ, and a hint where the mistake is known.
    """

    failing = []

    @settings(_SETTINGS, max_examples=examples)
    @given(calls)
    def compare(drawn):
        drawn = drawn if isinstance(drawn, Call) else Call(tuple(drawn), {})
        said = _compare(function, expected, drawn, rtol, atol, fresh)
        if said:
            failing[:] = [drawn]
            raise CheckFailed(said)

    try:
        compare()
    except Flaky:
        raise CheckFailed(
            f"{show_call(function, *failing[0])}\n  gives different results when it is called again. "
            "It must depend on its arguments alone, not on what earlier calls left behind."
        ) from None
    except CheckFailed as failed:
        hint = _hint(function, expected, failing[0], rtol, atol)
        raise CheckFailed(f"{failed}\n  Hint: {hint}" if hint else str(failed)) from None


def _compare(function, expected, drawn, rtol, atol, fresh):
    right = perform(expected, *drawn)
    if right.error is not None:
        raise RuntimeError(f"the reference raises {right.error!r} for {show_call(expected, *drawn)}")
    outcome = perform(function, *drawn)
    if outcome.error is not None:
        return (
            f"{show_call(function, *drawn)}\n"
            f"  raised:   {type(outcome.error).__name__}: {outcome.error}\n"
            f"  expected: {describe(expected, *drawn, right.value, right.value, '').splitlines()[2][12:]}"
        )
    said = difference(outcome.value, right.value, rtol, atol)
    if said:
        return describe(function, *drawn, outcome.value, right.value, said)
    said = said_of_changes(outcome)
    if not said and fresh and outcome.shares:
        said = "The result shares memory with an argument: changing one would change the other. Return a copy."
    return f"{show_call(function, *drawn)}\n  {said}" if said else None


def _hint(function, expected, failing, rtol, atol):
    """Name the catalogued mistake that gives the learner's results, on the failing input and on smaller parts of it."""
    ours = perform(function, *failing)
    right = perform(expected, *failing)
    for hint, wrong in misconceptions(expected):
        theirs = perform(wrong, *failing)
        if ours.error is not None or theirs.error is not None:
            same = type(ours.error) is type(theirs.error) and str(ours.error) == str(theirs.error)
        else:
            same = (
                difference(ours.value, theirs.value, rtol, atol) is None
                and bool(ours.changed) == bool(theirs.changed)
                and bool(ours.shares) == bool(theirs.shares)
                and type(theirs.value) is type(ours.value)
            )
        if same and _goes_wrong(theirs, right, rtol, atol):
            return hint
    return None


def _goes_wrong(theirs, right, rtol, atol):
    differs = difference(theirs.value, right.value, rtol, atol)
    return theirs.error is not None or theirs.changed or theirs.shares or differs


def does_not_loop(function, small, large):
    """Check that the work done in Python does not grow with the input.

    Counts bytecode instructions, not seconds, so the answer does not depend on the machine.

    Parameters
    ----------
    function : callable
        The learner's function.
    small, large : Call
        Two calls that differ in size; use `call`.

    Raises
    ------
    CheckFailed
        When the large call executes more than twice the instructions of the small one.
    """
    steps = []
    for arguments in (small, large):
        outcome = perform(function, *arguments, watch=True)
        if outcome.error is not None:
            raise CheckFailed(
                f"{show_call(function, *arguments)}\n  raised:   {type(outcome.error).__name__}: {outcome.error}"
            )
        steps.append(outcome.steps)
    if steps[1] > 2 * steps[0] + 100:
        name = getattr(function, "__name__", "function")
        raise CheckFailed(
            f"{name} executes {steps[0]:,} Python instructions for\n  {show_call(function, *small)}\n"
            f"and {steps[1]:,} for\n  {show_call(function, *large)}\n"
            "  The number grows with the input: there is a Python loop over its elements. Let NumPy do that loop."
        )


def uses_only(function, arguments, forbidden):
    """Check that a call does not hand its work to a library that already does it.

    Parameters
    ----------
    function : callable
        The learner's function.
    arguments : Call
        What to call it with; use `call`.
    forbidden : collection of str
        Top-level package names, for instance ``{"scipy", "tensorflow", "keras"}``.

    Raises
    ------
    CheckFailed
        When Python code of a forbidden package runs during the call.
    """
    outcome = perform(function, *arguments, watch=True)
    used = sorted(outcome.packages & set(forbidden))
    if used:
        name = getattr(function, "__name__", "function")
        raise CheckFailed(f"{name} calls {', '.join(used)}. Here the task is to write it with NumPy alone.")
