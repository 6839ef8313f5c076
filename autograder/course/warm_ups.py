"""Make two easier rungs before the blank cell of lines in which right answers and mistakes differ.

On one, the lines of a right answer are to be put in order, among lines of mistakes; on the other, its telling lines are
left blank. In the notebook what comes of it is run. A page compares an order with all those that the tests accept.
"""

import ast
import builtins
import contextlib
import copy
import inspect
import random
import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from autograder.course.material import code_of
from autograder.course.orders import (
    NotFound,
    breaks_off,
    completed,
    count_right,
    end_of,
    inputs,
    loosely,
    orders,
    outcomes,
    written,
)
from autograder.course.source import hint_of
from convnets.notebook.arrange import assembled
from convnets.notebook.exercises import PASSED, try_tests
from convnets.notebook.questions import NotAsked

MOST_LINES, FEWEST_LINES, MOST_STRANGE = 10, 3, 2
MOST_BLANK = 3
LONGEST = 100  # characters of a line
_UNSAFE = re.compile(r" *(while|try)\b")  # in another order it may never end, or hide that it has been stopped
ALIKE = 0.5  # how much a line of a mistake has in common with a right one


@dataclass(frozen=True)
class _Strange:
    """A line of a mistake that could stand in the place of a right one, and would be wrong there."""

    line: str
    place: int
    worth: tuple  # the larger the better


def warm_up(exercise, cells, mistakes, names, others=()):
    """Make the lines that are to be put in order, and say which of them are telling.

    Parameters
    ----------
    exercise : convnets.notebook.exercises.Exercise
    cells : list of nbformat.NotebookNode
        Right answers; the one is taken in which most mistakes can be made by one line.
    mistakes : list of nbformat.NotebookNode
        Wrong ones.
    names : dict
        What the names in them mean.
    others : iterable of str
        Functions that an answer must not need: those that are still to be written.

    Returns
    -------
    dict or None
        ``head`` (the line with ``def``), ``lines`` (shuffled), ``count`` (how many of them are needed), ``answer`` (the
        places of a right order), ``blanks`` (which lines of it are left blank), ``orders`` (those that the tests
        accept, as `autograder.course.orders.written` writes them; None where there are too many), ``right`` (how many
        they are) and ``hints`` (for its ends -1, -2 …). None where no answer has the right length.
    """
    best = None
    for cell in cells:
        head, lines = _lines(cell.source, exercise.name)
        fits = FEWEST_LINES <= len(set(lines)) == len(lines) <= MOST_LINES and max(map(len, lines)) <= LONGEST
        if not fits or any(map(_UNSAFE.match, lines)) or _read(*lines) & set(others):
            continue
        if not _passes(exercise, assembled(head, lines, range(len(lines))), names):
            continue
        strange = _strange(exercise, head, lines, mistakes, names)
        worth = [sum(each.worth[part] for each in strange[:MOST_STRANGE]) for part in (0, 1)]
        if strange and (best is None or worth > best[0]):
            best = worth, head, lines, strange
    return _made(exercise, *best[1:], mistakes, names) if best else None


def _made(exercise, head, lines, strange, mistakes, names):
    shown = [*lines, *(each.line for each in strange[:MOST_STRANGE])]
    shuffled, chance = list(shown), random.Random(exercise.name)
    while shuffled[: len(lines)] == lines:
        chance.shuffle(shuffled)
    answer = [shuffled.index(line) for line in lines]
    telling = [each.place for each in strange if each.worth[0]] or [strange[0].place]
    telling = telling[: min(MOST_BLANK, len(lines) // 2)]
    made = {
        "head": head, "lines": shuffled, "count": len(lines), "answer": answer,
        "blanks": sorted(telling), "orders": None, "right": 0, "hints": [],
    }  # fmt: skip
    wrong, hints = [], []
    for cell in mistakes:
        theirs = {shuffled.index(line) for line in _lines(cell.source, exercise.name)[1] if line in shuffled}
        if theirs - set(answer):
            hints.append(hint_of(cell))
            wrong.append((_defined(cell.source, exercise.name, names), theirs - set(answer)))
    right = _defined(assembled(head, lines, range(len(lines))), exercise.name, names)
    with contextlib.suppress(NotFound):
        nodes = orders(exercise, made, right, wrong, names)
        if end_of(nodes, answer) != 0:  # the tests look at more than what calls come to
            return None
        met = sorted({-to for node in nodes for to in node.values() if to < 0})  # the others are not to be had
        made["hints"] = [hints[number - 1] for number in met]
        ends = {-number: -place for place, number in enumerate(met, start=1)}
        made["orders"] = written([{line: ends.get(to, to) for line, to in node.items()} for node in nodes])
        made["right"] = count_right(nodes)
    return made


def _lines(source, name):
    """Write a function's lines alike, one a statement, without its docstring."""
    with contextlib.suppress(NotAsked):
        definition = copy.deepcopy(code_of(source, name, {}).definition)
        if ast.get_docstring(definition) is not None:
            del definition.body[0]
        if definition.body:
            head, *lines = ast.unparse(definition).splitlines()
            return head, [line.removeprefix("    ") for line in lines if line.strip()]
    return "", []


def _strange(exercise, head, lines, mistakes, names):
    """List lines of mistakes that are wrong in the place of a right one, one for each place, the best first.

    Best are those with which the answer does what the mistake does, for its hint is then true.
    """
    right = _defined(assembled(head, lines, range(len(lines))), exercise.name, names)
    calls = []
    with contextlib.suppress(NotFound):
        calls = inputs(exercise, right, names)
    wanted, found = outcomes(right, calls), {}
    own = _read(*lines, kind=ast.Store) | set(inspect.signature(right).parameters)
    for cell in mistakes:
        for line in _lines(cell.source, exercise.name)[1]:
            if line in lines or line in found or len(line) > LONGEST or _UNSAFE.match(line):
                continue
            alike, place = max((SequenceMatcher(None, line, twin).ratio(), -at) for at, twin in enumerate(lines))
            source = assembled(head, [*lines, line], [len(lines) if at == -place else at for at in range(len(lines))])
            if alike < ALIKE or _passes(exercise, source, names):
                continue
            came_to = outcomes(_defined(source, exercise.name, names), calls)
            whole = not breaks_off(came_to, wanted)
            mistaken = outcomes(_defined(cell.source, exercise.name, names), calls)
            same = bool(calls) and whole and loosely(came_to) == loosely(mistaken)
            found[line] = _Strange(line, -place, (same, _read(line) <= own | set(names) | set(dir(builtins)), alike))
    best = {}
    for each in sorted(found.values(), key=lambda each: each.worth, reverse=True):
        best.setdefault(each.place, each)
    return [each for each in best.values() if each.worth[1]] or list(best.values())


def _read(*lines, kind=ast.Load):
    """List the names that lines read, or with ``ast.Store`` give a value."""
    nodes = [node for line in lines for node in ast.walk(ast.parse(completed(line))) if isinstance(node, ast.Name)]
    return {node.id for node in nodes if isinstance(node.ctx, kind)} - {
        node.id for node in nodes if kind is ast.Load and isinstance(node.ctx, ast.Store)
    }


def _defined(source, name, names):
    space = dict(names)
    exec(compile(source, "<arrangement>", "exec"), space)
    return space[name]


def _passes(exercise, source, names):
    """Say whether the visible tests accept a function; what is no Python counts as accepted, for it teaches nothing."""
    try:
        function = _defined(source, exercise.name, names)
    except SyntaxError:
        return True
    return try_tests(exercise, {**names, exercise.name: function}).state == PASSED
