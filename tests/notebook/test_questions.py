"""Questions about a function: right by two ways of looking, with options that differ, and none where there are few."""

import ast
import re
import time

import numpy as np
import pytest

from autograder.course.material import code_of
from autograder.course.reference import reference
from autograder.course.source import assignment_names, read_assignment
from convnets.notebook.practice import calls_of
from convnets.notebook.questions import Code, NotAsked, asking, choose, questions
from convnets.notebook.questions.asking import OPTIONS
from convnets.notebook.questions.code import probed

SLIDE = '''
def slide(values, weights):
    """Slide weights along values."""
    places = len(values) - len(weights) + 1
    if places < 1:
        raise ValueError("too short")
    if not weights:
        raise ValueError("no weights")
    sums = []
    for place in range(places):
        total = 0
        for offset, weight in enumerate(weights):
            total += values[place + offset] * weight
        sums.append(total)
    return sums
'''.strip()
CALL = "slide([5, 7, 11, 20], [1, 10])"
WITHOUT_TENSORFLOW = ["01-convolution", "02-conv-layer"]


def asked(source=SLIDE, calls=(CALL,), name="slide"):
    return questions(Code(name, source, {}), calls)


def answers(made, kind, line):
    return [each.answer for each in made if (each.kind, each.line) == (kind, line)]


def test_value_in_a_pass_of_a_loop_is_what_the_sums_say():
    sums = [5, 75, 7, 117, 11, 211]  # the running totals, place by place, worked out by hand
    (question,) = [each for each in asked() if (each.kind, each.line) == ("value", 12)]
    turn = int(re.search(r"the (\d)\w\w time", question.text)[1])
    assert question.answer == str(sums[turn - 1])
    assert str(sums[turn - 2]) in question.options  # what it was a pass before


def test_line_in_nested_loops_is_counted():
    assert answers(asked(), "times", 12) == ["6"]
    assert answers(asked(), "times", 10) == ["3"]


def test_shape_after_a_line_is_not_the_shape_that_the_call_shows():
    source = "def grow(a):\n    b = np.zeros((len(a) + 4, 2 * len(a)))\n    return b"
    made = questions(Code("grow", source, {"np": np}), ["grow([1, 2, 3])"])
    assert answers(made, "shape", 2) == ["(7, 6)"]
    assert all("(6, 7)" in each.options for each in made if each.kind == "shape")  # the axes the other way round


def test_line_that_raises_is_asked_for_where_several_could():
    (question,) = asked(calls=["slide([1], [1, 2])"])
    assert question.kind == "raises"
    assert question.answer == '5: raise ValueError("too short")'
    assert '7: raise ValueError("no weights")' in question.options


def test_only_raise_of_a_function_is_no_question():
    source = SLIDE.replace('    if not weights:\n        raise ValueError("no weights")\n', "")
    assert asked(source, ["slide([1], [1, 2])"]) == []


def test_change_gives_what_the_changed_text_gives():
    made = [each for each in asked() if each.kind == "change"]
    assert len(made) >= 4
    for question in made:
        reads = re.search(r"so that it reads `(.*?)`\. What", question.text)[1]
        lines = SLIDE.splitlines()
        before = lines[question.line - 1]
        lines[question.line - 1] = before[: len(before) - len(before.lstrip())] + reads
        space = {}
        exec("\n".join(lines), space)
        try:
            came = str(eval(CALL, space))
        except Exception as error:
            came = f"{type(error).__name__} is raised"
        assert question.answer == came


def test_question_on_which_the_two_ways_differ_is_dropped(monkeypatch):
    whole = asked()

    def with_a_fault(code):
        tree = probed(code)
        text = ast.unparse(tree).replace("'total': total", "'total': total + 1")
        return ast.parse(text)

    monkeypatch.setattr(asking, "probed", with_a_fault)
    left = asked()
    assert answers(whole, "value", 12)
    assert not answers(left, "value", 12)
    assert answers(left, "value", 3) == answers(whole, "value", 3)


def test_answer_in_the_docstring_in_the_line_or_in_the_call_is_not_asked_for():
    assert answers(asked(), "value", 3) == ["3"]
    told = SLIDE.replace("Slide weights along values.", "Slide. Four values and two weights have 3 places.")
    assert answers(asked(told), "value", 3) == []
    literal = SLIDE.replace("len(values) - len(weights) + 1", "3")
    assert answers(asked(literal), "value", 3) == []
    assert answers(asked(calls=["slide([5, 7, 3], [1])"]), "value", 3) == []  # 3 stands in the call


def test_code_that_never_ends_on_a_change_costs_that_question_alone():
    source = (
        "def down(n):\n    steps = 7\n    while n > 0:\n        n = n - 1\n        steps = steps + n\n    return steps"
    )
    made = questions(Code("down", source, {}), ["down(5)"])
    assert {each.kind for each in made} >= {"value", "change"}
    assert not any("`-` becomes `+`, so that it reads `n = n + 1`" in each.text for each in made)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def slide(a, b):\n    yield 1", "one by one"),
        ("slide = len", "no plain function"),
        ("def slide(a, b):\n    while True:\n        a = a", "too long"),
        ("def slide(:", "cannot be read"),
    ],
)
def test_what_no_questions_can_be_made_of_says_so(source, says):
    with pytest.raises(NotAsked, match=says):
        asked(source)


def test_hostile_code_changes_no_question():
    """A function that turns tracing off, or keeps what it is given, has fewer questions and no wrong ones."""
    off = SLIDE.replace("    sums = []", "    import sys; sys.settrace(None)\n    sums = []")
    for question in asked(off):
        assert question.line < 8 or question.kind == "change"
    counts = SLIDE.replace("    sums = []", "    slide.n = getattr(slide, 'n', 0) + 1\n    sums = [slide.n]")
    assert {each.answer for each in asked(counts) if each.kind == "value"}


def test_same_code_has_the_same_questions_in_the_same_order():
    assert choose(asked(), seed=SLIDE) == choose(asked(), seed=SLIDE)


def test_fewer_than_three_are_none():
    assert choose(asked()[:2]) == []
    three = choose(asked())
    assert len({(each.kind, each.line) for each in three}) == 3


def right_answers(assignment):
    module = reference(assignment)
    for exercise in read_assignment(assignment).exercises:
        for cell in [exercise.answer, *exercise.alternatives]:
            names = dict(vars(module))
            exec(cell.source, names)
            yield exercise.name, code_of(cell.source, exercise.name, names)


def check_all(assignment):
    """Make the questions about every right answer of an assignment; return how many there are for each."""
    right = list(right_answers(assignment))
    counts, made_in_all, began = {}, 0, time.process_time()
    for number, (name, code) in enumerate(right):
        try:
            there = questions(code, calls_of(name))
        except NotAsked:
            there = []
        made_in_all += len(there)
        made = choose(there, seed=code.source)
        for question in made:
            assert len(set(question.options)) == len(question.options) == OPTIONS
            if question.kind in ("value", "shape", "times"):
                assert not re.search(rf"(?<![\w.]){re.escape(question.answer)}(?![\w.])", code.docstring)
        counts[name, number] = len(made)
    return counts, (time.process_time() - began) / max(made_in_all, 1)


@pytest.mark.parametrize("assignment", WITHOUT_TENSORFLOW)
def test_right_answers_have_three_questions_or_none(assignment):
    counts, _seconds = check_all(assignment)
    assert set(counts.values()) <= {0, 3}
    assert sum(counts.values()) >= 60


@pytest.mark.parametrize("assignment", [name for name in assignment_names() if name not in WITHOUT_TENSORFLOW])
def test_right_answers_of_the_other_assignments(assignment):
    counts, seconds = check_all(assignment)
    assert set(counts.values()) <= {0, 3}
    assert seconds < 0.05  # a question, on the processor
