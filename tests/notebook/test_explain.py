"""`convnets.explain`: it asks once the tests pass, says what was right, and keeps it with the notebook."""

import json
import linecache
import subprocess
import sys

import nbformat
import pytest

from convnets.notebook.exercises import assignments
from convnets.notebook.explain import Refused, answers_in, ask, explain
from tests.notebook.test_hand_in import executed

LOOPS = '''import numpy as np


def convolve(signal, kernel):
    """Slide the kernel along the signal."""
    count = len(signal) - len(kernel) + 1
    if count < 1:
        raise ValueError("the kernel is longer than the signal")
    result = np.zeros(count)
    for place in range(count):
        for offset, weight in enumerate(kernel):
            result[place] += signal[place + offset] * weight
    return result
'''


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A notebook after its run: asked too early, asked, answered."""
    sources = ["import convnets", "convnets.explain('convolve')", LOOPS, "convnets.explain('convolve')"]
    sources += ["convnets.explain('convolve', 'ABC')", "convnets.explain('convolve', 'AEQ')"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    return executed(notebook, tmp_path_factory.mktemp("explain") / "mine.ipynb")


def said(cell):
    return cell.outputs[0].data["text/plain"]


def test_before_the_tests_pass_there_are_no_questions(saved):
    assert said(saved.cells[1]).startswith("The questions come once the visible tests of convolve pass.")


def test_questions_come_with_the_numbered_function_and_buttons(saved):
    text = said(saved.cells[3])
    assert "  1  def convolve(signal, kernel):" in text
    assert text.count("   A. ") == text.count("   D. ") == 3
    assert 'convnets.explain("convolve", "ABC")' in text
    assert any("application/vnd.jupyter.widget-view+json" in output.data for output in saved.cells[3].outputs)


def test_answers_are_judged_and_kept_in_the_metadata_of_the_output(saved):
    kept = saved.cells[4].outputs[0].metadata["convnets"]
    assert kept["explain"] == "convolve"
    told = [answer["right"] for answer in kept["answers"]]
    text = said(saved.cells[4])
    assert (text.count("is right."), text.count("✗ Not ")) == (told.count(True), told.count(False))
    assert answers_in(json.loads(nbformat.writes(saved)))[-1] == kept


def test_letter_that_no_option_has_is_refused(saved):
    assert "Question 2 has the answers A to D, and E is none of them." in said(saved.cells[5])


def test_answers_that_somebody_has_bent_are_passed_over():
    bent = [None, 1, {}, {"explain": 3}, {"explain": "x", "answers": [{"question": 1}]}, {"explain": "x", "answers": 5}]
    outputs = [{"metadata": {"convnets": each}} for each in bent] + [None, {"metadata": []}]
    assert answers_in({"cells": [{"outputs": outputs}, {"outputs": None}, None]}) == []


def test_right_letters_are_all_right(capsys):
    names = {}
    linecache.cache["<answer>"] = (len(LOOPS), None, LOOPS.splitlines(keepends=True), "<answer>")
    exec(compile(LOOPS, "<answer>", "exec"), names)
    _code, asked = ask("convolve", names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("convnets.notebook.explain.names_here", lambda: names)
        explain("convolve", "".join("ABCD"[each.right] for each in asked))
    assert capsys.readouterr().out.count("is right.") == 3


def test_function_that_does_all_in_a_line_has_none_and_is_told_so():
    source = "import numpy as np\n\n\ndef flip_vertical(image):\n    return np.array(image)[::-1]\n"
    names = {}
    linecache.cache["<short>"] = (len(source), None, source.splitlines(keepends=True), "<short>")
    exec(compile(source, "<short>", "exec"), names)
    with pytest.raises(Refused, match="fewer than three"):
        ask("flip_vertical", names)


def test_exercise_without_a_small_input_has_none_and_says_so():
    with pytest.raises(Refused, match="nothing it can be called with is small enough"):
        ask("train_lenet", {"train_lenet": print})


def test_asking_imports_no_reference_no_hidden_check_and_no_grader():
    code = (
        "import sys, linecache, convnets\n"
        f"source = {LOOPS!r}\n"
        "linecache.cache['<answer>'] = (len(source), None, source.splitlines(keepends=True), '<answer>')\n"
        "exec(compile(source, '<answer>', 'exec'), globals())\n"
        "convnets.explain('convolve')\n"
        "print([name for name in sys.modules if name.startswith(('autograder', 'hypothesis')) or 'hidden' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "3 questions about your convolve" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_exercise_with_small_calls_is_one_of_the_course():
    from convnets.notebook.practice import practice

    known = {each.name for group in assignments().values() for each in group}
    assert set(practice()["exercises"]) == known
