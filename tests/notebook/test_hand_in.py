"""`convnets.hand_in`: the notebook from the top, what stands in the way, and the file to hand in."""

import json
import os
import time

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.course.paths import PROJECT
from autograder.course.reference import reference
from autograder.exam.kit import make_kit
from convnets.notebook import exercises, file, hand_in
from convnets.notebook.exercises import FAILED, PASSED, Verdict, assignments
from convnets.notebook.file import Cell, code_cells, defines, differing, find_file, state
from convnets.notebook.session import TOO_LONG, Run, run
from tests.conftest import SLIDING, SOLUTIONS
from tests.submissions import perfect

OUR_SOURCE = exercises.SOURCE  # this course's; in all other tests it is the sample course's exercises that count

pytest_plugins = ["tests.colab_stub"]
pytestmark = pytest.mark.usefixtures("sample_exercises")


def solved(**answers):
    """The released notebook with the reference's answers, or with others."""
    return perfect(SLIDING, make_kit(SLIDING, SOLUTIONS), SOLUTIONS, **answers)


def visible_tests(name=SLIDING):
    return [test for exercise in assignments()[name] for test in exercise.tests]


def sources(notebook, name=SLIDING):
    return [cell.source for cell in code_cells(notebook, visible_tests(name)) if not cell.is_test]


# ---------------------------------------------------------------- the run from the top


@pytest.fixture(scope="module")
def came():
    """A run of cells of which some are wrong, in one process."""
    cells = [
        "import numpy as np\nimport os, sys\nprint('a' * 10**6)",
        "def convolve(sequence, weights):\n    return later(sequence, weights)",
        "early = later",
        "!exit 3\n%pip install nothing\n%matplotlib inline",
        "import convnets\nconvnets.check()\nconvnets.hint('convolve')\nconvnets.hand_in()",
        "def later(sequence, weights):\n    return np.correlate(np.asarray(sequence, float), weights)",
        "1 / 0",
        "left = [name for name in os.listdir('.')]\nassert left == []",
        "def convolve2d(image, kernel):\n    while True:\n        pass",
        "while True:\n    pass",
    ]
    said = []
    return run(SLIDING, cells, step_seconds=1.5, seconds=120, progress=said.append), said


def test_run_tells_of_each_cell_that_raises(came):
    errors = {number: (name, missing) for number, name, _message, missing in came[0].errors}
    assert errors == {
        2: ("NameError", "later"),
        6: ("ZeroDivisionError", None),
        9: ("KeyboardInterrupt", None),
    }


def test_run_goes_on_behind_errors_and_tries_every_exercise(came):
    verdicts = {verdict.exercise: verdict for verdict in came[0].verdicts}
    assert list(verdicts) == [exercise.name for exercise in assignments()[SLIDING]]
    assert verdicts["convolve"].state == FAILED  # it lets too many weights through
    assert "convolve([1, 2], [1, 2, 3])" in verdicts["convolve"].message
    assert verdicts["sobel"].state == "missing"
    assert came[0].stopped == ""


def test_tests_that_take_too_long_are_stopped(came):
    verdict = next(verdict for verdict in came[0].verdicts if verdict.exercise == "convolve2d")
    assert (verdict.state, verdict.points) == (FAILED, 0)
    assert verdict.message == "Its tests took too long, and were stopped."


def test_solved_assignment_passes_from_the_top(monkeypatch):
    """One with Keras models: the session has no graphics card."""
    name = "03-keras"
    monkeypatch.setattr(exercises, "SOURCE", OUR_SOURCE)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    ran = run(name, sources(perfect(name, make_kit(name)), name))
    passed = [(exercise.name, PASSED) for exercise in assignments()[name]]
    assert [(verdict.exercise, verdict.state) for verdict in ran.verdicts] == passed
    assert (ran.errors, ran.stopped) == ([], "")


def test_progress_is_told(came):
    assert came[1][0] == "cell 1 of 10"
    assert "the tests of sobel" in came[1]


@pytest.mark.parametrize(
    ("cell", "seconds", "said"),
    [
        ("import os\nos._exit(0)", 60, "The session ended by itself while it was at cell 1 of 1."),
        ("import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)", 3, "It took too long"),
    ],
)
def test_session_that_ends_or_never_ends(cell, seconds, said):
    begin = time.monotonic()
    assert run(SLIDING, [cell], seconds=seconds).stopped.startswith(said)
    assert time.monotonic() - begin < 50


def test_what_a_run_found_is_said(came):
    cells = [
        Cell(source) for source in ("x", "y", "early = later", "z", "w", "def later():", "1 / 0", "", "", "while True:")
    ]
    said = hand_in._of_run(came[0], cells, [], {}, 1.5)
    assert said == [
        "`early = later` raises NameError: name 'later' is not defined. "
        "`later` is defined further down, by `def later():`: move that up.",
        "`1 / 0` raises ZeroDivisionError: division by zero.",
        "`while True:` took more than 1.5 seconds, and was stopped. "
        "The grader does so too, unless it was told to wait.",
    ]


@pytest.mark.parametrize(
    ("came", "message"),
    [(Run(stopped="The session ended by itself."), ""), (Run(), TOO_LONG)],
    ids=["ended", "too long"],
)
def test_what_stopped_the_run_is_not_tried_in_the_learners_session(came, message):
    def convolve(sequence, weights):
        raise SystemExit("the learner's session would end")

    verdicts = [Verdict("convolve", FAILED, of=2, message=message)]
    assert hand_in._of_run(came, [], verdicts, {"convolve": convolve}, 60) == ([came.stopped] if came.stopped else [])


def test_what_passes_here_alone_is_said():
    right = reference(SLIDING, SOLUTIONS).convolve
    said = hand_in._of_run(Run(), [], [Verdict("convolve", FAILED, of=2)], {"convolve": right}, 60)
    assert said == ["`convolve` passes in this session, but not when the notebook runs from the top."]


# ---------------------------------------------------------------- the state of the notebook


FIRST, SECOND = Cell("def convolve(s, w):\n    return 1"), Cell("def sobel(i):\n    return 2")


def test_in_order_and_saved_is_nothing_to_speak_of():
    assert state([FIRST, SECOND], [FIRST.source, SECOND.source]) == []
    assert state([FIRST, SECOND], []) == []  # restarted, nothing run yet


def test_answer_that_was_run_in_another_form_than_the_notebook_has():
    assert differing([FIRST, SECOND], [FIRST.source + " + 1", SECOND.source]) == ["convolve"]
    assert differing([FIRST, SECOND], [FIRST.source + " + 1", SECOND.source, FIRST.source]) == []


def test_cell_that_was_changed_after_its_run():
    said = state([FIRST, SECOND], [FIRST.source + " + 1", SECOND.source])
    assert said == ["Changed since it was run: `convolve`. What counts is the cell as it stands now."]


def test_function_inside_another_is_not_missed():
    inside = Cell("def convolve(s, w):\n    def helper():\n        pass")
    assert state([FIRST], [inside.source, FIRST.source]) == []


def test_function_whose_cell_is_gone():
    said = state([FIRST], ["def helper():\n    pass", FIRST.source])
    assert said == [
        "Defined in this session, but in no cell of the notebook any more: `helper`. The grader does not have it."
    ]


def test_cells_out_of_order_and_not_run():
    third = Cell("# a note\nx = 3")
    said = state([FIRST, SECOND, third], [SECOND.source, FIRST.source])
    assert said[0] == "Not run in this session: `x = 3`."
    assert said[1].startswith(
        "Not run from top to bottom: `def convolve(s, w):` was run after `def sobel(i):`, which stands below it."
    )


def test_answer_that_hands_in_as_well_is_an_answer():
    both = Cell("def sobel(i):\n    return 2\nconvnets.hand_in('x')")
    alone = Cell("convnets.hand_in('x')")
    made = {"cells": [{"cell_type": "code", "source": cell.source, "metadata": {}} for cell in (both, alone)]}
    assert [cell.source for cell in code_cells(made, [])] == [both.source]


def test_cells_that_are_alike_say_nothing_of_the_order():
    again = Cell("convnets.check()")
    assert state([FIRST, again, SECOND, again], [FIRST.source, again.source, SECOND.source, again.source]) == []


def test_cells_are_read_as_every_program_saves_them():
    plain = solved()
    colab = json.loads(nbformat.writes(plain))
    for cell in colab["cells"]:
        cell["metadata"] = {"id": cell.pop("id"), "outputId": "x"}
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
    for notebook in (plain, colab):
        cells = code_cells(notebook, visible_tests())
        assert sum(cell.is_test for cell in cells) == len(visible_tests())
        assert not any("hand_in" in cell.source for cell in cells)
        assert {"convolve", "sobel"} <= set().union(*(cell.functions for cell in cells))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import numpy as np\nfrom a.b import c", {"np", "c"}),
        ("x, (y, z) = 1, (2, 3)\nfor i in x: pass", {"x", "y", "z", "i"}),
        ("class A: pass\ndef f(): g = 1", {"A", "f"}),
        ("%time\ndef h(): pass", {"h"}),
    ],
)
def test_names_that_a_cell_defines(source, names):
    assert defines(source) == names


# ---------------------------------------------------------------- finding the file


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with the notebook and another in it."""
    for name in ("JPY_SESSION_NAME", "COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    nbformat.write(solved(), tmp_path / "mine.ipynb")
    (tmp_path / "broken.ipynb").write_text("{")
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "empty.ipynb")
    return tmp_path


def test_file_by_vs_codes_variable(folder):
    names = {"__vsc_ipynb_file__": str(folder / "empty.ipynb")}
    assert find_file(names, assignments()[SLIDING]) == folder / "empty.ipynb"


def test_file_by_jupyters_session(folder, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder / "empty.ipynb"))
    assert find_file({}, assignments()[SLIDING]) == folder / "empty.ipynb"


def test_file_that_was_renamed_is_found_by_what_it_defines(folder, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder / "old name.ipynb"))
    assert find_file({}, assignments()[SLIDING]) == folder / "mine.ipynb"


def test_two_files_that_could_be_it_are_no_answer(folder):
    nbformat.write(solved(), folder / "copy.ipynb")
    assert find_file({}, assignments()[SLIDING]) is None


# ---------------------------------------------------------------- in a kernel


class Person(NotebookClient):
    """Runs a notebook as a person does, who could answer a question of ``input()``."""

    async def async_start_new_kernel_client(self):
        client = await super().async_start_new_kernel_client()
        client.allow_stdin = True
        return client


def executed(notebook, path, client=Person, **environment):
    nbformat.write(notebook, path)
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment}
    runner = client(notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(path.parent)}})
    runner.execute(env=env)
    return notebook


def said(cell):
    return "\n".join(output.data["text/plain"] for output in cell.outputs if "data" in output)


def test_whole_notebook_in_jupyter(folder):
    """One answer works in the session alone: the cell with its helper is gone."""
    notebook = solved(sobel="def sobel(image):\n    return edges(image)\n\nsharp = edges")
    ahead = nbformat.v4.new_code_cell("def edges(image):\n    return 1", id="gone")
    notebook.cells.insert(2, ahead)
    path = folder / "mine.ipynb"
    hand_in = notebook.cells[-1]
    # What the learner did by hand: deleted the cell with the helper, and saved.
    hand_in.source = (
        "from pathlib import Path\nimport json\n"
        "file = Path('mine.ipynb')\nsaved = json.loads(file.read_text())\n"
        "saved['cells'] = [cell for cell in saved['cells'] if cell['id'] != 'gone']\n"
        "file.write_text(json.dumps(saved))\nmine = convolve\n\n" + hand_in.source
    )
    hand_in.source += "\nassert convolve is mine and sharp is edges"
    executed(notebook, path, JPY_SESSION_NAME=str(path))
    text = said(notebook.cells[-1])
    assert {output.output_type for output in hand_in.outputs} == {"display_data"}
    assert "02-sliding, run from the top: the visible tests of 3 of 4 exercises pass" in text
    assert (
        "def sobel(image): raises NameError: name 'edges' is not defined. edges is defined in this session alone"
        in text
    )
    assert f"Hand in this file: {path}" in text
    html = "".join(output.data["text/html"] for output in notebook.cells[-1].outputs)
    assert "<table" in html
    assert "Traceback" not in html


def test_notebook_that_is_not_saved_gets_one_warning_and_nothing_else(folder):
    notebook = solved()
    path, hand_in = folder / "mine.ipynb", notebook.cells[-1]
    # The file is as it was before the learner's last change to an answer.
    hand_in.source = (
        "from pathlib import Path\nfile = Path('mine.ipynb')\n"
        "file.write_text(file.read_text().replace('def convolve(', '# earlier\\\\ndef convolve('))\n\n" + hand_in.source
    )
    executed(notebook, path, JPY_SESSION_NAME=str(path))
    (output,) = hand_in.outputs
    assert output.data["text/plain"].startswith("mine.ipynb holds another convolve than you ran last")
    assert "✓" not in output.data["text/html"]


def test_program_that_runs_whole_notebooks_is_left_alone(folder):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import convnets"), solved().cells[-1]])
    begin = time.monotonic()
    executed(notebook, folder / "mine.ipynb", NotebookClient, JPY_SESSION_NAME=str(folder / "mine.ipynb"))
    assert notebook.cells[-1].outputs == []
    assert time.monotonic() - begin < 60


# ---------------------------------------------------------------- Colab and Kaggle


@pytest.fixture
def quick(monkeypatch):
    """What a run from the top finds, without the run; the cells it was given."""
    given = []

    def instead(name, cells, *_):
        from convnets.notebook.exercises import Verdict
        from convnets.notebook.session import Run

        given.extend(cells)
        return Run([Verdict(each.name, PASSED, each.points, each.points) for each in assignments()[name]])

    monkeypatch.setattr(hand_in, "run", instead)
    return given


def test_colab_tries_what_its_page_shows_and_downloads_it(colab, quick, capsys):
    notebook = json.loads(nbformat.writes(solved()))
    colab.shows(notebook)
    hand_in.hand_in(SLIDING)
    text = capsys.readouterr().out
    assert quick == sources(notebook)
    assert "the visible tests of 4 of 4 exercises pass: up to 8 of 8 points" in text
    assert "Your browser downloads 02-sliding.ipynb" in text
    assert "File → Download → Download .ipynb" in text
    assert [json.loads(path.read_text(encoding="utf-8")) for path in colab.downloads] == [notebook]


@pytest.mark.parametrize("answer", [None, {"cells": "none"}])
def test_colab_that_does_not_show_the_notebook(colab, quick, capsys, monkeypatch, answer):
    colab.shows(answer)
    monkeypatch.setattr(hand_in, "names_here", dict)
    hand_in.hand_in(SLIDING)
    text = capsys.readouterr().out
    assert "Colab did not show this cell your notebook" in text
    assert "Runtime → Restart session and run all" in text
    assert "File → Download → Download .ipynb" in text
    assert colab.downloads == []


def test_colab_whose_download_fails(colab, quick, capsys, monkeypatch):
    colab.shows(json.loads(nbformat.writes(solved())))
    (colab.folder / "google/colab/files.py").write_text("def download(path):\n    raise RuntimeError('no')\n")
    hand_in.hand_in(SLIDING)
    assert "Choose File → Download → Download .ipynb, and hand in that file." in capsys.readouterr().out


def test_colab_without_the_private_part(colab, quick, capsys, monkeypatch):
    (colab.folder / "google/colab/_message.py").unlink()
    monkeypatch.setattr(hand_in, "names_here", dict)
    hand_in.hand_in(SLIDING)
    assert "Colab did not show this cell your notebook" in capsys.readouterr().out


def test_run_on_colab_asks_its_page_for_nothing(colab):
    """A drive cannot be mounted there: nobody would see the question."""
    cells = ["from google.colab import drive\ndrive.mount('/content/drive')", "import google.protobuf"]
    assert run(SLIDING, cells, seconds=60).errors == []
    assert colab.noted("mounts") == []


def test_kaggle_says_how_to_do_it_by_hand(folder, quick, capsys, monkeypatch):
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")  # Kaggle's machines are made from Colab's
    monkeypatch.setattr(hand_in, "_somebody_asked", lambda _: True)
    monkeypatch.setattr(hand_in, "names_here", dict)
    hand_in.hand_in(SLIDING)
    text = capsys.readouterr().out
    assert "File → Download Notebook" in text
    assert "02-sliding: the visible tests of 0 of 4 exercises pass" in text
    assert quick == []


def test_file_that_is_not_found(folder, quick, capsys, monkeypatch):
    (folder / "mine.ipynb").unlink()
    monkeypatch.setattr(hand_in, "_somebody_asked", lambda _: True)
    monkeypatch.setattr(hand_in, "names_here", dict)
    hand_in.hand_in(SLIDING)
    assert f"The folder {folder} holds no such notebook" in capsys.readouterr().out


def test_assignment_that_is_not_there(folder, capsys, monkeypatch):
    monkeypatch.setattr(hand_in, "_somebody_asked", lambda _: True)
    hand_in.hand_in("00-nothing")
    assert "There is no assignment 00-nothing." in capsys.readouterr().out


# ---------------------------------------------------------------- the cell


@pytest.mark.parametrize("path", sorted((PROJECT / "notebooks/assignments").rglob("*.ipynb")), ids=lambda p: p.stem)
def test_last_cell_of_every_assignment_hands_it_in(path):
    last = nbformat.read(path, as_version=4).cells[-1]
    assert last.source.endswith(f'convnets.hand_in("{path.stem}")')
    assert "nbgrader" not in last.metadata
    assert path.stem in assignments(OUR_SOURCE)


def test_silent_where_nothing_is_read(folder, capsys, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    begin = time.monotonic()
    hand_in.hand_in(SLIDING)
    assert capsys.readouterr().out == ""
    assert time.monotonic() - begin < 0.1


def test_plain_python_is_left_alone(capsys):
    hand_in.hand_in(SLIDING)
    assert capsys.readouterr().out == ""
    assert file.history(None) == []
