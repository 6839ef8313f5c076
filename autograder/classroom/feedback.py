"""The page a learner gets back."""

import re
from functools import cache, lru_cache
from pathlib import Path

import jinja2
import nh3
from IPython.lib.lexers import IPythonLexer
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter

from autograder.course.source import is_answer, is_test
from convnets.checks.words import HINT, split_hint

STATUSES = ("right", "partly", "wrong", "blank")
TEMPLATES = Path(__file__).parent / "templates"
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@cache
def templates():
    """Return the Jinja environment of the pages; everything put into a page is escaped unless marked safe."""
    loader = jinja2.FileSystemLoader(TEMPLATES)
    made = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters["points"] = points
    made.filters["code"] = code
    made.filters["in_words"] = _in_words
    return made


def points(number):
    """Write points without a needless decimal.

    Parameters
    ----------
    number : float

    Returns
    -------
    str
        With two decimals at most.

    Examples
    --------
    >>> from autograder.classroom.feedback import points
    >>> points(2.0), points(1.5), points(2 / 3)
    ('2', '1.5', '0.67')
    """
    return f"{number:.2f}".rstrip("0").rstrip(".")


def code(text):
    """Set what stands between backticks as code."""
    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts))


def exercise_cards(notebook, scores, assignment, comments=None):
    """Say for each exercise what happened and what it earned.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The graded notebook.
    scores : dict
        ``{grade_id of a test: (points, points at most)}``.
    assignment : autograder.course.source.Assignment
    comments : dict of str to str, optional
        What the instructor has written, by exercise.

    Returns
    -------
    list of dict
        ``name``, ``points``, ``of``, ``status`` (one of `STATUSES`), ``parts``, each with ``name``, ``points``
        and ``of``, empty where one test gives all the points, ``messages``, each with ``text``, ``hint`` (may be None)
        and ``part``, ``pictures``, each with ``image`` (an address with the data in it) and ``alt``, ``said``: what
        tests printed, ``hints``: those among it, ``comment``: the instructor's, and ``answer``: the learner's source.
    """
    answers = {cell.metadata.nbgrader.grade_id: cell.source for cell in notebook.cells if is_answer(cell)}
    outputs = {cell.metadata.nbgrader.grade_id: cell.outputs for cell in notebook.cells if is_test(cell)}
    cards = []
    for exercise in assignment.exercises:
        tests = [test.metadata.nbgrader.grade_id for test in exercise.tests]
        got = sum(scores[test][0] or 0 for test in tests if test in scores)
        of = sum(scores[test][1] for test in tests if test in scores)
        parts = [
            {"name": _part(test, exercise.name), "points": scores[test][0] or 0, "of": scores[test][1]}
            for test in tests
            if test in scores and len(tests) > 1
        ]
        errors = [(test, output) for test in tests for output in outputs.get(test, []) if output.output_type == "error"]
        messages = [{**_message(output), "part": _part(test, exercise.name)} for test, output in errors]
        pictures = [picture for test in tests for output in outputs.get(test, []) if (picture := _test_picture(output))]
        answer = answers.get(exercise.name)
        is_blank = answer is None or ("raise NotImplementedError" in answer and _says_it_is_none(errors))
        status = "right" if got >= of else "partly" if got else "blank" if is_blank else "wrong"
        printed = [
            output.text
            for test in tests
            for output in outputs.get(test, [])
            if output.output_type == "stream"
        ]  # fmt: skip
        hints = [hint for text in printed for hint in _PRINTED_HINT.findall(text)]
        said = list(dict.fromkeys(_PRINTED_HINT.sub("", text).strip() for text in printed))
        card = {"name": exercise.name, "points": got, "of": of, "status": status, "parts": parts, "messages": messages}
        comment = (comments or {}).get(exercise.name, "")
        card |= {"pictures": pictures, "said": said, "hints": hints, "comment": comment, "answer": answer}
        cards.append(card)
    return cards


def _says_it_is_none(errors):
    return any(output.ename == "NotImplementedError" for _test, output in errors)


def kept(card):
    """Return of a card what a record keeps: neither pictures nor the answer, which stand in the notebook."""
    return {key: value for key, value in card.items() if key not in ("pictures", "answer")}


_PRINTED_HINT = re.compile(re.escape(HINT) + "(.*)")  # to the end of the line


def _part(test, exercise):
    """Name the property that a test is about: ``test_convolve_errors`` is about errors, ``test_convolve`` values."""
    return test.removeprefix(f"test_{exercise}").strip("_").replace("_", " ") or "values"


_WORDS = {"errors": "refusing bad arguments", "plain": "the plain case"}  # "errors: 0 of 1" reads like praise


def _in_words(part):
    """Say what a property is, so that points can follow."""
    return _WORDS.get(part, part)


def _test_picture(output):
    """Take a picture that one of our tests shows by ``display_data``; its text is ``alt`` in the metadata, or plain."""
    if output.output_type != "display_data":
        return None
    for kind in ("image/png", "image/jpeg"):
        if image := _image_address(output, kind):
            told = output.get("metadata", {}).get(kind, {})
            alt = (told.get("alt") if isinstance(told, dict) else None) or output.data.get("text/plain")
            return {"image": image, "alt": str(alt or "What the test compares")}
    return None


_OWN_WORDS = ("CheckFailed", "Stopped", "NotGraded", "NotImplementedError")  # their text says all


def _message(output):
    text, hint = split_hint(output.evalue)
    if output.ename not in _OWN_WORDS:
        text = f"{output.ename}: {text}"
    return {"text": text, "hint": hint}


def feedback_page(student, assignment, notebook, released, cards, notes, asked=None, late=None, plain=False):
    """Make the page.

    Parameters
    ----------
    student : str
    assignment : autograder.course.source.Assignment
    notebook : nbformat.NotebookNode
        The graded notebook.
    released : nbformat.NotebookNode
        The notebook that learners were given: of a test only what stands there is shown.
    cards : list of dict
        From `exercise_cards`.
    notes : list of str
        What was mended in the submission.
    asked : dict of str to autograder.course.prompts.Prompt, optional
        By exercise.
    late : dict, optional
        ``said`` ("2 hours") and ``penalty`` (points) of a late submission.
    plain : bool
        Show cells as bare text, which takes no time whatever stands in them.

    Returns
    -------
    str
        One self-contained HTML page that runs no script and loads nothing.
    """
    said = _said(student, assignment, cards, notes, asked, late)
    answers = {card["name"]: _own_lines(card["answer"]) for card in cards}
    said["answers"] = {name: _source_html(source, plain) for name, source in answers.items() if source}
    page = templates().get_template("feedback.html")
    return page.render(**said, cells=shown_cells(notebook, released, plain), code_style=_code_style())


def feedback_markdown(student, assignment, cards, notes, asked=None, late=None):
    """Write the same as Markdown, without the notebook, for the comment field of a learning management system.

    Parameters
    ----------
    student, assignment, cards, notes, asked, late
        As for `feedback_page`.

    Returns
    -------
    str
        Nothing a learner wrote can act in it: messages stand in code blocks, the rest is escaped.
    """
    page = _markdown_templates().get_template("feedback.md")
    text = page.render(**_said(student, assignment, cards, notes, asked, late))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@cache
def _markdown_templates():
    made = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), trim_blocks=True, lstrip_blocks=True)
    made.filters.update(points=points, plain=_escaped, block=_block, in_words=_in_words)
    return made


_DOCSTRING = re.compile(r'"""([^"\n]+)\n(?:[^"]|"{1,2}(?!"))*"""')  # of several lines


def _own_lines(answer):
    """Shorten the docstring, which everybody was given, to its first line."""
    return answer and _DOCSTRING.sub(r'"""\1 …"""', answer, count=1)


_ORDER = {"wrong": 0, "partly": 0, "blank": 1, "right": 2}  # what lost points comes first


def _said(student, assignment, cards, notes, asked, late):
    score, penalty = sum(card["points"] for card in cards), late["penalty"] if late else 0
    cards = sorted(cards, key=lambda card: _ORDER[card["status"]])
    return {
        "student": student,
        "assignment": assignment.name,
        "cards": cards,
        "score": score - penalty,
        "before": score,
        "of": sum(card["of"] for card in cards),
        "notes": notes,
        "asked": asked or {},
        "late": late,
    }


def _escaped(text):
    """Let text stand in Markdown as it is; what is between backticks stays code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        parts = [text.replace("`", "'")]
    plain = [re.sub(r"([\\*_{}\[\]()#+!|<>~&])", r"\\\1", part) for part in parts[::2]]
    codes = [f"`{part}`" for part in parts[1::2]]
    return "".join(part for pair in zip(plain, [*codes, ""], strict=True) for part in pair).replace("\n", " ")


def _block(text):
    """Put text into a code block that it cannot close."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"


def shown_cells(notebook, released, plain=False):
    """Render the learner's cells, cleaned of everything that could act.

    nbconvert renders notebooks too, but takes some twenty times as long for each, and would be most of the work of
    grading a class.

    Yields
    ------
    dict
        ``html`` and ``outputs``: texts (``text``) and pictures (``image``, an address with the data in it).
    """
    visible = {cell.metadata.nbgrader.grade_id: cell.source for cell in released.cells if "nbgrader" in cell.metadata}
    for cell in notebook.cells:
        if cell.get("id") in ("open-in-colab", "setup", "hand-in-here"):
            continue
        source = visible.get(cell.metadata.nbgrader.grade_id, "") if is_test(cell) else cell.source
        if cell.cell_type == "markdown":
            yield {"html": _bare(source) if plain or len(source) > _LONGEST else _markdown_html(source), "outputs": []}
        elif cell.cell_type == "code":
            # a test's pictures stand in the cards
            outputs = [each for each in cell.outputs if not (is_test(cell) and _test_picture(each))]
            yield {"html": _source_html(source, plain), "outputs": list(filter(None, map(_shown_output, outputs)))}


_LONGEST = 50_000  # characters of a cell that are set in type


def _source_html(source, plain):
    return _bare(source) if plain or len(source) > _LONGEST else _code_html(source)


def _bare(source):
    return Markup("<pre>{}</pre>").format(source)


@lru_cache(maxsize=1000)  # most of a class's cells are the assignment's own
def _markdown_html(source):
    return Markup(clean(_markdown().render(source)))


@cache
def _markdown():
    return MarkdownIt("commonmark", {"html": True}).enable("table")


@lru_cache(maxsize=1000)
def _code_html(source):
    return Markup(highlight(source, IPythonLexer(), HtmlFormatter()))


def _shown_output(output):
    if output.output_type == "error":
        return {"text": _ANSI.sub("", "\n".join(output.traceback) or f"{output.ename}: {output.evalue}")}
    if output.output_type == "stream":
        return {"text": _ANSI.sub("", output.text)}
    for kind in ("image/png", "image/jpeg"):
        if address := _image_address(output, kind):
            return {"image": address}
    return {"text": output.data["text/plain"]} if "text/plain" in output.data else None


def _image_address(output, kind):
    """Write a picture of an output as an address with the data in it; None when it has none."""
    address = f"data:{kind};base64,{''.join(output.data.get(kind, '').split())}"
    return address if _IMAGE.fullmatch(address) and not address.endswith(",") else None


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
    light = HtmlFormatter(style="default").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return Markup(f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}")
