"""Make what learners practise with from the course's own answers: small calls of each exercise's function.

What is made of an exercise is kept beside a digest of its cells, and made anew only when those change: most
references import TensorFlow.
"""

import ast
import contextlib
import functools
import hashlib
import io
import json
import os
from collections import Counter

import numpy as np

from autograder.course.paths import text_notebooks
from autograder.course.reference import reference
from autograder.course.source import read_assignment
from convnets.checks.formula import Formula
from convnets.notebook.questions import Code, NotAsked
from convnets.notebook.questions.code import Tracer
from convnets.quiet import quietly

MADE_BY = 4  # to be raised when this module makes something else of the same cells
MOST_NUMBERS = 40  # in the arguments of a small call
MOST_CHARACTERS = 160  # of a small call as it is written
MOST_CALLS = 4  # that return something
MOST_REFUSED = 2  # that raise


class _NotPlain(BaseException):
    """A test calls its function with what cannot be written down, and goes no further."""


def literal(value):
    """Write a value as Python reads it again.

    Parameters
    ----------
    value : number, str, None, tuple, list, dict, numpy.ndarray or convnets.checks.formula.Formula

    Returns
    -------
    str or None
        None for anything else.

    Examples
    --------
    >>> import numpy as np
    >>> from autograder.course.material import literal
    >>> literal((np.array([1, 2], np.uint8), 0.5)), literal(print) is None
    ('(np.array([1, 2], dtype=np.uint8), 0.5)', True)
    """
    kind = type(value)
    if kind is np.ndarray:
        if value.dtype.kind not in "biuf" or value.size > MOST_NUMBERS or not np.isfinite(value).all():
            return None
        usual = {np.dtype(int), np.dtype(float), np.dtype(bool)}
        return f"np.array({value.tolist()}{'' if value.dtype in usual else f', dtype=np.{value.dtype}'})"
    if kind is Formula:
        return value.text
    if kind is str and os.sep in value:
        return None  # a path, of a folder that is gone after the test
    if value is None or kind in (bool, int, float, str):
        return repr(value)
    if kind in (tuple, list, dict):
        parts = [literal(each) for each in (value.items() if kind is dict else value)]
        if None in parts:
            return None
        if kind is dict:
            return "{" + ", ".join(f"{literal(key)}: {literal(each)}" for key, each in value.items()) + "}"
        inside = ", ".join(parts)
        return f"[{inside}]" if kind is list else f"({inside}{',' if len(parts) == 1 else ''})"
    return None


def small_calls(exercise, code):
    """List small calls that an exercise's visible tests make.

    Parameters
    ----------
    exercise : convnets.notebook.exercises.Exercise
    code : convnets.notebook.questions.Code
        A right answer.

    Returns
    -------
    list of str
        First those that return something, the most telling first, then those that raise.
    """
    right, seen = code.names[exercise.name], []

    @functools.wraps(right)
    def spy(*arguments, **keywords):
        written = [literal(each) for each in arguments]
        named = {key: literal(each) for key, each in keywords.items()}
        if None in written or None in named.values():
            raise _NotPlain
        call = f"{exercise.name}({', '.join([*written, *(f'{key}={each}' for key, each in named.items())])})"
        if len(call) <= MOST_CHARACTERS:
            seen.append(call)
        return right(*arguments, **keywords)

    for test in exercise.tests:
        names = {**code.names, "__name__": "__main__", exercise.name: spy}
        with contextlib.suppress(_NotPlain, Exception), contextlib.redirect_stdout(io.StringIO()):
            exec(compile(test.source, f"<{test.name}>", "exec"), names)
    return _most_telling(code, dict.fromkeys(seen))


def _most_telling(code, calls):
    """Keep those in which most lines run, and of such the shorter ones."""
    works, refused = [], []
    for call in calls:
        count = Counter()
        try:
            result, error = code.call(call, tracer=Tracer(code, lambda line, _, count=count: count.update([line])))
        except NotAsked:  # it takes too long for a question
            continue
        if not _is_data(result):
            continue
        (refused if error else works).append((-min(count.total(), 30), len(call), call))
    return [call for *_, call in [*sorted(works)[:MOST_CALLS], *sorted(refused)[:MOST_REFUSED]]]


def _is_data(value):
    """Say whether a result is numbers and arrays, and no model or set of images."""
    if isinstance(value, dict):
        return all(map(_is_data, value.values()))
    if isinstance(value, tuple | list):
        return all(map(_is_data, value))
    return value is None or isinstance(value, bool | int | float | str | np.ndarray | np.generic)


def code_of(source, name, names):
    """Cut a function out of a cell.

    Parameters
    ----------
    source : str
    name : str
    names : dict
        What its global names mean.

    Returns
    -------
    convnets.notebook.questions.Code
    """
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return Code(name, ast.get_source_segment(source, node) + "\n", names)
    raise NotAsked("There is no such function in the cell.")


def digest(*texts):
    """Name texts by what is in them."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def to_json(made):
    """Write practice material the way a release writes it."""
    return json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def build(known, course, before):
    """Make the practice material of a course's exercises.

    Parameters
    ----------
    known : list of convnets.notebook.exercises.Exercise
        What learners may know of them.
    course : autograder.course.layout.Course
    before : dict
        What the last release made; what it was made from is compared.

    Returns
    -------
    dict
    """
    paths = text_notebooks(course.solutions, course.root)
    old, made = before.get("exercises", {}), {}
    for exercise in known:
        there = paths.get(exercise.assignment)
        if there is None:  # its solutions are not here
            if exercise.name in old:
                made[exercise.name] = old[exercise.name]
            continue
        made_from = digest(*_sources(exercise, there))
        if old.get(exercise.name, {}).get("made_from") == made_from:
            made[exercise.name] = old[exercise.name]
        else:
            made[exercise.name] = {"made_from": made_from, **_of_exercise(exercise, there)}
    return {"exercises": made}


def _sources(exercise, path):
    """What the material of an exercise hangs on: its own cells, those that come before it, and this."""
    sources = [str(MADE_BY)]
    for each in read_assignment(path.stem, path.parent).exercises:
        sources.append(each.answer.source)
        if each.name == exercise.name:
            others = [cell.source for cell in [*each.misconceptions, *each.alternatives]]
            return [*sources, *others, *(test.source for test in exercise.tests)]
    return sources


def _of_exercise(exercise, path):
    from autograder.course.warm_ups import warm_up  # it uses this module

    assignment = read_assignment(path.stem, path.parent)
    written, others = assignment.exercise(exercise.name), {each.name for each in assignment.exercises} - {exercise.name}
    with quietly(), contextlib.suppress(NotAsked):
        names = vars(reference(path.stem, path.parent))
        calls = small_calls(exercise, code_of(written.answer.source, exercise.name, names))
        answers = [*written.alternatives, written.answer]
        made = warm_up(exercise, answers, written.misconceptions, names, others) if calls else None
        return {"calls": calls, "warm_up": made}
    return {"calls": [], "warm_up": None}
