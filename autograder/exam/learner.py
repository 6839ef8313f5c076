"""The examiner's side of a learner's process: run its cells, call its functions, survive whatever it does."""

import builtins
import secrets
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import numpy as np

from autograder.exam.outputs import Shown, checked_output, listed
from autograder.exam.process import INTERRUPTED, LearnerStopped, Process, joined, only_defines, uninterrupted
from autograder.exam.referee import OF_MODELS, Referee
from autograder.exam.result import (
    CHANGED_PYTHON,
    LOST,
    UNREADABLE,
    Stop,
    error_output,
)
from autograder.exam.second_opinion import Calls, compared, fresh
from autograder.exam.submission import defined_names
from convnets.checks.calls import Outcome, portable
from convnets.checks.objects import Remote, recipe
from convnets.checks.words import HINT

OWN = "own"
WITNESSES = {
    OWN: "cells, and calls of what they define",
    "watched": "loops counted while a function is called",
    "again": "a second opinion in a fresh process, without forbidden packages",
    "without": "cells run again without forbidden packages, where that one differs",
    "referee": "models rebuilt where no learner's code has run",
    "earlier": "earlier functions, where a later one builds on them",
    "rewound": "cells as they stood before a later one",
}
"""What a learner's processes are for."""


class LearnerError(Exception):
    """An exception of a class that only the learner's process knows."""

    learners = True  # as on every exception that a learner's function raised


class Learner(Process):
    """A process that runs a learner's cells; parameters and other attributes as of `autograder.exam.process.Process`.

    Parameters
    ----------
    witness : str
        Of `WITNESSES`: what it is for.
    light : (autograder.exam.wire.Wire, list of str), optional
        To a warm process that has imported little, and the packages that the cells name: a second process that has to
        do without all of them comes from there.

    Attributes
    ----------
    lost : set of str
        Functions that have lost points.
    referee : autograder.exam.referee.Referee
        Asks what is said of models.
    calls : autograder.exam.second_opinion.Calls
        Some of those that were made.
    forbidden : dict of str to tuple of str
        Packages that a function may not use, as far as a test has said so.
    folders : dict of str to str
        Path of each folder of images that was handed over, by what is written of it.
    spent : collections.Counter
        Seconds in which this process, and those beside it, were waited for, by what of `WITNESSES` they were for.
    """

    def __init__(self, warm, rules, without=(), witness=OWN, light=None):
        super().__init__(warm, rules, without)
        self._light = light
        self._witness, self.spent = witness, Counter()
        self._shown = Shown()
        self.folders = {}
        self.lost, self.forbidden = set(), {}
        self.referee, self.calls = Referee(self), Calls()
        self._others = {}  # processes that have run some of the cells, by what they are for

    def close(self):
        """End the process, with those beside it, and remove its scratch folder."""
        for other in self._others.values():
            other.close()
        super().close()

    def run(self, source):
        """Run a cell.

        Returns
        -------
        (list of dict, Stop or None)
            Outputs in notebook format; and why the cell was stopped, if it was.
        """
        try:
            reply = self._ask({"do": "run", "source": source}, self._rules.times.cell, "The cell")
        except LearnerStopped as stopped:
            return [stopped_output(stopped.stop)], stopped.stop
        outputs = self._shown.take(reply.get("outputs"))
        stop = reply.get(INTERRUPTED)
        if not stop:
            process = self._pid
            if only_defines(source) or self._is_sound():
                self._worked.append(source)
                if self._pid != process:  # an earlier cell broke that one, and the new one does not know this cell yet
                    self._end()
                return outputs, None
            self._end()
            stop = Stop(CHANGED_PYTHON, _CHANGES_PYTHON)
        return [*outputs, stopped_output(stop)], stop

    def _is_sound(self):
        """Whether cells and calls still do in the process what they do elsewhere."""
        word, numbers = secrets.token_hex(8), [secrets.randbelow(1000) for _ in range(8)]
        try:
            request = {"do": "probe", "word": word, "numbers": numbers}
            reply = self._ask(request, self._rules.times.call, "Looking at the process")
        except LearnerStopped:
            return False
        outputs = [checked_output(output) for output in listed(reply.get("outputs"))]
        sound = {"output_type": "stream", "name": "stdout", "text": f"{word} alone 2\n"}
        return outputs == [sound] and reply.get("value") == sorted(numbers)

    def kind(self, name):
        """Say what a name stands for in the learner's notebook: "missing", "module", "function" or "value"."""
        return self._ask({"do": "kind", "name": name}, self._rules.times.call, f"Looking up {name}").get("kind")

    def value(self, name):
        """Return the value of a name in the learner's notebook."""
        return self._ask({"do": "value", "name": name}, self._rules.times.call, f"Reading {name}").get("value")

    def run_beside(self, key, chosen, without=(), anew=False):
        """Return a process beside this one that has run some of its cells only.

        Parameters
        ----------
        key : tuple
            Of a kind in `WITNESSES`, and what it is for. It is made once, and ends the others of its kind that are for
            something else.
        chosen : callable
            ``chosen(sources)`` returns those of the cells that it runs.
        without : collection of str
            Packages that are not there.
        anew : bool
            Whether it must not have been asked anything yet.

        Returns
        -------
        Learner
        """
        if anew and key in self._others:
            self._others.pop(key).close()
        if key not in self._others:
            for done in [each for each in self._others if each[0] == key[0] and each[1:2] != key[1:2]]:
                self._others.pop(done).close()
            light, named = self._light or (self._warm, [])
            warm = light if {*named} <= {*without} else self._warm
            self._others[key] = other = Learner(warm, self._rules, without, witness=key[0])
            other.until, other.spent = self.until, self.spent
            for source in joined(chosen(self._worked)):
                other.run(source)
        self._others[key].until = self.until
        return self._others[key]

    def _ask(self, request, seconds, what):
        began, known = time.monotonic(), self.spent.total()
        try:
            return super()._ask(request, seconds, what)
        finally:
            within = self.spent.total() - known  # where the process had to begin anew
            watched = self._witness == OWN and request.get("watch")
            self.spent["watched" if watched else self._witness] += time.monotonic() - began - within

    def call(self, name, arguments=(), keywords=MappingProxyType({}), watch=False, seconds=None):
        """Call a function of the learner's; return an `Outcome`, or raise `LearnerStopped`.

        A Keras model among the arguments is lent; what the call changes in its weights is changed in the model itself.
        A call that is watched may take ten times as long.
        """
        before = {**dict(enumerate(arguments)), **keywords}
        lent = _lend(self, before)
        self.referee.give_back()
        given, named = [lent[position] for position in range(len(arguments))], {name: lent[name] for name in keywords}
        request = {"do": "call", "name": name, "arguments": given, "keywords": named, "watch": watch}
        reply = uninterrupted(self._ask(request, (seconds or self._rules.times.call) * (10 if watch else 1), name))
        if "refused" in reply:
            return Outcome(error=LearnerError(f"its result cannot be compared: {_short(reply['refused'])}"))
        value = reply.get("value")
        changed = _changed(self, before, lent, reply.get("changed"))
        for key, argument in before.items():
            value = portable(argument, value, lent[key])
        outcome = _outcome(reply, value, changed, before, self.folders.values())
        outcome.given = {key: lent[key] for key, argument in before.items() if hasattr(type(argument), "lend")}
        self.calls.note(name, arguments, keywords, outcome)
        return outcome

    def use(self, remote, operation, arguments):
        """Do one of `convnets.checks.objects.OPERATIONS` with an object of the learner's process; see `use_there`.

        What models do is not believed to that process, but seen by the referee.
        """
        if operation in OF_MODELS:
            return self.referee.ask(remote, operation, arguments)
        return self.use_there(remote, operation, arguments)

    def use_there(self, remote, operation, arguments):
        """Do an operation in the process where the object is.

        Raises
        ------
        LearnerStopped
            When it runs too long or ends the process, or the object was lost with an earlier process.
        Exception
            What the operation raises there.
        """
        if remote.process != self._pid or self._wire is None:
            raise LearnerStopped(LOST, f"The {remote.type_name} was lost when its process ended.")
        request = {"do": "use", "thing": remote, "operation": operation, "arguments": list(arguments)}
        reply = uninterrupted(self._ask(request, self._rules.times.cell, f"Using the {remote.type_name}"))
        if reply.get("error") is not None:
            raise _exception(reply["error"], self.folders.values())
        if "refused" in reply:
            raise LearnerError(_short(reply["refused"]))
        return reply.get("value")

    def make(self, kind, *arguments):
        """Make one of `convnets.checks.lent.MAKERS` in the learner's process; return it, or what stands for it here."""
        reply = self._make(kind, arguments)
        if "refused" in reply or (kind == "model" and not isinstance(reply.get("value"), Remote)):
            said = _short(reply.get("refused"))
            raise LearnerStopped(UNREADABLE, f"A {kind} could not be made in the learner's process: {said}.")
        return reply.get("value")

    def made(self, kind, arguments, forget=()):
        """Make something as `make` does, None where that cannot be; what has the numbers to forget may go."""
        return self._make(kind, arguments, forget).get("value")

    def _make(self, kind, arguments, forget=()):
        request = {"do": "make", "kind": kind, "arguments": list(arguments), "forget": list(forget)}
        return uninterrupted(self._ask(request, self._rules.times.cell, f"Making a {kind}"))

    def question(self, name, calls):
        """Make questions about a function in the learner's process; return what came from there, to be looked at."""
        request = {"do": "question", "name": name, "calls": list(calls)}
        return uninterrupted(self._ask(request, self._rules.times.cell, f"Making questions about {name}"))


_CHANGES_PYTHON = (
    "The cell changes how Python itself works. It was left out, for nothing after it could run as written."
)


def _processor_seconds(process):
    """Processor time that a process has used so far, as the system counts it; zero where it does not say."""
    total = 0
    for path in Path(f"/proc/{process}/task").glob("*/schedstat"):
        with suppress(OSError):
            total += int(path.read_text().split()[0])
    return total / 1e9


def _lend(learner, arguments):
    """Make what can only live over there, and leave the rest as it is."""
    lent = {key: _lent(learner, argument) for key, argument in arguments.items()}
    for outer, model in arguments.items():
        for key, argument in arguments.items():  # a model that is a layer of another one must be so over there too
            if _is_keras(argument) and any(argument is layer for layer in getattr(model, "layers", ())):
                lent[key] = learner.use(lent[outer], "layer", [argument.name])
    return lent


def _lent(learner, argument):
    if hasattr(type(argument), "lend"):
        return argument.lend(learner)
    return learner.make("model", recipe(argument)) if _is_keras(argument) else argument


def _changed(learner, before, lent, said):
    """Say what a call has changed: of plain data what the process says, of what was lent what is seen."""
    said = said if type(said) is dict else {}
    changed = {key: (before[key], after) for key, after in said.items() if key in before}
    for key, argument in before.items():
        if hasattr(type(argument), "for_a_call") and not argument.is_still(lent[key]):
            changed[key] = (argument, argument.describe(lent[key]))
        elif _is_keras(argument):
            with suppress(Exception):  # its weights may not be those of the model any more
                argument.set_weights(learner.use_there(lent[key], "weights", ()))
    return changed


def rewound(learner, cells):
    """Return a learner's process that has run some of the cells only."""
    return learner.run_beside(("rewound", len(cells)), lambda sources: [each for each in sources if each in cells])


def _earlier(learner, later):
    """Return a learner's process that has run the cells before the one that defines a function, and no others."""

    def before(sources):
        return sources[: next((i for i, source in enumerate(sources) if later in defined_names(source)), 0)]

    return learner.run_beside(("earlier", later), before)


def _without(learner, name, packages, anew=False):
    """Return a learner's process without some packages that has run what a function needs."""

    def needed(sources):
        last = max((i for i, source in enumerate(sources) if name in defined_names(source)), default=-1)
        return [source for i, source in enumerate(sources) if i <= last or only_defines(source)]

    return learner.run_beside(("without", name, *sorted(packages)), needed, packages, anew)


def _outcome(reply, value, changed, before, folders):
    """Take a reply to a call over, each field only if it is of the right type."""
    steps = reply.get("steps")
    return Outcome(
        value=value,
        error=None if reply.get("error") is None else _exception(reply["error"], folders),
        changed=changed,
        shares=[key for key in listed(reply.get("shares")) if type(key) in (int, str) and key in before],
        reused=reply.get("reused") is True,
        steps=steps if type(steps) is int else None,
        packages=frozenset(name for name in listed(reply.get("packages")) if type(name) is str),
    )


def stopped_output(stop):
    """Make the output of a cell that was stopped."""
    return error_output("Stopped", stop.text)


def _short(text):
    return str(text)[:2000]


def _is_keras(value):
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.Layer)


class Proxy:
    """Stands for a learner's function in a test.

    Parameters
    ----------
    learner : Learner
    name : str
        The function's name in the learner's notebook.
    seconds : float, optional
        How long each call may take, where that is not what the rules say.
    """

    def __init__(self, learner, name, seconds=None):
        self.learner = learner
        self.__name__ = name
        self._seconds = seconds

    def allow_seconds(self, seconds):
        """Return a proxy whose calls may take that long."""
        return Proxy(self.learner, self.__name__, seconds)

    def sibling(self, name):
        """Return a proxy for an earlier function of the learner's, as it was before this one was written.

        None where it has lost no points: then nothing has to be made good.
        """
        if name not in self.learner.lost:
            return None
        learner = _earlier(self.learner, self.__name__)
        return Proxy(learner, name) if learner.kind(name) == "function" else None

    def perform_call(self, arguments, keywords, watch):
        """Do what `convnets.checks.calls.perform` does, in the learner's process."""
        return self.learner.call(self.__name__, arguments, keywords, watch, self._seconds)

    def without(self, packages):
        """Return a proxy for the same function where packages are not there; None where it cannot be defined so."""
        self.learner.forbidden[self.__name__] = tuple(sorted(packages))
        quick = self._in(fresh(self.learner, self.__name__))
        return _Apart(self, quick, packages) if quick else self.after_all_cells(packages)

    def before_any_call(self):
        """Return a proxy for the same function as it is before its first call; None where it cannot be defined so."""
        return self._in(_without(self.learner, self.__name__, (), anew=True))

    def after_all_cells(self, packages):
        """Return the same, of a process in which all cells that may matter have run; None as `without` does."""
        return self._in(_without(self.learner, self.__name__, packages))

    def _in(self, learner):
        return Proxy(learner, self.__name__) if learner.kind(self.__name__) == "function" else None

    def timed_call(self, arguments, keywords):
        """Measure from outside how much processor time a call takes; return that, and what the call does."""
        before = _processor_seconds(self.learner.process)
        outcome = self.perform_call(arguments, keywords, False)
        return _processor_seconds(self.learner.process) - before, outcome

    def __call__(self, *arguments, **keywords):
        outcome = self.perform_call(arguments, keywords, False)
        if outcome.error is not None:
            raise outcome.error
        before = {**dict(enumerate(arguments)), **keywords}
        for name, (_before, after) in outcome.changed.items():
            _overwrite(before[name], after)
        return outcome.value


class _Apart:
    """A function where packages are not there: where only definitions have run, or if need be also other cells."""

    def __init__(self, proxy, quick, packages):
        self._proxy, self._quick, self._packages = proxy, quick, packages

    def perform_call(self, arguments, keywords, watch):
        usual = self._proxy.perform_call(arguments, keywords, watch)
        with suppress(LearnerStopped):
            if compared(self._quick.perform_call(arguments, keywords, watch), usual) is None:
                return usual
        self._quick.learner.forget()  # a second opinion has to find the same
        careful = self._proxy.after_all_cells(self._packages)
        return careful.perform_call(arguments, keywords, watch) if careful else usual


def _overwrite(argument, after):
    """Let a caller see what a call changed in an argument, as it would in one process."""
    if isinstance(argument, np.ndarray) and isinstance(after, np.ndarray) and argument.shape == after.shape:
        argument[...] = after
    elif isinstance(argument, list) and isinstance(after, list):
        argument[:] = after
    elif isinstance(argument, dict) and isinstance(after, dict):
        argument.clear()
        argument.update(after)


_ENDS = StopIteration, StopAsyncIteration


def _exception(error, folders):
    """Make an exception of the nearest built-in class from what a learner's process says of one.

    Paths of folders that were made for it tell nobody anything: they are written as in results, ``folder/cat/0.png``.
    """
    if type(error) is not dict:
        return LearnerError("the function raised something unreadable")
    name, message = str(error.get("name"))[:100], str(error.get("message"))[:2000].replace(HINT, "\n  hint: ")
    for path in folders:
        message = message.replace(path, "folder")
    place = error.get("place")
    for base in listed(error.get("bases")):
        kind = getattr(builtins, base, None) if isinstance(base, str) else None
        # raised here, StopIteration would end a loop of the test's
        if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, _ENDS):
            with suppress(Exception):  # some, such as UnicodeDecodeError, cannot be made of a message
                made = kind(message if base == name else f"{name}: {message}")
                break
    else:
        made = LearnerError(f"{name}: {message}")
    made.learners = True
    if type(place) is dict:
        made.place = f"line {place.get('line')} of {place.get('function')}: {place.get('source')}"[:400]
    return made
