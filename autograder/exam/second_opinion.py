"""A second opinion: some calls of a test, of each kind one, once more in a process that has only defined functions.

What a process says of a call beside its value (whether arguments changed, whether the result shares memory with them)
could be said by code that a cell has put there. And a function may give back what it remembers of other calls. In a
process that has run nothing else, neither is there.
"""

import ast
import secrets
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from types import SimpleNamespace

from autograder.exam.codec import CodecError, decode, encode
from autograder.exam.process import LearnerStopped, only_defines
from autograder.exam.result import TIMED_OUT
from autograder.exam.submission import defined_names, python_of
from convnets.checks.compare import difference
from convnets.checks.words import show_call

_LARGEST = 2**18  # bytes of a call's arguments and value
_DEFINITIONS = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_TOLERANCES = {"rtol": 1e-5, "atol": 1e-8}


class Calls:
    """Some calls of each function of a test: for each argument and each kind of value it has, one chosen by chance.

    A mistake may show with arrays of floats alone, and those may be few among all that is drawn.
    """

    def __init__(self):
        self._kept, self._counts = {}, Counter()

    def note(self, name, arguments, keywords, outcome):
        """Keep a call, perhaps in another's place; what is no plain data is not kept."""
        given = {**dict(enumerate(arguments)), **keywords}
        kinds = [(name, key, type(value), getattr(value, "dtype", None)) for key, value in given.items()] or [(name,)]
        self._counts.update(kinds)
        chosen = [kind for kind in kinds if secrets.randbelow(self._counts[kind]) == 0]
        if not chosen:
            return
        with suppress(CodecError):
            written = encode([list(arguments), keywords, outcome.value])
            if len(written) <= _LARGEST:
                decode(written, _refuse)
                # a check may change the outcome later on, as one that looks at shapes alone does
                as_it_was = replace(outcome, changed=dict(outcome.changed), shares=list(outcome.shares))
                self._kept.setdefault(name, {}).update(dict.fromkeys(chosen, (written, as_it_was)))

    def of(self, name):
        """Return the calls of a function that were kept, the largest first: arguments, keywords, what came of each.

        Small inputs are often zero, and so are many wrong results.
        """
        kept = {id(call): call for call in self._kept.get(name, {}).values()}
        for written, outcome in sorted(kept.values(), key=lambda call: -len(call[0])):
            arguments, keywords, value = decode(written)
            yield arguments, keywords, replace(outcome, value=value)


def _refuse(*_):
    raise CodecError("what stays in its process cannot be asked for again")


def second_opinion(learner, name):
    """Ask for some of a function's calls once more.

    Parameters
    ----------
    learner : autograder.exam.learner.Learner
        Whose `calls` are those of a test that has passed.
    name : str

    Returns
    -------
    str or None
        What is different, for the learner; None where nothing is.
    """
    for arguments, keywords, outcome in learner.calls.of(name):
        said = _difference(learner, name, arguments, keywords, outcome)
        if said:
            shown = show_call(SimpleNamespace(__name__=name), arguments, keywords)
            return f"{shown}\n  {_ELSE} {said}"
    return None


def _difference(learner, name, arguments, keywords, outcome):
    try:
        said = compared(_again(learner, defining, name, arguments, keywords), outcome)
        if said is _BROKEN:  # it needs what the rest of the cells has made
            said = compared(_again(learner, list, name, arguments, keywords), outcome)
        return said
    except LearnerStopped as stopped:
        return None if stopped.stop.kind == TIMED_OUT else str(stopped)


def _again(learner, chosen, name, arguments, keywords):
    beside = fresh(learner, name, chosen)
    return beside.call(name, arguments, keywords) if beside.kind(name) == "function" else None


def defining(sources):
    """Leave out of the cells what does more than define, unless it gives a name that they have another meaning."""
    known, kept = set(), []
    for source in sources:
        if not only_defines(source) and (tree := python_of(source)) is not None:
            body = [statement for statement in tree.body if _defines(statement, known)]
            source = ast.unparse(ast.Module(body, []))
        known |= defined_names(source)
        kept.append(source)
    return kept


def _defines(statement, known):
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        parts = list(ast.walk(statement))
        bound = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
        return bool(bound & known) or (bool(bound) and not any(isinstance(part, ast.Call) for part in parts))
    return isinstance(statement, _DEFINITIONS)


def fresh(learner, name, chosen=defining):
    """Return a process that has only defined functions, or run other cells, for a second opinion on one of them.

    All functions that may use the same packages share it: to start one takes longer than to ask it.
    """
    packages = tuple(filter(_is_installed, learner.forbidden.get(name, ())))
    return learner.run_beside(("again", packages, chosen), chosen, packages if chosen is defining else ())


@cache
def _is_installed(package):
    return find_spec(package) is not None


_ELSE = "Called in a fresh process that has not seen the test, it does something else."
_BROKEN = "It raises an error, or is not there."


def compared(again, before):
    """Say in what the outcome of a call differs from the one before, None where it does not."""
    if again is None or (again.error is not None and before.error is None):
        return _BROKEN
    if again.error is None and before.error is not None:
        return "It raises no error."
    if {*again.changed, *again.shares} - {*before.changed, *before.shares}:
        return "It changes an argument, or returns one."
    if again.reused and not before.reused:
        return "It returns the same memory twice."
    said = None if again.error is not None else difference(again.value, before.value, **_TOLERANCES)
    return said and f"Compared with what it returned in the test: {said}"
