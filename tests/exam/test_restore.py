"""Notebooks come back changed in every way; what belongs to the assignment is found and its tests are put back."""

import copy
import json

import nbformat
import pytest

from autograder.course.source import assignment_names
from autograder.exam.kit import make_kit
from autograder.exam.restore import restore
from autograder.exam.result import not_graded
from autograder.exam.submission import UnreadableSubmission, defined_names, imported_names, read_submission
from tests.submissions import RIGHT, notebook, perfect, resaved_by_colab


@pytest.fixture
def restored(kit):
    """A function that reads a notebook and puts the tests back."""

    def read(content):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        return restore(read_submission(data), kit.notebook, kit.cells)

    return read


def order(made):
    """Ids of the cells that carry nbgrader metadata, in order."""
    return [cell.metadata.nbgrader.grade_id for cell in made.cells if "nbgrader" in cell.metadata]


def answer(made):
    return next(cell for cell in made.cells if cell.id == "double")


def full_test(made, kit):
    """Whether the hidden test is in its place in full."""
    tests = [cell for cell in made.cells if cell.id == "test_double"]
    return len(tests) == 1 and tests[0].source == kit.cells["test_double"].source


def test_untouched_notebook_needs_no_mending(restored, kit):
    made, notes = restored(notebook(kit))
    assert notes == []
    assert order(made) == ["double", "test_double"]
    assert full_test(made, kit)
    nbformat.validate(made)


def test_learners_own_cells_stay_where_they_are(restored, kit):
    made, notes = restored(notebook(kit, before="a = 1", after="b = 2"))
    assert made.cells[0].source == "a = 1"
    assert made.cells[-1].source == "b = 2"
    assert notes == []


def _colab(content):
    """As Colab saves it: nbformat 4.0, no cell ids, metadata of its own, nbgrader's kept."""
    content.update(json.loads(resaved_by_colab(nbformat.from_dict(content))))


def _stripped(content):
    """All metadata gone, as some editors leave it; cell ids kept."""
    for cell in content["cells"]:
        cell["metadata"] = {}


def _bare(content):
    """Neither metadata nor ids."""
    _stripped(content)
    content["nbformat_minor"] = 0
    for cell in content["cells"]:
        cell.pop("id")


def _lines(content):
    """Sources as lists of lines, as files on disk have them."""
    for cell in content["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)


def _no_test(content):
    content["cells"] = [cell for cell in content["cells"] if cell["id"] != "test_double"]


def _edited_test(content):
    for cell in content["cells"]:
        if cell["id"] == "test_double":
            cell["source"] = "pass"


def _doubled_test(content):
    content["cells"] += copy.deepcopy([cell for cell in content["cells"] if cell["id"] == "test_double"])


def _test_first(content):
    content["cells"].sort(key=lambda cell: cell["id"] != "test_double")


def _merged(content):
    """The answer stands in the learner's first cell; its own cell was deleted."""
    content["cells"] = [cell for cell in content["cells"] if cell["id"] != "double"]
    first = next(cell for cell in content["cells"] if cell["source"] == "import numpy as np")
    first["source"] += "\n\n\n" + RIGHT


def _copied_answer(content):
    """The answer's cell was copied; the copy is the stub, the later one answers."""
    index = next(i for i, cell in enumerate(content["cells"]) if cell["id"] == "double")
    stub = copy.deepcopy(content["cells"][index])
    stub["source"] = "def double(x):\n    raise NotImplementedError()"
    content["cells"].insert(index, stub)


def _split(content):
    """A helper was moved into a cell of its own."""
    index = next(i for i, cell in enumerate(content["cells"]) if cell["id"] == "double")
    content["cells"][index]["source"] = "def double(x):\n    return twice(x)"
    helper = {"cell_type": "code", "metadata": {}, "id": "helper", "outputs": [], "execution_count": None}
    content["cells"].insert(index, {**helper, "source": "def twice(x):\n    return 2 * np.asarray(x)"})


def _test_turned_to_text(content):
    for cell in content["cells"]:
        if cell["id"] == "test_double":
            cell["cell_type"] = "markdown"
            del cell["outputs"], cell["execution_count"]


CHANGES = [
    _colab,
    _stripped,
    _bare,
    _lines,
    _no_test,
    _edited_test,
    _doubled_test,
    _test_first,
    _merged,
    _copied_answer,
    _split,
    _test_turned_to_text,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__[1:])
def test_changed_notebook_is_mended(restored, kit, room, change):
    from autograder.exam.limits import Rules
    from tests.submissions import said

    content = json.loads(json.dumps(notebook(kit)))
    change(content)
    made, _notes = restored(content)
    nbformat.validate(made)
    assert full_test(made, kit)
    assert said(room.examine(json.dumps(content).encode(), Rules())) is None


@pytest.mark.parametrize("name", assignment_names())
def test_what_colab_saved_is_graded_as_what_it_opened(name):
    """Of every assignment: the same cells in the same places with the same code, so the same scores."""
    kit = make_kit(name)
    made = perfect(name, kit)
    plain, _ = restore(read_submission(nbformat.writes(made).encode()), kit.notebook, kit.cells)
    resaved, notes = restore(read_submission(resaved_by_colab(made)), kit.notebook, kit.cells)
    assert notes == []
    assert [(cell.cell_type, cell.source, cell.metadata) for cell in resaved.cells] == [
        (cell.cell_type, cell.source, cell.metadata) for cell in plain.cells
    ]
    assert order(resaved) == order(plain) == list(kit.cells)
    assert resaved.metadata == plain.metadata


def test_mending_is_said(restored, kit):
    content = json.loads(json.dumps(notebook(kit)))
    _edited_test(content)
    assert restored(content)[1] == ["The test test_double was changed; it was put back as it was."]
    content = json.loads(json.dumps(notebook(kit)))
    _no_test(content)
    assert restored(content)[1] == ["The test test_double was missing; it was put back."]
    content = json.loads(json.dumps(notebook(kit)))
    _merged(content)
    assert "found by the function it defines" in restored(content)[1][0]


def test_last_of_several_answers_counts_as_in_jupyter(restored, kit):
    content = json.loads(json.dumps(notebook(kit)))
    index = next(i for i, cell in enumerate(content["cells"]) if cell["id"] == "double")
    earlier = {**copy.deepcopy(content["cells"][index]), "source": "def double(x):\n    return x"}
    content["cells"].insert(index, earlier)
    made, notes = restored(content)
    assert answer(made).source == RIGHT
    assert order(made) == ["double", "test_double"]
    assert notes == ["There are 2 cells for double; the last that answers counts."]


def test_deleted_answer_leaves_its_test(restored, kit):
    content = json.loads(json.dumps(notebook(kit)))
    content["cells"] = [cell for cell in content["cells"] if cell["id"] != "double"]
    made, notes = restored(content)
    assert order(made) == ["test_double"]
    assert "The cell for double is missing." in notes


def test_points_in_the_submission_do_not_count(restored, kit):
    content = json.loads(json.dumps(notebook(kit)))
    for cell in content["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["points"] = 1000
    made, _ = restored(content)
    assert [cell.metadata.nbgrader.points for cell in made.cells if cell.id == "test_double"] == [2]


def test_metadata_of_learners_cells_is_dropped(restored, kit):
    content = json.loads(json.dumps(notebook(kit, before="a = 1")))
    content["cells"][0]["metadata"] = {
        "bomb": "x" * 1000,
        "nbgrader": {"grade": True, "grade_id": "mine", "points": 50, "solution": False, "locked": False},
    }
    content["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
    made, _ = restored(content)
    assert made.cells[0].metadata == {}
    assert "widgets" not in made.metadata


UNREADABLE = {
    "empty": (b"", "empty"),
    "spaces": (b"  \n", "empty"),
    "cut off": (b'{"cells": [', "not a notebook"),
    "text": (b"def double(x): return 2 * x", "not a notebook"),
    "a list": (b"[1, 2]", "no cells"),
    "no cells": (b'{"nbformat": 4}', "no cells"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "not a notebook"),
    "nested without end": (b"[" * 200_000, "not a notebook"),
    "too many cells": (json.dumps({"cells": [{}] * 2001}).encode(), "limit"),
    "too much source": (json.dumps({"cells": [{"source": "x" * 3_000_000}]}).encode(), "limit"),
    "another assignment": (json.dumps({"cells": [{"cell_type": "code", "source": "x = 1"}]}).encode(), "another"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_graded_says_why(restored, name):
    data, reason = UNREADABLE[name]
    with pytest.raises(UnreadableSubmission, match=reason):
        restored(data)


def test_file_that_is_too_large_says_so():
    with pytest.raises(UnreadableSubmission, match="Clear its outputs"):
        read_submission(b" {" + b" " * (61 * 2**20))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_are_read(encoding):
    text = json.dumps({"cells": [{"cell_type": "code", "source": "# é"}]}, ensure_ascii=False)
    (cell,) = read_submission(text.encode(encoding))
    assert cell["source"] == "# é"


@pytest.mark.parametrize(
    "cell",
    [
        5,
        {},
        {"cell_type": 3, "source": 4, "metadata": 5, "id": 6},
        {"cell_type": "code", "source": [1, "x = 1", None], "metadata": {"nbgrader": "no"}},
        {"cell_type": "code", "source": "x", "metadata": {"nbgrader": {"grade_id": ["double"]}}},
    ],
)
def test_malformed_cells_are_read_as_far_as_they_go(restored, kit, cell):
    content = json.loads(json.dumps(notebook(kit)))
    content["cells"].insert(0, cell)
    made, _ = restored(content)
    nbformat.validate(made)
    assert full_test(made, kit)


def test_defined_names_survive_magics_and_errors():
    assert defined_names("%matplotlib inline\nimport numpy as np\nx, y = 1, 2\ndef f(): pass") == {"np", "x", "y", "f"}
    assert defined_names("def f(x:\n  return\ny = 2") == {"f"}
    assert defined_names("") == set()


def test_an_import_of_the_same_defines_nothing_new():
    known = imported_names("import convnets.colab\nimport numpy as np\nfrom math import pi")
    assert known == {("convnets", "convnets"), ("np", "numpy"), ("pi", "math.pi")}
    assert defined_names("import convnets\nfrom math import pi\nconvnets.hand_in()", known) == set()
    assert defined_names("from numpy import pi\nimport scipy as np", known) == {"pi", "np"}
    assert defined_names("import numpy as np\nnp = 3", known) == {"np"}


def test_submission_without_a_grade_still_has_all_tests(kit):
    made = nbformat.reads(not_graded(kit.notebook, kit.cells, "Because.").notebook, as_version=4)
    nbformat.validate(made)
    assert full_test(made, kit)
    assert made.cells[-1].outputs[0].evalue == "Because."


def test_answer_that_became_text_by_a_key_is_code_again(restored, kit):
    content = json.loads(json.dumps(notebook(kit)))
    for cell in content["cells"]:
        if cell["id"] == "double":
            cell["cell_type"] = "markdown"
    made, notes = restored(content)
    assert [cell.cell_type for cell in made.cells if cell.id == "double"] == ["code"]
    assert notes == ["The cell for double was no code cell any more; it was made one again."]


def test_half_an_emoji_is_read_as_a_sign_that_files_can_hold():
    (cell,) = read_submission(b'{"cells": [{"cell_type": "code", "source": "# \\ud83d, \\ud83d\\ude00"}]}')
    assert cell["source"] == "# \ufffd, \U0001f600"


def test_hundreds_of_magics_are_read_at_once():
    source = "%pip install x\nfiles = !ls\n" * 600 + "def f(x):\n    return x"
    assert defined_names(source) == {"files", "f"}


@pytest.mark.parametrize("source", ["a" + ".a" * 100_000, "(" * 100_000, "x = " + "-" * 100_000 + "1", "\ud83d"])
def test_what_no_parser_can_read_defines_nothing(source):
    assert defined_names(source) <= {"x"}
