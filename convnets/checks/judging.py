"""Judge a learner's function: look at what it does, compare, name the mistake.

A *look* is a generator function of one concept, called as ``look(function, case, expected)``. It calls the function and
yields what can be seen of that, one `Seen` after the other: the same for the learner's function, the reference and the
catalogued mistakes. Whatever crosses from a learner's process must be plain data.
"""

import io
from collections.abc import Callable
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from itertools import zip_longest
from typing import NamedTuple

from convnets.checks.catalogue import misconceptions
from convnets.checks.compare import difference
from convnets.checks.outcomes import error_kind, error_text, is_worded
from convnets.checks.patterns import recognise_large
from convnets.checks.rehearsal import names_mistakes, rehearsal_now
from convnets.checks.words import CheckFailed, error_lines, sentence, show_call


class Seen(NamedTuple):
    """One thing that a look has found out.

    Attributes
    ----------
    part : str
        What it is. A part that the reference does not have is wrong whatever its value.
    value : object
        Plain data.
    say : callable, optional
        ``say(value, right)`` tells a learner that it is wrong. Left out, the part and both values are shown.
    """

    part: str
    value: object
    say: Callable | None = None


def fault(kind, said):
    """See something that is wrong in itself.

    Parameters
    ----------
    kind : str or tuple
        By which it is compared with catalogued mistakes.
    said : str
        What is wrong, for the learner.

    Returns
    -------
    Seen
    """
    return Seen("a fault", kind, lambda _value, _right: said)


def raised(outcome, wanted):
    """See whether a call raised an error.

    Parameters
    ----------
    outcome : convnets.checks.calls.Outcome
    wanted : str
        What it should do where it should not raise one, in words.

    Returns
    -------
    Seen
    """

    def say(value, _right):
        if value is None:
            return "It raises no error. It should raise a ValueError that says what is wrong."
        return error_lines(outcome.error, wanted)

    return Seen(RAISES, _plain(outcome.error), say)


RAISES = "It raises"


def _plain(error):
    """Write an error as its built-in class and what a library says of it: learners' own words are free."""
    return None if error is None else (error_kind(error).__name__, None if is_worded(error) else error_text(error))


@contextmanager
def quiet():
    """Keep what a function prints out of the test's output: it is called a hundred times."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield


def diagnosed(said, hint, expected):
    """Make the failure of a check that has compared an answer with all catalogued mistakes: nobody need do it again."""
    failed = CheckFailed(said, hint)
    failed.is_diagnosed = bool(misconceptions(expected))
    return failed


def judge(function, expected, cases, look, shown=show_call, **tolerances):
    """Compare what can be seen of a function with the reference, up to the first part that is wrong.

    Parameters
    ----------
    function, expected : callable
        The learner's and the reference.
    cases : sequence
        What the look is given, one after the other; most often `Call`.
    look : callable
    shown : callable or None
        ``shown(function, *case)`` writes the call for the message; None where the look does.
    **tolerances
        ``rtol`` and ``atol`` as of `convnets.checks.compare.difference`.

    Raises
    ------
    CheckFailed
        With what is wrong, and the hint of the only catalogued mistake that looks the same in all cases, what comes
        behind the first wrong part included: there another mistake may show.
    """
    eyes = _Eyes(look, expected, tolerances)
    rehearsal = rehearsal_now()
    for number, case in enumerate(cases):
        # Looking at all mistakes takes time; the answer is kept for everybody.
        if rehearsal and rehearsal.is_recording and names_mistakes.get():
            for pair in misconceptions(expected):
                eyes.on_mistake(*pair, case)
        seen, said = eyes.on(function, case)
        if said:
            hint = eyes.only_mistake(function, cases, number, seen) if names_mistakes.get() else None
            raise diagnosed(f"{shown(function, *case)}\n  {said}" if shown else said, hint, expected)


def hint_of_mistake(function, expected, case, look):
    """Name the only catalogued mistake that looks as wrong as a function, for a verdict that was found elsewhere.

    Returns
    -------
    str or None
    """
    eyes = _Eyes(look, expected, {})
    seen, said = eyes.on(function, case)
    return eyes.only_mistake(function, [case], 0, seen) if said else None


def right_parts(look, expected, case):
    """Return what a look sees of the reference: values by part; looked at once and kept."""
    return _Eyes(look, expected, {}).right(case)


def difference_of(value, right, batches=True, **tolerances):
    """Say how a value differs, as `difference` does, and of a large array what is wrong with all of it."""
    common = recognise_large(value, right, batches)
    said = difference(value, right, **tolerances)
    return f"{said}\n  In all of the array, {sentence(common)}" if common else said


class _Eyes:
    """What a look sees of the learner's function, of the reference and of the catalogued mistakes."""

    def __init__(self, look, expected, tolerances):
        self._look, self._expected, self._tolerances = look, expected, tolerances

    def right(self, case):
        return dict(self._kept(lambda: self._whole(self._expected, case), "", self._expected, case))

    def on(self, function, case):
        """Look part by part, up to the first that is wrong; say what is wrong with that one."""
        right, seen = self.right(case), []
        for part, value, say in self._look(function, case, self._expected):
            seen.append((part, value))
            if part not in right or not self._is_right(part, value, right[part]):
                return seen, say(value, right.get(part)) if say else self._say(part, value, right.get(part))
        return seen, None

    def on_mistake(self, hint, mistaken, case):
        return self._kept(lambda: self.on(mistaken, case), hint, mistaken, case)

    def only_mistake(self, function, cases, number, seen):
        """Name the only catalogued mistake that looks the same in all cases, each up to the first wrong part."""
        known = [
            (hint, mistaken)
            for hint, mistaken in misconceptions(self._expected)
            if self._alike(self.on_mistake(hint, mistaken, cases[number])[0], seen)
            and not any(self.on_mistake(hint, mistaken, each)[1] for each in cases[:number])
        ]
        for each in cases[number + 1 :] if known else ():
            ours = self.on(function, each)[0]
            known = [pair for pair in known if self._alike(self.on_mistake(*pair, each)[0], ours)]
        for each in (cases[number], *cases[:number], *cases[number + 1 :]) if known else ():
            whole = self._whole(function, each)
            known = [pair for pair in known if self._does_the_same(pair[1], function, each, whole)]
        return known[0][0] if len(known) == 1 else None

    def _does_the_same(self, mistaken, function, case, ours):
        """Whether all is alike that is so from look to look; random numbers are not."""
        theirs = self._whole(mistaken, case)
        if self._alike(theirs, ours) or len(theirs) != len(ours):
            return self._alike(theirs, ours)
        looks = zip(theirs, ours, self._whole(mistaken, case), self._whole(function, case), strict=False)
        return all(
            self._alike([one], [other]) or not (self._alike([one], [one_again]) or self._alike([other], [other_again]))
            for one, other, one_again, other_again in looks
        )

    def _whole(self, function, case):
        seen = []
        try:
            seen += ((part, value) for part, value, _say in self._look(function, case, self._expected))
        except Exception as error:  # a look may rely on what it has found wrong before
            seen.append(("broken off", type(error).__name__))
        return seen

    def _kept(self, find, hint, function, case):
        rehearsal = rehearsal_now()
        key, name = (self._look, function, repr(case)), (self._look.__name__, hint, repr(case))
        if key not in _looked_at:
            found = rehearsal.known.get(name) if rehearsal else None
            _looked_at[key] = find() if found is None else found
        if rehearsal:
            rehearsal.note(name, _looked_at[key])
        return _looked_at[key]

    def _is_right(self, part, value, right):
        if part == RAISES:
            return (value and value[0]) == (right and right[0])
        return difference(value, right, **self._tolerances) is None

    def _say(self, part, value, right):
        if isinstance(value, str | int | bool | tuple) or value is None:
            return f"{part}: {value}; it should be: {right}."
        return f"{part}: {difference_of(value, right, **self._tolerances)}"

    def _alike(self, first, second):
        return all(
            one is not None
            and other is not None
            and one[0] == other[0]
            and (one[1] == other[1] if one[0] == RAISES else self._is_right(*one, other[1]))
            for one, other in zip_longest(first, second)
        )


_looked_at = {}  # of references and catalogued mistakes, which stay as they are
