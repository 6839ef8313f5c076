"""The sample class is what its README says it is; grading it is tested with the grader."""

import json
import re

import nbformat
import pytest

from autograder.exercises import read_assignment
from autograder.paths import PROJECT

NAME = "01-convolution"
CLASSROOM = PROJECT / "classroom"
RELEASED = nbformat.read(PROJECT / "notebooks" / "assignments" / NAME / f"{NAME}.ipynb", 4)
UNREADABLE = {"jonas"}


def table():
    """Read the README's table: student -> {exercise: points}."""
    rows = [line for line in (CLASSROOM / "README.md").read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    header, _, *rows = ([item.strip() for item in line.strip("|").split("|")] for line in rows)
    return {row[0]: dict(zip(header[2:], map(float, row[2:]), strict=True)) for row in rows}


STUDENTS = sorted(table())


def cells(student):
    path = CLASSROOM / "submitted" / student / NAME / f"{NAME}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def source(cell):
    return "".join(cell["source"])


def test_readme_lists_every_student():
    assert sorted(folder.name for folder in (CLASSROOM / "submitted").iterdir()) == STUDENTS
    assert len(STUDENTS) >= 10


def test_readme_knows_every_exercise():
    points = {exercise.name: exercise.points for exercise in read_assignment(NAME).exercises}
    for row in table().values():
        assert list(row) == list(points)
        assert all(0 <= row[name] <= points[name] for name in points)


@pytest.mark.parametrize("student", sorted(set(STUDENTS) - UNREADABLE))
def test_submission_starts_from_the_released_notebook(student):
    """Every cell that nbgrader looks after is there, and its tests are the ones of the release."""
    handed_in = {}
    for cell in cells(student):
        if "nbgrader" in cell["metadata"]:
            handed_in[cell["metadata"]["nbgrader"]["grade_id"]] = cell
    for cell in RELEASED.cells:
        if "nbgrader" in cell.metadata:
            theirs = handed_in[cell.metadata.nbgrader.grade_id]
            assert theirs["metadata"]["nbgrader"] == cell.metadata.nbgrader
            if cell.metadata.nbgrader.grade:
                assert source(theirs) == cell.source


@pytest.mark.parametrize("student", sorted(UNREADABLE))
def test_broken_submission_is_no_notebook(student):
    with pytest.raises(json.JSONDecodeError):
        cells(student)


def test_colab_copy_looks_like_one():
    path = CLASSROOM / "submitted" / "hana" / NAME / f"{NAME}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["nbformat_minor"] == 0
    assert notebook["metadata"]["colab"]["name"] == f"Copy of {NAME}.ipynb"
    assert not any("id" in cell for cell in notebook["cells"])
    assert any(
        "executionInfo" in cell["metadata"] and cell["outputs"]
        for cell in notebook["cells"][1:-1]
        if cell["cell_type"] == "code"
    )
    assert len(notebook["cells"]) > len(RELEASED.cells)


def test_outputs_name_no_machine():
    for student in STUDENTS:
        text = (CLASSROOM / "submitted" / student / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
        assert not re.search(r"ipykernel_\d|site-packages|/(?:root|tmp|work)/", text)
