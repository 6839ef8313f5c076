"""What a test cell says in a learner's notebook, in a kernel as Jupyter starts it."""

import nbformat
import pytest

from convnets.notebook.exercises import assignments
from tests.conftest import SLIDING
from tests.notebook.test_hand_in import executed

RIGHT = """import numpy as np

def convolve2d(image, kernel):
    image, kernel = np.asarray(image, float), np.asarray(kernel, float)
    views = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijkl,kl->ij", views, kernel)"""


@pytest.fixture(scope="module")
def cells(sample_exercises, tmp_path_factory):
    """A notebook's cells after their run: the answer is right, wrong, missing, and then the test is another."""
    test = next(each for each in assignments()[SLIDING] if each.name == "convolve2d").tests[0].source
    sources = ["import convnets", RIGHT, test, "convolve2d = lambda image, kernel: np.asarray(image) * 2.0", test]
    sources += ["def convolve2d(image, kernel):\n    raise NotImplementedError()", test]
    sources += ["convnets.check_equal(len, [1], expected=2)", "1 / 0", "raise NotImplementedError('not here')"]
    sources += ["import sys\nsys.modules['keras'] = None\nimport keras"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook = executed(notebook, tmp_path_factory.mktemp("panels") / "mine.ipynb")
    return notebook.cells[2], notebook.cells[4], notebook.cells[6], notebook.cells[7:10], notebook.cells[10]


def panel(cell, error=None):
    output, *others = cell.outputs
    assert output.output_type == "display_data"
    assert [(other.ename, other.traceback) for other in others] == ([(error, [error])] if error else [])
    return output.data


def test_passing_test_says_so_and_what_it_is_worth(cells):
    first, second = panel(cells[0])["text/plain"].splitlines()
    assert first == "✓ test_convolve2d passes."
    assert second.startswith("Up to 1.5 points.")


def test_failing_test_is_one_panel_with_one_picture_and_no_frame(cells):
    shown = panel(cells[1], "CheckFailed")
    assert shown["text/plain"].startswith("✗ test_convolve2d: a visible test fails")
    assert 'convnets.hint("convolve2d")' in shown["text/plain"]
    assert shown["text/html"].count("<img") == 1
    assert "Traceback" not in shown["text/plain"]


def test_unanswered_stub_says_so_in_a_line(cells):
    assert (
        panel(cells[2], "NotImplementedError")["text/plain"].splitlines()[0] == "○ test_convolve2d: not answered yet."
    )


def test_other_cells_are_left_alone(cells):
    kinds = [[output.output_type for output in cell.outputs] for cell in cells[3]]
    assert kinds == [["error"], ["error"], ["error"]]
    assert [cell.outputs[0].ename for cell in cells[3]] == ["CheckFailed", "ZeroDivisionError", "NotImplementedError"]


def test_missing_keras_is_told_with_what_to_do(cells):
    traceback, advice = cells[4].outputs
    assert traceback.ename == "ModuleNotFoundError"
    assert "pip install tensorflow" in advice.data["text/plain"]
