"""Read an assignment's text notebook: which cells ask, answer, test, and go wrong on purpose."""

import ast
import pickle
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from autograder.course.paths import solutions_folder, text_notebooks

MISCONCEPTION = "misconception"
ALTERNATIVE = "alternative"
HINT = "hint"


class AssignmentError(Exception):
    """An assignment's source cannot be used as it is; the message names the file, the cell and the mend.

    Examples
    --------
    >>> from autograder.course.source import AssignmentError, read_assignment
    >>> try:
    ...     read_assignment("00-nothing")
    ... except AssignmentError as error:
    ...     print(error)
    There is no assignment '00-nothing' in .... Assignments there: 01-convolution, ....
    """


@dataclass
class Exercise:
    """One exercise: an answer cell and what belongs to it.

    Attributes
    ----------
    name : str
        The answer's grade_id, which is the name of the function it asks for.
    answer : nbformat.NotebookNode
        The answer cell, with the reference solution in it.
    tests : list of nbformat.NotebookNode
        The test cells that follow it.
    misconceptions, alternatives : list of nbformat.NotebookNode
        Wrong and right answers that people give.
    hints : list of nbformat.NotebookNode
        Markdown cells that help a learner along, the gentlest first.
    """

    name: str
    answer: object
    tests: list = field(default_factory=list)
    misconceptions: list = field(default_factory=list)
    alternatives: list = field(default_factory=list)
    hints: list = field(default_factory=list)

    @property
    def points(self):
        return sum(test.metadata.nbgrader.points for test in self.tests)


@dataclass
class Assignment:
    """An assignment as its author wrote it.

    Attributes
    ----------
    name : str
        For instance ``01-convolution``.
    path : pathlib.Path
        The text notebook in the solutions folder.
    notebook : nbformat.NotebookNode
        All its cells.
    exercises : list of Exercise

    Examples
    --------
    >>> from autograder.course.source import read_assignment
    >>> assignment = read_assignment("01-convolution")
    >>> assignment.path.name
    '01-convolution.md'
    >>> assignment.points == sum(exercise.points for exercise in assignment.exercises)
    True
    >>> assignment.exercise("convolve").tests[0].metadata.nbgrader.grade_id
    'test_convolve'
    """

    name: str
    path: Path
    notebook: object
    exercises: list

    def exercise(self, name):
        """Return the exercise of that name."""
        return next(exercise for exercise in self.exercises if exercise.name == name)

    @property
    def points(self):
        return sum(exercise.points for exercise in self.exercises)


def is_answer(cell):
    """Say whether a cell is one that the learner fills in.

    Parameters
    ----------
    cell : nbformat.NotebookNode

    Returns
    -------
    bool

    Examples
    --------
    >>> import nbformat
    >>> from autograder.course.source import is_answer
    >>> is_answer(nbformat.v4.new_code_cell(metadata={"nbgrader": {"grade_id": "convolve", "solution": True}}))
    True
    """
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_test(cell):
    """Say whether a cell is a test that the grader runs for points.

    Parameters
    ----------
    cell : nbformat.NotebookNode

    Returns
    -------
    bool
        False for an answer that is marked by hand, which nbgrader gives points too.

    Examples
    --------
    >>> import nbformat
    >>> from autograder.course.source import is_test
    >>> cell = nbformat.v4.new_code_cell(metadata={"nbgrader": {"grade_id": "test_convolve", "grade": True}})
    >>> is_test(cell)
    True
    >>> cell.metadata.nbgrader.solution = True
    >>> is_test(cell)
    False
    """
    info = cell.metadata.get("nbgrader", {})
    return bool(info.get("grade")) and not info.get("solution")


def has_tag(cell, tag):
    """Say whether a cell carries a tag.

    Parameters
    ----------
    cell : nbformat.NotebookNode
    tag : str
        For instance ``MISCONCEPTION``.

    Returns
    -------
    bool

    Examples
    --------
    >>> import nbformat
    >>> from autograder.course.source import HINT, MISCONCEPTION, has_tag
    >>> cell = nbformat.v4.new_markdown_cell("Count the places.", metadata={"tags": [HINT]})
    >>> has_tag(cell, HINT), has_tag(cell, MISCONCEPTION)
    (True, False)
    """
    return tag in cell.metadata.get("tags", [])


def hint_of(cell):
    """Return the first paragraph of the docstring of the first function in a misconception cell.

    Parameters
    ----------
    cell : nbformat.NotebookNode

    Returns
    -------
    str or None
        On one line; None when there is no docstring.

    Examples
    --------
    >>> import nbformat
    >>> from autograder.course.source import hint_of
    >>> lines = ["def double(x):", "    'Doubling is not squaring.'", "    return x * x"]
    >>> hint_of(nbformat.v4.new_code_cell("\\n".join(lines)))
    'Doubling is not squaring.'
    """
    for node in ast.parse(cell.source).body:
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
            return " ".join(ast.get_docstring(node).split("\n\n")[0].split())
    return None


def read_notebook(path):
    """Read a MyST text notebook.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    nbformat.NotebookNode
        The caller's own, to change at will.
    """
    return pickle.loads(_pickled(Path(path).read_text(encoding="utf-8")))


@lru_cache(maxsize=64)
def _pickled(text):
    """Read a text once, however many ask for it; a notebook is sooner unpickled than copied."""
    import jupytext  # it brings Jupyter's server along, which most commands can do without

    return pickle.dumps(jupytext.reads(text, fmt="md:myst"))


def assignment_names(solutions=None):
    """List the assignments that have a text notebook, in order.

    Parameters
    ----------
    solutions : path-like, optional
        Folder of the text notebooks, as for `autograder.course.paths.text_notebooks`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from autograder.course.source import assignment_names
    >>> assignment_names()[:2]
    ['01-convolution', '02-conv-layer']
    """
    return list(text_notebooks(solutions))


def own_assignments(solutions=None):
    """List the assignments that a folder itself holds, in order: without those that it leaves to the course.

    Parameters
    ----------
    solutions : path-like, optional
        Folder of the text notebooks.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from autograder.course.source import own_assignments
    >>> own_assignments()[:2]
    ['01-convolution', '02-conv-layer']
    """
    return sorted(path.stem for path in solutions_folder(solutions).glob("*.md"))


@cache
def read_assignment(name, solutions=None):
    """Read an assignment and sort its cells into exercises.

    Parameters
    ----------
    name : str
    solutions : path-like, optional
        Folder of the text notebooks.

    Returns
    -------
    Assignment

    Raises
    ------
    AssignmentError
        When there is no such assignment, or a cell stands where it belongs to no exercise.

    Examples
    --------
    >>> from autograder.course.source import read_assignment
    >>> read_assignment("01-convolution").exercises[0].name
    'convolve'
    """
    there = text_notebooks(solutions)
    path = there.get(name)
    if path is None:
        known = ", ".join(there) or "none"
        raise AssignmentError(
            f"There is no assignment {name!r} in {solutions_folder(solutions)}. Assignments there: {known}."
        )
    notebook = read_notebook(path)
    exercises = []
    for number, cell in enumerate(notebook.cells, start=1):
        if has_tag(cell, HINT):
            if cell.cell_type != "markdown" or not exercises:
                raise AssignmentError(
                    f"{path}, cell {number}: a hint is text that follows an answer cell. Begin it with "
                    '`+++ {"tags": ["hint"]}` on a line of its own, behind the test.'
                )
            exercises[-1].hints.append(cell)
        if cell.cell_type != "code":
            continue
        belongs = is_test(cell) or has_tag(cell, MISCONCEPTION) or has_tag(cell, ALTERNATIVE)
        if belongs and not exercises:
            raise AssignmentError(f"{path}, cell {number}: it stands before the first answer cell. Move it after one.")
        if is_answer(cell):
            exercises.append(Exercise(cell.metadata.nbgrader.grade_id, cell))
        elif is_test(cell):
            exercises[-1].tests.append(cell)
        elif has_tag(cell, MISCONCEPTION):
            if not hint_of(cell):
                raise AssignmentError(
                    f"{path}, cell {number}: a misconception needs a docstring whose first paragraph is the hint."
                )
            exercises[-1].misconceptions.append(cell)
        elif has_tag(cell, ALTERNATIVE):
            exercises[-1].alternatives.append(cell)
    return Assignment(name, path, notebook, exercises)
