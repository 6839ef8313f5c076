"""Cells run as in Jupyter, outputs stay in notebook format and within bounds."""

import nbformat
import pytest

from convnets.notebook import shell as module
from convnets.notebook.shell import LearnerShell, Outputs


@pytest.fixture(scope="module")
def shell():
    made = LearnerShell.instance()
    yield made
    LearnerShell.clear_instance()


@pytest.fixture
def outputs_of(shell):
    def run(source):
        return shell.run(source)[0]

    return run


def test_streams_results_and_displays_keep_their_order(outputs_of):
    source = "import sys\nprint('a')\ndisplay('b')\nprint('c', file=sys.stderr)\n'd'"
    kinds = [(output["output_type"], output.get("name")) for output in outputs_of(source)]
    assert kinds == [("stream", "stdout"), ("display_data", None), ("stream", "stderr"), ("execute_result", None)]


def test_outputs_are_valid_notebook_format(outputs_of):
    for source in ("print(1)", "1", "display(2)", "1 / 0", "def f(:"):
        cell = nbformat.v4.new_code_cell(source, outputs=[nbformat.from_dict(output) for output in outputs_of(source)])
        nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))


def test_names_live_on(outputs_of):
    outputs_of("x = 1")
    assert outputs_of("x")[0]["data"]["text/plain"] == "1"


def test_error_carries_name_message_and_traceback(outputs_of):
    (error,) = outputs_of("def f():\n    return 1 / 0\nf()")
    assert (error["ename"], error["evalue"]) == ("ZeroDivisionError", "division by zero")
    assert any("return" in line for line in error["traceback"])


def test_semicolon_hides_the_result(outputs_of):
    assert outputs_of("1;") == []


def test_await_at_the_top_of_a_cell(outputs_of):
    assert outputs_of("import asyncio\nawait asyncio.sleep(0, 5)")[0]["data"]["text/plain"] == "5"


def test_clear_output(outputs_of):
    outputs = outputs_of("from IPython.display import clear_output\nprint(1)\nclear_output()\nprint(2)")
    assert [output["text"] for output in outputs] == ["2\n"]


@pytest.mark.parametrize(
    "source", ["!touch made", "%pip install x", "%%bash\ntouch made", "x = !ls", "%cd /", "%system ls"]
)
def test_commands_are_not_run_and_that_is_said(outputs_of, source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outputs = outputs_of(source)
    assert "not run while grading" in outputs[0]["text"]
    assert list(tmp_path.iterdir()) == []
    assert all(output["output_type"] != "error" for output in outputs)


def test_other_magics_work(outputs_of):
    assert outputs_of("%timeit -n1 -r1 pass")[0]["output_type"] == "stream"
    assert outputs_of("%%time\n1")[-1]["output_type"] == "execute_result"


def test_text_is_cut(monkeypatch):
    monkeypatch.setattr(module, "MAX_TEXT", 10)
    outputs = Outputs()
    for _ in range(5):
        outputs.stream("stdout", "123456")
    assert outputs.list[0]["text"].startswith("1234561234\n… the rest of stdout")
    assert len(outputs.list[0]["text"]) < 60


def test_number_of_outputs_is_cut(monkeypatch):
    monkeypatch.setattr(module, "MAX_OUTPUTS", 3)
    outputs = Outputs()
    for _ in range(10):
        outputs.rich("display_data", {"text/plain": "x"}, {})
    assert len(outputs.list) == 3


def test_rich_output_is_cut(monkeypatch):
    monkeypatch.setattr(module, "MAX_RICH", 10)
    outputs = Outputs()
    outputs.rich("display_data", {"image/png": "x" * 11}, {})
    assert "left out" in outputs.list[0]["data"]["text/plain"]


def test_writing_what_is_no_text_fails_as_it_does_elsewhere(outputs_of):
    assert outputs_of("import sys\nsys.stdout.write(b'x')")[0]["ename"] == "TypeError"
