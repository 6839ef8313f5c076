"""A function as it was written: its lines, its statements, and calls of it, changed or not."""

import ast
import builtins
import contextlib
import copy
import inspect
import io
import sys
import textwrap
import time
import warnings
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

MOST_STEPS = 20_000  # lines that a call may run
MOST_SECONDS = 0.5  # and how long
FEWEST_FOR_LINE = 4  # statements of a function that is asked which of its lines raises

_PROBE, _SPOIL = "_convnets_probe", "_convnets_spoil"
_UNFILLED = ("empty", "empty_like")
_SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr)


class NotAsked(Exception):
    """No questions can be made of something; the message says why, for the learner."""


class TooLong(BaseException):
    """A call runs too many lines, or takes too long. No ``except Exception`` in a learner's code stops it."""


@dataclass(frozen=True)
class Code:
    """A function's source, and the names that it uses.

    Attributes
    ----------
    name, source : str
    names : dict
        What its global names mean. It is not changed.
    """

    name: str
    source: str
    names: dict = field(repr=False)

    @classmethod
    def of(cls, function):
        """Take a function from where it was defined.

        Parameters
        ----------
        function : callable

        Returns
        -------
        Code

        Raises
        ------
        NotAsked
            When its source is not there, or it is no plain function.
        """
        try:
            source = textwrap.dedent(inspect.getsource(function))
        except (OSError, TypeError, SyntaxError):
            raise NotAsked("The code of the function is not to be found. Run the cell that defines it.") from None
        if getattr(function, "__closure__", None):
            raise NotAsked("The function uses variables of another function around it.")
        code = cls(function.__name__, source.rstrip("\n") + "\n", function.__globals__)
        code.definition  # noqa: B018 it says now what is wrong with it
        return code

    @cached_property
    def tree(self):
        try:
            return ast.parse(self.source)
        except (SyntaxError, ValueError):
            raise NotAsked("The code of the function cannot be read.") from None

    @cached_property
    def definition(self):
        found = self.tree.body[0] if self.tree.body else None
        if not isinstance(found, ast.FunctionDef) or found.decorator_list or found.name != self.name:
            raise NotAsked("It is no plain function: questions are made of one that begins with `def`.")
        if any(isinstance(node, ast.Yield | ast.YieldFrom | ast.Await) for node in ast.walk(found)):
            raise NotAsked("The function hands out its results one by one, and questions are made of one result.")
        return found

    @cached_property
    def docstring(self):
        return ast.get_docstring(self.definition) or ""

    @cached_property
    def lines(self):
        return self.source.splitlines()

    @cached_property
    def statements(self):
        """The statements of the function itself, not of functions inside it, by the number of their first line.

        Where two begin in one line, neither is among them: a tracer cannot tell them apart.
        """
        found, twice = {}, set()
        for node in _statements(self.definition.body):
            twice |= {node.lineno} & set(found)
            found[node.lineno] = node
        return {line: node for line, node in found.items() if line not in twice and not _is_docstring(node)}

    @cached_property
    def targets(self):
        """By first line: the plain names that a simple statement gives a value."""
        return {line: _targets(node) for line, node in self.statements.items() if isinstance(node, _SIMPLE)}

    @cached_property
    def statement_at(self):
        """By number of any line: the first line of the statement, or of the head of the compound one, that it is in."""
        found = {}
        for line, node in self.statements.items():
            last = node.end_lineno if not hasattr(node, "body") else node.body[0].lineno - 1
            found.update(dict.fromkeys(range(line, last + 1), line))
        return found

    def line(self, number):
        """Return a line of the source without its indentation and its comment."""
        return without_comment(self.lines[number - 1]).strip()

    def call(self, call, tree=None, tracer=None, probe=None):
        """Make the function anew and call it.

        Parameters
        ----------
        call : str
            An expression, such as ``pad([[[[7, 8]]]], 1)``.
        tree : ast.Module, optional
            Another form of it.
        tracer : Tracer, optional
            It watches; without one, one that only stops what takes too long.
        probe : callable, optional
            What probes in the tree call.

        Returns
        -------
        (object, str)
            The result, and the name of the exception that was raised instead, or an empty string.
        """
        names = {**self.names, _PROBE: probe, _SPOIL: _spoil}
        exec(compile(tree or self.tree, f"<questions about {self.name}>", "exec"), names)
        function = names[self.name]
        tracer = tracer or Tracer(self)
        tracer.begin(function.__code__, names)
        before = sys.gettrace()
        with _silence():
            try:
                sys.settrace(tracer)
                return eval(call, {**names, "np": np, self.name: function, "__builtins__": builtins}), ""
            except TooLong:
                raise NotAsked("It takes too long on a small input.") from None
            except (KeyboardInterrupt, GeneratorExit):
                raise
            except BaseException as error:
                return None, type(error).__name__
            finally:
                sys.settrace(before)


def without_comment(line):
    """Cut a comment off a line of Python; a ``#`` inside a text is none, and a line with one is left as it is."""
    head, mark, tail = line.partition("#")
    return head.rstrip() if mark and not {"'", '"'} & set(head + tail) else line.rstrip()


@contextlib.contextmanager
def _silence():
    nowhere = io.StringIO()
    with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _statements(body):
    for node in body:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for part in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from _statements(handler.body)


def _targets(node):
    """List the names that a statement gives a value; ``out[i, j] = …`` changes what ``out`` stands for."""
    if isinstance(node, ast.Expr):
        return ()
    found = []
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        for each in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
            while isinstance(each, ast.Subscript | ast.Starred):
                each = each.value
            if isinstance(each, ast.Name):
                found.append(each.id)
    return tuple(dict.fromkeys(found))


class Tracer:
    """Stops a call that takes too long, and notes what `Noted` wants to know.

    Parameters
    ----------
    code : Code
    note : callable, optional
        ``note(line, values)`` is called when a statement is done; ``values`` by name, those it has set.

    Attributes
    ----------
    raised : int or None
        First line of the statement in which an exception came up last.

    Examples
    --------
    >>> from convnets.notebook.questions.code import Code, Tracer
    >>> source = '''
    ... def total(values):
    ...     result = 0
    ...     for value in values:
    ...         result += value
    ...     return result
    ... '''.strip()
    >>> code, noted = Code("total", source, {}), []
    >>> code.call("total([5, 7])", tracer=Tracer(code, lambda line, values: noted.append((line, values))))
    (12, '')
    >>> noted
    [(2, {'result': 0}), (3, {}), (4, {'result': 5}), (3, {}), (4, {'result': 12}), (3, {}), (5, {})]
    """

    def __init__(self, code, note=None):
        self._code, self._note = code, note
        self.raised = None
        self._steps, self._until = 0, None

    def begin(self, function_code, names):
        """Say what is going to be called, and where its names are."""
        self._own, self._spaces = function_code, (self._code.names, names)
        self._until = time.monotonic() + MOST_SECONDS

    def __call__(self, frame, event, argument):
        if frame.f_code is self._own:
            return _Watched(self) if self._note else self._counted
        return self._counted if any(frame.f_globals is space for space in self._spaces) else None

    def _counted(self, frame, event, argument):
        self._steps += 1
        if self._steps > MOST_STEPS or (self._steps % 64 == 0 and time.monotonic() > self._until):
            raise TooLong
        return self._counted

    def statement(self, line):
        return self._code.statement_at.get(line)

    def done(self, line, variables):
        values = {name: variables[name] for name in self._code.targets.get(line, ()) if name in variables}
        self._note(line, values)


class _Watched:
    """One call of the function, line by line."""

    def __init__(self, tracer):
        self._tracer, self._at = tracer, None

    def __call__(self, frame, event, argument):
        self._tracer._counted(frame, event, argument)
        if event == "exception":
            self._tracer.raised, self._at = self._tracer.statement(frame.f_lineno), None
        elif event in ("line", "return"):
            now = self._tracer.statement(frame.f_lineno) if event == "line" else None
            if self._at is not None and now != self._at:
                self._tracer.done(self._at, frame.f_locals)
            self._at = now
        return self


def _spoil(array):
    """Fill an array that holds what was in memory by chance with something else, which no question shows."""
    if type(array) is np.ndarray and array.dtype.kind in "iufc":
        array.fill(np.iinfo(array.dtype).max if array.dtype.kind in "iu" else np.nan)
    return array


class _Spoiled(ast.NodeTransformer):
    """Hands each array that is made without being filled to `_spoil`."""

    def visit_Call(self, node):
        self.generic_visit(node)
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        return ast.Call(ast.Name(_SPOIL, ast.Load()), [node], []) if name in _UNFILLED else node


def spoiled(tree):
    """Return a tree in which nothing can hang on what stands in memory by chance.

    Parameters
    ----------
    tree : ast.Module

    Returns
    -------
    ast.Module
    """
    return ast.fix_missing_locations(_Spoiled().visit(copy.deepcopy(tree)))


class _Probes(ast.NodeTransformer):
    """Writes a probe before each statement, and one that looks at its variables after each simple one."""

    def __init__(self, code):
        self._code = code

    def visit(self, node):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            return node
        node = self.generic_visit(node)
        line = getattr(node, "lineno", None)
        if not isinstance(node, ast.stmt) or line not in self._code.statements:
            return node
        made = [*_call_of_probe(f"{_PROBE}('before', {line}, {{}})"), node]
        if line in self._code.targets:
            values = ", ".join(f"{name!r}: {name}" for name in self._code.targets[line])
            made += _call_of_probe(f"{_PROBE}('after', {line}, {{{values}}})")
        return made


def _call_of_probe(text):
    return ast.parse(text).body


def probed(code):
    """Return the function's tree with probes in it, `spoiled`.

    Parameters
    ----------
    code : Code

    Returns
    -------
    ast.Module
    """
    tree = spoiled(code.tree)
    definition = tree.body[0]
    definition.body = [
        new for node in definition.body for new in _listed(node if _is_docstring(node) else _Probes(code).visit(node))
    ]
    return ast.fix_missing_locations(tree)


def _listed(made):
    return made if isinstance(made, list) else [made]
