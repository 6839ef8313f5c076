"""A clean matrix means that the tests are good; a weaker test makes it dirty."""

import pytest
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course.source import read_assignment
from autograder.tools.verify import ALTERNATIVE, MISCONCEPTION, Variant, verify
from tests.conftest import SAMPLE


@pytest.fixture(scope="module")
def checked():
    return verify("01-doubling", SAMPLE / "solutions", workers=1)


def test_catalogue_of_the_sample_is_clean(checked):
    assert [variant.label for variant in checked if not variant.clean] == []
    exercise = read_assignment("01-doubling", SAMPLE / "solutions").exercise("double")
    assert len(checked) == 1 + len(exercise.alternatives) + len(exercise.misconceptions)


def test_wrong_answers_come_with_what_the_test_said(checked):
    assert all("double(" in variant.message for variant in checked if variant.kind == MISCONCEPTION)


def test_weaker_test_makes_it_dirty(course):
    path = course / "solutions" / "01-doubling.md"
    text = path.read_text(encoding="utf-8")
    weaker = text.replace(
        "check_equal(double, [1, 2], expected=[2, 4])", "check_equal(double, [2, 2], expected=[4, 4])"
    )
    assert weaker != text
    path.write_text(weaker, encoding="utf-8")
    answer = CliRunner().invoke(app, ["verify", "01-doubling", "--solutions", str(path.parent), "--workers", "1"])
    assert answer.exit_code == 1
    assert "NO" in answer.output
    assert "Adding two is not doubling" in answer.output


def test_unknown_assignment_is_an_error_that_names_those_there():
    answer = CliRunner().invoke(app, ["verify", "99-nothing", "--solutions", str(SAMPLE / "solutions")])
    assert answer.exit_code == 1
    assert "01-doubling" in answer.output


@pytest.mark.parametrize(
    ("kind", "points", "message", "clean"),
    [
        (MISCONCEPTION, 0, "wrong\n  Hint: own", True),
        (MISCONCEPTION, 0, "wrong", True),
        (MISCONCEPTION, 0, "wrong\n  Hint: another's", False),
        (MISCONCEPTION, 2, "", False),
        (ALTERNATIVE, 2, "", True),
        (ALTERNATIVE, 2, "wrong\n  Hint: own", False),
        (ALTERNATIVE, 1, "wrong", False),
    ],
)
def test_no_hint_for_a_right_answer_and_no_other_hint_for_a_wrong_one(kind, points, message, clean):
    assert Variant("double", kind, "own", points, 2, {"test_double": message} if message else {}).clean is clean


def test_exercise_that_is_not_there_is_an_error_that_names_those_that_are():
    command = ["verify", "01-doubling", "--exercise", "halve", "--solutions", str(SAMPLE / "solutions")]
    answer = CliRunner().invoke(app, command)
    assert answer.exit_code == 1
    assert "There is no exercise halve. There are, in 01-doubling: double." in answer.output
