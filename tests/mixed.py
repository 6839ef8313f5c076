"""A class of mixed submissions, made from what an assignment's catalogue holds, and from what goes wrong with files."""

import json
import random

import nbformat

from autograder.course.atomic import write_atomically
from autograder.course.source import hint_of, read_assignment
from autograder.exam.kit import make_kit

FIRST = [
    "Ada",
    "Björn",
    "Chiamaka",
    "Dmitri",
    "Emre",
    "Farah",
    "George",
    "Hana",
    "Ivo",
    "Jonas",
    "Kwame",
    "Leila",
    "Наталья",
    "Omar",
    "Priya",
    "Quinn",
    "小明",
    "Sofía",
    "Tomáš",
    "Uma",
]
LAST = [
    "Abel",
    "Brandt",
    "Costa",
    "Dąbrowska",
    "Eze",
    "Fischer",
    "García",
    "Huang",
    "Ivanova",
    "Jensen",
    "Kaya",
    "Lindqvist",
]

_CRASH = "    import os\n    os.abort()"
_ENDLESS = "    import time\n    while True:\n        time.sleep(1)"  # this costs no processor time


def mixed_class(folder, assignment, count, solutions=None, seed=1, every=10):
    """Write a class's ``submitted`` folder.

    Every tenth submission, or as many as are said, has trouble of another kind than a wrong answer, in turn: an endless
    loop, a crash, half a file, deleted test cells, moved cells, an attempt to patch the tests, a cell that does not
    compile.

    Parameters
    ----------
    folder : pathlib.Path
    assignment : str
    count : int
    solutions : path-like, optional
    seed : int
    every : int

    Returns
    -------
    dict
        ``{student: {"answers": {exercise: hint, None when right, "" when not answered}, "trouble": str or None}}``.
    """
    read, kit, draw = read_assignment(assignment, solutions), make_kit(assignment, solutions), random.Random(seed)
    kinds = list(_TROUBLES)
    made = {}
    for number in range(count):
        student = f"{FIRST[number % len(FIRST)]} {LAST[number // len(FIRST) % len(LAST)]}"
        student += f" {number // 240}" if number >= 240 else ""
        skill = draw.random()
        notebook, chosen = kit.notebook, {}
        cells = {cell.id: cell for cell in notebook.cells}
        for exercise in read.exercises:
            if draw.random() < 0.25 + 0.75 * skill:
                source, wrong = draw.choice([exercise.answer, *exercise.alternatives]).source, None
            elif draw.random() < 0.1:
                source, wrong = cells[exercise.name].source, ""
            else:
                cell = draw.choice(exercise.misconceptions)
                source, wrong = cell.source, hint_of(cell)
            cells[exercise.name].source, chosen[exercise.name] = source, wrong
        trouble = kinds[number // every % len(kinds)] if number % every == every - 3 else None
        data = _TROUBLES[trouble](notebook, read) if trouble else None
        place = folder / "submitted" / student / assignment
        write_atomically(place / f"{assignment}.ipynb", data or nbformat.writes(notebook))
        write_atomically(place / "timestamp.txt", f"2026-12-0{1 + (number % 13 == 3)} 1{number % 10}:30:00 UTC\n")
        made[student] = {"answers": chosen, "trouble": trouble}
    return made


def _answer(notebook, read):
    return next(cell for cell in notebook.cells if cell.id == read.exercises[0].name)


def _with_body(notebook, read, body):
    cell = _answer(notebook, read)
    cell.source = cell.source.partition(":\n")[0] + ":\n" + body


def _endless(notebook, read):
    _with_body(notebook, read, _ENDLESS)


def _crash(notebook, read):
    _with_body(notebook, read, _CRASH)


def _half_a_file(notebook, read):
    return nbformat.writes(notebook)[:500]


def _no_tests(notebook, read):
    notebook.cells = [cell for cell in notebook.cells if not cell.id.startswith("test_")]


def _moved(notebook, read):
    content = json.loads(nbformat.writes(notebook))
    tests = [cell for cell in content["cells"] if cell["id"].startswith("test_")]
    content["cells"] = tests + content["cells"]
    return json.dumps(content)


def _attack(notebook, read):
    source = "import numpy as np\nnp.testing.assert_allclose = lambda *arguments, **keywords: None"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(source))


def _no_python(notebook, read):
    _answer(notebook, read).source += "\n    return ((("


_TROUBLES = {
    "timed out": _endless,
    "crashed": _crash,
    "not graded": _half_a_file,
    "tests deleted": _no_tests,
    "cells moved": _moved,
    "attack?": _attack,
    "no Python": _no_python,
}
