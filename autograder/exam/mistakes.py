"""Name a mistake by what a check says of it: where a catalogued answer fails in the same words, it is the same mistake.

Checks that compare with the reference name mistakes themselves (see `convnets.checks.agreement.agrees`). This is for
all the others: what a call should refuse, which library does the work, how a network is built.
"""

import contextlib
import io
import math
import re
import time

from convnets.checks.words import CheckFailed

_PATIENCE = 20.0  # seconds for all the mistakes of one check
_PLACE = re.compile(r"\n *at line .*")  # where in the learner's code an error came from
_NUMBERED = re.compile(r"(?<=[a-z])_\d+\b")  # of the names that Keras gives: functional_148
_COUNT = re.compile(r"(?<=executes )[\d,]+")
_NEAR = math.log(1.25)


class Sayings:
    """What the checks of a test say of each catalogued mistake.

    Found out when a check has failed for the first time, and kept for all later submissions.

    Parameters
    ----------
    name : str
        Of the function the test is about.
    mistakes : list of (str, callable)
        Hint and wrong function.
    right : callable, optional
        The reference function.
    symptoms : dict of str to str, optional
        From `convnets.checks.catalogue.symptoms`, of mistakes that are not run.

    Attributes
    ----------
    learned : dict of str to list of (str, str)
        By position of the check in the test: hints, and what the check says of the mistake.
    seconds : float
        Time that finding out has taken since this was made.
    """

    def __init__(self, name, mistakes, symptoms=None, right=None):
        self.name, self.right, self._symptoms = name, right, symptoms or {}
        self._mistakes = mistakes
        self.learned = {}
        self.seconds = 0.0

    def named(self, error):
        """Return the hint on the mistake that a check has named, or None."""
        return self._symptoms.get(getattr(error, "symptom", None))

    def hint(self, position, error, told, check):
        """Name the mistake of which a check says the same.

        Parameters
        ----------
        position : int
            Of the check in its test.
        error : Exception
            What it raised for the learner's answer.
        told : str
            What it says to the learner.
        check : callable
            ``check(function)`` runs it on another function, and raises what it raises.

        Returns
        -------
        str or None
            None also where it says the same of several mistakes.
        """
        if str(position) not in self.learned:
            self.learned[str(position)] = self._find_out(check)
        said = _words(error, told)
        distances = [(_distance(said, theirs), hint) for hint, theirs in self.learned[str(position)]]
        near = min((distance for distance, _hint in distances), default=math.inf)
        nearest = [hint for distance, hint in distances if distance == near]
        return nearest[0] if near <= _NEAR and len(nearest) == 1 else None

    def _find_out(self, check):
        began, found = time.monotonic(), []
        for hint, mistaken in self._mistakes:
            if time.monotonic() - began > _PATIENCE:
                break
            try:
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    check(mistaken)
            except Exception as error:
                told = error.said if isinstance(error, CheckFailed) else f"{type(error).__name__}: {error}"
                found.append((hint, _words(error, told)))
        self.seconds += time.monotonic() - began
        return found


def _words(error, told):
    """Leave out of a message what differs from one answer to the next, and add what it does not tell the learner."""
    text = _NUMBERED.sub("", _PLACE.sub("", told))
    return f"{text}\n{' '.join(getattr(error, 'details', ()))}"


def _distance(said, other):
    """Tell how far apart two messages are: 0 for the same, and so much for counts that differ; infinite for others."""
    if _COUNT.sub("", said) != _COUNT.sub("", other):
        return math.inf
    pairs = zip(_COUNT.findall(said), _COUNT.findall(other), strict=True)
    return max((abs(math.log(_number(ours) / _number(theirs))) for ours, theirs in pairs), default=0.0)


def _number(text):
    return max(1, int(text.replace(",", "")))
