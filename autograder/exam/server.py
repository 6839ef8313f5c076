"""Inside a learner's process: run cells and answer calls, and know nothing else.

This process never holds a test, an expected value or a reference. It trusts nobody's code but runs a learner's; the
examiner at the other end of the wire trusts none of its answers further than their being plain data.
"""

import os
import signal
import sys
import traceback
import types
from dataclasses import asdict

from autograder.exam.codec import CodecError
from autograder.exam.wire import WireError
from autograder.exam.without import do_without
from convnets.checks.calls import perform
from convnets.checks.handover import HANDING_OVER, rebuild
from convnets.checks.lent import MAKERS
from convnets.checks.objects import OPERATIONS
from convnets.notebook.questions import Code, NotAsked, questions
from convnets.notebook.stand_ins import ColabFinder


class Kept:
    """Objects that cannot cross the wire, by number."""

    def __init__(self):
        self._objects = []

    def put(self, value):
        self._objects.append(value)
        return len(self._objects) - 1

    def get(self, number, _type_name=None):
        return self._objects[number]

    def forget(self, numbers):
        for number in numbers:
            self._objects[number] = None


def serve(wire, shell):
    """Answer the examiner until it hangs up.

    Parameters
    ----------
    wire : autograder.exam.wire.Wire
    shell : convnets.notebook.shell.LearnerShell
    """
    kept = Kept()
    answers = {
        "run": _run, "probe": _probe, "kind": _kind, "value": _value, "call": _call, "use": _use, "make": _make,
        "question": _question,
    }  # fmt: skip
    while True:
        try:
            request = wire.receive(fetch=kept.get)
        except KeyboardInterrupt:  # a time-out that came just after the answer was ready
            continue
        except WireError:
            os._exit(0)
        ticket = request.pop("ticket")
        try:
            kept.forget(request.pop("forget", ()))
            reply = answers[request.pop("do")](shell, **request)
        except KeyboardInterrupt:
            reply = {"interrupted": True}
        except Exception as error:
            reply = {"refused": f"{type(error).__name__}: {error}"[:2000]}
        try:
            wire.send({**reply, "ticket": ticket}, kept.put)
        except CodecError as error:
            wire.send({"refused": str(error), "ticket": ticket})


def _run(shell, source):
    outputs, success = shell.run(source)
    return {"outputs": outputs, "success": success}


# Prints the word, "alone" and 2 where nobody has meddled with Python, whatever names a learner gives a new meaning.
_PROBE = """
try:
    try:
        assert (lambda python: python.isinstance("", python.int) or python.any([0]))(__import__("builtins")), "{word}"
    except __import__("builtins").AssertionError as _probe:
        raise __import__("builtins").ValueError(f"{{_probe}} alone")
except __import__("builtins").ValueError as _probe:
    (lambda python: python.print(_probe, python.eval("abs(-2)")))(__import__("builtins"))
"""


def _probe(shell, word, numbers):
    """Run a cell and a call whose results are known, to show what earlier cells have done to Python itself."""
    outputs, _success = shell.run(_PROBE.format(word=word), history=False)
    return {"outputs": outputs, "value": perform(sorted, [numbers]).value}


def _kind(shell, name):
    """Say what a name stands for: nothing, something to call, or a value."""
    if name not in shell.user_ns:
        return {"kind": "missing"}
    value = shell.user_ns[name]
    return {"kind": "module" if isinstance(value, types.ModuleType) else "function" if callable(value) else "value"}


def _value(shell, name):
    return {"value": shell.user_ns[name]}


def _call(shell, name, arguments, keywords, watch):
    streams = sys.stdout, sys.stderr
    with open(os.dup(1), "w", encoding="utf-8", errors="replace") as nowhere:  # noqa: PTH123 - where _shut_in led it
        sys.stdout = sys.stderr = nowhere
        try:
            outcome = perform(shell.user_ns[name], arguments, keywords, watch)
        finally:
            sys.stdout, sys.stderr = streams
    return {
        "value": outcome.value,
        "error": None if outcome.error is None else _describe(outcome.error),
        "changed": {key: after for key, (_before, after) in outcome.changed.items()},
        "shares": outcome.shares,
        "reused": outcome.reused,
        "steps": outcome.steps,
        "packages": sorted(outcome.packages),
    }


def _use(_shell, thing, operation, arguments):
    try:
        return {"value": _OPERATIONS[operation](thing, *arguments)}
    except Exception as error:
        return {"error": _describe(error)}


_OPERATIONS = {**OPERATIONS, **HANDING_OVER}


def _make(_shell, kind, arguments):
    return {"value": _MAKERS[kind](*arguments)}


_MAKERS = {**MAKERS, "rebuilt": rebuild}


def _question(shell, name, calls):
    try:
        code = Code.of(shell.user_ns.get(name))
        return {"source": code.source, "asked": [asdict(question) for question in questions(code, calls, seed=name)]}
    except NotAsked as why:
        return {"none": str(why)}


def _describe(error):
    """Put an exception into plain data: its class, the built-in classes it derives from, message and place."""
    bases = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
    place = None
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith("<ipython-input") or "ipykernel_" in frame.filename:
            place = {"line": frame.lineno, "source": (frame.line or "")[:200], "function": frame.name[:100]}
    return {"name": type(error).__name__[:100], "bases": bases, "message": str(error)[:2000], "place": place}


def begin(wire, shell, scratch, without):
    """Turn a fresh fork of the warm process into a learner's process, and serve.

    Parameters
    ----------
    wire : autograder.exam.wire.Wire
    shell : convnets.notebook.shell.LearnerShell
    scratch : str
        The folder it may write to.
    without : list of str
        Packages that are not there.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(scratch)
    os.environ.update(HOME=scratch, TMPDIR=scratch)
    sys.meta_path.append(ColabFinder)
    sys.path.insert(0, scratch)
    do_without(without)
    serve(wire, shell)
