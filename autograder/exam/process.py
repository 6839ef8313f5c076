"""A learner's process as the examiner sees it: asked by messages, watched, interrupted, ended and started again."""

import ast
import math
import os
import secrets
import signal
import time
from contextlib import suppress
from dataclasses import asdict
from functools import partial

from autograder.exam.codec import CodecError
from autograder.exam.result import CRASHED, EXITED, FILES, MEMORY, TIMED_OUT, UNREADABLE, Stop
from autograder.exam.scratch import Scratch, TooMuchWritten
from autograder.exam.wire import Deadline, MessageTooLarge, WireError, pair
from convnets.checks.calls import Stopped
from convnets.checks.objects import Handle, Remote


class LearnerStopped(Stopped):
    """A learner's code ran too long, used too much, or ended its process.

    Attributes
    ----------
    stop : autograder.exam.result.Stop
    """

    def __init__(self, kind, text):
        super().__init__(text)
        self.stop = Stop(kind, text)


class _Breach(Exception):
    """The learner's process answered what nobody asked, or not in the language of the wire."""


_SIGNALS = {
    signal.SIGSEGV: (CRASHED, "it crashed (segmentation fault)"),
    signal.SIGBUS: (CRASHED, "it crashed (bus error)"),
    signal.SIGABRT: (CRASHED, "it aborted"),
    signal.SIGFPE: (CRASHED, "it crashed (arithmetic error)"),
    signal.SIGKILL: (MEMORY, "it was killed, most likely for using too much memory"),
    signal.SIGXCPU: (TIMED_OUT, "it used up its processor time"),
    signal.SIGXFSZ: (FILES, "it wrote too much to a file"),
    signal.SIGSYS: (CRASHED, "it used a system call that is not allowed"),
}


def _reason(status):
    """Say why a process ended, from its exit status: a kind and words."""
    if status >= 0:
        return EXITED, f"it called exit ({status})"
    return _SIGNALS.get(-status, (CRASHED, f"signal {-status}"))


class Process:
    """A process of the warm one's, started again after every crash with all earlier cells that worked.

    Parameters
    ----------
    warm : autograder.exam.wire.Wire
        To the warm process.
    rules : Rules
    without : collection of str
        Packages that are not there.

    Attributes
    ----------
    until : float
        By `time.monotonic`: when the submission's time is used up.
    scratch : pathlib.Path
        The folder it may write to.
    missing_locks : list of str
        What the sandbox could not shut.
    """

    def __init__(self, warm, rules, without=()):
        self._warm = warm
        self._rules = rules
        self._without = list(without)
        self._wire = None
        self._pid = None
        self._worked = []  # sources of the cells that ran to their end
        self._scratch = Scratch(rules.limits.scratch_bytes)
        self.scratch = self._scratch.path
        self.until = math.inf
        self.missing_locks = []

    @property
    def process(self):
        """Number of the process that runs now, None when none does."""
        return self._pid if self._wire else None

    def close(self):
        """End the process and remove its scratch folder."""
        self._end()
        self._scratch.remove()

    def forget(self):
        """End the process; the next request starts it again, and its cells run anew."""
        self._end()

    def _ask(self, request, seconds, what):
        """Send a request and wait for its reply; start, interrupt, end and restart the process as needed."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise LearnerStopped(TIMED_OUT, f"{what} was not begun: the submission used up its time.")
        seconds = min(seconds, left)
        if self._wire is None:
            self._start()
        ticket = secrets.randbits(63)
        try:
            try:
                self._wire.send({**request, "ticket": ticket}, seconds=seconds)
            except CodecError as error:
                raise TypeError(f"the test hands over what cannot cross: {error}") from None
            return self._reply(seconds, ticket)
        except Deadline:
            return self._interrupt(f"{what} was stopped after {seconds:.3g} seconds: does a loop never end?", ticket)
        except _Breach as breach:
            self._end()
            # Only code made for it writes on the wire, at times long after its cell. So what is left starts anew
            # without any cell that does more than define functions, and is asked again.
            kept = [source for source in self._worked if only_defines(source)]
            left_out, self._worked = len(kept) < len(self._worked), kept
            if left_out and not _has_handles(request):
                return self._ask(request, seconds, what)
            raise LearnerStopped(UNREADABLE, f"{what} gave back something unreadable: {breach}.") from None
        except TooMuchWritten as error:
            self._end()
            raise LearnerStopped(FILES, f"{what} was stopped: {error}.") from None
        except WireError:
            kind, reason = _reason(self._end())
            raise LearnerStopped(kind, f"{what} ended the process: {reason}.") from None

    def _reply(self, seconds, ticket):
        try:
            watch = partial(self._scratch.watch, self._pid)
            reply = self._wire.receive(seconds, fetch=partial(Remote, self), tick=watch)
        except (CodecError, MessageTooLarge) as error:
            raise _Breach(error) from None
        if type(reply) is not dict or reply.get("ticket") != ticket:
            raise _Breach("it is no answer to what was asked")
        reply.pop(INTERRUPTED, None)  # only the clock here says that
        return reply

    def _interrupt(self, message, ticket):
        """After a time-out: ask the code to stop, as Jupyter's interrupt does, and end the process if it does not."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGINT)
        try:
            reply = self._reply(self._rules.times.grace, ticket)
        except (Deadline, WireError, _Breach, TooMuchWritten):
            self._end()
            raise LearnerStopped(TIMED_OUT, message) from None
        return {"outputs": reply.get("outputs", []), INTERRUPTED: Stop(TIMED_OUT, message)}

    def _start(self):
        self._wire, theirs = pair()
        limits = asdict(self._rules.limits)
        self._warm.send({"do": "fork", "scratch": str(self.scratch), "limits": limits, "without": self._without})
        self._warm.send_socket(theirs)
        theirs.close()
        self._pid = self._warm.receive()["pid"]
        self.missing_locks = self._wire.receive(30)["missing"]
        worked, self._worked = self._worked, []
        for source in worked:
            self._ask({"do": "run", "source": source}, self._rules.times.cell, "The cell")
            self._worked.append(source)

    def _end(self):
        """End the process; return its exit status, negative for a signal."""
        if self._wire is None:
            return 0
        self._wire.close()
        self._wire = None
        self._warm.send({"do": "end", "pid": self._pid})
        return self._warm.receive()["status"]


INTERRUPTED = "interrupted by the examiner"  # in a reply: its Stop


def uninterrupted(reply):
    """Return a reply, or raise `LearnerStopped` where the clock cut it short."""
    if INTERRUPTED in reply:
        stop = reply[INTERRUPTED]
        raise LearnerStopped(stop.kind, stop.text)
    return reply


def only_defines(source):
    """Whether a cell does nothing but import modules and define functions."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # magics, among others
        return False
    return all(
        isinstance(statement, ast.Import | ast.ImportFrom)
        or (isinstance(statement, ast.FunctionDef) and not statement.decorator_list)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in body
    )


def joined(sources):
    """Make one cell of neighbours that only define: to run a cell takes longer than to define some functions.

    Parameters
    ----------
    sources : iterable of str

    Returns
    -------
    list of str

    Examples
    --------
    >>> from autograder.exam.process import joined
    >>> joined(["import math", "def half(x):\\n    return x / 2", "print(half(3))", "two = 2"])
    ['import math\\n\\ndef half(x):\\n    return x / 2', 'print(half(3))', 'two = 2']
    """
    cells = []
    for source in sources:
        if cells and _only_defines_anywhere(source) and _only_defines_anywhere(cells[-1]):
            cells[-1] += f"\n\n{source}"
        else:
            cells.append(source)
    return cells


def _only_defines_anywhere(source):
    return "__future__" not in source and only_defines(source)  # what comes from there has to stand first


def _has_handles(request):
    """Whether a request names objects that ended with their process."""
    things = [request.get("thing"), *request.get("arguments", ()), *request.get("keywords", {}).values()]
    return any(isinstance(thing, Handle) for thing in things)
