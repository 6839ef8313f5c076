"""Make an easier rung before the blank cell: the lines of a right answer to be put in order, among lines of mistakes.

Which orders are right is not written down: in the notebook an order is run.
"""

import ast
import contextlib
import copy
import random
from difflib import SequenceMatcher

from autograder.course.material import code_of
from convnets.notebook.arrange import assembled
from convnets.notebook.exercises import PASSED, try_tests
from convnets.notebook.questions import NotAsked

MOST_LINES, FEWEST_LINES, MOST_STRANGE = 10, 3, 2
LONGEST = 100  # characters of a line
ALIKE = 0.6  # how much a line of a mistake has in common with a right one


def warm_up(exercise, cells, mistakes, names):
    """Make the lines that are to be put in order.

    Parameters
    ----------
    exercise : convnets.notebook.exercises.Exercise
    cells : list of nbformat.NotebookNode
        Right answers; the first whose length is right is taken.
    mistakes : list of nbformat.NotebookNode
        Wrong ones.
    names : dict
        What the names in them mean.

    Returns
    -------
    dict or None
        ``head`` (the line with ``def``), ``lines`` (shuffled) and ``count`` (how many of them are needed). None where
        no answer has the right length.
    """
    for cell in cells:
        head, lines = _lines(cell.source, exercise.name)
        if FEWEST_LINES <= len(set(lines)) == len(lines) <= MOST_LINES and max(map(len, lines)) <= LONGEST:
            chance = random.Random(exercise.name)
            strange = _strange(exercise.name, lines, mistakes)[:MOST_STRANGE]
            shuffled = [*lines, *strange]
            while shuffled[: len(lines)] == lines:
                chance.shuffle(shuffled)
            if strange and _passes(exercise, assembled(head, lines, range(len(lines))), names):
                return {"head": head, "lines": shuffled, "count": len(lines)}
    return None


def _lines(source, name):
    """Write a function's lines alike, one a statement, without its docstring."""
    with contextlib.suppress(NotAsked):
        definition = copy.deepcopy(code_of(source, name, {}).definition)
        if ast.get_docstring(definition) is not None:
            del definition.body[0]
        if definition.body:
            head, *lines = ast.unparse(definition).splitlines()
            return head, [line.removeprefix("    ") for line in lines]
    return "", []


def _strange(name, lines, mistakes):
    """List lines of mistakes that are no right ones and look like one, the most alike first; one for each line."""
    found = {}
    for cell in mistakes:
        for line in _lines(cell.source, name)[1]:
            if line in lines or len(line) > LONGEST:
                continue
            alike, twin = max((SequenceMatcher(None, line, right).ratio(), right) for right in lines)
            if alike >= ALIKE and alike > found.get(twin, (0, ""))[0]:
                found[twin] = alike, line
    return [line for _alike, line in sorted(found.values(), reverse=True)]


def _passes(exercise, source, names):
    space = dict(names)
    exec(compile(source, "<arrangement>", "exec"), space)
    return try_tests(exercise, {**names, exercise.name: space[exercise.name]}).state == PASSED
