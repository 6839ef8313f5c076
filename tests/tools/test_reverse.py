"""Two mistakes at once, and mistakes of other exercises, get no hint that is untrue of them; an untrue one is found."""

import pytest

from autograder.course.source import hint_of, own_assignments, read_assignment
from autograder.tools import reverse as module
from autograder.tools.reverse import reverse, summary
from autograder.tools.verify import BORROWED, MISCONCEPTION, PAIR, Variant
from tests.conftest import SLIDING, SOLUTIONS

RIGHT = "def scale(x, by):\n    low = min(x)\n    return [by * (one - low) for one in x]\n"
LARGEST = RIGHT.replace("min", "max")
WITHOUT_FACTOR = RIGHT.replace("by * (one - low)", "one - low")


def test_changes_in_different_places_are_made_together():
    both = module._merged(LARGEST, RIGHT, WITHOUT_FACTOR)
    assert "max(x)" in both
    assert "[one - low for" in both
    assert module._merged(LARGEST, RIGHT, RIGHT.replace("min", "sum")) is None


def test_elsewhere_the_arguments_decide_which_mistake_is_made():
    exercise = read_assignment("01-doubling", SOLUTIONS).exercise("double")
    space = {}
    exec(module._mixed(exercise, "def double(x):\n    return x + 2\n", "def double(x):\n    return x**2\n"), space)
    results = [space["double"](x) for x in range(3, 40)]
    assert results == [space["double"](x) for x in range(3, 40)]
    assert all(result in (x + 2, x**2) for x, result in zip(range(3, 40), results, strict=True))
    assert len({result == x + 2 for x, result in zip(range(3, 40), results, strict=True)}) == 2
    answers = "def double(x):\n    return 1\n", "def double(x):\n    return 2\n"
    exec(module._mixed(exercise, *answers), space)
    assert len({space["double"](function) for function in [lambda: 1 for _ in range(40)]}) == 1


def test_mistakes_of_other_exercises_are_lent_where_they_take_as_many_arguments():
    assignment = read_assignment(SLIDING, SOLUTIONS)
    lent = list(module._borrowed(assignment, assignment.exercise("convolve2d")))
    assert {variant.label.partition(":")[0] for variant, _ in lent} == {"convolve", "convolve2d_fast"}
    assert all(source.endswith(f"\n\nconvolve2d = {variant.label.partition(':')[0]}\n") for variant, source in lent)


def test_sample_gives_no_hint_that_is_untrue():
    checked = reverse("01-doubling", SOLUTIONS, workers=1)
    assert [variant for variant in checked if not variant.clean] == []
    count = len(read_assignment("01-doubling", SOLUTIONS).exercise("double").misconceptions)
    assert {variant.kind for variant in checked} == {PAIR}
    assert len(checked) >= count // 2


@pytest.mark.parametrize("name", own_assignments())
def test_course_gives_no_hint_that_is_untrue(name):
    assert [f"{each.exercise}: {each.label}" for each in reverse(name, workers=1) if not each.clean] == []


@pytest.mark.parametrize(
    ("words", "clean"), [("returned: [0]", True), ("returned: [0], dtype=float32", True), ("returned: [7]", False)]
)
def test_hint_is_true_where_its_mistake_fails_the_same_test_with_the_same_words(monkeypatch, words, clean):
    hint = hint_of(read_assignment(SLIDING, SOLUTIONS).exercise("convolve2d").misconceptions[0])

    def grade(_assignment, _kit, answers, _workers):
        for variant, _source in answers:
            if variant.kind == MISCONCEPTION and variant.label == hint:
                variant.said = {"test_convolve2d": f"returned: [0]\n  Hint: {hint}"}
            if variant.kind == BORROWED:
                variant.said = {"test_convolve2d": f"{words}\n  Hint: {hint}"}

    monkeypatch.setattr(module, "grade_answers", grade)
    lent = [each for each in reverse(SLIDING, SOLUTIONS, exercises=["convolve2d"]) if each.kind == BORROWED]
    assert lent
    assert all(variant.clean is clean for variant in lent)
    assert (f"untrue of {'none' if clean else len(lent)}") in summary(SLIDING, lent)


def test_hint_of_a_pair_is_that_of_one_of_the_two():
    pair = Variant("double", PAIR, "a + b", 0, 2, {"test": "wrong\n  Hint: b"}, true=("a", "b"))
    assert pair.clean
    pair.said["test of arguments"] = "wrong\n  Hint: c"
    assert not pair.clean
