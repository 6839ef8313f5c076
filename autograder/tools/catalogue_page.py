"""The page of the book that shows what every catalogued answer earned, `book/catalogue.md`, and what it was made from.

Above the table of each exercise stands a line that a reader does not see::

    % exercise 01-convolution convolve 240c09b21dbb 5e8a7c61d2f0

The digests are of the exercise's cells and of the code that its tests import. Where they are still the same, so is the
table, and nobody need grade the answers again.
"""

import ast
import hashlib
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from autograder.course.paths import PROJECT
from autograder.course.source import ALTERNATIVE, MISCONCEPTION, assignment_names, has_tag, is_test, read_assignment

PAGE = PROJECT / "book" / "catalogue.md"
HEAD = Path(__file__).parent / "templates" / "catalogue.md"
_MARK = re.compile(r"^% exercise (\S+) (\w+) (\w+) (\w+)$", re.MULTILINE)
_HEADING = re.compile(r"^## \S+$", re.MULTILINE)
_PACKAGES = ("autograder", "convnets")


@dataclass(frozen=True)
class Entry:
    """An exercise on the page.

    Attributes
    ----------
    cells, checks : str
        Digests of the exercise's cells, and of the code that its tests import.
    text : str
        What readers see of it.
    """

    cells: str
    checks: str
    text: str = ""


def entry_of(name, exercise, solutions=None):
    """Compute what an exercise's entry on the page is made from.

    Parameters
    ----------
    name : str
        The assignment.
    exercise : str
    solutions : path-like, optional
        Folder of the text notebooks.

    Returns
    -------
    Entry
        Without a text.
    """
    assignment = read_assignment(name, solutions)
    own = assignment.exercise(exercise)
    # Other answers count as well: the exercise may call them. Other exercises' tests and catalogues do not.
    shared = [cell for cell in assignment.notebook.cells if cell.cell_type == "code" and not _is_somebodys(cell)]
    cells = [*shared, *own.tests, *own.misconceptions, *own.alternatives]
    told = [f"{cell.source}{cell.metadata.get('symptom', '')}" for cell in cells]
    code = [_what_runs(path) for path in sorted(imported_by(test.source for test in own.tests))]
    return Entry(_digest(told), _digest(code))


@cache
def _what_runs(path):
    """Return the code of a file without its docstrings, which decide nothing."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            told = node.body[0]
            lines[told.lineno - 1 : told.end_lineno] = [""] * (told.end_lineno - told.lineno + 1)
    return "\n".join(line for line in lines if line)


def _is_somebodys(cell):
    return is_test(cell) or has_tag(cell, MISCONCEPTION) or has_tag(cell, ALTERNATIVE)


def _digest(texts):
    made = hashlib.sha256()
    for text in texts:
        made.update(f"{text}\0".encode())
    return made.hexdigest()[:12]


def imported_by(sources):
    """Find the files of this project that code imports, directly and through each other.

    Parameters
    ----------
    sources : iterable of str
        Python code.

    Returns
    -------
    set of pathlib.Path
    """
    found, waiting = set(), {path for source in sources for path in _imports(source)}
    while waiting:
        path = waiting.pop()
        found.add(path)
        waiting |= _imports_of(path) - found
    return found


@cache
def _imports_of(path):
    return _imports(path.read_text(encoding="utf-8"))


def _imports(source):
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {_file(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {_defining_file(node.module, alias.name) for alias in node.names}
    return found - {None}


def _file(module):
    if module.partition(".")[0] not in _PACKAGES:
        return None
    place = PROJECT.joinpath(*module.split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def _defining_file(module, name):
    """Find the file behind ``from module import name``; a package that only passes the name on does not count."""
    path = _file(f"{module}.{name}") or _file(module)
    if path == _file(module) and path is not None and path.name == "__init__.py":
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and name in {alias.asname or alias.name for alias in node.names}:
                return _defining_file(node.module, name)
    return path


def read_page(path=PAGE):
    """Take the page apart.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    dict of (str, str) to Entry
        By assignment and exercise; empty when there is no page.

    Examples
    --------
    >>> from pathlib import Path
    >>> from autograder.tools.catalogue_page import read_page
    >>> mark = "% exercise 01-convolution convolve 240c09b21dbb 5e8a7c61d2f0"
    >>> _ = Path("page.md").write_text(f"{mark}\\n\\nAll is well.\\n")
    >>> read_page("page.md")["01-convolution", "convolve"]
    Entry(cells='240c09b21dbb', checks='5e8a7c61d2f0', text='All is well.')
    """
    path = Path(path)
    parts = _MARK.split(path.read_text(encoding="utf-8")) if path.is_file() else []
    return {
        (name, exercise): Entry(cells, checks, _HEADING.sub("", text).strip())
        for name, exercise, cells, checks, text in zip(*(parts[i::5] for i in range(1, 6)), strict=True)
    }


def outdated(entries, name, solutions=None):
    """List the exercises of an assignment of which the page says nothing yet, or nothing that still holds.

    Parameters
    ----------
    entries : dict of (str, str) to Entry
        As from `read_page`.
    name : str
        The assignment.
    solutions : path-like, optional
        Folder of the text notebooks.

    Returns
    -------
    dict of str to Entry
        What their entries must be made from, by exercise; without a text.

    Examples
    --------
    >>> from pathlib import Path
    >>> import jupytext, nbformat
    >>> from autograder.tools.catalogue_page import outdated
    >>> answer = nbformat.v4.new_code_cell("def double(x):\\n    return 2 * x")
    >>> answer.metadata.nbgrader = {"grade_id": "double", "solution": True}
    >>> Path("mine").mkdir()
    >>> jupytext.write(nbformat.v4.new_notebook(cells=[answer]), "mine/00-double.md", fmt="md:myst")
    >>> made = outdated({}, "00-double", "mine")
    >>> made
    {'double': Entry(cells='079536b74a66', checks='e3b0c44298fc', text='')}
    >>> outdated({("00-double", "double"): made["double"]}, "00-double", "mine")
    {}
    """
    made = {exercise.name: entry_of(name, exercise.name, solutions) for exercise in _exercises(name, solutions)}
    known = {exercise: replace(entries[name, exercise], text="") for exercise in made if (name, exercise) in entries}
    return {exercise: entry for exercise, entry in made.items() if known.get(exercise) != entry}


def _exercises(name, solutions):
    return read_assignment(name, solutions).exercises


def write_page(path, entries, solutions=None):
    """Put the page together; what is no exercise any more is left out.

    Parameters
    ----------
    path : path-like
    entries : dict of (str, str) to Entry
        By assignment and exercise.
    solutions : path-like, optional
        Folder of the text notebooks, which says what comes first.

    Examples
    --------
    >>> from autograder.course.atomic import write_atomically
    >>> from autograder.course.paths import text_notebooks
    >>> from autograder.tools.catalogue_page import Entry, read_page, write_page
    >>> write_atomically("course/_config.yml", "")
    >>> write_atomically("course/solutions/01-convolution.md", text_notebooks()["01-convolution"].read_bytes())
    >>> entry = Entry("240c09b21dbb", "5e8a7c61d2f0", "All is well.")
    >>> entries = {("01-convolution", exercise): entry for exercise in ("convolve", "no_more")}
    >>> write_page("written.md", entries, "course/solutions")
    >>> list(read_page("written.md"))
    [('01-convolution', 'convolve')]
    """
    parts = [HEAD.read_text(encoding="utf-8").strip()]
    for name in assignment_names(solutions):
        here = [exercise.name for exercise in _exercises(name, solutions) if (name, exercise.name) in entries]
        parts += [f"## {name}"] if here else []
        for exercise in here:
            entry = entries[name, exercise]
            parts.append(f"% exercise {name} {exercise} {entry.cells} {entry.checks}\n\n{entry.text}")
    Path(path).write_text("\n\n".join(parts) + "\n", encoding="utf-8")
