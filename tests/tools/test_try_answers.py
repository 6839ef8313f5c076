"""Answers that somebody wrote are graded in one run, and those that are misjudged are told."""

import pytest
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course.source import AssignmentError, hint_of, read_assignment
from autograder.tools.try_answers import try_answers
from tests.conftest import SAMPLE, SLIDING, SOLUTIONS

RIGHT = "def double(x):\n    return np.asarray(x) + np.asarray(x)\n"
HALVES = "def double(x):\n    return np.asarray(x) * 0.5\n"
REVERSED = read_assignment(SLIDING, SOLUTIONS).exercise("convolve").misconceptions[1]


@pytest.fixture
def answers(tmp_path):
    for name, text in {
        "right/double__sum": RIGHT,
        "wrong/double__halves": HALVES,
        "wrong/double__sum": RIGHT,
        "wrong/convolve__reversed": REVERSED.source,
    }.items():
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_answers_are_graded_in_one_run_and_the_misjudged_are_told(answers):
    told = CliRunner().invoke(app, ["try", str(answers), "--solutions", str(SAMPLE / "solutions"), "--workers", "1"])
    assert told.exit_code == 1
    assert "4 answers, 1 misjudged" in told.output
    rows = [line for line in told.output.splitlines() if "__" in line and "│" in line]
    assert hint_of(REVERSED)[:30] in told.output
    rows = [row for row in rows if "double__" in row]
    assert ["NO" in row for row in rows] == [False, False, True]
    assert "It kept all its points." in told.output


def test_an_answer_to_no_exercise_is_an_error(answers):
    (answers / "right" / "triple__mine.py").write_text(RIGHT)
    with pytest.raises(AssignmentError, match="there is no exercise 'triple'"):
        try_answers(answers, SAMPLE / "solutions")


def test_a_folder_without_answers_is_an_error(tmp_path):
    with pytest.raises(AssignmentError, match="holds no answers"):
        try_answers(tmp_path, SAMPLE / "solutions")
