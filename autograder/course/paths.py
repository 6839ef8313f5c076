"""Where the project's folders are."""

import contextlib
import os
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def solutions_folder(folder=None):
    """Find the folder of the assignments' text notebooks.

    Parameters
    ----------
    folder : path-like, optional
        Use this one.

    Returns
    -------
    pathlib.Path
        ``folder``, else ``$AUTOGRADER_SOLUTIONS``, else ``solutions/`` beside this package.

    Examples
    --------
    >>> from autograder.course.paths import solutions_folder
    >>> solutions_folder("mine").name
    'mine'
    """
    return Path(folder or os.environ.get("AUTOGRADER_SOLUTIONS") or PROJECT / "solutions")


def text_notebooks(folder=None, root=None):
    """Find the text notebook of every assignment.

    Parameters
    ----------
    folder : path-like, optional
        As for `solutions_folder`. Where it is not the course's own ``solutions/``, it holds assignments of an
        instructor's own: each takes the place of the course's, and the course's count for all others.
    root : path-like, optional
        The course whose ``solutions/`` fill the gaps; default: `course_root`.

    Returns
    -------
    dict of str to pathlib.Path
        By assignment, in order.

    Examples
    --------
    >>> from autograder.course.paths import text_notebooks
    >>> text_notebooks()["03-keras"].name
    '03-keras.md'
    """
    own = solutions_folder(folder)
    course = Path(root or course_root(own), "solutions")
    folders = [own] if own.resolve() == course.resolve() else [course, own]
    found = {path.stem: path for each in folders for path in each.glob("*.md")}
    return dict(sorted(found.items()))


def has_solutions(root=PROJECT):
    """Say whether a course holds its solutions, or was published without them.

    Parameters
    ----------
    root : path-like

    Returns
    -------
    bool
    """
    return Path(root, "solutions").is_dir()


def course_root(solutions):
    """Find the course that a folder of solutions belongs to.

    Parameters
    ----------
    solutions : path-like

    Returns
    -------
    pathlib.Path
        The folder beside it that holds ``_config.yml``, else this project: private solutions may stand alone.

    Examples
    --------
    >>> from autograder.course.paths import course_root, solutions_folder
    >>> (course_root(solutions_folder()) / "_config.yml").is_file()
    True
    """
    parent = Path(solutions).resolve().parent
    return parent if (parent / "_config.yml").is_file() else PROJECT


@contextlib.contextmanager
def own_programs():
    """Let nbgrader find the alembic program beside this Python, also where the venv is not activated.

    Yields
    ------
    None
        In the ``with`` block the folder of this Python comes first in ``$PATH``; then ``$PATH`` is what it was.

    Examples
    --------
    >>> import os, sys
    >>> from pathlib import Path
    >>> from autograder.course.paths import own_programs
    >>> with own_programs():
    ...     os.environ["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    True
    """
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before
