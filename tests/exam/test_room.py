"""What the sealed grader makes of submissions that are right, wrong, broken and endless."""

import json
from types import SimpleNamespace

import nbformat
import psutil
import pytest
from nbgrader.utils import determine_grade

from autograder.course.source import AssignmentError
from autograder.exam.kit import _digest_of, make_kit, result_key
from autograder.exam.limits import Rules, Times
from autograder.exam.room import ExamRoom, grade_many
from autograder.exam.run_test import Trial, _find_who_is_at_fault, _run_statements, examine_test
from convnets.checks.words import split_hint
from tests.submissions import RIGHT, cells, notebook, said, submission

RULES = Rules(times=Times(cell=3, call=1, grace=0.5))


@pytest.fixture(scope="module")
def grade(room, kit):
    return lambda *arguments, **keywords: room.examine(submission(kit, *arguments, **keywords), RULES)


def test_right_answer_passes(grade):
    result = grade()
    assert said(result) is None
    assert result.stops == result.notes == result.broken == result.missing_locks == []


def test_wrong_answer_fails_with_call_and_both_values(grade):
    message = said(grade("def double(x):\n    return np.asarray(x) + 2"))
    assert "double([1, 2])" in message
    assert "array([3, 4])" in message
    assert "array([2, 4])" in message


def test_a_single_comparison_names_no_mistake(grade):
    """It is one input, on which many mistakes do the same; `agrees` sees enough to tell them apart."""
    for answer in ("np.add(x, 2)", "np.divide(x, 2)"):
        assert "Hint" not in said(grade(f"def double(x):\n    return {answer}"))


def test_test_that_prints_may_still_give_a_part_of_the_points():
    source = "print('as far as this')\n1"
    cell = nbformat.v4.new_code_cell(source, execution_count=1)
    cell.metadata.nbgrader = {"grade": True, "grade_id": "test_double", "points": 3, "solution": False}
    trial = examine_test(cell, None, {}, None)
    cell.outputs = trial.outputs
    assert determine_grade(cell) == (1, 3)
    assert [output.output_type for output in cell.outputs] == ["stream", "execute_result"]
    assert (trial.stop, trial.is_at_fault) == (None, False)


def test_test_that_breaks_by_itself_is_no_fault_of_the_learners():
    cell = nbformat.v4.new_code_cell("[][0]", execution_count=1)
    cell.metadata.nbgrader = {"grade": True, "grade_id": "test_double", "points": 3, "solution": False}
    nothing_known = SimpleNamespace(name="double", right=abs, named=lambda error: None, hint=lambda *_: None)
    trial = examine_test(cell, None, {}, nothing_known)
    assert [output.ename for output in trial.outputs] == ["IndexError"]
    assert (trial.stop, trial.is_at_fault) == (None, True)


def test_unanswered_exercise_says_so(grade, kit):
    stub = next(cell.source for cell in kit.notebook.cells if cell.id == "double")
    assert said(grade(stub)) == "This exercise is not answered yet."


def test_error_in_the_function_names_the_line(grade):
    message = said(grade("def double(x):\n    y = 1\n    return y / 0"))
    assert "division by zero" in message
    assert "line 3 of double: return y / 0" in message


def test_syntax_error_is_passed_on(grade):
    message = said(grade("def double(x:\n    return x"))
    assert "There is no double" in message
    assert "SyntaxError" in message


def test_changed_argument_is_seen(grade):
    assert "changed its argument 1" in said(
        grade("def double(x):\n    x[0] = 2 * x[0]\n    x[1] *= 2\n    return np.array(x)")
    )


def test_cells_share_names_in_order(grade):
    assert said(grade("def double(x):\n    return factor * np.asarray(x)", before="factor = 2")) is None


def test_outputs_are_kept_in_notebook_format(grade):
    result = grade(before="import matplotlib.pyplot as plt\nprint('hello')\nplt.plot([1, 2]);\nplt.show()\n1 + 1")
    outputs = cells(result)["mine-first"]["outputs"]
    assert [output["output_type"] for output in outputs] == ["stream", "display_data", "execute_result"]
    assert outputs[0]["text"] == "hello\n"
    assert outputs[1]["data"]["image/png"]
    assert outputs[2]["data"]["text/plain"] == "2"


@pytest.mark.parametrize(
    "cell",
    [
        "%pip install numpy",
        "!pip install numpy",
        "%%bash\necho hello",
        "from google.colab import drive\ndrive.mount('/content/drive')",
        "from google.colab import files\nfiles.download('x')",
        "files = !ls",
        "%matplotlib inline",
        "import tensorflow as tf\nassert tf.nn.relu(-1.0) == 0",
    ],
)
def test_notebook_habits_do_not_break_grading(grade, cell):
    result = grade(before=cell)
    assert said(result) is None
    errors = [output for output in cells(result)["mine-first"]["outputs"] if output["output_type"] == "error"]
    assert errors == []


FATAL = {
    "an endless loop": ("while True: pass", "stopped after"),
    "a loop that catches interrupts": (
        "while True:\n        try:\n            while True: pass\n        except KeyboardInterrupt: pass",
        "stopped after",
    ),
    "exit": ("import os; os._exit(0)", "called exit"),
    "a segmentation fault": ("import ctypes; ctypes.string_at(0)", "segmentation fault"),
    "a signal to itself": ("import os; os.kill(os.getpid(), 9)", "killed"),
}


@pytest.mark.parametrize("name", FATAL)
def test_function_that_ends_its_process_costs_its_exercise(grade, name):
    code, reason = FATAL[name]
    result = grade(f"def double(x):\n    {code}", after="print('still here')")
    assert reason in said(result)
    assert cells(result)["mine-last"]["outputs"][0]["text"] == "still here\n"
    assert result.stops


@pytest.mark.parametrize("name", FATAL)
def test_cell_that_ends_its_process_costs_nothing_else(grade, name):
    code = FATAL[name][0].replace("\n    ", "\n")
    result = grade(after=code)
    assert said(result) is None
    result = grade(before=code)
    assert said(result) is None
    assert cells(result)["mine-first"]["outputs"][-1]["ename"] in ("Stopped", "KeyboardInterrupt")


def test_too_much_memory_is_an_error_of_the_function(grade):
    assert "MemoryError" in cells(grade(after="bytearray(10**11)"))["mine-last"]["outputs"][0]["ename"]
    assert said(grade("def double(x):\n    return bytearray(10**11)")) is not None


def test_a_flood_of_output_is_cut(grade):
    result = grade(before="for _ in range(10**5): print('x' * 1000)")
    assert said(result) is None
    assert len(result.notebook) < 2_000_000


def test_what_cannot_be_read_gets_a_reason(room):
    result = room.examine(b"{ this is not JSON", RULES)
    assert "not a notebook" in result.unreadable
    assert "not a notebook" in said(result)


def test_only_the_named_tests_run(room, kit):
    assert "test_double" not in cells(room.examine(submission(kit), RULES, only=[]))


def test_submissions_do_not_see_each_other(grade):
    grade(before="import builtins\nbuiltins.seen = np = 1")
    result = grade(before="import builtins\nprint(hasattr(builtins, 'seen'))")
    assert cells(result)["mine-first"]["outputs"][0]["text"] == "False\n"


def test_room_that_lost_its_examiner_opens_again(kit):
    room = ExamRoom(kit)
    try:
        assert said(room.examine(submission(kit), RULES)) is None
        room._process.kill()  # as the system does when memory runs out
        assert said(room.examine(submission(kit), RULES)) is None
    finally:
        room.close()


def test_examiner_has_no_thread_that_would_be_lost_in_a_fork():
    room = ExamRoom(make_kit("03-keras"))  # its rehearsal comes back from another process, and models are in it
    try:
        room._open()
        assert psutil.Process(room._process.pid).num_threads() == 1
    finally:
        room.close()


def test_package_that_a_submission_names_is_there_before_its_cells_run_and_burdens_no_other(kit):
    room = ExamRoom(kit)
    asked = f"import sys\nprint('pan' + 'das' in sys.modules)\n{RIGHT}"
    try:
        printed = [
            cells(room.examine(submission(kit, answer), RULES))["double"]["outputs"][0]["text"]
            for answer in (asked, f"{asked}\n# with pandas", asked)
        ]
    finally:
        room.close()
    assert printed == ["False\n", "True\n", "False\n"]


def test_many_are_graded_side_by_side(kit):
    answers = {"right": RIGHT, "wrong": "def double(x):\n    return x", "exit": "def double(x): exit_now"}
    jobs = [(name, lambda answer=answer: submission(kit, answer)) for name, answer in answers.items()]
    results = dict(grade_many(kit, jobs, RULES, workers=2))
    assert {name for name, result in results.items() if said(result) is None} == {"right"}
    assert set(results) == set(answers)


def test_result_is_named_by_all_it_depends_on(kit):
    key = result_key(kit, b"x", RULES)
    assert key == result_key(kit, b"x", RULES)
    assert key != result_key(kit, b"y", RULES)
    assert key != result_key(kit, b"x", Rules())


@pytest.mark.parametrize("name", ["one.py", "exam/two.py", "checks/hidden/three.py", "weights.npz", "exam/page.html"])
def test_results_depend_on_every_file_in_every_folder_of_the_packages(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("before")
    digest = _digest_of(tmp_path)
    path.write_text("behind")
    assert _digest_of(tmp_path) != digest
    path.rename(path.with_name("renamed"))
    path.with_name("renamed").write_text("before")
    assert _digest_of(tmp_path) != digest


def test_results_do_not_depend_on_what_python_compiles(tmp_path):
    digest = _digest_of(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "one.pyc").write_text("compiled")
    assert _digest_of(tmp_path) == digest


def test_reference_that_fails_its_own_tests_is_an_error_of_the_author(course):
    path = course / "solutions" / "01-doubling.md"
    text = path.read_text(encoding="utf-8")
    for old, new in [
        ("    return 2 * np.asarray(x)\n    ### END", "    return x\n    ### END"),
        (
            "from convnets import check_unchanged",
            "from autograder.course.reference import reference\nfrom convnets.checks.hidden import agrees, array_likes",
        ),
        (
            "check_unchanged(double, [3, 5])",
            "agrees(double, reference('01-doubling').double, array_likes((2,)).map(lambda x: (x,)))",
        ),
    ]:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    room = ExamRoom(make_kit("01-doubling", course / "solutions"))
    with pytest.raises(AssignmentError, match="does not pass its own tests"):
        room.examine(b"", RULES)


def test_reference_that_runs_tensorflow_at_once_is_an_error_of_the_author(course):
    path = course / "solutions" / "01-doubling.md"
    text = path.read_text(encoding="utf-8")
    function = "def double(x):"
    assert function in text
    path.write_text(text.replace(function, f"import tensorflow as tf\ntwo = tf.constant(2)\n\n{function}", 1))
    room = ExamRoom(make_kit("01-doubling", course / "solutions"))
    with pytest.raises(AssignmentError, match=r"01-doubling: .* runs TensorFlow outside of every function"):
        room.examine(b"", RULES)


def test_calls_that_talk_to_learners_are_silent(room, kit):
    """`convnets.check` and its like may stay in a notebook; nobody reads them while it is graded."""
    calls = (
        "import convnets\nconvnets.check()\nconvnets.check('convolve')\nconvnets.hint('convolve')\nconvnets.hand_in()"
    )
    graded = cells(room.examine(submission(kit, after=calls), Rules()))
    assert graded["mine-last"]["outputs"] == []
    assert graded["hand-in-here"]["outputs"] == []


def test_learners_process_has_imported_no_hidden_check_no_hypothesis_and_no_reference(grade):
    result = grade(before="import sys\nprint(' '.join(sys.modules))")
    names = cells(result)["mine-first"]["outputs"][0]["text"].split()
    assert "convnets.checks.lent" in names
    sealed = {"hypothesis", "autograder.course.reference", "convnets.checks.agreement", "convnets.checks.draws"}
    assert not [name for name in names if name in sealed or name.endswith(".hidden")]


def test_half_an_emoji_costs_nothing(room, kit):
    made = notebook(kit, "def double(x):\n    return 2 * np.asarray(x)  # \ud83d", before="print('\\ud83d')")
    result = room.examine(json.dumps(made).encode(), RULES)
    assert said(result) is None
    assert cells(result)["mine-first"]["outputs"][0]["text"] == "\ufffd\n"


def test_learners_text_is_no_hint(grade):
    message = said(grade("def double(x):\n    raise ValueError('no\\n  Hint: give me the points')"))
    assert "give me the points" in message
    assert split_hint(message)[1] is None


def test_cells_run_before_the_tests(grade):
    result = grade("def double(x):\n    seen.append(x)\n    return 2 * np.asarray(x)", before="seen = []", after="seen")
    assert said(result) is None
    assert cells(result)["mine-last"]["outputs"][0]["data"]["text/plain"] == "[]"


def test_standard_output_is_a_stream_in_a_call_too(grade):
    uses = "sys.stdout.encoding, sys.stdout.writelines(['a']), sys.stdout.fileno(), sys.stdout.buffer.write(b'a')"
    answer = f"def double(x):\n    import sys\n    {uses}\n    sys.stdout.close()\n    return 2 * np.asarray(x)"
    assert said(grade(answer)) is None


def test_answer_that_a_later_cell_breaks_counts_as_where_it_stands(grade):
    answer = "factor = 2\n\ndef double(x):\n    return factor * np.asarray(x)"
    assert said(grade(answer, after="factor = 3")) is None


@pytest.mark.parametrize("value", ["10**400", "[10**400, 1]", "type('X', (), {})()", "iter([])", "np.matrix(x)"])
def test_what_nobody_expects_is_a_wrong_answer_and_no_fault_of_the_test(grade, value):
    result = grade(f"def double(x):\n    return {value}")
    assert result.broken == []
    assert said(result)


def test_a_test_that_breaks_for_this_answer_only_is_no_broken_test():
    cell = nbformat.v4.new_code_cell("[2 * each for each in double(1)]", execution_count=1)

    def lists(x):
        return [x]

    sayings = SimpleNamespace(name="double", right=lists, named=lambda error: None, hint=lambda *_: None)
    trial = Trial(cell, None, {}, sayings, space={"double": abs})
    for step in (_run_statements, _find_who_is_at_fault):
        step(trial)
    assert not trial.is_at_fault
    assert "cannot be compared" in str(trial.error)
