"""What an exercise asks, and where in the book that is explained."""

import ast
import re
from dataclasses import dataclass
from functools import cache

from docutils.nodes import make_id

from autograder.course.layout import Course
from autograder.course.pages import ASSIGNMENTS
from autograder.course.source import HINT, has_tag, is_answer, read_notebook

_ROLE = re.compile(r"\{(?:ref|doc|numref)\}`(?:[^`<]*<)?([^`<>]+)>?`")
_LINK = re.compile(r"\]\(([^()\s#]*?(?:\.md|\.ipynb)?)(?:#([^()\s]+))?\)")
_HEADING = re.compile(r"^(#{2,6})\s+(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Prompt:
    """What there is to say of an exercise besides its tests.

    Attributes
    ----------
    asked : str
        One sentence: the first of the docstring of the function that is asked for. May hold backticks.
    title, address : str or None
        The part of the book that explains it, and where that is on the web.
    """

    asked: str
    title: str | None = None
    address: str | None = None


@cache
def prompts(assignment_path, root):
    """Find what the exercises of an assignment ask and where they are explained.

    A reference in the exercise's own text counts: ``{ref}``, ``{doc}`` or a link to a chapter. Else it is the section
    of the chapter of the same name that defines the function or speaks of it, else that chapter.

    Parameters
    ----------
    assignment_path : pathlib.Path
        The text notebook.
    root : pathlib.Path
        Folder that holds ``_config.yml`` and ``book/``.

    Returns
    -------
    dict of str to Prompt
        By exercise.

    Examples
    --------
    >>> from autograder.course.paths import PROJECT, text_notebooks
    >>> from autograder.course.prompts import prompts
    >>> prompt = prompts(text_notebooks()["01-convolution"], PROJECT)["convolve"]
    >>> prompt.asked
    'Slide weights along a sequence and take the dot product at every position.'
    >>> prompt.title
    'One dimension: a sliding dot product'
    """
    course = Course(root, assignment_path.parent)
    page = f"{ASSIGNMENTS}/{assignment_path.stem}/{assignment_path.stem}"
    found, text = {}, []
    for cell in read_notebook(assignment_path).cells:
        if cell.cell_type == "markdown":
            text += [] if has_tag(cell, HINT) else [cell.source]
        elif is_answer(cell):
            name = cell.metadata.nbgrader.grade_id
            # of the cells before the first exercise only its own part counts
            own = "\n\n".join(text).rpartition("\n## ")[2]
            title, place = _referred(own, page, course.pages) or _section(name, assignment_path.stem, course.pages)
            address = course.repository.page(*place) if place else None
            found[name] = Prompt(_asked(cell.source, name), title and re.sub(r"[`*]", "", title), address)
            text = []
    return found


def _asked(source, name):
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name and ast.get_docstring(node):
            paragraph = " ".join(ast.get_docstring(node).split("\n\n")[0].split())
            return re.split(r"(?<=[.!?])\s", paragraph)[0].replace("``", "`")
    return ""


def _referred(text, page, pages):
    """Follow the first reference that leads to a chapter; None when there is none."""
    targets = [(match.start(), match[1], None) for match in _ROLE.finditer(text)]
    targets += [(match.start(), match[1], match[2]) for match in _LINK.finditer(text)]
    for _start, target, anchor in sorted(targets, key=lambda each: each[0]):
        if label := (pages.label(target) if anchor is None else None):
            where, anchor, title = label
            if where.startswith("book/"):
                return title or pages.title(where), (where, anchor)
        elif (where := pages.resolve(target, page)) and where.startswith("book/"):
            return pages.title(where), (where, anchor or "")
    return None


def _section(name, stem, pages):
    chapter = f"book/{stem}"
    if chapter not in pages.sources:
        return None, None
    heading, defined, spoken = None, None, None
    for cell in read_notebook(pages.sources[chapter]).cells:
        if cell.cell_type == "code":
            if defined is None and re.search(rf"^def {name}\(", cell.source, re.MULTILINE):
                defined = heading
            continue
        parts = _HEADING.split(cell.source)
        for text, title in zip(parts[0::3], [*parts[2::3], None], strict=True):
            # the section that leads to the assignment lists its exercises and explains none
            if spoken is None and heading and f"`{name}`" in text and f"/{stem}" not in text:
                spoken = heading
            heading = title or heading
    title = defined or spoken
    if title is None:
        return pages.title(chapter), (chapter, "")
    return title, (chapter, make_id(title))
