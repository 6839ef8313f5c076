"""The exercises of the course: their visible tests and hints, and what a notebook's functions make of the tests.

``exercises.json`` beside this file is made from ``solutions/`` when the notebooks are: the tests in it are those
of the test cells, word for word, whatever has become of the cells in a learner's notebook.
"""

import contextlib
import io
import json
import linecache
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

from convnets.checks.words import CheckFailed

SOURCE = Path(__file__).with_name("exercises.json")
MOST_PRINTED = 4000  # characters of what a learner's code prints that are kept

PASSED, FAILED, OPEN, MISSING = "passed", "failed", "open", "missing"


@dataclass(frozen=True)
class Test:
    """A test cell as learners get it.

    Attributes
    ----------
    name : str
        The cell's grade_id.
    points : float
        What the cell is worth, together with the tests in it that learners do not see.
    source : str

    Examples
    --------
    >>> from convnets.notebook.exercises import Test
    >>> Test("test_double", 2, "assert double(3) == 6").points
    2
    """

    name: str
    points: float
    source: str

    __test__ = False  # pytest need not look into it


@dataclass(frozen=True)
class Exercise:
    """What learners may know of an exercise.

    Attributes
    ----------
    assignment : str
    name : str
        Of the function that it asks for.
    tests : tuple of Test
    hints : tuple of str
        Markdown, the gentlest first.

    Examples
    --------
    >>> from convnets.notebook.exercises import Exercise, Test
    >>> tests = Test("test_double", 2, "assert double(3) == 6"), Test("test_negative", 1, "assert double(-3) == -6")
    >>> Exercise("00-numbers", "double", tests, ("Add the number to itself.",)).points
    3
    """

    assignment: str
    name: str
    tests: tuple
    hints: tuple

    @property
    def points(self):
        return sum(test.points for test in self.tests)


def assignments(source=None):
    """Read what there is.

    Parameters
    ----------
    source : pathlib.Path, optional
        Default: ``SOURCE``.

    Returns
    -------
    dict of str to tuple of Exercise
        By assignment, both in order.

    Examples
    --------
    >>> from convnets.notebook.exercises import assignments
    >>> [exercise.name for exercise in assignments()["01-convolution"]][:2]
    ['convolve', 'convolve2d']
    """
    return _read(source or SOURCE)


@cache
def _read(source):
    read = json.loads(source.read_text(encoding="utf-8"))
    return {
        name: tuple(
            Exercise(name, each["name"], tuple(Test(**test) for test in each["tests"]), tuple(each["hints"]))
            for each in exercises
        )
        for name, exercises in read.items()
    }


def to_json(exercises):
    """Write exercises the way `assignments` reads them.

    Parameters
    ----------
    exercises : iterable of Exercise

    Returns
    -------
    str

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from convnets.notebook.exercises import Exercise, Test, assignments, to_json
    >>> double = Exercise("00-numbers", "double", (Test("test_double", 2, "assert double(3) == 6"),), ())
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "exercises.json")
    ...     _ = path.write_text(to_json([double]), encoding="utf-8")
    ...     assignments(path) == {"00-numbers": (double,)}
    True
    """
    made = {}
    for each in exercises:
        tests = [asdict(test) for test in each.tests]
        made.setdefault(each.assignment, []).append({"name": each.name, "tests": tests, "hints": list(each.hints)})
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


@dataclass
class Verdict:
    """What the visible tests of an exercise say.

    Attributes
    ----------
    exercise : str
    state : str
        "passed"; "failed"; "open": not answered yet; "missing": no such function has been defined.
    points : float
        The most that it can still earn: of the test cells whose visible part passes.
    of : float
        What it is worth.
    message : str
        What is wrong, for the learner; empty when it passed.
    printed : str
        What the learner's code printed meanwhile.
    picture : tuple or None
        A PNG and its text in words.
    """

    exercise: str
    state: str
    points: float = 0
    of: float = 0
    message: str = ""
    printed: str = ""
    picture: tuple | None = field(default=None, repr=False)


def try_tests(exercise, names):
    """Run the visible tests of an exercise, as its test cells do.

    Parameters
    ----------
    exercise : Exercise
    names : dict
        What the learner's notebook has defined. It is not changed.

    Returns
    -------
    Verdict
        Whatever the learner's code raises is in it; only ``KeyboardInterrupt`` comes through.

    Examples
    --------
    >>> from convnets.notebook.exercises import Exercise, Test, try_tests
    >>> tests = Test("test_double", 2, "assert double(3) == 6"), Test("test_negative", 1, "assert double(-3) == -6")
    >>> double = Exercise("00-numbers", "double", tests, ())
    >>> verdict = try_tests(double, {"double": lambda number: abs(2 * number)})
    >>> verdict.state, verdict.points, verdict.of
    ('failed', 2, 3)
    >>> try_tests(double, {}).message
    'There is no `double` yet: run the cell that defines it.'
    """
    verdict = Verdict(exercise.name, PASSED, of=exercise.points)
    if exercise.name not in names:
        verdict.state = MISSING
        verdict.message = f"There is no `{exercise.name}` yet: run the cell that defines it."
        return verdict
    if not callable(names[exercise.name]):
        kind = type(names[exercise.name]).__name__
        verdict.state = FAILED
        verdict.message = (
            f"`{exercise.name}` is {'an' if kind[0] in 'aeiou' else 'a'} {kind} here, no longer a function. "
            "Another cell uses its name for something else: rename that, and run the cell with the function again."
        )
        return verdict
    # A test uses the answers of its own assignment and nothing else of the notebook's; a release sees to that.
    answers = {each.name: names[each.name] for each in _siblings(exercise) if each.name in names}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        for test in exercise.tests:
            error = _raised(test, {"__name__": "__main__", **answers})
            if error is None:
                verdict.points += test.points
            elif verdict.state == PASSED:
                verdict.state, verdict.message = told(error, names)
                with contextlib.suppress(Exception):  # whatever odd numbers do to the drawing
                    verdict.picture = error.picture() if isinstance(error, CheckFailed) else None
    text = printed.getvalue()
    verdict.printed = text if len(text) <= MOST_PRINTED else f"{text[:MOST_PRINTED]}\n… and more"
    return verdict


def _siblings(exercise):
    return assignments().get(exercise.assignment, (exercise,))


def _raised(test, space):
    try:
        exec(compile(test.source, f"<{test.name}>", "exec"), space)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # exit() in an answer must not end the session
        return error
    return None


def told(error, names):
    """Put what a test raised into a state and words for the learner."""
    if isinstance(error, CheckFailed):
        return FAILED, str(error)
    said, place = str(error).strip(), _place(error, names)
    if isinstance(error, NotImplementedError) and not said:
        return OPEN, "Not answered yet."
    return FAILED, type(error).__name__ + (f": {said}" if said else "") + (f"\n  at {place}" if place else "")


def _place(error, names):
    """Find where in the learner's own code an error came from."""
    found, step = None, error.__traceback__
    while step is not None:
        if step.tb_frame.f_globals is names:
            found = step
        step = step.tb_next
    if found is None:
        return None
    code = found.tb_frame.f_code
    line = linecache.getline(code.co_filename, found.tb_lineno).strip()
    return f"line {found.tb_lineno} of {code.co_name}" + (f": {line}" if line else "")
