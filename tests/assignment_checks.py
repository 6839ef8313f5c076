"""Tests of an assignment's own tests: every catalogued answer scores what it should, and every assertion is needed.

Here the cells run in one process, as in a learner's kernel. What the sealed grader makes of them is tested elsewhere.
"""

import ast
import re
import types
from functools import cache, cached_property

from autograder.exercises import hint_of, read_assignment
from autograder.reference import reference
from convnets import CheckFailed

_COSTLY = {"learns"}


class AssignmentChecks:
    """Derive a class whose name begins with ``Test`` and give it these attributes.

    Attributes
    ----------
    name : str
        The assignment, for instance ``"01-convolution"``.
    exercises : tuple of str
        Its exercises, in order.
    points : int
        What they are worth together.
    """

    name: str
    exercises: tuple
    points: int

    def pytest_generate_tests(self, metafunc):
        """Run a test once for each exercise, misconception or alternative, whichever its arguments ask for."""
        wanted = set(metafunc.fixturenames)
        if "exercise" not in wanted:
            return
        if "number" not in wanted:
            metafunc.parametrize("exercise", self.exercises)
            return
        kind = "alternatives" if "alternative" in metafunc.function.__name__ else "misconceptions"
        pairs = [
            (exercise, number)
            for exercise in self.exercises
            for number in range(len(getattr(_assignment(self.name).exercise(exercise), kind)))
        ]
        metafunc.parametrize(("exercise", "number"), pairs)

    @cached_property
    def assignment(self):
        """What is to be tested."""
        return _assignment(self.name)

    def test_exercises(self):
        assert tuple(exercise.name for exercise in self.assignment.exercises) == self.exercises
        assert self.assignment.points == self.points

    def test_points_in_the_prompt_are_the_points_given(self, exercise):
        text = self.assignment.path.read_text(encoding="utf-8")
        headings = re.findall(r"^## Exercise \d+: `(\w+)` \((\d+) points?\)$", text, re.MULTILINE)
        assert dict(headings)[exercise] == str(self.assignment.exercise(exercise).points)

    def test_catalogue_is_large_enough(self, exercise):
        assert len(self.assignment.exercise(exercise).misconceptions) >= 5
        assert len(self.assignment.exercise(exercise).alternatives) >= 2

    def test_hints_differ(self, exercise):
        hints = [hint_of(cell) for cell in self.assignment.exercise(exercise).misconceptions]
        assert len(set(hints)) == len(hints)

    def test_reference_passes(self, exercise):
        _, visible, hidden = _assertions(self.name, exercise)
        function = getattr(reference(self.name), exercise)
        for check in [*visible, *hidden]:
            assert _failure(self.name, exercise, function, check) is None, ast.unparse(check)

    def test_alternative_passes(self, exercise, number):
        function = _functions(self.name, self.assignment.exercise(exercise).alternatives[number])[exercise]
        _, visible, hidden = _assertions(self.name, exercise)
        for check in [*visible, *hidden]:
            assert _failure(self.name, exercise, function, check) is None, ast.unparse(check)

    def test_misconception_fails(self, exercise, number):
        _, visible, _ = _assertions(self.name, exercise)
        failures = _failures(self.name, exercise, number)
        assert any(failures)
        for error in failures[len(visible) :]:
            assert error is None or isinstance(error, CheckFailed)

    def test_misconception_gets_its_own_hint_and_no_other(self, exercise, number):
        """In every hidden assertion that compares with the reference and so knows the catalogue."""
        _, visible, hidden = _assertions(self.name, exercise)
        own = hint_of(self.assignment.exercise(exercise).misconceptions[number])
        failures = _failures(self.name, exercise, number)[len(visible) :]
        for check, error in zip(hidden, failures, strict=True):
            if error is not None and check.value.func.id in ("agrees", "rejects", "builds_alike"):
                assert str(error).endswith(f"\n  Hint: {own}"), str(error)

    def test_every_hidden_assertion_is_needed(self, exercise):
        """Leave one out, and some misconception passes all the rest."""
        _, visible, hidden = _assertions(self.name, exercise)
        count = len(self.assignment.exercise(exercise).misconceptions)
        rows = [_failures(self.name, exercise, number) for number in range(count)]
        assert hidden
        for left_out, check in enumerate(hidden, start=len(visible)):
            escapes = [row for row in rows if not any(row[:left_out] + row[left_out + 1 :])]
            assert escapes, f"nothing is lost without: {ast.unparse(check)}"

    def test_test_cells_need_nothing_but_the_function(self, exercise):
        """The sealed grader runs each test cell in a process of its own, where no other name is known."""
        (test,) = self.assignment.exercise(exercise).tests
        exec(compile(test.source, "test", "exec"), {exercise: getattr(reference(self.name), exercise)})

    def test_stub_scores_nothing_and_keeps_the_docstring(self, exercise):
        function = _stub(self.assignment, exercise)
        assert isinstance(function, types.FunctionType)
        assert function.__doc__ == getattr(reference(self.name), exercise).__doc__
        _, visible, hidden = _assertions(self.name, exercise)
        assert any(_failure(self.name, exercise, function, check) for check in visible)
        assert any(_failure(self.name, exercise, function, check) for check in hidden)


@cache
def _assignment(name):
    return read_assignment(name)


def _functions(name, cell):
    """Run a cell beside the right answers to the other exercises, and return the names."""
    namespace = dict(vars(reference(name)))
    exec(compile(cell.source, "answer", "exec"), namespace)
    return namespace


@cache
def _assertions(name, exercise):
    """Split a test cell into the statements that prepare it and the ones that can fail.

    Returns
    -------
    preparations : list of ast.stmt
    visible, hidden : list of ast.Expr
    """
    (test,) = _assignment(name).exercise(exercise).tests
    begin, end = (test.source[: test.source.index(f"### {mark} HIDDEN")].count("\n") for mark in ("BEGIN", "END"))
    statements = ast.parse(test.source).body
    checks = [statement for statement in statements if isinstance(statement, ast.Expr)]
    preparations = [statement for statement in statements if not isinstance(statement, ast.Expr)]
    assert all(isinstance(item, ast.Import | ast.ImportFrom | ast.Assign) for item in preparations)
    hidden = [check for check in checks if begin < check.lineno <= end]
    return preparations, [check for check in checks if check not in hidden], hidden


def _failure(name, exercise, function, check):
    """Run one assertion of an exercise as the sealed grader does: with no other name than the function's.

    Returns
    -------
    Exception or None
    """
    namespace = {exercise: function}
    body = [*_assertions(name, exercise)[0], check]
    try:
        exec(compile(ast.Module(body, []), "test", "exec"), namespace)
    except Exception as error:
        return error
    return None


@cache
def _failures(name, exercise, number):
    """Run every assertion on a misconception and return what each raises, the visible ones first.

    One that trains a network is left out, as if it passed, where two others have failed: it decides nothing there.
    """
    function = _functions(name, _assignment(name).exercise(exercise).misconceptions[number])[exercise]
    _, visible, hidden = _assertions(name, exercise)
    checks = [*visible, *hidden]
    failures = [None] * len(checks)
    for position in sorted(range(len(checks)), key=lambda position: _is_costly(checks[position])):
        if not _is_costly(checks[position]) or sum(map(bool, failures)) < 2:
            failures[position] = _failure(name, exercise, function, checks[position])
    return failures


def _is_costly(check):
    return check.value.func.id in _COSTLY


def _stub(assignment, exercise):
    """Return what the learner starts from."""
    answer = assignment.exercise(exercise).answer.source
    before, solution, after = re.split(r"^.*### (?:BEGIN|END) SOLUTION.*$", answer, flags=re.MULTILINE)
    assert solution.strip()
    namespace = {}
    exec(f"{before}    raise NotImplementedError(){after}", namespace)
    return namespace[exercise]
