"""Questions about a function: right by two ways of looking, with options that differ, and none where there are few."""

import ast
import copy
import re
import time
import traceback
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from autograder.course.material import code_of
from autograder.course.reference import reference
from autograder.course.source import assignment_names, read_assignment
from convnets.notebook.exercises import PASSED, assignments, try_tests
from convnets.notebook.practice import calls_of
from convnets.notebook.questions import Code, NotAsked, asking, choose, questions
from convnets.notebook.questions.asking import OPTIONS
from convnets.notebook.questions.code import probed
from convnets.notebook.questions.options import plain, text

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
SLOWEST = 0.05  # seconds of the processor for a question
OTHERS = Path(__file__).parents[1] / "right_answers"
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
        changed = ast.unparse(tree).replace("'total': total", "'total': total + 1")
        return ast.parse(changed)

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


def test_what_stands_in_memory_by_chance_is_no_answer():
    """An array that `np.empty` has made holds whatever was there before, until it is filled."""
    source = (
        "def fill(values):\n    out = np.empty(len(values))\n    for place, value in enumerate(values):\n"
        "        out[place] = 2 * value\n    return out"
    )
    made = questions(Code("fill", source, {"np": np}), ["fill([3, 4, 11])"])
    assert "value" not in {each.kind for each in made}  # its shape does not hang on chance
    assert {"[5, 6, 13]", "[9, 12, 33]"} >= {each.answer for each in made if each.kind == "change"} != set()


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


def right_answers(assignment, forms):
    """Right answers of an assignment: the references, or also those of the catalogue and others in unforeseen forms."""
    module = reference(assignment)
    for exercise in read_assignment(assignment).exercises:
        if forms == "references":
            yield exercise.name, code_of(exercise.answer.source, exercise.name, dict(vars(module)))
            continue
        for cell in [exercise.answer, *exercise.alternatives]:
            names = dict(vars(module))
            exec(cell.source, names)
            yield exercise.name, code_of(cell.source, exercise.name, names)
        for source in others().get(exercise.name, []):
            names = dict(vars(module))
            exec(source, names)
            yield exercise.name, code_of(source, exercise.name, names)


@cache
def others():
    """The functions in `tests/right_answers`, by exercise."""
    found = {}
    for path in sorted(OTHERS.glob("[a-z]*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef):
                name = node.name.partition("__")[0]
                found.setdefault(name, []).append(ast.get_source_segment(text, node).replace(node.name, name))
    return found


def found_anew(question, code):
    """Find an answer in a third way: lines of text are written into the function, or its traceback is read."""
    seen, lines, line = [], code.source.splitlines(), question.line
    if question.kind == "raises":
        try:
            called(question.call, code, code.source, seen)
        except Exception as error:
            own = [step for step in traceback.extract_tb(error.__traceback__) if step.filename == "<anew>"]
            first = code.statement_at[[step.lineno for step in own if step.name == code.name][-1]]
            return f"{first}: {code.line(first)}"
    indent = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
    if question.kind == "change":
        lines[line - 1] = indent + re.search(r"so that it reads `(.*)`\. What does", question.text)[1]
        try:
            return text(plain(called(question.call, code, "\n".join(lines), seen)))
        except Exception as error:
            return f"{type(error).__name__} is raised"
    if question.kind == "times":
        lines.insert(line - 1, f"{indent}_note(0)")
        called(question.call, code, "\n".join(lines), seen)
        return str(len(seen))
    name = re.search(r"(?:what is|the shape of) `(\w+)`", question.text)[1]
    lines.insert(code.statements[line].end_lineno, f"{indent}_note({name})")
    called(question.call, code, "\n".join(lines), seen)
    if question.kind == "shape":
        return text(seen[-1].shape)
    turn = re.search(r"the (\d+)\w\w time", question.text)
    return text(plain(seen[int(turn[1]) - 1 if turn else 0]))


def called(call, code, source, seen):
    names = {"np": np, **code.names, "_note": lambda value: seen.append(copy.deepcopy(value))}
    exec(compile(source, "<anew>", "exec"), names)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(call, names)


def check_all(assignment, forms="all"):
    """Make the questions about right answers of an assignment.

    Returns
    -------
    list of (str, int, float)
        For each answer the exercise, how many questions are asked, and the seconds that each one made took.
    """
    made = []
    for name, code in right_answers(assignment, forms):
        seconds = 1.0
        for _attempt in range(3):  # on a busy machine a measurement can be several times too long
            began = time.process_time()
            try:
                there = questions(code, calls_of(name))
            except NotAsked:
                there = []
            seconds = min(seconds, (time.process_time() - began) / max(len(there), 1))
            if seconds < SLOWEST / 2:
                break
        asked = choose(there, seed=code.source)
        for question in asked:
            assert len(set(question.options)) == len(question.options) == OPTIONS
            assert found_anew(question, code) == question.answer, (code.source, question)
            if question.kind in ("value", "shape", "times"):
                assert not re.search(rf"(?<![\w.]){re.escape(question.answer)}(?![\w.])", code.docstring)
        made.append((name, len(asked), seconds))
    return made


@pytest.mark.parametrize("assignment", WITHOUT_TENSORFLOW)
def test_references_have_three_questions_or_none(assignment):
    counts = [count for _name, count, _seconds in check_all(assignment, "references")]
    assert set(counts) <= {0, 3}
    assert sum(counts) >= 9


def test_other_right_answers_pass_the_visible_tests():
    known = {each.name: each for group in assignments().values() for each in group}
    assert set(others()) <= set(known)
    for assignment in WITHOUT_TENSORFLOW:
        module = reference(assignment)
        for name in [name for name in others() if known[name].assignment == assignment]:
            for source in others()[name]:
                names = dict(vars(module))
                exec(source, names)
                assert try_tests(known[name], names).state == PASSED, source


def test_two_hundred_right_answers_have_six_hundred_questions(capsys):
    """The others' answers pass the visible tests too; what is measured stands in the output."""
    made = [each for assignment in assignment_names() for each in check_all(assignment)]
    counts = [count for _name, count, _seconds in made]
    seconds = sorted(seconds for _name, count, seconds in made if count)
    with capsys.disabled():
        print(
            f"\n{len(made)} right answers: {sum(counts)} questions on {len(seconds)} of them; made in "
            f"{1000 * seconds[len(seconds) // 2]:.0f} ms each, {1000 * seconds[-1]:.0f} ms at worst"
        )
        print("none on", sorted({name for name, count, _seconds in made if not count}))
    assert set(counts) <= {0, 3}
    assert len(seconds) >= 200
    assert sum(counts) >= 600
