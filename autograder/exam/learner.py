"""The examiner's side of a learner's process: run its cells, call its functions, survive whatever it does."""

import ast
import builtins
import math
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from autograder.exam.codec import CodecError
from autograder.exam.outputs import _SHOWN, _checked_output, _stopped_output
from autograder.exam.wire import Deadline, WireError, pair
from convnets.checks.calls import Outcome, Stopped, portable
from convnets.checks.folders.folder import Folder, Paths
from convnets.checks.formula import Formula
from convnets.checks.lent import Described, ModelOf
from convnets.checks.objects import Handle, Remote, recipe
from convnets.notebook.shell import MAX_OUTPUTS


class LearnerStopped(Stopped):
    """A learner's code ran too long, used too much, or ended its process."""


class _Breach(Exception):
    """The learner's process answered what nobody asked, or not in the language of the wire."""


class _TooMuchWritten(Exception):
    """The learner's code filled its scratch folder."""


class LearnerError(Exception):
    """An exception of a class that only the learner's process knows."""

    learners = True  # as on every exception that a learner's function raised


_SIGNALS = {
    signal.SIGSEGV: "it crashed (segmentation fault)",
    signal.SIGBUS: "it crashed (bus error)",
    signal.SIGABRT: "it aborted",
    signal.SIGFPE: "it crashed (arithmetic error)",
    signal.SIGKILL: "it was killed, most likely for using too much memory",
    signal.SIGXCPU: "it used up its processor time",
    signal.SIGXFSZ: "it wrote too much to a file",
    signal.SIGSYS: "it used a system call that is not allowed",
}


class Learner:
    """A learner's process, started again after every crash with all earlier cells that worked.

    Parameters
    ----------
    warm : autograder.exam.wire.Wire
        To the warm process.
    rules : Rules
    """

    def __init__(self, warm, rules):
        self._warm = warm
        self._rules = rules
        self._wire = None
        self._pid = None
        self._worked = []  # sources of the cells that ran to their end
        self._scratch = Path(tempfile.mkdtemp(prefix="scratch-"))
        self._folders = {}  # of images that were handed over: path by what is written of it
        self._shown = 0  # characters of all outputs
        self.until = math.inf  # by time.monotonic(): when the submission's time is used up
        self.missing_locks = []
        self.restarts = 0

    @property
    def process(self):
        """Number of the process that runs now, None when none does."""
        return self._pid if self._wire else None

    def close(self):
        """End the process and remove its scratch folder."""
        self._end()
        for entry in _inside(self._scratch):
            if entry.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    Path(entry.path).chmod(0o700)
        try:
            shutil.rmtree(self._scratch, ignore_errors=True)
        except RecursionError:  # thousands of folders inside each other
            subprocess.run(["rm", "-rf", "--", self._scratch], check=False)

    def run(self, source):
        """Run a cell.

        Parameters
        ----------
        source : str

        Returns
        -------
        (list of dict, str or None)
            Outputs in notebook format; and why the cell was stopped, if it was.
        """
        try:
            reply = self._ask({"do": "run", "source": source}, self._rules.times.cell, "The cell")
        except LearnerStopped as stopped:
            return [_stopped_output(stopped)], str(stopped)
        outputs = self._bounded(reply.get("outputs"))
        if reply.get("timed_out"):
            stopped = _short(reply["timed_out"])
            return [*outputs, _stopped_output(stopped)], stopped
        process = self._pid
        if not (_only_defines(source) or self._is_sound()):
            self._end()
            reason = (
                "The cell changes how Python itself works. It was left out, for nothing after it could run as written."
            )
            return [*outputs, _stopped_output(reason)], reason
        self._worked.append(source)
        if self._pid != process:  # an earlier cell broke that one, and the new one does not know this cell yet
            self._end()
        return outputs, None

    def _bounded(self, outputs):
        """Take a cell's outputs over, within limits that hold whatever was done to its process."""
        taken = []
        for output in filter(None, map(_checked_output, _listed(outputs)[:MAX_OUTPUTS])):
            parts = [output.get("text", ""), *output.get("data", {}).values(), *output.get("traceback", ())]
            size = sum(map(len, parts))
            if self._shown + size > _SHOWN:
                left_out = "… the rest of what this notebook shows is left out\n"
                return [*taken, {"output_type": "stream", "name": "stderr", "text": left_out}]
            self._shown += size
            taken.append(output)
        return taken

    def _is_sound(self):
        """Whether cells and calls still do in the process what they do elsewhere."""
        try:
            reply = self._ask({"do": "probe"}, self._rules.times.call, "Looking at the process")
        except LearnerStopped:
            return False
        outputs = [_checked_output(output) for output in _listed(reply.get("outputs"))]
        return outputs == [_SOUND] and reply.get("value") == [1, 2]

    def kind(self, name):
        """Say what a name stands for in the learner's notebook: "missing", "module", "function" or "value"."""
        return self._ask({"do": "kind", "name": name}, self._rules.times.call, f"Looking up {name}").get("kind")

    def value(self, name):
        """Return the value of a name in the learner's notebook."""
        return self._ask({"do": "value", "name": name}, self._rules.times.call, f"Reading {name}").get("value")

    def call(self, name, arguments, keywords, watch=False, seconds=None):
        """Call a function of the learner's.

        Parameters
        ----------
        name : str
        arguments : tuple
            A Keras model among them is lent; what the call changes in its weights is changed in the model itself.
        keywords : dict
        watch : bool
            Count bytecode instructions and packages.
        seconds : float, optional
            How long it may take, where that is not what the rules say.

        Returns
        -------
        convnets.checks.calls.Outcome

        Raises
        ------
        LearnerStopped
            When it runs too long or ends its process.
        """
        before = {**dict(enumerate(arguments)), **keywords}
        lent = {key: self._lent(argument) for key, argument in before.items()}
        for outer, model in before.items():
            for key, argument in before.items():  # a model that is a layer of another one must be so over there too
                if _is_keras(argument) and any(argument is layer for layer in getattr(model, "layers", ())):
                    lent[key] = self.use(lent[outer], "layer", [argument.name])
        given, named = [lent[position] for position in range(len(arguments))], {name: lent[name] for name in keywords}
        request = {"do": "call", "name": name, "arguments": given, "keywords": named, "watch": watch}
        reply = self._ask(request, (seconds or self._rules.times.call) * (10 if watch else 1), name)
        if reply.get("timed_out"):
            raise LearnerStopped(_short(reply["timed_out"]))
        if "refused" in reply:
            return Outcome(error=LearnerError(f"its result cannot be compared: {_short(reply['refused'])}"))
        changed = reply.get("changed") if type(reply.get("changed")) is dict else {}
        changed = {key: (before[key], after) for key, after in changed.items() if key in before}
        for key, argument in before.items():
            if hasattr(type(argument), "for_a_call") and not argument.is_still(lent[key]):
                changed[key] = (argument, argument.describe(lent[key]))
            elif _is_keras(argument):
                with suppress(Exception):  # its weights may not be those of the model any more
                    argument.set_weights(self.use(lent[key], "weights", ()))
        value = reply.get("value")
        for key, argument in before.items():
            value = portable(argument, value, lent[key])
        steps = reply.get("steps")
        return Outcome(
            value=value,
            error=None if reply.get("error") is None else _exception(reply["error"]),
            changed=changed,
            shares=[key for key in _listed(reply.get("shares")) if type(key) in (int, str) and key in before],
            reused=reply.get("reused") is True,
            steps=steps if type(steps) is int else None,
            packages=frozenset(name for name in _listed(reply.get("packages")) if type(name) is str),
        )

    def use(self, remote, operation, arguments):
        """Do one of `convnets.checks.objects.OPERATIONS` with an object of the learner's process.

        Raises
        ------
        LearnerStopped
            When it runs too long or ends the process, or the object was lost with an earlier process.
        Exception
            What the operation raises there.
        """
        if remote.process != self._pid or self._wire is None:
            raise LearnerStopped(f"The {remote.type_name} was lost when its process ended.")
        request = {"do": "use", "thing": remote, "operation": operation, "arguments": list(arguments)}
        reply = self._ask(request, self._rules.times.cell, f"Using the {remote.type_name}")
        if reply.get("timed_out"):
            raise LearnerStopped(_short(reply["timed_out"]))
        if reply.get("error") is not None:
            raise _exception(reply["error"])
        if "refused" in reply:
            raise LearnerError(_short(reply["refused"]))
        return reply.get("value")

    def make(self, recipe):
        """Build a Keras model in the learner's process; return its `convnets.checks.objects.Remote`."""
        reply = self._ask({"do": "make", **recipe}, self._rules.times.cell, "Building a model")
        if not isinstance(reply.get("value"), Remote):
            raise LearnerStopped(f"A model could not be built in the learner's process: {reply.get('refused')}.")
        return reply["value"]

    def _folder(self, folder):
        """Write images into the scratch folder; the learner's process does, for it may have put links there.

        Returns
        -------
        str
            Its path, the same one as before where nothing has changed it.
        """
        path = self._folders.get(repr(folder))
        if path is None or not folder.is_still(path):
            path = str(self._scratch / f"folder-{secrets.token_hex(4)}")
            request = {"do": "write", "directory": path, "contents": folder.contents, "folders": list(folder.classes)}
            self._ask(request, self._rules.times.call, "Writing a folder")
            self._folders[repr(folder)] = path
        return path

    def processor_seconds(self):
        """Processor time that the process has used so far, as the system counts it; zero where it does not say."""
        total = 0
        for path in Path(f"/proc/{self._pid}/task").glob("*/schedstat"):
            with suppress(OSError):
                total += int(path.read_text().split()[0])
        return total / 1e9

    def _lent(self, argument):
        """Make a function or a Keras model that a test hands over in the learner's process; leave the rest as it is."""
        if isinstance(argument, ModelOf):
            return argument.lend(self)
        if isinstance(argument, Folder):
            return self._folder(argument)
        if isinstance(argument, Paths):
            return argument.inside(self._folder(argument.folder))
        if isinstance(argument, Described):
            request = {"do": "arrange", "kind": argument.kind, "arguments": list(argument.arguments)}
            argument.given = self._ask(request, self._rules.times.call, f"Making {argument!r}")["value"]
            return argument.given
        if isinstance(argument, Formula):
            request = {"do": "define", "text": argument.text}
            return self._ask(request, self._rules.times.call, "Making a function")["value"]
        return self.make(recipe(argument)) if _is_keras(argument) else argument

    def _ask(self, request, seconds, what):
        """Send a request and wait for its reply; start, interrupt, end and restart the process as needed."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise LearnerStopped(f"{what} was not begun: the submission used up its time.")
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
            kept = [source for source in self._worked if _only_defines(source)]
            left_out, self._worked = len(kept) < len(self._worked), kept
            if left_out and not _has_handles(request):
                return self._ask(request, seconds, what)
            raise LearnerStopped(f"{what} gave back something unreadable: {breach}.") from None
        except _TooMuchWritten as error:
            self._end()
            raise LearnerStopped(f"{what} was stopped: {error}.") from None
        except WireError:
            status = self._end()
            reason = _SIGNALS.get(-status, f"signal {-status}") if status < 0 else f"it called exit ({status})"
            raise LearnerStopped(f"{what} ended the process: {reason}.") from None

    def _reply(self, seconds, ticket):
        try:
            reply = self._wire.receive(seconds, fetch=partial(Remote, self), tick=self._watch_scratch)
        except CodecError as error:
            raise _Breach(error) from None
        except WireError as error:
            if "announced" in str(error):
                raise _Breach(error) from None
            raise
        if type(reply) is not dict or reply.get("ticket") != ticket:
            raise _Breach("it is no answer to what was asked")
        return reply

    def _watch_scratch(self):
        used = count = 0
        for entry in _inside(self._scratch):
            count += 1
            with suppress(OSError):
                used += entry.stat(follow_symlinks=False).st_blocks * 512
        if count > _ENTRIES:
            raise _TooMuchWritten(f"it made more than {_ENTRIES:,} files and folders")
        if used > self._rules.limits.scratch_bytes:
            raise _TooMuchWritten(
                f"it wrote {used:,} bytes of files; {self._rules.limits.scratch_bytes:,} is the limit"
            )

    def _interrupt(self, message, ticket):
        """After a time-out: ask the code to stop, as Jupyter's interrupt does, and end the process if it does not."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGINT)
        try:
            reply = self._reply(self._rules.times.grace, ticket)
        except (Deadline, WireError, _Breach, _TooMuchWritten):
            self._end()
            raise LearnerStopped(message) from None
        return {"outputs": reply.get("outputs", []), "timed_out": message}

    def _start(self):
        self._wire, theirs = pair()
        self._warm.send({"do": "fork", "scratch": str(self._scratch), "limits": asdict(self._rules.limits)})
        self._warm.send_socket(theirs)
        theirs.close()
        self._pid = self._warm.receive()["pid"]
        self.missing_locks = self._wire.receive(30)["missing"]
        worked, self._worked = self._worked, []
        if worked:
            self.restarts += 1
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


_ENTRIES = 20_000  # files and folders in a scratch folder


def _inside(folder):
    """List everything in a folder, however deep; a walk that calls itself would end at a thousand levels."""
    waiting, count = [folder], 0
    while waiting and count <= _ENTRIES:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    count += 1
                    yield entry
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:  # gone, shut, or its name is too long
            continue


def _listed(value):
    """Take for a list what a learner's process sends as one."""
    return list(value) if type(value) in (list, tuple) else []


def _short(text):
    return str(text)[:2000]


# What a process that nobody has meddled with prints when it is probed; see autograder/exam/server.py.
_SOUND = {"output_type": "stream", "name": "stdout", "text": "left alone 2\n"}


def _only_defines(source):
    """Whether a cell does nothing but import modules and define functions."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):  # magics, among others
        return False
    return all(
        isinstance(statement, ast.Import | ast.ImportFrom)
        or (isinstance(statement, ast.FunctionDef) and not statement.decorator_list)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in body
    )


def _has_handles(request):
    """Whether a request names objects that ended with their process."""
    things = [request.get("thing"), *request.get("arguments", ()), *request.get("keywords", {}).values()]
    return any(isinstance(thing, Handle) for thing in things)


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
        """Return a proxy for another function of the learner's, None where there is none of that name."""
        return Proxy(self.learner, name) if self.learner.kind(name) == "function" else None

    def perform_call(self, arguments, keywords, watch):
        """Do what `convnets.checks.calls.perform` does, in the learner's process."""
        return self.learner.call(self.__name__, arguments, keywords, watch, self._seconds)

    def processor_seconds(self, arguments, keywords):
        """Measure from outside how much processor time a call takes."""
        before = self.learner.processor_seconds()
        self.perform_call(arguments, keywords, False)
        return self.learner.processor_seconds() - before

    def __call__(self, *arguments, **keywords):
        outcome = self.perform_call(arguments, keywords, False)
        if outcome.error is not None:
            raise outcome.error
        before = {**dict(enumerate(arguments)), **keywords}
        for name, (_before, after) in outcome.changed.items():
            _overwrite(before[name], after)
        return outcome.value


def _overwrite(argument, after):
    """Let a caller see what a call changed in an argument, as it would in one process."""
    if isinstance(argument, np.ndarray) and isinstance(after, np.ndarray) and argument.shape == after.shape:
        argument[...] = after
    elif isinstance(argument, list) and isinstance(after, list):
        argument[:] = after
    elif isinstance(argument, dict) and isinstance(after, dict):
        argument.clear()
        argument.update(after)


def _exception(error):
    """Make an exception of the nearest built-in class from what a learner's process says of one."""
    if type(error) is not dict:
        return LearnerError("the function raised something unreadable")
    name, message = str(error.get("name"))[:100], str(error.get("message"))[:2000]
    place = error.get("place")
    for base in _listed(error.get("bases")):
        kind = getattr(builtins, base, None) if isinstance(base, str) else None
        if isinstance(kind, type) and issubclass(kind, Exception):
            with suppress(Exception):  # some, such as UnicodeDecodeError, cannot be made of a message
                made = kind(message if base == name else f"{name}: {message}")
                break
    else:
        made = LearnerError(f"{name}: {message}")
    made.learners = True
    if type(place) is dict:
        made.place = f"line {place.get('line')} of {place.get('function')}: {place.get('source')}"[:400]
    return made
