"""Tests of an assignment's own tests: every catalogued answer scores what it should, and every assertion is needed.

Here the cells run in one process, as in a learner's kernel. What the sealed grader makes of them is tested elsewhere.
"""

import ast
import re
import types
from dataclasses import dataclass
from functools import cache, cached_property

from autograder.exercises import hint_of, read_assignment
from autograder.reference import reference
from convnets import CheckFailed

_COSTLY = {"learns", "earned", "beats_scratch"}


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
        assert dict(headings)[exercise] == f"{self.assignment.exercise(exercise).points:g}"

    def test_catalogue_is_large_enough(self, exercise):
        assert len(self.assignment.exercise(exercise).misconceptions) >= 5
        assert len(self.assignment.exercise(exercise).alternatives) >= 2

    def test_hints_differ(self, exercise):
        hints = [hint_of(cell) for cell in self.assignment.exercise(exercise).misconceptions]
        assert len(set(hints)) == len(hints)

    def test_reference_passes(self, exercise):
        function = getattr(reference(self.name), exercise)
        for check in _assertions(self.name, exercise):
            assert _failure(exercise, function, check) is None, check.text

    def test_alternative_passes(self, exercise, number):
        function = _functions(self.name, self.assignment.exercise(exercise).alternatives[number])[exercise]
        for check in _assertions(self.name, exercise):
            assert _failure(exercise, function, check) is None, check.text

    def test_misconception_fails(self, exercise, number):
        failures = _failures(self.name, exercise, number)
        assert any(failures)
        for check, error in zip(_assertions(self.name, exercise), failures, strict=True):
            assert not check.hidden or error is None or isinstance(error, CheckFailed)

    def test_misconception_gets_its_own_hint_and_no_other(self, exercise, number):
        """In every hidden assertion that compares with the reference and so knows the catalogue."""
        own = hint_of(self.assignment.exercise(exercise).misconceptions[number])
        failures = _failures(self.name, exercise, number)
        for check, error in zip(_assertions(self.name, exercise), failures, strict=True):
            if error is not None and check.hidden and check.function in ("agrees", "rejects", "builds_alike"):
                assert str(error).endswith(f"\n  Hint: {own}"), str(error)

    def test_every_hidden_assertion_is_needed(self, exercise):
        """Leave one out, and some misconception that its test cell would catch earns the points of that cell."""
        checks = _assertions(self.name, exercise)
        count = len(self.assignment.exercise(exercise).misconceptions)
        rows = [_failures(self.name, exercise, number) for number in range(count)]
        assert any(check.hidden for check in checks)
        for position, check in enumerate(checks):
            beside = [other for other, each in enumerate(checks) if each.test == check.test and other != position]
            escapes = [row for row in rows if row[position] and not any(row[other] for other in beside)]
            assert escapes or not check.hidden, f"nothing is lost without: {check.text}"

    def test_test_cells_need_nothing_but_the_function(self, exercise):
        """The sealed grader runs each test cell in a process of its own, where no other name is known."""
        for test in self.assignment.exercise(exercise).tests:
            exec(compile(test.source, "test", "exec"), {exercise: getattr(reference(self.name), exercise)})

    def test_stub_scores_nothing_and_keeps_the_docstring(self, exercise):
        function = _stub(self.assignment, exercise)
        assert isinstance(function, types.FunctionType)
        assert function.__doc__ == getattr(reference(self.name), exercise).__doc__
        checks = _assertions(self.name, exercise)
        for test in {check.test for check in checks}:
            of_test = [check for check in checks if check.test == test]
            assert any(_failure(exercise, function, check) for check in of_test if not check.hidden)
            assert any(_failure(exercise, function, check) for check in of_test if check.hidden)


@cache
def _assignment(name):
    return read_assignment(name)


def _functions(name, cell):
    """Run a cell beside the right answers to the other exercises, and return the names."""
    namespace = dict(vars(reference(name)))
    exec(compile(cell.source, "answer", "exec"), namespace)
    return namespace


@dataclass(frozen=True)
class _Check:
    """A statement of a test cell that can fail.

    Attributes
    ----------
    test : int
        Which of the exercise's test cells it stands in.
    statement : ast.Expr
    preparations : tuple of ast.stmt
        What the cell does for it: imports and assignments.
    hidden : bool
    points : float
        Of the cell.
    """

    test: int
    statement: object
    preparations: tuple
    hidden: bool
    points: float

    @property
    def function(self):
        """Name of the function it calls."""
        return self.statement.value.func.id

    @property
    def text(self):
        return ast.unparse(self.statement)


@cache
def _assertions(name, exercise):
    """Take the test cells of an exercise apart.

    Returns
    -------
    list of _Check
        Of each cell the visible ones first.
    """
    found = []
    for number, test in enumerate(_assignment(name).exercise(exercise).tests):
        begin, end = (test.source[: test.source.index(f"### {mark} HIDDEN")].count("\n") for mark in ("BEGIN", "END"))
        statements = ast.parse(test.source).body
        checks = [statement for statement in statements if isinstance(statement, ast.Expr)]
        preparations = tuple(statement for statement in statements if not isinstance(statement, ast.Expr))
        assert all(isinstance(item, ast.Import | ast.ImportFrom | ast.Assign) for item in preparations)
        points = test.metadata.nbgrader.points
        of_test = [_Check(number, check, preparations, begin < check.lineno <= end, points) for check in checks]
        found += sorted(of_test, key=lambda check: check.hidden)
    return found


def _failure(exercise, function, check):
    """Run one assertion of an exercise as the sealed grader does: with no other name than the function's.

    Returns
    -------
    Exception or None
    """
    namespace = {exercise: function}
    try:
        exec(compile(ast.Module(list(check.preparations), []), "test", "exec"), namespace)
        value = eval(compile(ast.Expression(check.statement.value), "test", "eval"), namespace)
    except Exception as error:
        return error
    if type(value) is int and value < check.points:  # a number is what nbgrader gives for the cell
        return CheckFailed(f"{value} of {check.points} points")
    return None


@cache
def _failures(name, exercise, number):
    """Run every assertion on a misconception and return what each raises.

    One that trains a network is left out, as if it passed, where a visible one or two others have failed: it decides
    nothing there.
    """
    function = _functions(name, _assignment(name).exercise(exercise).misconceptions[number])[exercise]
    checks = _assertions(name, exercise)
    failures = [None] * len(checks)
    for position in sorted(range(len(checks)), key=lambda position: _is_costly(checks[position])):
        seen = any(error for check, error in zip(checks, failures, strict=True) if not check.hidden)
        if not (_is_costly(checks[position]) and (seen or sum(map(bool, failures)) >= 2)):
            failures[position] = _failure(exercise, function, checks[position])
    return failures


def _is_costly(check):
    return check.function in _COSTLY


def _stub(assignment, exercise):
    """Return what the learner starts from."""
    answer = assignment.exercise(exercise).answer.source
    before, solution, after = re.split(r"^.*### (?:BEGIN|END) SOLUTION.*$", answer, flags=re.MULTILINE)
    assert solution.strip()
    namespace = {}
    exec(f"{before}    raise NotImplementedError(){after}", namespace)
    return namespace[exercise]
