"""Make what learners get of an assignment, as nbgrader does."""

import contextlib
import io
import logging
import re
import tempfile
import warnings
from pathlib import Path

import nbformat

from autograder.course.paths import own_programs
from autograder.course.source import ALTERNATIVE, HINT, MISCONCEPTION, AssignmentError


def without_answers(notebook, name):
    """Let nbgrader turn a notebook with solutions into one for learners.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        It is changed.
    name : str
        The assignment.

    Returns
    -------
    nbformat.NotebookNode

    Raises
    ------
    AssignmentError
        When nbgrader refuses the notebook; the message is nbgrader's.
    """
    from nbconvert.preprocessors import TagRemovePreprocessor

    notebook, _ = TagRemovePreprocessor(remove_cell_tags={MISCONCEPTION, ALTERNATIVE, HINT}).preprocess(notebook, {})
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source", name, f"{name}.ipynb")
        source.parent.mkdir(parents=True)
        nbformat.write(notebook, source)
        generate_assignment(folder, name)
        return nbformat.read(Path(folder, "release", name, f"{name}.ipynb"), as_version=4)


def generate_assignment(folder, name, db_url=None):
    """Run nbgrader's ``generate_assignment`` in a course folder.

    Parameters
    ----------
    folder : path-like
        Holds ``source/<name>/<name>.ipynb``; ``release/<name>/<name>.ipynb`` is written.
    name : str
        The assignment.
    db_url : str, optional
        The gradebook that learns of the assignment's cells; default: none does.

    Raises
    ------
    AssignmentError
        When nbgrader refuses the notebook; the message is nbgrader's.

    Examples
    --------
    >>> from pathlib import Path
    >>> import nbformat
    >>> from autograder.course.generate import generate_assignment
    >>> graded = {"grade_id": "double", "solution": True, "grade": False, "locked": False, "schema_version": 3}
    >>> source = "def double(x):\\n    ### BEGIN SOLUTION\\n    return 2 * x\\n    ### END SOLUTION"
    >>> cell = nbformat.v4.new_code_cell(source, metadata={"nbgrader": graded})
    >>> Path("source/double").mkdir(parents=True)
    >>> nbformat.write(nbformat.v4.new_notebook(cells=[cell]), "source/double/double.ipynb")
    >>> generate_assignment(".", "double")
    >>> print(nbformat.read("release/double/double.ipynb", as_version=4).cells[0].source)
    def double(x):
        # YOUR CODE HERE
        raise NotImplementedError()
    """
    from traitlets.config import Config

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLAlchemy on nbgrader's models
        from nbgrader.converters import GenerateAssignment
        from nbgrader.coursedir import CourseDirectory

    said = io.StringIO()
    log = logging.Logger("nbgrader", logging.ERROR)
    log.addHandler(logging.StreamHandler(said))
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.assignment_id = name
    if db_url:
        config.CourseDirectory.db_url = db_url
        config.CourseDirectory.course_id = "default_course"  # the gradebook's own default
    config.GenerateAssignment.no_database = db_url is None
    config.SaveCells.enabled = db_url is not None
    config.GenerateAssignment.force = True
    directory = CourseDirectory(config=config, log=log)
    converter = GenerateAssignment(coursedir=directory, config=config, log=log)
    try:
        with contextlib.redirect_stderr(said), warnings.catch_warnings(), own_programs():
            warnings.simplefilter("ignore")
            converter.start()
    except Exception as error:
        lines = [line for line in said.getvalue().splitlines() if re.match(r"\w*(Error|Exception)", line)]
        raise AssignmentError(f"{name}: nbgrader cannot release it: {(lines or [error])[-1]}") from error
