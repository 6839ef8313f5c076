"""The page a learner gets back."""

import logging
import re
from functools import cache
from pathlib import Path

import jinja2
import nbformat
import nh3
from markupsafe import Markup, escape

from autograder.examiner import HINT
from autograder.exercises import is_test

TEMPLATES = Path(__file__).parent / "templates"
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@cache
def templates():
    """Return the Jinja environment of the pages; everything put into a page is escaped unless marked safe."""
    loader = jinja2.FileSystemLoader(TEMPLATES)
    made = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters["points"] = points
    made.filters["code"] = code
    return made


def points(number):
    """Write points without a needless decimal: 2, 1.5."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def code(text):
    """Set what stands between backticks as code."""
    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts))


def exercise_cards(notebook, scores, assignment):
    """Say for each exercise what was asked, what happened and what it earned.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The graded notebook.
    scores : dict
        ``{grade_id of a test: (points, points at most)}``.
    assignment : autograder.exercises.Assignment

    Returns
    -------
    list of dict
        ``name``, ``points``, ``of``, ``status`` ("right", "partly", "wrong"), and ``messages``, each with ``text``
        and ``hint`` (may be None).
    """
    outputs = {cell.metadata.nbgrader.grade_id: cell.outputs for cell in notebook.cells if is_test(cell)}
    cards = []
    for exercise in assignment.exercises:
        tests = [test.metadata.nbgrader.grade_id for test in exercise.tests]
        got = sum(scores[test][0] or 0 for test in tests if test in scores)
        of = sum(scores[test][1] for test in tests if test in scores)
        messages = [
            _message(output) for test in tests for output in outputs.get(test, []) if output.output_type == "error"
        ]
        status = "right" if got >= of else "partly" if got else "wrong"
        cards.append({"name": exercise.name, "points": got, "of": of, "status": status, "messages": messages})
    return cards


_OWN_WORDS = ("CheckFailed", "Stopped", "NotGraded", "NotImplementedError")  # their text says all


def _message(output):
    text, _, hint = output.evalue.partition(HINT)
    if output.ename not in _OWN_WORDS:
        text = f"{output.ename}: {text}"
    return {"text": text, "hint": hint or None}


def feedback_page(student, assignment, notebook, released, scores, notes):
    """Make the page.

    Parameters
    ----------
    student : str
    assignment : autograder.exercises.Assignment
    notebook : nbformat.NotebookNode
        The graded notebook.
    released : nbformat.NotebookNode
        The notebook that learners were given: of a test only what stands there is shown.
    scores : dict
        ``{grade_id of a test: (points, points at most)}``.
    notes : list of str
        What was mended in the submission.

    Returns
    -------
    str
        One self-contained HTML page that runs no script and loads nothing.
    """
    cards = exercise_cards(notebook, scores, assignment)
    return (
        templates()
        .get_template("feedback.html")
        .render(
            student=student,
            assignment=assignment.name,
            cards=cards,
            score=sum(card["points"] for card in cards),
            of=sum(card["of"] for card in cards),
            notes=notes,
            notebook=_notebook_html(notebook, released),
            code_style=_code_style(),
        )
    )


def _notebook_html(notebook, released):
    """Render the learner's notebook, cleaned of everything that could act."""
    visible = {cell.metadata.nbgrader.grade_id: cell.source for cell in released.cells if "nbgrader" in cell.metadata}
    shown = nbformat.from_dict(notebook)
    shown.cells = []
    for cell in notebook.cells:
        cell = nbformat.from_dict(cell)
        if is_test(cell):
            cell.source = visible.get(cell.metadata.nbgrader.grade_id, "")
        if cell.cell_type == "code":
            cell.outputs = list(filter(None, map(_shown_output, cell.outputs)))
        if cell.get("id") not in ("open-in-colab", "setup"):
            shown.cells.append(cell)
    body, _ = _exporter().from_notebook_node(shown)
    return Markup(clean(body))


def _shown_output(output):
    output = nbformat.from_dict(output)
    if output.output_type == "error":
        output.traceback = [_ANSI.sub("", line) for line in output.traceback]
    elif output.output_type in ("display_data", "execute_result"):
        kinds = [kind for kind in ("image/png", "image/jpeg", "text/plain") if kind in output.data]
        if not kinds:
            return None
        output.data = {kinds[0]: output.data[kinds[0]]}
    elif output.output_type == "stream":
        output.text = _ANSI.sub("", output.text)
    return output


@cache
def _exporter():
    from nbconvert import HTMLExporter

    quiet = logging.Logger("nbconvert", logging.ERROR)  # learners' pictures have no alternative text
    return HTMLExporter(template_name="basic", exclude_anchor_links=True, exclude_input_prompt=True, log=quiet)


_LINK = re.compile(r"https?://|mailto:", re.IGNORECASE)
_IMAGE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")


def clean(html):
    """Keep what a page needs to be read; drop scripts, styles, frames, forms, and every address outside the page.

    Parameters
    ----------
    html : str

    Returns
    -------
    str
    """

    def attribute(tag, name, value):
        if tag == "img" and name == "src":
            return value if _IMAGE.fullmatch(value) else None
        if tag == "a" and name == "href":
            return value if _LINK.match(value) else None
        return value

    tags = nh3.ALLOWED_TAGS - {"map", "area"} | {"figure", "figcaption"}
    attributes = {
        "*": {"class"},
        "a": {"href", "title"},
        "img": {"src", "alt", "width", "height"},
        "td": {"align"},
        "th": {"align"},
    }
    return nh3.clean(
        html,
        tags=tags,
        attributes=attributes,
        attribute_filter=attribute,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
        clean_content_tags={"script", "style", "svg", "math"},
    )


@cache
def _code_style():
    from pygments.formatters import HtmlFormatter

    light = HtmlFormatter(style="default").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return Markup(f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}")
