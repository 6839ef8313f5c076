"""Questions about a submission are made in the sealed process, and nothing but plain questions comes back."""

import json

import pytest

from autograder.exam.interview import Interviewer, _question
from convnets.notebook.explain import KEY

CALLS = {"slide": ["slide([5, 7, 11, 20], [1, 10])"]}
SLIDE = """def slide(values, weights):
    sums = []
    for place in range(len(values) - len(weights) + 1):
        total = 0
        for offset, weight in enumerate(weights):
            total += values[place + offset] * weight
        sums.append(total)
    return sums
"""


@pytest.fixture(scope="module")
def interviewer():
    with Interviewer() as interviewer:
        yield interviewer


def notebook(*sources, outputs=()):
    cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": list(outputs)} for source in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def interview(interviewer, data):
    return interviewer.interview(data, CALLS, 4, "ada")


def test_questions_are_about_the_code_that_was_handed_in(interviewer):
    answer = {"question": "What is `total`?", "answer": "75", "right": True}
    kept = {"metadata": {KEY: {"explain": "slide", "code": "", "answers": [answer]}}}
    talk = interview(interviewer, notebook(SLIDE, outputs=[kept]))
    (about,) = talk.asked
    assert about.source == SLIDE
    assert len(about.questions) == 4
    assert {"75", "117", "211", "6", "3"} & {option for each in about.questions for option in each.options}
    assert talk.answered == [{"exercise": "slide", **answer}]


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        (["slide = 3"], "three good questions"),
        (["raise SystemExit"], "three good questions"),
        ([SLIDE.replace("    sums = []", "    import os; os._exit(0)\n    sums = []")], "three good questions"),
        (
            ["import convnets.notebook.questions.asking as a\na.questions = 0", "def slide(a, b): return 1"],
            "three good",
        ),
        (["import autograder.exam.server as s\ns.questions = lambda *a, **k: [print] * 5", SLIDE], "three good"),
        (["import autograder.exam.server as s\ns.asdict = lambda q: {'kind': 'x' * 9**8}", SLIDE], "three good"),
    ],
)
def test_code_that_breaks_the_questions_has_none(interviewer, sources, reason):
    talk = interview(interviewer, notebook(*sources))
    assert talk.asked == []
    assert reason in talk.reason


def test_file_that_is_no_notebook_has_none_and_a_reason(interviewer):
    assert "not a notebook" in interview(interviewer, b"{").reason


def test_learners_code_sees_no_file_of_the_instructor(interviewer, tmp_path):
    secret = tmp_path / "grades.csv"
    secret.write_text("ada,100")
    spying = SLIDE.replace("    sums = []", f"    open({str(secret)!r}, 'w').write('ada,0')\n    sums = []")
    interview(interviewer, notebook(spying))
    assert secret.read_text() == "ada,100"


GOOD = {"kind": "value", "call": "f()", "line": 1, "text": "?", "options": ("1", "2", "3"), "right": 0}


@pytest.mark.parametrize(
    "bent",
    [
        {"right": 3},
        {"right": True},
        {"options": ("1", "1", "2")},
        {"options": [1, 2, 3]},
        {"options": None},
        {"text": "x" * 10**4},
        {"line": -1},
        {"more": 1},
    ],
)
def test_only_what_has_the_form_of_a_question_is_believed(bent):
    assert _question(dict(GOOD)) is not None
    assert _question({**GOOD, **bent}) is None
