"""`convnets.warm_up`: an order of lines is run, not compared with another."""

import numpy as np
import pytest

from convnets.notebook import arrange
from convnets.notebook.arrange import letters, warm_up
from convnets.notebook.exercises import assignments
from convnets.notebook.practice import practice

GIVEN = {name: each["warm_up"] for name, each in practice()["exercises"].items() if each["warm_up"]}
PAD = {
    "head": "def pad(images, padding):",
    "lines": [
        "return np.pad(images, sides)",
        "images = np.asarray(images)",
        "sides = ((0, 0), (padding, padding), (padding, padding), (0, 0))",
        "sides = ((0, 0), (0, 0), (padding, padding), (padding, padding))",
    ],
    "count": 3,
    "answer": [1, 2, 0],
    "blanks": [1, 2],
}


@pytest.fixture
def told(capsys, monkeypatch):
    """A function that gives an order and returns what is said of it."""
    monkeypatch.setattr(arrange, "practice", lambda: {"exercises": {"pad": {"warm_up": PAD}}})
    monkeypatch.setattr(arrange, "names_here", lambda: {"np": np})

    def say(*given, **options):
        warm_up("pad", *given, **options)
        return capsys.readouterr().out

    return say


def test_task_names_the_lines_and_shows_how_to_answer(told):
    said = told()
    assert said.startswith("3 of these lines make a pad that works.")
    assert "D  sides = ((0, 0), (0, 0)," in said
    assert 'convnets.warm_up("pad", "ABC")' in said


@pytest.mark.parametrize("order", ["BCA", "CBA", "b, c, a"])
def test_every_order_that_passes_the_tests_is_right(told, order):
    assert "✓ The visible tests pass." in told(order)


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ("BDA", "pad("),  # the line of a mistake: what the test says
        ("ABC", "UnboundLocalError"),
        ("BCZ", "Z is none of them"),
        ("BBA", "B is there twice"),
    ],
)
def test_other_orders_say_what_is_wrong(told, order, says):
    said = told(order)
    assert says in said
    assert "✓" not in said


def test_order_that_is_no_python_says_so(told, monkeypatch):
    monkeypatch.setitem(PAD, "lines", ["if padding:", "return images"])
    assert "✗ This is no Python yet" in told("BA")


def test_answer_with_gaps_hides_the_telling_lines_alone(told):
    said = told(blanks=True)
    assert "images = np.asarray(images)\n    ____  # 1\n    ____  # 2\n" in said
    assert "np.pad" not in said
    assert 'convnets.warm_up("pad", blanks=["line 1", "line 2"])' in said


def test_what_fills_the_gaps_is_run_and_not_compared(told):
    sides = "border = [(0, 0), (padding,) * 2, (padding,) * 2, (0, 0)]"
    assert "✓ The visible tests pass." in told(blanks=[sides, "    return np.pad(images, border)"])
    assert "pad(" in told(blanks=[PAD["lines"][3], PAD["lines"][0]])  # the line of a mistake: what the test says
    assert "NameError" in told(blanks=[sides, PAD["lines"][0]])
    assert "✗ This is no Python yet" in told(blanks=[sides, "return ("])


def test_lines_for_other_than_all_gaps_are_refused(told):
    assert "There are 2 gaps, and you fill 1." in told(blanks="return images")


def test_one_line_fills_one_gap(told, monkeypatch):
    monkeypatch.setitem(PAD, "blanks", [2])
    assert "once its gap is filled" in told(blanks=True)
    assert "✓" in told(blanks="return np.pad(images, sides)")


@pytest.mark.parametrize("name", GIVEN)
def test_gaps_are_lines_of_the_answer_and_not_most_of_it(name):
    given = GIVEN[name]
    assert sorted(set(given["answer"])) == sorted(given["answer"])
    assert len(given["answer"]) == given["count"]
    assert 0 < len(given["blanks"]) <= given["count"] / 2
    assert set(given["blanks"]) < set(range(given["count"]))


def test_many_exercises_have_one_and_its_lines_differ():
    assert len(GIVEN) >= 25
    known = {each.name for group in assignments().values() for each in group}
    for name, given in GIVEN.items():
        assert name in known
        assert len(set(given["lines"])) == len(given["lines"]) > given["count"]
        assert len(letters(given)) <= 26
