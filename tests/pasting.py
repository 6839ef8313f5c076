"""The functions that chapters define, lent what it takes to hand them in as answers to exercises."""

import ast
import builtins
import inspect
import re
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np

from autograder.course.paths import PROJECT
from autograder.course.source import read_assignment, read_notebook
from convnets.checks.calls import Stopped

PAGES = sorted(path.stem for path in (PROJECT / "book").glob("0[1-9]-*.md"))
# What a page may compute when a function is taken from it: numbers, and arrays of numbers.
QUICK = r"np\.\w+|len|range|list|dict|tuple"
NOT_NUMPY = {"scipy", "skimage", "tensorflow", "keras"}


@dataclass(frozen=True)
class Printed:
    """A function as a page prints it.

    Attributes
    ----------
    page : str
        For instance ``01-speed``.
    node : ast.FunctionDef
    """

    page: str
    node: object

    @property
    def name(self):
        return self.node.name

    @property
    def takes(self):
        """The least and the largest number of arguments that it takes by their places."""
        takes = self.node.args
        most = len(takes.posonlyargs) + len(takes.args)
        return most - len(takes.defaults), np.inf if takes.vararg else most


@cache
def statements(page):
    """Parse the code of a page, one statement after the other."""
    cells = read_notebook(PROJECT / "book" / f"{page}.md").cells
    return [node for cell in cells if cell.cell_type == "code" for node in ast.parse(cell.source).body]


@cache
def printed():
    """List the functions that the chapters and their further pages define.

    Returns
    -------
    list of Printed
    """
    return [Printed(page, node) for page in PAGES for node in statements(page) if isinstance(node, ast.FunctionDef)]


def _is_quick(value):
    calls = [ast.unparse(node.func) for node in ast.walk(value) if isinstance(node, ast.Call)]
    return all(re.fullmatch(QUICK, call) for call in calls)


@cache
def _binders(page):
    """Say which statements of a page give a name a value: imports, functions, and what is quickly computed."""
    binders = {}
    for node in statements(page):
        inner = node.body if isinstance(node, ast.With) else [node]
        for each in inner:
            if isinstance(each, ast.Import | ast.ImportFrom):
                names = [alias.asname or alias.name.partition(".")[0] for alias in each.names]
            elif isinstance(each, ast.FunctionDef):
                names = [each.name]
            elif isinstance(each, ast.Assign) and _is_quick(each.value):
                names = [target.id for target in each.targets if isinstance(target, ast.Name)]
            else:
                names = []
            for name in names:
                binders.setdefault(name, each)
    return binders


def _needed(function):
    """List the statements that a function rests on, each after those that it rests on itself."""
    binders, order, seen = _binders(function.page), [], {function.name}

    def visit(node):
        for each in ast.walk(node):
            name = each.id if isinstance(each, ast.Name) else None
            if name in binders and name not in seen and not hasattr(builtins, name):
                seen.add(name)
                visit(binders[name])
                order.append(binders[name])

    visit(function.node)
    return order


def _in_floats(name, value):
    """Make an array of floats of a list, or of whole numbers other than labels."""
    is_whole = isinstance(value, np.ndarray) and value.dtype.kind in "iub" and name != "labels"
    if not isinstance(value, list) and not is_whole:
        return value
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):  # a list of layers, or of names
        return value


def _is_lent(node, numpy_only):
    if not numpy_only or not isinstance(node, ast.Import | ast.ImportFrom):
        return True
    modules = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return NOT_NUMPY.isdisjoint(module.partition(".")[0] for module in modules)


def as_answer(function, right, numpy_only=False):
    """Make the answer to an exercise of a function that a page prints.

    It gets the names that its code uses, arrays of floats where lists are handed in, and as many arguments as it
    takes.

    Parameters
    ----------
    function : Printed
    right : callable
        The exercise's reference.
    numpy_only : bool
        Whether the other packages are missing, as the grader has it where an exercise forbids them.

    Returns
    -------
    callable
        With the reference's name and signature.
    """
    namespace = {}
    for node in [*_needed(function), function.node]:
        try:
            if _is_lent(node, numpy_only):
                exec(compile(ast.Module([node], []), function.page, "exec"), namespace)
        except Exception:  # what rests on more than the page's functions and numbers is not there
            continue
    pasted, signature, most = namespace.get(function.name), inspect.signature(right), function.takes[1]

    def answer(*arguments, **keywords):
        bound = signature.bind(*arguments, **keywords)
        bound.apply_defaults()
        values = [_in_floats(*pair) for pair in bound.arguments.items()]
        return pasted(*values[: int(min(most, len(values)))])

    answer.__name__, answer.__signature__ = right.__name__, signature
    return answer


@cache
def is_numpy_only(name, exercise):
    """Say whether the prompt of an exercise forbids other packages."""
    assignment = read_assignment(name)
    cells = assignment.notebook.cells
    place = next(place for place, cell in enumerate(cells) if cell is assignment.exercise(exercise).answer)
    return re.search(r"NumPy\s+only", cells[place - 1].source) is not None


def candidates(name, exercise, right, everything):
    """List the printed functions to try as the answer to an exercise.

    Parameters
    ----------
    name, exercise : str
    right : callable
        The exercise's reference.
    everything : bool
        Every function that can be called; otherwise that of the exercise's name, and those that require as many
        arguments: of all chapters where NumPy alone is allowed, else, where a call takes longer, of the same one.

    Returns
    -------
    list of Printed
    """
    parameters = inspect.signature(right).parameters.values()
    required, near = sum(each.default is each.empty for each in parameters), is_numpy_only(name, exercise)
    return [
        each
        for each in printed()
        if each.takes[0] <= len(parameters)
        and (everything or each.name == exercise or (each.takes[0] == required and (near or each.page[:2] == name[:2])))
    ]


@contextmanager
def limited(seconds):
    """End what is done in this ``with`` block, without an error, when it takes longer."""

    def stop(*_):
        raise Stopped

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    except Stopped:
        pass
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
