"""A class in which everything happens: what the records, the report and the feedback say is what was handed in.

The class is drawn from the catalogue of an assignment (`tests.mixed`). Here it is small; `mixed_class` draws any size.
"""

import html
import json
import re

import pytest
from rich.console import Console

from autograder.classroom.grade import grade_class
from autograder.classroom.records import read_records
from autograder.course.source import read_assignment
from autograder.exam.limits import Rules, Times
from tests.conftest import SLIDING, SOLUTIONS
from tests.mixed import mixed_class

COUNT, EVERY = 21, 3
LATE = "2026-12-01T23:59+00:00"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The class's folder, graded, and what was drawn for whom."""
    folder = tmp_path_factory.mktemp("mixed")
    made = mixed_class(folder, SLIDING, COUNT, SOLUTIONS, every=EVERY)
    rules = Rules(times=Times(cell=10, call=4, grace=0.5))
    options = {"workers": 1, "rules": rules, "due": LATE, "late_penalty": "10%/day"}
    grade_class(folder, solutions=SOLUTIONS, console=Console(quiet=True), **options)
    return folder, made


@pytest.fixture(scope="module")
def figures(drawn):
    (figures,) = json.loads((drawn[0] / "report.json").read_text(encoding="utf-8"))
    return figures


@pytest.fixture(scope="module")
def lines(figures):
    return {line["student"]: line for line in figures["submissions"]}


def _written(path):
    """All that a learner wrote, as text."""
    text = path.read_text(encoding="utf-8")
    try:
        return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    except ValueError:
        return text


def _troubled(made, *kinds):
    return {student for student, drawn in made.items() if drawn["trouble"] in kinds}


def test_everybody_is_in_the_report(drawn, lines):
    assert set(lines) == set(drawn[1])


def test_wrong_answers_lose_points_and_a_right_notebook_keeps_them(drawn, lines):
    spoilt = _troubled(drawn[1], "not graded"), _troubled(drawn[1], "timed out", "crashed", "no Python")
    whole = 0
    for student, line in lines.items():
        wrong = [each is not None for each in drawn[1][student]["answers"].values()]
        wrong[0] |= student in spoilt[1]
        if student in spoilt[0] or any(wrong):  # a right answer that calls a wrong one may be wrong too
            for status, lost in zip(line["statuses"], wrong, strict=True):
                assert status["status"] != "right" or not lost, (student, status)
        else:
            whole += 1
            assert {status["status"] for status in line["statuses"]} == {"right"}, student
    assert whole > 2


@pytest.mark.parametrize("flag", ["not graded", "timed out", "crashed", "attack?"])
def test_trouble_is_flagged_and_nothing_else_is(drawn, lines, flag):
    assert {student for student, line in lines.items() if flag in line["flags"]} == _troubled(drawn[1], flag)


def test_mended_and_late_submissions_are_flagged(drawn, lines):
    mended = {student for student, line in lines.items() if "recovered" in line["flags"]}
    assert mended == _troubled(drawn[1], "tests deleted", "cells moved")
    late = {student for number, student in enumerate(drawn[1]) if number % 13 == 3}
    assert {student for student, line in lines.items() if "late" in line["flags"]} == late
    assert len(late) > 1


def test_hints_are_the_drawn_mistakes(drawn, figures):
    folder, made = drawn
    records = {record.student: record for record in read_records(folder)}
    asked = given = 0
    for student, drawn_for in made.items():
        mistakes = {name: hint for name, hint in drawn_for["answers"].items() if hint is not None}
        if drawn_for["trouble"] in ("not graded", "timed out", "crashed", "no Python"):
            continue
        for card in records[student].exercises:
            hints = {message["hint"] for message in card["messages"]} - {None}
            if card["name"] in mistakes:
                asked += mistakes[card["name"]] != ""
                given += hints == {mistakes[card["name"]]}
            if not mistakes or card["status"] == "right":
                assert hints == set()
    assert given > 0.8 * asked > 0
    assert sum(each["count"] for each in figures["misconceptions"]) >= given


def test_feedback_gives_away_neither_tests_nor_reference(drawn):
    folder, made = drawn
    for exercise in read_assignment(SLIDING, SOLUTIONS).exercises:
        (hidden,) = re.findall(r"### BEGIN HIDDEN TESTS\n(.*?)### END", exercise.tests[0].source, re.DOTALL)
        (reference,) = re.findall(r"### BEGIN SOLUTION\n(.*?)\s*### END", exercise.answer.source, re.DOTALL)
        others = [cell.source for cell in (*exercise.misconceptions, *exercise.alternatives)]
        secrets = [line.strip() for line in (*hidden.splitlines(), *reference.splitlines()) if len(line.strip()) > 25]
        assert len(secrets) > 5
        for student in made:
            (path,) = (folder / "submitted" / student / SLIDING).glob("*.ipynb")
            own = _written(path)
            for page in (folder / "feedback" / student / SLIDING).iterdir():
                text = html.unescape(re.sub(r"</?span[^>]*>", "", page.read_text(encoding="utf-8")))
                assert not [line for line in secrets if line in text and line not in own], page
                assert not [source for source in others if source in text and source not in own], page


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 390)])
def test_pages_open_without_error(drawn, browser, scheme, width):
    folder, made = drawn
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page, troubles = context.new_page(), []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "request",
        lambda request: troubles.append(request.url) if not request.url.startswith(("file:", "data:")) else None,
    )
    pages = [folder / "feedback" / student / SLIDING / f"{SLIDING}.html" for student in made]
    for path in [folder / "report.html", *pages]:
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()
    assert troubles == []
