"""What pages ask to predict: results computed, all different, each wrong one a catalogued mistake; by keyboard too."""

import importlib.util
from collections import Counter
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from autograder.course.inventory import items
from autograder.course.layout import Course
from autograder.course.predictions import as_cells, build, requests
from autograder.course.reference import reference
from autograder.course.release import release
from autograder.course.source import AssignmentError, assignment_names, hint_of, read_assignment
from convnets.notebook.practice import practice
from convnets.notebook.predict import predict
from convnets.notebook.questions.options import plain, text
from tests.conftest import PROJECT

KNOWN = practice()["predictions"]
ITEMS = items(KNOWN)  # of the inventory: answered at the end of its page
PRACTICE = {name: asked for name, asked in KNOWN.items() if name not in ITEMS}
CHAPTERS = {path.name: requests(path.read_text(encoding="utf-8")) for path in Course().chapters}
BLOCK = "```{predict} twice\n:exercise: double\n:call: double([3, 5])\n\nWhat comes out?\n```\n"


def test_every_chapter_asks_five_times_before_its_own_end():
    counts = Counter({name[:2]: 0 for name in CHAPTERS})
    for name, asked in CHAPTERS.items():
        counts[name[:2]] += len(asked)
    assert {name: count for name, count in counts.items() if count < 5} == {"09": 0}
    assert {each.name for asked in CHAPTERS.values() for each in asked} <= set(KNOWN)


@pytest.mark.parametrize("name", KNOWN)
def test_results_differ_one_is_right_and_wrong_ones_have_hints_of_the_catalogue(name):
    asked = KNOWN[name]
    shown = [option["text"] for option in asked["options"]]
    assert 3 <= len(set(shown)) == len(shown) <= 5
    hints = [option["hint"] for option in asked["options"]]
    assert hints.count(None) == 1
    homes = [each for name in assignment_names() for each in read_assignment(name).exercises]
    (exercise,) = [each for each in homes if each.name == asked["exercise"]]
    catalogued = {hint_of(cell) for cell in exercise.misconceptions}
    assert {hint for hint in hints if hint} <= catalogued


@pytest.mark.parametrize("assignment", ["01-convolution", "02-conv-layer"])
def test_right_result_is_the_references(assignment):
    module = reference(assignment)
    tried = 0
    for asked in KNOWN.values():
        if hasattr(module, asked["exercise"]) and asked["exercise"] in {
            each.name for each in read_assignment(assignment).exercises
        }:
            right = next(option["text"] for option in asked["options"] if option["hint"] is None)
            assert text(plain(eval(asked["call"], dict(vars(module))))) == right
            tried += 1
    assert tried >= 5


def test_block_becomes_a_cell_of_the_notebook(course):
    page = course / "book/01-doubling.md"
    page.write_text(page.read_text() + "\n\n" + BLOCK)
    (course / "convnets").mkdir()
    release(root=course)
    made = (course / "notebooks/chapters/01-doubling.ipynb").read_text()
    assert 'convnets.predict(\\"twice\\")' in made
    assert "{predict}" not in made
    assert as_cells("before\n\n" + BLOCK + "\nafter") == [("before", None), (None, "twice"), ("after", None)]


def test_wrong_results_are_what_the_mistakes_return(course):
    page = course / "book/01-doubling.md"
    page.write_text(page.read_text() + "\n\n" + BLOCK)
    made = build(Course(course, course / "solutions"), {}, {})["twice"]
    by_text = {option["text"]: option["hint"] for option in made["options"]}
    assert by_text == {
        "[6, 10]": None,
        "[5, 7]": "Adding two is not doubling.",
        "[9, 25]": "A square is not a double.",
        "[3, 5, 3, 5]": "Two times a list is a longer list.",
        "[1.5, 2.5]": "Half is the other way round.",
    }


def test_question_in_other_words_keeps_its_results(course, monkeypatch):
    page, there = course / "book/01-doubling.md", Course(course, course / "solutions")
    page.write_text(page.read_text() + "\n\n" + BLOCK)
    before = build(there, {}, {})
    page.write_text(page.read_text().replace("What comes out?", "Which list is returned?"))
    monkeypatch.setattr("autograder.course.predictions.reference", None)  # no answer is needed again
    assert build(there, {}, before) == {"twice": before["twice"] | {"question": "Which list is returned?"}}


def test_item_of_an_inventory_is_asked_in_its_notebook_without_its_answer(course):
    page = course / "book/inventory.md"
    item = BLOCK.replace(":call:", ":section: 01-doubling#twice-a-number\n:call:")
    page.write_text(f"# What do you know?\n\n{item}")
    (course / "convnets").mkdir()
    chapter = course / "book/01-doubling.md"
    chapter.write_text(chapter.read_text() + "\n\n## Twice a number\n")
    assert "notebooks/inventory.ipynb" in release(root=course)
    made = (course / "notebooks/inventory.ipynb").read_text()
    assert "[9, 25]" in made
    assert "A square" not in made
    known = build(Course(course, course / "solutions"), {}, {})["twice"]
    assert known["section"] == {"page": "book/01-doubling", "anchor": "twice-a-number", "title": "Twice a number"}


def test_call_is_searched_for_where_none_is_given(course):
    page = course / "book/01-doubling.md"
    page.write_text(page.read_text() + "\n\n" + BLOCK.replace(":call: double([3, 5])\n", ""))
    there = Course(course, course / "solutions")
    made = build(there, {"double": ["double([0])", "double([2])", "double([7])"]}, {})["twice"]
    assert made["call"] == "double([7])"  # of 0 and of 2 the square and the sum are the double


@pytest.mark.parametrize(
    ("block", "says"),
    [
        (BLOCK.replace("[3, 5]", "[]"), "wrong results differ"),
        (BLOCK.replace("exercise: double", "exercise: treble"), "there is no exercise 'treble'"),
        (BLOCK + "\n" + BLOCK, "the name is taken"),
        (BLOCK.replace(":exercise:", ":section: 01-doubling#no-such-heading\n:exercise:"), "no section 01-doubling#"),
    ],
)
def test_block_that_cannot_be_made_is_an_error_that_names_it(course, block, says):
    page = course / "book/01-doubling.md"
    page.write_text(page.read_text() + "\n\n" + block)
    with pytest.raises(AssignmentError, match=says) as raised:
        build(Course(course, course / "solutions"), {}, {})
    assert "01-doubling.md, predict twice" in str(raised.value)


def test_in_a_notebook_each_result_is_answered_with_its_hint(capsys):
    asked = KNOWN["sliding-sums"]
    predict("sliding-sums")
    assert "[12, 23]" in capsys.readouterr().out
    for letter, option in zip("ABCDE", asked["options"], strict=False):
        predict("sliding-sums", letter)
        said = capsys.readouterr().out
        wanted = f"✓ {letter} is right." if option["hint"] is None else option["hint"].replace("`", "")
        assert wanted in said
    predict("sliding-sum")
    assert "Did you mean sliding-sums?" in capsys.readouterr().out
    predict("sliding-sums", "Z")
    assert "Z is none of them" in capsys.readouterr().out


# ---------------------------------------------------------------- in the browser

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Questions</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/practice.css">
<style>:root {{ --pst-color-border: #8a8d92; --pst-color-primary: {accent}; --pst-color-surface: #8883; }}
body {{ background: {ground}; color: {ink}; font-family: sans-serif; }} a {{ color: {accent}; }}</style>
<main><h1>Questions</h1>{body}</main><script src="/practice.js"></script></html>"""


def extension():
    spec = importlib.util.spec_from_file_location("practice_extension", PROJECT / "book/_ext/practice.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("page", "link"), [("04-lenet.html", "04-lenet.html#pool"), ("#document-04", "#pool")])
def test_link_to_a_section_leads_there_in_the_book_of_many_pages_and_of_one(page, link):
    made, section = extension(), {"page": "book/04-lenet", "anchor": "pool", "title": "Pooling"}
    builder = SimpleNamespace(get_relative_uri=lambda here, there: page)
    translator = SimpleNamespace(builder=builder, body=[])
    node = made.Scored(asked={"a": {**next(iter(ITEMS.values())), "section": section}}, page="book/inventory")
    with pytest.raises(made.nodes.SkipNode):
        made.write_score(translator, node)
    assert f'<a href="{link}">Pooling</a>' in translator.body[0]


def test_page_is_read_again_when_what_it_shows_is_computed_anew_and_no_other(monkeypatch):
    made, shown = extension(), {"options": ["4"]}
    now = {"predictions": {"twice": shown, "half": {"options": ["1"]}}, "exercises": {}}
    monkeypatch.setattr(made.practice, "practice", lambda: now)
    env = SimpleNamespace(docname="doubling", metadata={"doubling": {}, "halving": {}, "front": {}})
    made.look_up(env, "predictions", "twice")
    made.look_up(env, "exercises", "double")  # it has none
    env.docname = "halving"
    made.look_up(env, "predictions", "half")

    def again():
        return made.read_again(SimpleNamespace(), env, set(), set(), set())

    assert again() == []
    now["predictions"]["half"] = {"options": ["2"]}
    assert again() == ["halving"]
    now["exercises"]["double"] = {"warm_up": {}}
    assert again() == ["doubling", "halving"]


@contextmanager
def opener(browser, serve, body):
    """A function that opens a page with a body."""
    site = serve(PROJECT / "book/_static")
    contexts = []

    def go(scheme="light", width=900, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        page.troubles = []
        page.on("pageerror", lambda error: page.troubles.append(str(error)))
        ground, ink, accent = ("#fff", "#000", "#06c") if scheme == "light" else ("#14181e", "#fff", "#7ab8ff")
        made = PAGE.format(body=body, ground=ground, ink=ink, accent=accent)
        context.route("**/page.html", lambda route: route.fulfill(body=made, content_type="text/html"))
        page.goto(f"{site}/page.html")
        return page

    yield go
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def opened(browser, serve):
    """A function that opens a page with all questions of the book."""
    made = extension()
    body = "".join(made.prediction(name, asked) for name, asked in {**PRACTICE, **ITEMS}.items())
    with opener(browser, serve, body + made.score(ITEMS, "{}.html#{}".format)) as go:
        yield go


def test_every_question_is_answered_by_keyboard_and_says_what_the_catalogue_says(opened):
    page = opened()
    for name, asked in PRACTICE.items():
        form = page.locator(f"form[data-name='{name}']")
        assert form.locator("details").is_hidden()
        form.locator("pre").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        for number, option in enumerate(asked["options"]):
            if number:
                page.keyboard.press("ArrowDown")
            said = form.locator("[role=status]").inner_text()
            assert said.startswith("Right:" if option["hint"] is None else "Not quite:")
            assert " ".join((option["hint"] or option["text"]).replace("`", "").split()) in " ".join(said.split())
    assert page.troubles == []


def test_choice_stays_in_this_browser_alone(opened):
    page = opened()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("form.predict input").first.check()
    page.reload()
    assert page.locator("form.predict input").first.is_checked()
    assert page.locator("form.predict [role=status]").first.inner_text()
    assert {address.rpartition("/")[2] for address in asked} <= {
        "page.html",
        "practice.js",
        "practice.css",
        "favicon.ico",
    }


def test_without_scripts_the_answers_stand_folded_below(opened):
    page = opened(java_script_enabled=False)
    folded = page.locator("form.predict details").first
    assert folded.is_visible()
    folded.locator("summary").click()
    assert folded.locator("li.right").inner_text().startswith("Right:")


def spoken(text):
    return " ".join(text.replace("`", "").split())


def test_inventory_is_taken_by_keyboard_and_answered_only_when_the_score_is_asked_for(opened):
    page = opened()
    chosen = {}
    for number, (name, asked) in enumerate(ITEMS.items()):
        if number % 6 == 5:
            continue  # one in six stays without an answer
        page.locator(f"form[data-name='{name}'] pre").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        for _ in range(number % len(asked["options"])):
            page.keyboard.press("ArrowDown")
        chosen[name] = asked["options"][number % len(asked["options"])]
    assert not any(page.locator(f"form[data-name='{name}'] .said").inner_text() for name in ITEMS)
    assert page.locator("details.key:visible").count() == 0
    page.locator("form.score button[type=submit]").focus()
    page.keyboard.press("Enter")
    right = [name for name, option in chosen.items() if option["hint"] is None]
    said = page.locator("form.score [role=status]").inner_text()
    assert f"{len(right)} of {len(ITEMS)} are right. You answered {len(chosen)}." in spoken(said)
    lines = page.locator("form.score tbody tr").all_inner_texts()
    chapters = list(dict.fromkeys(asked["chapter"] for asked in ITEMS.values()))
    for chapter, line in zip(chapters, lines, strict=True):
        there = [name for name, asked in ITEMS.items() if asked["chapter"] == chapter]
        assert spoken(line).startswith(f"{chapter} {len(set(there) & set(right))} of {len(there)}")
        missed = {spoken(ITEMS[name]["section"]["title"]) for name in there if name not in right}
        assert all(title in spoken(line) for title in missed)
    for name, asked in ITEMS.items():
        words = spoken(page.locator(f"form[data-name='{name}'] .said").inner_text())
        option = chosen.get(name)
        assert words.startswith("No answer." if option is None else "Right:" if name in right else "Not quite:")
        assert spoken(option["hint"] or option["text"] if option else "Right:") in words
        link = page.locator(f"form[data-name='{name}'] .said a").get_attribute("href")
        assert link == f"{asked['section']['page']}.html#{asked['section']['anchor']}"
    assert page.troubles == []


def test_inventory_keeps_choices_and_no_verdicts_and_can_begin_again(opened):
    page = opened()
    first = page.locator(f"form[data-name='{next(iter(ITEMS))}']")
    first.locator("input").nth(1).check()
    page.locator("form.score button[type=submit]").click()
    assert first.locator(".said").inner_text()
    page.reload()
    assert first.locator("input").nth(1).is_checked()
    assert first.locator(".said").inner_text() == ""
    page.locator("form.score button[type=reset]").click()
    assert not first.locator("input").nth(1).is_checked()
    page.reload()
    assert not first.locator("input").nth(1).is_checked()


def test_answers_of_the_inventory_are_folded_without_scripts_and_open_on_paper(opened):
    page = opened(java_script_enabled=False)
    assert page.locator("form.score button").count() == 0
    key = page.locator("details.key")
    assert key.count() == len({asked["chapter"] for asked in ITEMS.values()})
    assert not key.first.locator("li.right").first.is_visible()
    key.first.locator("summary").click()
    assert key.first.locator("li.right").first.inner_text().startswith("Right:")
    printed = opened()
    shown = "each => each.checkVisibility({contentVisibilityAuto: true})"
    assert not printed.locator("form.score li.right").last.evaluate(shown)
    printed.emulate_media(media="print")
    assert printed.locator("form.score li.right").last.evaluate(shown)
    assert printed.locator("form.score button:visible").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_a_phone_is_wide_enough(opened, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(scheme, 390)
    for form in page.locator("form.predict").all():
        form.locator("input").first.check()
    page.locator("form.score button[type=submit]").click()
    page.locator("details.key summary").first.click()
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
