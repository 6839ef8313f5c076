"""`convnets.check` and `convnets.hint`: the same tests as in the test cells, and words that help."""

import json
import re
import signal
from dataclasses import replace

import nbformat
import pytest

from autograder.course.paths import PROJECT
from autograder.course.reference import reference
from autograder.course.source import assignment_names, is_test, read_assignment
from autograder.tools.verify import submission_with, variants
from convnets.checks.words import CheckFailed
from convnets.notebook import check as checking
from convnets.notebook import exercises
from convnets.notebook.exercises import FAILED, MISSING, OPEN, PASSED, Exercise, Test, assignments, try_tests
from tests.conftest import SLIDING, SOLUTIONS

OURS, OUR_SOURCE = assignments(), exercises.SOURCE  # this course's; in most tests it is the sample course's that count
READ = read_assignment(SLIDING, SOLUTIONS)


def released(name):
    path = PROJECT / f"notebooks/assignments/{name}/{name}.ipynb"
    return {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}


def found(name):
    return next(each for group in assignments().values() for each in group if each.name == name)


def defined(*sources):
    """What a notebook has defined that holds the reference's answers, and these cells below."""
    names = dict(vars(reference(SLIDING, SOLUTIONS)))
    for source in sources:
        exec(compile(source, "answer", "exec"), names)
    return names


# ---------------------------------------------------------------- the same tests


@pytest.mark.parametrize("name", assignment_names())
def test_check_knows_the_released_tests_word_for_word(name):
    cells = released(name)
    tests = [test for exercise in OURS[name] for test in exercise.tests]
    assert [test.name for test in tests] == [key for key, cell in cells.items() if is_test(cell)]
    for test in tests:
        assert test.source == cells[test.name].source
        assert test.points == cells[test.name].metadata.nbgrader.points
    assert sum(exercise.points for exercise in OURS[name]) == read_assignment(name).points


def test_no_two_exercises_have_the_same_name():
    names = [each.name for group in OURS.values() for each in group]
    assert len(set(names)) == len(names)


def passes(source, names):
    try:
        exec(compile(source, "test", "exec"), dict(names))
    except Exception:
        return False
    return True


def test_verdict_is_that_of_the_visible_test_cells(sample_exercises, sliding_kit, monkeypatch):
    """For the reference, the alternatives and the misconceptions."""
    monkeypatch.setattr(CheckFailed, "picture", lambda _: None)
    cells = {cell.id: cell for cell in sliding_kit.notebook.cells}
    earned_by = {}
    for variant, source in variants(READ):
        exercise = found(variant.exercise)
        verdict = try_tests(exercise, defined(source))
        earned = sum(test.points for test in exercise.tests if passes(cells[test.name].source, defined(source)))
        assert (verdict.points, verdict.state == PASSED) == (earned, earned == exercise.points), variant
        if variant.kind != "misconception":
            assert (verdict.state, verdict.points, verdict.message) == (PASSED, exercise.points, ""), variant
        earned_by.setdefault(variant.kind, set()).add(earned)
    assert earned_by["misconception"] >= {0, 2}  # some lose nothing by what learners see


def test_verdict_is_that_of_the_sealed_grader(sample_exercises, sliding_kit):
    """The grader's own machinery, given the visible tests alone, lets the same answers pass."""
    from nbgrader.utils import determine_grade

    from autograder.exam.limits import Rules
    from autograder.exam.room import ExamRoom

    source = json.loads(sliding_kit.source)
    for test in (test for exercise in assignments()[SLIDING] for test in exercise.tests):
        source[test.name]["source"] = test.source
    room = ExamRoom(replace(sliding_kit, source=json.dumps(source)))
    seen = set()
    try:
        for variant, answer in variants(READ):
            kind = (variant.exercise, variant.kind)
            if kind in seen:
                continue
            seen.add(kind)
            result = room.examine(submission_with(READ, variant.exercise, answer, sliding_kit), Rules())
            graded = nbformat.reads(result.notebook, as_version=4).cells
            scores = {cell.metadata.nbgrader.grade_id: determine_grade(cell)[0] for cell in graded if is_test(cell)}
            verdict = try_tests(found(variant.exercise), defined(answer))
            earned = sum(scores[test.name] for test in found(variant.exercise).tests)
            assert earned == verdict.points, variant
    finally:
        room.close()
    assert len(seen) == 3 * len(READ.exercises)


# ---------------------------------------------------------------- verdicts


HALF = Exercise(
    "00-half",
    "half",
    (Test("test_half", 2, "from convnets import check_equal\n\ncheck_equal(half, 4, expected=2.0)"),),
    (),
)


def verdict_on(source, exercise=HALF):
    names = {"__name__": "__main__"}
    exec(compile(source, "<ipython-input-1>", "exec"), names)
    return try_tests(exercise, names)


@pytest.mark.parametrize(
    ("source", "state", "said"),
    [
        ("def half(x):\n    return x / 2", PASSED, ""),
        ("def half(x):\n    return x / 4", FAILED, "half(4)\n  returned: 1.0\n  expected: 2.0\n  It is 1.0;"),
        ("def half(x):\n    raise NotImplementedError()", OPEN, "Not answered yet."),
        ("def half(x):\n    raise NotImplementedError('odd')", FAILED, "NotImplementedError: odd\n  at line 2 of half"),
        ("", MISSING, "There is no `half` yet: run the cell that defines it."),
        ("half = [1]", FAILED, "`half` is a list here, no longer a function."),
        ("def half(x):\n    return twice(x)", FAILED, "NameError: name 'twice' is not defined\n  at line 2 of half"),
        ("def half(x):\n    exit()", FAILED, "RuntimeError: The function calls exit()."),
        ("def half(x):\n    assert x < 0", FAILED, "AssertionError\n  at line 2 of half"),
        ("def half(x):\n    return half(x)", FAILED, "RecursionError: maximum recursion depth exceeded"),
    ],
)  # fmt: skip
def test_verdict_says_what_is_wrong(source, state, said):
    verdict = verdict_on(source)
    assert verdict.state == state
    assert verdict.message.startswith(said) if said else verdict.message == ""
    assert (verdict.points, verdict.of) == (2 if state == PASSED else 0, 2)


def test_verdict_outlives_an_exit_that_no_check_catches():
    plain = Test("test_half", 2, "assert half(4) == 2")
    assert verdict_on("def half(x):\n    exit()", replace(HALF, tests=(plain,))).state == FAILED


def test_what_the_code_prints_is_kept_within_bounds():
    verdict = verdict_on("def half(x):\n    print('x' * 9999)\n    return x / 2")
    assert verdict.state == PASSED
    assert verdict.printed.endswith("… and more")
    assert len(verdict.printed) < 5000


def test_each_test_cell_has_points_of_its_own():
    second = Test("test_more", 3, "from convnets import check_equal\n\ncheck_equal(half, 0, expected=1.0)")
    verdict = verdict_on("def half(x):\n    return x / 2", replace(HALF, tests=(*HALF.tests, second)))
    assert (verdict.state, verdict.points, verdict.of) == (FAILED, 2, 5)


def test_learners_names_stay_as_they_were():
    names = {"half": lambda x: x / 2, "check_equal": "mine"}
    before = dict(names)
    assert try_tests(HALF, names).state == PASSED
    assert names == before


def test_exit_does_not_end_the_session_where_a_test_calls_the_function_itself():
    direct = replace(HALF, tests=(Test("test_half", 2, "assert half(4) == 2"),))
    verdict = verdict_on("def half(x):\n    exit(3)", direct)
    assert (verdict.state, verdict.points) == (FAILED, 0)
    assert verdict.message.startswith("SystemExit: 3\n  at line 2 of half")


def test_interrupt_is_let_through():
    with pytest.raises(KeyboardInterrupt):
        verdict_on("def half(x):\n    raise KeyboardInterrupt")


# ---------------------------------------------------------------- what is shown


FLIPPED = next(cell.source for cell in READ.exercise("convolve2d").misconceptions if "is flipped" in cell.source)


@pytest.fixture
def notebook(sample_exercises, monkeypatch):
    """Solved but for one exercise that is wrong, one that is open, and one that is not defined; a dict of its names."""
    names = defined(FLIPPED, "def sobel(image):\n    raise NotImplementedError()")
    del names["convolve2d_fast"]
    monkeypatch.setattr(checking, "names_here", lambda: names)
    return names


def shown(capsys, call, *arguments, **keywords):
    call(*arguments, **keywords)
    return capsys.readouterr().out


def test_check_of_a_right_answer(notebook, capsys):
    assert shown(capsys, checking.check, "convolve") == (
        "✓ convolve: its visible tests pass.\nUp to 2 points. The grader's further tests, on other inputs, decide.\n"
    )


def test_check_takes_the_function_itself(notebook, capsys):
    assert shown(capsys, checking.check, notebook["convolve"]).startswith("✓ convolve")


def test_check_of_a_wrong_answer_says_what_the_test_cell_says(notebook, capsys):
    said = shown(capsys, checking.check, "convolve2d")
    assert said.startswith("✗ convolve2d: a visible test fails, so none of its 2 points yet.\n")
    assert "  5 of 6 elements differ. result[0, 1] is -2; it should be 2.\n" in said
    assert said.endswith('Stuck? convnets.hint("convolve2d") helps.\n')


def test_check_of_everything_adds_the_points_up(notebook, capsys):
    said = shown(capsys, checking.check)
    assert said.startswith(
        "02-sliding: the visible tests of 1 of 4 exercises pass: up to 2 of 8 points. "
        "The grader's further tests, on other inputs, decide.\n"
    )
    lines = [re.sub(" +", " ", line) for line in said.splitlines()]
    for line in ("✓ convolve pass 2 of 2", "✗ convolve2d fail 0 of 2", "○ sobel open 0 of 2",
                 "○ convolve2d_fast not defined 0 of 2"):  # fmt: skip
        assert line in lines
    assert shown(capsys, checking.check, SLIDING) == said


def test_picture_is_shown_with_its_words(notebook):
    verdict = try_tests(found("convolve2d"), notebook)
    html = checking.panel_of_one(verdict).html
    assert 'src="data:image/png;base64,' in html
    assert 'alt="The call above' in html


@pytest.mark.parametrize("name", ["<b>", "convovle", "x" * 500])
def test_learners_text_does_nothing_in_the_page(notebook, name):
    html = checking.notice("wrong", f"`{name}` {name}").html
    assert "<b>" not in html


@pytest.mark.parametrize(
    ("name", "near"),
    [("convovle", "convolve"), ("conv2d", "convolve2d"), ("duble", "double"), ("Sobel", "sobel")],
)
def test_unknown_name_gets_the_nearest_and_the_list(notebook, capsys, name, near):
    said = shown(capsys, checking.check, name)
    assert said.startswith(f"There is no exercise {name}. Did you mean {near}? The exercises are convolve, convolve2d,")


def test_forms_of_a_name_that_people_use(notebook, capsys):
    for name in ("convolve()", " convolve ", "test_convolve"):
        assert shown(capsys, checking.check, name).startswith("✓ convolve:")


@pytest.mark.parametrize("call", [checking.check, checking.hint])
def test_something_that_is_no_name(notebook, capsys, call):
    for wrong in (3, ["convolve"], [[1]]):
        assert "Give the name of an exercise in quotation marks" in shown(capsys, call, wrong)


def test_nothing_is_defined_yet(sample_exercises, monkeypatch, capsys):
    monkeypatch.setattr(checking, "names_here", dict)
    assert "Run the cells of the notebook from the top" in shown(capsys, checking.check)
    assert shown(capsys, checking.check, "sobel").startswith("○ sobel: not defined yet: run the cell")


def test_own_failure_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(checking, "assignments", lambda: 1 / 0)
    said = shown(capsys, checking.check)
    assert said.startswith("convnets.check itself failed, not your code: ZeroDivisionError")


def test_stopped_by_hand(notebook, monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(checking, "try_tests", stop)
    assert shown(capsys, checking.check, "convolve") == "Stopped.\n"


def test_example_in_the_guide_is_what_check_says(sample_exercises):
    names = defined(READ.exercise("convolve").misconceptions[0].source)
    page = (PROJECT / "book/working.md").read_text(encoding="utf-8")
    assert f"```text\n{checking.panel_of_one(try_tests(found('convolve'), names)).text}\n```\n" in page


# ---------------------------------------------------------------- hints


@pytest.mark.parametrize("name", assignment_names())
def test_every_exercise_has_hints_that_grow(name):
    for exercise in OURS[name]:
        assert 1 <= len(exercise.hints) <= 3, exercise.name
        for hint in exercise.hints:
            assert hint.count("`") % 2 == 0
            # The last one may be a worked example in another setting.
            assert 60 < len(hint) < (900 if hint == exercise.hints[-1] else 600)


def test_hints_come_one_at_a_time(notebook, monkeypatch, capsys):
    monkeypatch.setattr(checking, "_given", checking.Counter())
    first, second = found("convolve").hints
    once, twice, again = (shown(capsys, checking.hint, "convolve") for _ in range(3))
    plain = [hint.replace("`", "") for hint in (first, second)]
    assert once.startswith("Hint 1 of 2 for convolve\n")
    assert plain[0] in once.replace("`", "")
    assert plain[1] not in once.replace("`", "")
    assert once.endswith("For a stronger one, run this again.\n")
    assert all(hint in twice.replace("`", "") for hint in plain)
    assert again == twice


def test_hint_without_a_name_lists_them(notebook, capsys):
    assert shown(capsys, checking.hint).startswith('Say for which exercise, as in convnets.hint("convolve").')


def test_hint_of_an_exercise_without_one(notebook, monkeypatch, capsys):
    bare = {SLIDING: (replace(found("convolve"), hints=()),)}
    monkeypatch.setattr(checking, "assignments", lambda: bare)
    assert "There is no hint for convolve" in shown(capsys, checking.hint, "convolve")


def test_endless_loop_is_stopped_and_told(notebook, capsys):
    def convolve(sequence, weights):
        while True:
            pass

    notebook["convolve"] = convolve
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's jobs in the background ignore it
    try:
        said = shown(capsys, checking.check, "convolve", seconds=0.5)
    finally:
        signal.signal(signal.SIGINT, before)
    assert "It took more than 0.5 seconds, and was stopped. Is there a loop that never ends?" in said


# ---------------------------------------------------------------- while grading


def test_silent_under_stock_nbgrader(notebook, monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert shown(capsys, checking.check) == ""


def test_source_of_the_package_is_what_a_release_writes():
    """The file is read as it was written."""
    every = [each for group in OURS.values() for each in group]
    assert exercises.to_json(every) == OUR_SOURCE.read_text(encoding="utf-8")
