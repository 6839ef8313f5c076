"""Judge a learner's function: look at what it does, compare, name the mistake."""

import io
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import numpy as np

from convnets.checks.calls import perform, same_plain
from convnets.checks.catalogue import misconceptions
from convnets.checks.compare import ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE, difference
from convnets.checks.patterns import recognise
from convnets.checks.rehearsal import _names
from convnets.checks.values import said_of_changes
from convnets.checks.words import CheckFailed, describe, describe_error, show_call, show_value

_CHANGEABLE = (
    "{call}\n  gives different results when it is called again. "
    "A result must depend on the arguments alone, not on what earlier calls left behind."
)


@contextmanager
def _quiet():
    """Keep what a function prints out of the test's output: it is called a hundred times."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield


def _right(expected, drawn):
    right = perform(expected, *drawn)
    if right.error is not None:
        raise RuntimeError(f"the reference raises {right.error!r} for {show_call(expected, *drawn)}")
    return right


def _compare(function, drawn, right, rtol, atol, fresh):
    outcome = perform(function, *drawn)
    if isinstance(outcome.error, NotImplementedError):
        raise outcome.error  # the exercise is not answered yet, and that is all there is to say
    if outcome.error is not None:
        return describe_error(function, *drawn, outcome.error, show_value(right.value))
    said = difference(outcome.value, right.value, rtol, atol)
    if said:
        return describe(function, *drawn, outcome.value, right.value, said)
    said = said_of_changes(outcome)
    if not said and fresh and outcome.shares:
        said = "The result shares memory with an argument: changing one would change the other. Return a new array."
    if not said and fresh and outcome.reused:
        said = "The result shares memory with the result of the call before: each call must return a new array."
    return f"{show_call(function, *drawn)}\n  {said}" if said else None


def _is_repeatable(function, drawn, rtol, atol):
    return _same(perform(function, *drawn), perform(function, *drawn), rtol, atol)


def diagnosed(said, hint, expected):
    """Make the failure of a check that has compared an answer with all catalogued mistakes: nobody need do it again."""
    failed = CheckFailed(said, hint)
    failed.is_diagnosed = bool(misconceptions(expected))
    return failed


_PROBES = 20  # inputs on which a learner's function is compared with the catalogued mistakes


def _explained(function, expected, tried, failure, remembers, rtol, atol, fresh):
    """Make the failure of a function: what is wrong, and what is known of the mistake."""
    failing, said = failure
    if remembers:
        said = _CHANGEABLE.format(call=show_call(function, *failing))
    if not _names.get():
        return CheckFailed(said)
    probes = [failing, *(each.drawn for each in tried[:: -(-len(tried) // _PROBES)])]
    if remembers:
        return diagnosed(said, _hint_on_memory(expected, probes, rtol, atol), expected)
    return _explain(function, expected, tried, probes, said, rtol, atol, fresh)


def _explain(function, expected, tried, probes, said, rtol, atol, fresh):
    """Add to a message which mistake it is, or what the wrong results have in common, and a picture of one of them."""
    right = [perform(expected, *probe) for probe in probes]
    ours = [perform(function, *probe) for probe in probes]
    wrong = [_goes_wrong(*pair, rtol, atol, fresh) for pair in zip(ours, right, strict=True)]
    alike = _alike(expected, probes, ours, right, wrong, rtol, atol, fresh) if wrong[0] else []
    hint = _only_one(alike, function, tried, rtol, atol)
    values = [
        (mine.value, its.value)
        for mine, its, is_wrong in zip(ours, right, wrong, strict=True)
        if is_wrong and mine.error is None and difference(mine.value, its.value, rtol, atol)
    ]
    common = None if hint or len(values) < sum(wrong) else recognise(values)
    failed = diagnosed(
        f"{said}\n  Wherever the input is large enough to tell, {common}." if common else said, hint, expected
    )
    arrays = [pair for pair in values if all(isinstance(value, np.ndarray) for value in pair)]
    if arrays:
        failed.arrays = (*max(arrays, key=lambda pair: pair[1].size), "The same function on a larger input")
    return failed


def _alike(expected, probes, ours, right, ours_wrong, rtol, atol, fresh):
    """List the catalogued mistakes that do what the learner's function does.

    The smallest failing input is the least telling one: a zero image hides most differences. So the two are compared
    on more inputs too. Mistakes that are the same on all of them are preferred; else the one that is the same most
    often, if that is on at least half of the inputs where one of the two is wrong.

    Returns
    -------
    list of (str, callable)
        Hints and wrong functions.
    """
    same, best, best_share = [], [], 0.5
    for hint, mistaken in misconceptions(expected):
        first = perform(mistaken, *probes[0])
        if not _same(ours[0], first, rtol, atol):
            continue
        theirs = [first, *(perform(mistaken, *probe) for probe in probes[1:])]
        theirs_wrong = [_goes_wrong(*pair, rtol, atol, fresh) for pair in zip(theirs, right, strict=True)]
        telling = [number for number in range(len(probes)) if ours_wrong[number] or theirs_wrong[number]]
        share = sum(_same(ours[number], theirs[number], rtol, atol) for number in telling) / len(telling)
        if share == 1:
            same.append((hint, mistaken))
        elif share >= best_share and theirs_wrong[0]:
            best, best_share = [(hint, mistaken)], share
    return same or best


def _only_one(alike, function, tried, rtol, atol):
    """Choose one of several mistakes by all inputs that were drawn; return its hint, None where there is none."""
    if len(alike) > 1:
        ours = [perform(function, *each.drawn) for each in tried]
        alike = [
            (hint, mistaken)
            for hint, mistaken in alike
            if all(
                _same(outcome, perform(mistaken, *each.drawn), rtol, atol)
                for outcome, each in zip(ours, tried, strict=True)
            )
        ] or alike
    return alike[0][0] if alike else None


def _hint_on_memory(expected, probes, rtol, atol):
    """Name the catalogued mistake that remembers earlier calls too, if there is only one."""
    hints = [
        hint
        for hint, mistaken in misconceptions(expected)
        if not all(_is_repeatable(mistaken, probe, rtol, atol) for probe in probes)
    ]
    return hints[0] if len(hints) == 1 else None


def _same(first, second, rtol, atol):
    """Say whether two calls did the same: values, kinds of error, changed and shared arguments."""
    if first.error is not None or second.error is not None:
        return _kind(first.error) == _kind(second.error)
    return (
        difference(first.value, second.value, rtol, atol) is None
        and difference(second.value, first.value, rtol, atol) is None
        and same_plain(_after(first), _after(second))
        and first.shares == second.shares
    )


def _kind(error):
    # A learner's error may have crossed from another process as the built-in class it derives from.
    return next((kind for kind in type(error).__mro__ if kind.__module__ == "builtins"), None)


def _after(outcome):
    return {name: after for name, (_before, after) in outcome.changed.items()}


def _goes_wrong(outcome, right, rtol, atol, fresh):
    return bool(
        outcome.error is not None
        or outcome.changed
        or (fresh and (outcome.shares or outcome.reused))
        or difference(outcome.value, right.value, rtol, atol)
    )


def _hint_on_acceptance(outcome, expected, arguments, keywords):
    """Name the catalogued mistake that lets the same arguments through: the only one, or the one that does the same."""
    candidates = []
    for hint, mistaken in misconceptions(expected):
        theirs = perform(mistaken, arguments, keywords)
        if isinstance(theirs.error, ValueError) or _kind(theirs.error) != _kind(outcome.error):
            continue
        candidates.append((hint, _same(outcome, theirs, RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE)))
    alike = [hint for hint, same in candidates if same]
    if len(alike) == 1 or (alike and len(candidates) == len(alike)):
        return alike[0]
    return candidates[0][0] if len(candidates) == 1 else None
