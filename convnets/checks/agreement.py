"""What hidden tests are written with: compare a learner's function with the reference on many inputs."""

from convnets.checks.calls import perform
from convnets.checks.compare import ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE
from convnets.checks.draws import _draw
from convnets.checks.follow_through import follows_through, is_followed
from convnets.checks.judging import _compare, _explained, _hint_on_acceptance, _is_repeatable, _quiet, _right, diagnosed
from convnets.checks.rehearsal import _names, _rehearsal, _shrinks, _Tried
from convnets.checks.shrinking import _smallest_failure
from convnets.checks.values import said_of_acceptance
from convnets.checks.words import show_call


def agrees(
    function,
    expected,
    calls,
    *,
    examples=100,
    rtol=RELATIVE_TOLERANCE,
    atol=ABSOLUTE_TOLERANCE,
    fresh=True,
    built_on=(),
):
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
        Whether the result must share no memory with the arguments or with an earlier result.
    built_on : sequence of str
        Names of earlier exercises that this one may call. When it fails, it is also compared with the reference
        built on the learner's own answers to these, so that a mistake in them costs its points only once. The checks
        behind this one in the same test then follow the same rule.

    Raises
    ------
    CheckFailed
        With the smallest failing call, both results, where they differ, and a hint where the mistake is known, or
        else what the wrong results have in common.
    """

    rehearsal = _rehearsal.get()
    with _quiet():
        tried = rehearsal.next_part(expected) if rehearsal else None
        if tried is None:
            tried = [_Tried(drawn, _right(expected, drawn), choices) for drawn, choices in _draw(calls, examples)]
        failure = _first_failure(function, tried, rtol, atol, fresh)
        if failure is None:
            if rehearsal:
                rehearsal.keep(expected, tried)
            return
        # First of all, for every further call may change what a function remembers.
        remembers = not _is_repeatable(function, failure[0], rtol, atol)
        draws = [failure[0], *(each.drawn for each in tried)]
        followed = built_on and not remembers and follows_through(function, expected, built_on, draws, rtol, atol)
        if not followed:
            if _shrinks.get():
                failure, remembers = _smallest_failure(function, expected, calls, tried, failure, rtol, atol, fresh)
            raise _explained(function, expected, tried, failure, remembers, rtol, atol, fresh)
    print(followed)


def _first_failure(function, tried, rtol, atol, fresh):
    """Return the first input on which a function fails, and what is wrong with it, or None."""
    for drawn, right, _choices in tried:
        said = _compare(function, drawn, right, rtol, atol, fresh)
        if said:
            return drawn, said
    return None


def rejects(function, expected, *arguments, **keywords):
    """Check that a function refuses senseless arguments as the reference does.

    Parameters
    ----------
    function : callable
        The learner's function.
    expected : callable
        The reference function; its own message is shown as an example.
    *arguments, **keywords
        Arguments that make no sense.

    Raises
    ------
    CheckFailed
        When no error of that class comes, or one without a message.
    """
    with _quiet():
        right = perform(expected, arguments, keywords)
        if not isinstance(right.error, ValueError):
            raise RuntimeError(f"the reference does not refuse {show_call(expected, arguments, keywords)}")
        outcome = perform(function, arguments, keywords)
        said = said_of_acceptance(function, arguments, keywords, outcome, ValueError, str(right.error))
        if not said or is_followed(function, arguments, keywords, outcome):
            return
        hint = _hint_on_acceptance(outcome, expected, arguments, keywords) if _names.get() else None
    raise diagnosed(said, hint, expected)
