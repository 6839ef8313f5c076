"""Feedback shows what a learner's notebook showed, and lets none of it act."""

import base64
import copy
import re
from dataclasses import replace

import nbformat
import pytest

from autograder.classroom.feedback import clean, exercise_cards, feedback_markdown, feedback_page, points
from autograder.course.prompts import Prompt
from autograder.course.source import read_assignment
from tests.conftest import SAMPLE
from tests.submissions import notebook

PIXEL = base64.b64encode(bytes.fromhex("89504e470d0a1a0a")).decode()

HOSTILE = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "<img src='https://example.org/track.png'>",
    "<svg onload='window.hacked = 1'><script>window.hacked = 1</script></svg>",
    "<iframe srcdoc='<script>parent.hacked = 1</script>'></iframe>",
    "<object data='data:text/html,<script>1</script>'></object>",
    "<a href='javascript:window.hacked = 1'>click</a>",
    "<a href='data:text/html,<script>1</script>'>click</a>",
    "<math><mtext><script>window.hacked = 1</script></mtext></math>",
    "<style>body { display: none }</style>",
    "<link rel=stylesheet href='https://example.org/x.css'>",
    "<meta http-equiv=refresh content='0;url=https://example.org'>",
    "<base href='https://example.org/'>",
    "<form action='https://example.org'><input name=a></form>",
    "<div style='position:fixed;top:0'>covers the grade</div>",
    "<template><script>1</script></template>",
    "[link](javascript:window.hacked=1) ![x](https://example.org/y.png)",
    "$$\\href{javascript:window.hacked=1}{x}$$",
    "<details open ontoggle='window.hacked = 1'>x</details>",
    "</div></div></body><script>window.hacked = 1</script>",
]


@pytest.fixture(scope="module")
def assignment():
    return read_assignment("01-doubling", SAMPLE / "solutions")


def _page(kit, assignment, made, scores=None, notes=(), **more):
    cards = exercise_cards(made, scores or {"test_double": (0, 2)}, assignment)
    return feedback_page("ada", assignment, made, kit.notebook, cards, list(notes), **more)


def _markdown(assignment, made, scores=None, notes=(), **more):
    cards = exercise_cards(made, scores or {"test_double": (0, 2)}, assignment)
    return feedback_markdown("ada", assignment, cards, list(notes), **more)


def _with_outputs(kit, *outputs):
    made = notebook(kit)
    next(cell for cell in made.cells if cell.id == "test_double").outputs = list(outputs)
    return made


def _hostile_notebook(kit):
    made = notebook(kit)
    made.cells += [nbformat.v4.new_markdown_cell(text) for text in HOSTILE]
    for text in HOSTILE:
        outputs = [
            nbformat.v4.new_output("display_data", {"text/html": text, "text/plain": text}),
            nbformat.v4.new_output("display_data", {"image/svg+xml": text, "text/markdown": text}),
            nbformat.v4.new_output("display_data", {"application/javascript": "window.hacked = 1", "text/latex": text}),
            nbformat.v4.new_output("display_data", {"image/png": text}),
            nbformat.v4.new_output("stream", name="stdout", text=text),
            nbformat.v4.new_output("error", ename=text, evalue=text, traceback=[text]),
        ]
        made.cells.append(nbformat.v4.new_code_cell(f"'''{text}'''", outputs=outputs))
    test = next(cell for cell in made.cells if cell.id == "test_double")
    test.outputs = [nbformat.v4.new_output("error", ename=HOSTILE[0], evalue=HOSTILE[1], traceback=[])]
    return made


def test_hostile_notebook_does_nothing_in_a_browser(kit, assignment, browser, tmp_path):
    path = tmp_path / "feedback.html"
    page_text = _page(kit, assignment, _hostile_notebook(kit), notes=HOSTILE)
    path.write_text(page_text, encoding="utf-8")
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail("a dialog opened"))
    page.goto(path.as_uri())
    assert page.evaluate("window.hacked") is None
    assert [url for url in asked if not url.startswith(("file:", "data:image/"))] == []
    assert page.query_selector("script, iframe, object, embed, form, base, link, svg, math") is None
    assert page.evaluate("document.querySelectorAll('meta[http-equiv=refresh]').length") == 0
    assert page.evaluate("[...document.links].filter(link => !/^(https?|mailto):/.test(link.href)).length") == 0
    assert page.inner_text("h1") == "01-doubling"
    page.close()


@pytest.mark.parametrize("text", HOSTILE)
def test_cleaned_html_has_nothing_that_acts(text):
    cleaned = clean(text).lower()
    for bad in (
        "<script",
        "onerror=",
        "onload=",
        "ontoggle=",
        "<iframe",
        "<style",
        "<meta",
        "<base",
        "<form",
        "style=",
    ):
        assert bad not in cleaned
    assert all(re.match("https?:|mailto:", address) for address in re.findall(r'href="([^"]*)"', cleaned))
    assert "src=" not in cleaned


def test_pictures_in_the_page_are_kept_and_others_dropped():
    kept = f'<img src="data:image/png;base64,{PIXEL}" alt="plot">'
    assert PIXEL in clean(kept)
    assert "svg" not in clean('<img src="data:image/svg+xml;base64,AAAA">')


def test_hidden_part_of_a_test_is_not_shown(kit, assignment):
    made = notebook(kit)
    for cell in made.cells:
        if cell.id == "test_double":
            cell.source = kit.cells["test_double"].source
    assert "check_unchanged" in kit.cells["test_double"].source
    page = _page(kit, assignment, made)
    assert "check_unchanged" not in page
    assert "check_equal" in page


def test_cards_say_points_message_and_hint(kit, assignment):
    made = notebook(kit)
    test = next(cell for cell in made.cells if cell.id == "test_double")
    test.outputs = [
        nbformat.v4.new_output("error", ename="CheckFailed", evalue="wrong\n  Hint: look `here`", traceback=[])
    ]
    (card,) = exercise_cards(made, {"test_double": (0, 2)}, assignment)
    assert (card["status"], card["points"], card["of"]) == ("wrong", 0, 2)
    assert card["messages"] == [{"text": "wrong", "hint": "look `here`", "part": "values"}]
    assert card["parts"] == []
    assert "look <code>here</code>" in _page(kit, assignment, made)


def test_each_property_of_an_exercise_has_its_points_and_its_message(kit, assignment):
    def error(text):
        return nbformat.v4.new_output("error", ename="CheckFailed", evalue=text, traceback=[])

    made = _with_outputs(kit, error("wrong\n  Hint: look here"))
    test = next(cell for cell in made.cells if cell.id == "test_double")
    for name, outputs in (("errors", [error("accepted")]), ("shape", [])):
        cell = copy.deepcopy(test)
        cell.metadata.nbgrader.grade_id = f"test_double_{name}"
        cell.outputs = outputs
        made.cells.append(cell)
    tests = [cell for cell in made.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    parted = replace(assignment, exercises=[replace(assignment.exercises[0], tests=tests)])
    scores = {"test_double": (0, 1.5), "test_double_errors": (0, 0.5), "test_double_shape": (0.5, 0.5)}
    (card,) = exercise_cards(made, scores, parted)
    assert (card["status"], card["points"], card["of"]) == ("partly", 0.5, 2.5)
    assert [(part["name"], part["points"], part["of"]) for part in card["parts"]] == [
        ("values", 0, 1.5),
        ("errors", 0, 0.5),
        ("shape", 0.5, 0.5),
    ]
    assert [(message["part"], message["text"]) for message in card["messages"]] == [
        ("values", "wrong"),
        ("errors", "accepted"),
    ]
    page = _page(kit, parted, made, scores)
    assert "✗ refusing bad arguments: 0 of 0.5 points" in page
    assert "✓ shape: 0.5 of 0.5" in page
    assert "<details><summary>Refusing bad arguments</summary>" in page
    markdown = _markdown(parted, made, scores)
    assert "- ✗ values: 0 of 1.5" in markdown
    assert markdown.index("Refusing bad arguments:") < markdown.index("accepted")


STUB = "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"


@pytest.mark.parametrize(
    ("answer", "error", "status"),
    [
        (STUB, "NotImplementedError", "blank"),
        ("def double(x):\n    return 3 * x", "CheckFailed", "wrong"),
        # it is answered: what it builds on is not
        ("def double(x):\n    return treble(x) - x", "NotImplementedError", "wrong"),
    ],
)
def test_exercise_without_an_answer_is_told_from_a_wrong_one(kit, assignment, answer, error, status):
    made = _with_outputs(kit, nbformat.v4.new_output("error", ename=error, evalue="not yet", traceback=[]))
    next(cell for cell in made.cells if cell.id == "double").source = answer
    (card,) = exercise_cards(made, {"test_double": (0, 2)}, assignment)
    assert card["status"] == status
    page = _page(kit, assignment, made)
    assert ("<h2>Without an answer</h2>" in page) == (status == "blank")
    assert ("<h4>Your answer</h4>" in page) == (status == "wrong")


def test_page_begins_with_what_lost_points_and_folds_the_notebook(kit, assignment):
    made = _with_outputs(kit, nbformat.v4.new_output("error", ename="CheckFailed", evalue="off by one", traceback=[]))
    docstring = '"""Double it.\n\n    Everybody was given this.\n    """'
    answer = next(cell for cell in made.cells if cell.id == "double")
    answer.source = f"def double(x):\n    {docstring}\n    return my_own_way(x)"
    (wrong,) = exercise_cards(made, {"test_double": (0, 2)}, assignment)
    right = {**wrong, "name": "treble", "points": 2, "status": "right", "messages": []}
    page = feedback_page("ada", assignment, made, kit.notebook, [right, wrong], ["A note."])
    card = page[page.index("What lost points") : page.index("All points")]
    assert "off by one" in card
    assert "my_own_way" in card
    assert "Double it. …" in card
    assert "Everybody was given this" not in card
    rest = page[page.index("All points") :]
    assert rest.index("treble") < rest.index("A note.") < rest.index('<details class="notebook">')
    assert page.index("2 of 2") > page.index("off by one")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_page_with_all_that_can_stand_on_it(kit, assignment, browser, tmp_path, scheme):
    from axe_playwright_python.sync_playwright import Axe

    made = _with_outputs(kit, nbformat.v4.new_output("error", ename="CheckFailed", evalue="no\n" * 9, traceback=["x"]))
    (wrong,) = exercise_cards(made, {"test_double": (0, 2)}, assignment)
    cards = [{**wrong, "name": status, "status": status} for status in ("right", "partly", "wrong", "blank")]
    page = feedback_page("ada", assignment, made, kit.notebook, cards, ["A note."])
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)  # axe is a script, and the page lets none run
    opened = context.new_page()
    opened.goto((tmp_path / "page.html").as_uri())
    opened.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = Axe().run(opened).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
    context.close()


def test_hint_that_a_test_prints_stands_apart(kit, assignment):
    text = "Right: 7 of 10.\n  Hint: look `here`\nNo point for honesty.\n"
    made = _with_outputs(kit, nbformat.v4.new_output("stream", name="stdout", text=text))
    (card,) = exercise_cards(made, {"test_double": (1, 2)}, assignment)
    assert card["said"] == ["Right: 7 of 10.\nNo point for honesty."]
    assert card["hints"] == ["look `here`"]
    assert "<b>Hint.</b> look <code>here</code>" in _page(kit, assignment, made)
    assert "**Hint.** look `here`" in _markdown(assignment, made)


def test_full_and_partial_points(kit, assignment):
    made = notebook(kit)
    assert exercise_cards(made, {"test_double": (2, 2)}, assignment)[0]["status"] == "right"
    assert exercise_cards(made, {"test_double": (0.5, 2)}, assignment)[0]["status"] == "partly"
    assert "<strong>0.5</strong>" in _page(kit, assignment, made, {"test_double": (0.5, 2)})


def test_page_forbids_everything_it_does_not_need(kit, assignment):
    page = _page(kit, assignment, notebook(kit))
    assert "default-src 'none'" in page
    assert "script-src" not in page


def test_terminal_colours_are_dropped(kit, assignment):
    made = notebook(kit, before="1 / 0")
    made.cells[0].outputs = [nbformat.v4.new_output("error", ename="E", evalue="e", traceback=["\x1b[31mred\x1b[0m"])]
    page = _page(kit, assignment, made)
    assert "red" in page
    assert "\x1b" not in page


@pytest.mark.parametrize(("number", "text"), [(2.0, "2"), (1.5, "1.5"), (0, "0"), (1 / 3, "0.33"), (10, "10")])
def test_points_are_written_short(number, text):
    assert points(number) == text


ASKED = {"double": Prompt("Return twice `x`.", "Doubling", "https://example.org/book/01.html#doubling")}
WRONG = nbformat.v4.new_output("error", ename="CheckFailed", evalue="x\n  Hint: use `2 * x`, not x_1*x_2", traceback=[])


def test_card_says_what_was_asked_and_where_it_is_explained(kit, assignment):
    page = _page(kit, assignment, _with_outputs(kit, WRONG), asked=ASKED)
    assert "Return twice <code>x</code>." in page
    assert '<a href="https://example.org/book/01.html#doubling" rel="noopener noreferrer">Doubling</a>' in page
    right = _page(kit, assignment, notebook(kit), {"test_double": (2, 2)}, asked=ASKED)
    assert "Explained in" not in right


@pytest.mark.parametrize("metadata", [{}, {"image/png": {"alt": "Expected, got and difference"}}])
def test_picture_of_a_test_stands_in_its_card_with_a_text(kit, assignment, metadata):
    data = {"image/png": PIXEL, "text/plain": "Expected, got and difference"}
    shown = nbformat.v4.new_output("display_data", data, metadata=metadata)
    page = _page(kit, assignment, _with_outputs(kit, shown, WRONG))
    assert page.count(PIXEL) == 1
    assert (
        f'<img src="data:image/png;base64,{PIXEL}" alt="Expected, got and difference">'
        in page.split("Your notebook")[0]
    )
    assert "Expected, got and difference" in _markdown(assignment, _with_outputs(kit, shown, WRONG))


def test_picture_of_a_learner_stands_in_the_notebook_only(kit, assignment):
    made = notebook(kit)
    next(cell for cell in made.cells if cell.id == "double").outputs = [
        nbformat.v4.new_output("display_data", {"image/png": PIXEL})
    ]
    (card,) = exercise_cards(made, {"test_double": (0, 2)}, assignment)
    assert card["pictures"] == []
    assert PIXEL in _page(kit, assignment, made).split("Your notebook")[1]


def test_late_penalty_is_said(kit, assignment):
    late = {"said": "2 hours", "penalty": 0.5}
    for text in (
        _page(kit, assignment, notebook(kit), {"test_double": (2, 2)}, late=late),
        _markdown(assignment, notebook(kit), {"test_double": (2, 2)}, late=late),
    ):
        assert "Handed in 2 hours late: 2 points for the answers, less 0.5." in text
        assert "1.5" in text


def test_markdown_says_the_same_as_the_page(kit, assignment):
    text = _markdown(assignment, _with_outputs(kit, WRONG), notes=["A test was missing."], asked=ASKED)
    for said in ("0 of 2", "`double`", "Return twice `x`.", "A test was missing", "[Doubling](https://example.org"):
        assert said in text
    assert "**Hint.** use `2 * x`, not x\\_1\\*x\\_2" in text


@pytest.mark.parametrize("hostile", [*HOSTILE, "```\n<script>window.hacked = 1</script>\n~~~", "a ` b", "````"])
def test_markdown_lets_nothing_act(kit, assignment, hostile):
    from markdown_it import MarkdownIt

    error = nbformat.v4.new_output("error", ename="E", evalue=f"{hostile}\n  Hint: {hostile}", traceback=[])
    text = _markdown(assignment, _with_outputs(kit, error), notes=[hostile])
    tokens = MarkdownIt("commonmark", {"html": True}).parse(text)
    kinds = {token.type for token in tokens} | {child.type for token in tokens for child in token.children or []}
    assert not kinds & {"html_block", "html_inline", "image", "link_open"}
