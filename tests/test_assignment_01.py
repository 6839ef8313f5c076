"""Assignment 1's tests are tested: every catalogued answer scores what it should, and every assertion is needed.

Here the cells run in one process, as in a learner's kernel. What the sealed grader makes of them is tested elsewhere.
"""

import ast
import re
import types
from functools import cache

import pytest

from autograder.exercises import hint_of, read_assignment
from autograder.reference import reference
from convnets import CheckFailed

NAME = "01-convolution"
ASSIGNMENT = read_assignment(NAME)
EXERCISES = [exercise.name for exercise in ASSIGNMENT.exercises]
MISCONCEPTIONS = [
    (exercise.name, number) for exercise in ASSIGNMENT.exercises for number in range(len(exercise.misconceptions))
]
ALTERNATIVES = [
    (exercise.name, number) for exercise in ASSIGNMENT.exercises for number in range(len(exercise.alternatives))
]


def functions(cell):
    """Run a cell beside the right answers to the other exercises, and return the names."""
    namespace = dict(vars(reference(NAME)))
    exec(compile(cell.source, "answer", "exec"), namespace)
    return namespace


@cache
def assertions(exercise):
    """Split a test cell into the statements that prepare it and the ones that can fail.

    Returns
    -------
    preparations : list of ast.stmt
    visible, hidden : list of ast.Expr
    """
    (test,) = ASSIGNMENT.exercise(exercise).tests
    begin, end = (test.source[: test.source.index(f"### {mark} HIDDEN")].count("\n") for mark in ("BEGIN", "END"))
    statements = ast.parse(test.source).body
    checks = [statement for statement in statements if isinstance(statement, ast.Expr)]
    preparations = [statement for statement in statements if not isinstance(statement, ast.Expr)]
    assert all(isinstance(item, ast.Import | ast.ImportFrom | ast.Assign) for item in preparations)
    hidden = [check for check in checks if begin < check.lineno <= end]
    return preparations, [check for check in checks if check not in hidden], hidden


def failure(exercise, function, check):
    """Run one assertion of an exercise as the sealed grader does: with no other name than the function's.

    Returns
    -------
    Exception or None
    """
    namespace = {exercise: function}
    body = [*assertions(exercise)[0], check]
    try:
        exec(compile(ast.Module(body, []), "test", "exec"), namespace)
    except Exception as error:
        return error
    return None


@cache
def failures(exercise, number):
    """Run every assertion on a misconception and return what each raises, the visible ones first."""
    function = functions(ASSIGNMENT.exercise(exercise).misconceptions[number])[exercise]
    _, visible, hidden = assertions(exercise)
    return [failure(exercise, function, check) for check in [*visible, *hidden]]


def test_exercises():
    assert EXERCISES == ["convolve", "convolve2d", "true_convolution2d", "sobel", "convolve2d_fast"]
    assert ASSIGNMENT.points == 10


@pytest.mark.parametrize("exercise", EXERCISES)
def test_points_in_the_prompt_are_the_points_given(exercise):
    headings = re.findall(r"^## Exercise \d+: `(\w+)` \((\d+) points\)$", ASSIGNMENT.path.read_text(), re.MULTILINE)
    assert dict(headings)[exercise] == str(ASSIGNMENT.exercise(exercise).points)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_catalogue_is_large_enough(exercise):
    assert len(ASSIGNMENT.exercise(exercise).misconceptions) >= 5
    assert len(ASSIGNMENT.exercise(exercise).alternatives) >= 2


@pytest.mark.parametrize("exercise", EXERCISES)
def test_hints_differ(exercise):
    hints = [hint_of(cell) for cell in ASSIGNMENT.exercise(exercise).misconceptions]
    assert len(set(hints)) == len(hints)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_reference_passes(exercise):
    _, visible, hidden = assertions(exercise)
    function = getattr(reference(NAME), exercise)
    assert [failure(exercise, function, check) for check in [*visible, *hidden]] == [None] * len([*visible, *hidden])


@pytest.mark.parametrize(("exercise", "number"), ALTERNATIVES)
def test_alternative_passes(exercise, number):
    function = functions(ASSIGNMENT.exercise(exercise).alternatives[number])[exercise]
    _, visible, hidden = assertions(exercise)
    for check in [*visible, *hidden]:
        assert failure(exercise, function, check) is None, ast.unparse(check)


@pytest.mark.parametrize(("exercise", "number"), MISCONCEPTIONS)
def test_misconception_fails(exercise, number):
    _, visible, _ = assertions(exercise)
    assert any(failures(exercise, number))
    for error in failures(exercise, number)[len(visible) :]:
        assert error is None or isinstance(error, CheckFailed)


@pytest.mark.parametrize(("exercise", "number"), MISCONCEPTIONS)
def test_misconception_gets_its_own_hint_and_no_other(exercise, number):
    """In every hidden assertion that compares with the reference and so knows the catalogue."""
    _, visible, hidden = assertions(exercise)
    own = hint_of(ASSIGNMENT.exercise(exercise).misconceptions[number])
    for check, error in zip(hidden, failures(exercise, number)[len(visible) :], strict=True):
        if error is not None and check.value.func.id in ("agrees", "rejects"):
            assert str(error).endswith(f"\n  Hint: {own}")


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_hidden_assertion_is_needed(exercise):
    """Leave one out, and some misconception passes all the rest."""
    _, visible, hidden = assertions(exercise)
    rows = [failures(exercise, number) for number in range(len(ASSIGNMENT.exercise(exercise).misconceptions))]
    assert hidden
    for left_out, check in enumerate(hidden, start=len(visible)):
        escapes = [row for row in rows if not any(row[:left_out] + row[left_out + 1 :])]
        assert escapes, f"nothing is lost without: {ast.unparse(check)}"


@pytest.mark.parametrize("exercise", EXERCISES)
def test_test_cells_need_nothing_but_the_function(exercise):
    """The sealed grader runs each test cell in a process of its own, where no other name is known."""
    (test,) = ASSIGNMENT.exercise(exercise).tests
    exec(compile(test.source, "test", "exec"), {exercise: getattr(reference(NAME), exercise)})


def stub(exercise):
    """What the learner starts from."""
    answer = ASSIGNMENT.exercise(exercise).answer.source
    before, solution, after = re.split(r"^.*### (?:BEGIN|END) SOLUTION.*$", answer, flags=re.MULTILINE)
    assert solution.strip()
    namespace = {}
    exec(f"{before}    raise NotImplementedError(){after}", namespace)
    return namespace[exercise]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_stub_scores_nothing_and_keeps_the_docstring(exercise):
    function = stub(exercise)
    assert isinstance(function, types.FunctionType)
    assert function.__doc__ == getattr(reference(NAME), exercise).__doc__
    _, visible, hidden = assertions(exercise)
    assert any(failure(exercise, function, check) for check in visible)
    assert any(failure(exercise, function, check) for check in hidden)
