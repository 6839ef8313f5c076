"""Find the smallest input on which a function fails."""

import itertools

import numpy as np
from hypothesis import Phase, given, seed, settings
from hypothesis.database import ExampleDatabase, choices_to_bytes
from hypothesis.errors import Flaky

from convnets.checks.calls import perform
from convnets.checks.draws import SEED, SETTINGS, Call, as_call
from convnets.checks.outcomes import complaint, is_repeatable, reference_outcome
from convnets.checks.words import CheckFailed

_SHRINKING = settings(SETTINGS, derandomize=False, phases=[Phase.reuse, Phase.shrink])


_WAYS = 3  # of searching for a small input, each from another draw
_VAIN = 30  # right ones in a row: the rest of the search would hardly find more than that there is no smaller input
_CALLS = 40  # after so many, no further way is tried: most of the time that a wrong answer takes goes into this


def smallest_failure(function, expected, calls, tried, failure, rules):
    """Look for the smallest input on which a function fails.

    Parameters
    ----------
    tried : list of Tried
        All draws.
    failure : (Call, str)
        The first that fails.

    Returns
    -------
    ((Call, str), bool)
        The input, and what is wrong with it; whether the function remembers earlier calls.
    """
    found, spent = [], 0
    for each in itertools.islice(_failing(function, tried, failure[0], rules), _WAYS):
        smallest, remembers, count = _shrunk(function, expected, calls, each.choices, failure, rules)
        if remembers:
            return smallest, True
        found.append(_with_smaller_numbers(function, expected, tried, smallest, rules))
        drawn, spent = found[-1][0], spent + count
        if spent > _CALLS or _size(drawn)[0] <= len(drawn.arguments) + len(drawn.keywords) + 1:
            break  # hardly more than one number for each argument
    return min(found, key=lambda each: _size(each[0])), False


def _failing(function, tried, first, rules):
    """Go through the draws on which a function fails: the smallest, the first, the next smallest ones.

    From a small one it is not far to the end, but all small ones may be alike.
    """
    small = (
        each
        for each in sorted(tried, key=lambda each: _size(each.drawn))
        if complaint(function, each.drawn, each.right, rules)
    )
    first = next(each for each in tried if each.drawn is first)
    smallest = next(small, first)
    yield smallest
    if first is not smallest:
        yield first
    yield from (each for each in small if each is not first)


def _with_smaller_numbers(function, expected, tried, failure, rules):
    """Try smaller numbers that were drawn, where shrinking steps by one or halves and may be stuck.

    Several arrays belong together, a gradient to the images and the window it is of: there nothing is replaced.
    """
    drawn, _said = failure
    if sum(isinstance(value, list | np.ndarray) for value in (*drawn.arguments, *drawn.keywords.values())) > 1:
        return failure
    for place, value in [*enumerate(drawn.arguments), *drawn.keywords.items()]:
        if type(value) is int:
            known = {number for each in tried if type(number := _argument(each.drawn, place)) is int}
            for smaller in sorted(number for number in known if 0 <= number < value):
                other = _replaced(failure[0], place, smaller)
                right = perform(expected, *other)
                said = right.error is None and complaint(function, other, right, rules)
                if said:
                    failure = other, said
                    break
    return failure


def _argument(drawn, place):
    if isinstance(place, str):
        return drawn.keywords.get(place)
    return drawn.arguments[place] if place < len(drawn.arguments) else None


def _replaced(drawn, place, value):
    if isinstance(place, str):
        return Call(drawn.arguments, {**drawn.keywords, place: value})
    return Call((*drawn.arguments[:place], value, *drawn.arguments[place + 1 :]), drawn.keywords)


def _size(drawn):
    """Measure an input: how many numbers it holds, and how large they are."""
    numbers = np.abs([number for value in (*drawn.arguments, *drawn.keywords.values()) for number in _numbers(value)])
    return numbers.size, numbers.sum()


def _numbers(value):
    if isinstance(value, np.ndarray):
        yield from value.ravel().tolist()
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, dict):
        yield from _numbers(list(value.values()))
    else:
        yield value if isinstance(value, int | float) else 1


def _shrunk(function, expected, calls, choices, failure, rules):
    """Shrink an input on which a function fails.

    Parameters
    ----------
    choices : bytes
        Those that made the input, as from `drawn_inputs`.
    failure : (Call, str)
        What to return if it does not fail again.

    Returns
    -------
    ((Call, str), bool, int)
        The smallest input, and what is wrong with it; whether the function remembers earlier calls; how many inputs
        were compared.
    """
    found, count, vain = [failure], itertools.count(), itertools.count()

    @settings(_SHRINKING, database=_OneInput(choices))
    @seed(SEED)
    @given(calls)
    def compare(drawn):
        nonlocal vain
        drawn = as_call(drawn)
        next(count)
        if next(vain) == _VAIN and found[0] is not failure:
            raise _Enough
        said = complaint(function, drawn, reference_outcome(expected, drawn), rules)
        if said:
            found[0], vain = (drawn, said), itertools.count()
            raise CheckFailed(said)

    try:
        compare()
    except (CheckFailed, _Enough):
        return found[0], not is_repeatable(function, found[0][0], rules), next(count)
    except Flaky:
        pass
    return found[0], True, next(count)


class _Enough(BaseException):
    """Ends a search; Hypothesis would take an Exception for one more failure."""


class _OneInput(ExampleDatabase):
    """Hands an input to Hypothesis, as one that has failed before."""

    def __init__(self, choices):
        # One choice too many: what is just as it is now made would pass for shrunk already.
        self._choices = choices + choices_to_bytes([0])

    def fetch(self, key):
        yield self._choices

    def save(self, key, value):
        pass

    def delete(self, key, value):
        pass
