"""What the checks of a test draw, kept and played back, and how much they are to say."""

import ast
import pickle
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import NamedTuple

from convnets.checks.draws import Call


class Tried(NamedTuple):
    """An input that was drawn.

    Attributes
    ----------
    drawn : Call
    right : convnets.checks.calls.Outcome
        What the reference does.
    choices : bytes
        Those that make it, in Hypothesis's words.
    """

    drawn: Call
    right: object
    choices: bytes


@contextmanager
def quick_verdicts():
    """Let `agrees` and `rejects` say only whether a function passes, in this ``with`` block.

    They do not name the mistake, and the first failing input is not shrunk. Where a `Rehearsal` is played back, nothing
    is drawn at all.

    Examples
    --------
    >>> from hypothesis import strategies as st
    >>> from convnets.checks.agreement import agrees
    >>> from convnets.checks.catalogue import register
    >>> from convnets.checks.rehearsal import quick_verdicts
    >>> def double(number):
    ...     return 2 * number
    >>> register(double, [("Doubling is not squaring.", lambda number: number**2)])
    >>> with quick_verdicts():  # without it, the message ends with the hint
    ...     agrees(lambda number: number**2, double, st.tuples(st.just(3)))
    Traceback (most recent call last):
    ...
    convnets.checks.words.CheckFailed: <lambda>(3)
      returned: 9
      expected: 6
      It is 9; it should be 6.
    """
    with without_shrinking():
        token = names_mistakes.set(False)
        try:
            yield
        finally:
            names_mistakes.reset(token)


@contextmanager
def without_shrinking():
    """Let `agrees` explain the first failing input, whatever its size, in this ``with`` block."""
    token = shrinks_inputs.set(False)
    try:
        yield
    finally:
        shrinks_inputs.reset(token)


names_mistakes = ContextVar("whether mistakes are named", default=True)


shrinks_inputs = ContextVar("whether inputs are shrunk", default=True)


class Rehearsal:
    """What the `agrees` of one test draw, and what the reference returns for it.

    Drawing takes far longer than calling, and it draws the same for every right answer. So an examiner runs each test
    once with the reference itself, and plays the draws back to learners' functions; only for a function that fails on
    one of them is anything drawn, and shrunk, afresh.

    Examples
    --------
    >>> from hypothesis import strategies as st
    >>> from convnets.checks.agreement import agrees
    >>> from convnets.checks.rehearsal import Rehearsal
    >>> def double(number):
    ...     return 2 * number
    >>> rehearsal = Rehearsal()
    >>> with rehearsal.recording():
    ...     agrees(double, double, st.tuples(st.integers(1, 9)))
    >>> with rehearsal.playing():  # nothing is drawn here, and nothing could be
    ...     agrees(lambda number: number + number, double, st.nothing())
    """

    def __init__(self):
        self._parts = []
        self._position = None  # None while recording
        self.known = {}  # what checks have found out of the catalogued mistakes; whatever they like, plain data
        self.news = {}  # the same, as far as it was found out while playing

    @property
    def is_recording(self):
        """Whether the test is run with the reference now."""
        return self._position is None

    @contextmanager
    def recording(self):
        """Keep what is drawn in this ``with`` block."""
        with self._in_use(None):
            yield

    @contextmanager
    def playing(self):
        """Play it back in this ``with`` block."""
        with self._in_use(0):
            yield

    @contextmanager
    def _in_use(self, position):
        self._position = position
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def keep(self, expected, tried):
        """Keep the draws of one `agrees`."""
        if self._position is None:
            self._parts.append((expected.__name__, tried))

    def dump(self):
        """Turn what was kept into bytes for `load`; draws that hold more than plain data are left out."""
        try:
            return pickle.dumps((self._parts, self.known))
        except Exception:  # Keras objects refuse in many ways
            return pickle.dumps(([], {}))

    def load(self, dumped):
        """Take over what another process of the grader's own kept."""
        self._parts, self.known = pickle.loads(dumped)

    def note(self, name, found):
        """Keep what a check has found out of the reference or of a catalogued mistake, by a name for it."""
        if name not in self.known:
            self.known[name] = found
            if not self.is_recording:
                self.news[name] = found

    def next_part(self, expected):
        """Give the draws of the next `agrees`, if it compares with the same reference."""
        if self._position is None or self._position >= len(self._parts):
            return None
        name, tried = self._parts[self._position]
        self._position += 1
        return tried if name == expected.__name__ else None


_current = ContextVar("rehearsal", default=None)


def rehearsal_now():
    """Return the `Rehearsal` that is in use, or None."""
    return _current.get()


def rehearsed(check):
    """Mark a check whose tests are worth running with the reference first: something is kept then."""
    check.is_rehearsed = True
    return check


def is_rehearsed(source):
    """Say whether a test imports a check that is marked.

    Parameters
    ----------
    source : str
        Of the test cell.

    Returns
    -------
    bool

    Examples
    --------
    >>> from convnets.checks.rehearsal import is_rehearsed
    >>> is_rehearsed("from convnets.checks.hidden import agrees")
    True
    >>> is_rehearsed("import numpy as np")
    False
    """
    return any(
        getattr(getattr(import_module(node.module), name.name, None), "is_rehearsed", False)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("convnets.checks")
        for name in node.names
    )
