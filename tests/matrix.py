"""An exercise's tests taken apart, check by check, and what each check makes of every catalogued answer.

Here the cells run in one process, as in a learner's kernel. What the sealed grader makes of them is tested elsewhere.
"""

import ast
import inspect
import re
from dataclasses import dataclass
from functools import cache, partial

from autograder.course.reference import reference
from autograder.course.source import assignment_names, read_assignment
from autograder.tools.catalogue_page import outdated, read_page
from convnets import CheckFailed
from convnets.checks.rehearsal import Rehearsal, quick_verdicts

EXERCISES = [(name, each.name) for name in assignment_names() for each in read_assignment(name).exercises]
TRAINS = {"learns", "earned", "beats_scratch"}  # checks that train a network
# Checks that know the catalogue, and must find each mistake by what is true of no other.
NAMES_MISTAKES = {"agrees", "rejects", "builds_alike", "splits_well", "shuffles_well", "loads_alike"}


@dataclass(frozen=True)
class Check:
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

    @property
    def trains(self):
        return self.function in TRAINS


@cache
def checks_of(name, exercise):
    """Take the test cells of an exercise apart.

    Returns
    -------
    list of Check
        Of each cell the visible ones first.
    """
    found = []
    for number, test in enumerate(read_assignment(name).exercise(exercise).tests):
        begin, end = (test.source[: test.source.index(f"### {mark} HIDDEN")].count("\n") for mark in ("BEGIN", "END"))
        statements = ast.parse(test.source).body
        checks = [statement for statement in statements if isinstance(statement, ast.Expr)]
        preparations = tuple(statement for statement in statements if not isinstance(statement, ast.Expr))
        assert all(isinstance(item, ast.Import | ast.ImportFrom | ast.Assign) for item in preparations)
        points = test.metadata.nbgrader.points
        of_test = [Check(number, check, preparations, begin < check.lineno <= end, points) for check in checks]
        found += sorted(of_test, key=lambda check: check.hidden)
    return found


def defined(name, cell):
    """Run a cell beside the right answers to the other exercises, and return the names."""
    namespace = dict(vars(reference(name)))
    exec(compile(cell.source, "answer", "exec"), namespace)
    return namespace


def catalogued(name, exercise, kind, number):
    """Return a catalogued answer as a function; ``kind`` is "misconceptions" or "alternatives"."""
    function = defined(name, getattr(read_assignment(name).exercise(exercise), kind)[number])[exercise]
    if inspect.isfunction(function):  # as the grader's stand-in for it can be had
        function.before_any_call = partial(catalogued, name, exercise, kind, number)
    return function


def failure(exercise, function, check):
    """Run one check as the sealed grader does: with no other name than the function's.

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
def rehearsed(name, exercise, position):
    """Run a check with the reference, and keep what it draws; mistakes are looked at where one is to be named.

    Returns
    -------
    (convnets.checks.agreement.Rehearsal, Exception or None)
        And the failure, which nobody expects.
    """
    rehearsal = Rehearsal()
    with rehearsal.recording(), quick_verdicts():
        failed = failure(exercise, getattr(reference(name), exercise), checks_of(name, exercise)[position])
    return rehearsal, failed


def verdict(name, exercise, function, position):
    """Run a check on the draws of its rehearsal, without shrinking what fails or asking for its hint.

    Returns
    -------
    Exception or None
    """
    with rehearsed(name, exercise, position)[0].playing(), quick_verdicts():
        return failure(exercise, function, checks_of(name, exercise)[position])


@cache
def verdicts(name, exercise, number, trainings):
    """Run every check of an exercise on a misconception.

    A check that trains a network is left out, as if it passed, without ``trainings``, and where a visible check or two
    others have failed: it decides nothing there.

    Returns
    -------
    list of Exception or None
        By position of the check.
    """
    function, checks = catalogued(name, exercise, "misconceptions", number), checks_of(name, exercise)
    failures = [None] * len(checks)
    for position in sorted(range(len(checks)), key=lambda position: checks[position].trains):
        check = checks[position]
        seen = any(error for other, error in zip(checks, failures, strict=True) if not other.hidden)
        if not check.trains or (trainings and not seen and sum(map(bool, failures)) < 2):
            failures[position] = verdict(name, exercise, function, position)
    return failures


@cache
def _page():
    return read_page()


@cache
def _outdated(name):
    return outdated(_page(), name)


def is_proved(name, exercise):
    """Say whether the catalogue's page in the book is of the exercise, and its checks, as they are now."""
    return exercise not in _outdated(name)


def stub(name, exercise):
    """Return what the learner starts from."""
    answer = read_assignment(name).exercise(exercise).answer.source
    before, solution, after = re.split(r"^.*### (?:BEGIN|END) SOLUTION.*$", answer, flags=re.MULTILINE)
    assert solution.strip()
    namespace = {}
    exec(f"{before}    raise NotImplementedError(){after}", namespace)
    return namespace[exercise]
