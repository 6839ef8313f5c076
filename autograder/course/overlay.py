"""See whether an instructor's own assignment is, in what learners see of it, the one that learners were given."""

import nbformat

from autograder.course.pages import ASSIGNMENTS
from autograder.course.source import ALTERNATIVE, MISCONCEPTION, AssignmentError, has_tag, is_answer


def is_overlay(assignment, root):
    """Say whether an assignment takes the place of the course's.

    Parameters
    ----------
    assignment : autograder.course.source.Assignment
    root : pathlib.Path
        The course's folder.

    Returns
    -------
    bool

    Examples
    --------
    >>> from pathlib import Path
    >>> from autograder.course.overlay import is_overlay
    >>> from autograder.course.source import Assignment
    >>> mine = Assignment("01-convolution", Path("mine/01-convolution.md"), notebook=None, exercises=[])
    >>> is_overlay(mine, Path("course"))
    True
    """
    return assignment.path.parent.resolve() != (root / "solutions").resolve()


def check_released(assignment, made, root):
    """Compare an instructor's own assignment with the notebook that learners were given, if they were given one.

    Parameters
    ----------
    assignment : autograder.course.source.Assignment
        The instructor's.
    made : nbformat.NotebookNode
        What a release makes of it.
    root : pathlib.Path
        The course's folder.

    Raises
    ------
    AssignmentError
        When answers, tests or points differ; every difference names file, cell and mend.

    Examples
    --------
    >>> import nbformat
    >>> from autograder.course.overlay import check_released
    >>> from autograder.course.paths import PROJECT
    >>> from autograder.course.source import is_test, read_assignment
    >>> path = PROJECT / "notebooks/assignments/01-convolution/01-convolution.ipynb"
    >>> own, made = read_assignment("01-convolution"), nbformat.read(path, as_version=4)
    >>> check_released(own, made, PROJECT)
    >>> next(cell for cell in made.cells if is_test(cell)).metadata.nbgrader.points = 99
    >>> check_released(own, made, PROJECT)
    Traceback (most recent call last):
        ...
    autograder.course.source.AssignmentError: ... has 99 points, and learners were told ...
    """
    name = assignment.name
    path = root / ASSIGNMENTS / name / f"{name}.ipynb"
    if not path.is_file():
        return
    given, own = _graded(nbformat.read(path, as_version=4)), _graded(made)
    variants = (MISCONCEPTION, ALTERNATIVE)
    numbers = {
        cell.metadata.nbgrader.grade_id: number
        for number, cell in enumerate(assignment.notebook.cells, start=1)
        if "nbgrader" in cell.metadata and not any(has_tag(cell, tag) for tag in variants)
    }
    problems = []
    for grade_id in given.keys() - own.keys():
        problems.append((0, f"learners were given a cell with grade_id {grade_id!r}, and it is not here. Add it."))
    for grade_id, number in numbers.items():
        for problem in _differences(grade_id, own[grade_id], given.get(grade_id)):
            problems.append((number, problem))
    if problems:
        where = [f", cell {number}" if number else "" for number, _ in sorted(problems)]
        lines = [f"{assignment.path}{at}: {said}" for at, (_, said) in zip(where, sorted(problems), strict=True)]
        raise AssignmentError(
            "\n".join(lines) + f"\nWhat learners were given is {path}. If they are to get yours instead, release it "
            f"first: python -m autograder release --solutions {assignment.path.parent}"
        )


def _graded(notebook):
    return {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}


def _differences(grade_id, own, given):
    if given is None:
        yield f"learners were given no cell with grade_id {grade_id!r}. Take it out."
        return
    points = [cell.metadata.nbgrader.get("points") for cell in (own, given)]
    if (points[0] is None) != (points[1] is None):
        yield f"{grade_id} gives points in one of the two only. Take over the metadata that learners were given."
    elif points[0] != points[1]:
        yield f"{grade_id} has {points[0]:g} points, and learners were told {points[1]:g}. Write points: {points[1]:g}."
    lines = [cell.source.strip().splitlines() for cell in (own, given)]
    if lines[0] != lines[1]:
        kind = "starter code" if is_answer(own) else "visible part"
        at = next((i for i, pair in enumerate(zip(*lines, strict=False)) if pair[0] != pair[1]), min(map(len, lines)))
        there = [part[at].strip() if at < len(part) else "nothing" for part in lines]
        yield (
            f"the {kind} of {grade_id} is not what learners were given: it has `{there[0]}` for their `{there[1]}`. "
            "Write theirs; change only what stands between the marks of the solution and of the hidden tests."
        )
