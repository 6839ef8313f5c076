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
}


@pytest.fixture
def told(capsys, monkeypatch):
    """A function that gives an order and returns what is said of it."""
    monkeypatch.setattr(arrange, "practice", lambda: {"exercises": {"pad": {"warm_up": PAD}}})
    monkeypatch.setattr(arrange, "names_here", lambda: {"np": np})

    def say(*given):
        warm_up("pad", *given)
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


def test_many_exercises_have_one_and_its_lines_differ():
    assert len(GIVEN) >= 20
    known = {each.name for group in assignments().values() for each in group}
    for name, given in GIVEN.items():
        assert name in known
        assert len(set(given["lines"])) == len(given["lines"]) > given["count"]
        assert len(letters(given)) <= 26
