"""The sample class is what its README says it is, and is graded as it says.

That holds however the assignment's points, texts and exercises change: the class answered it as it was then.
"""

import json
import re
import shutil

import pytest
from rich.console import Console

from autograder.classroom.grade import grade_class
from autograder.classroom.records import read_records
from autograder.course.paths import PROJECT
from autograder.course.source import read_assignment
from autograder.exam.kit import make_kit
from autograder.exam.limits import Rules, Times
from tests.submissions import by_stock_nbgrader, scores_of

NAME = "01-convolution"
CLASSROOM = PROJECT / "classroom"
UNREADABLE = {"jonas"}
AS_GIVEN = "george"  # who handed in what the class was given


def table():
    """Read the README's table: student -> {exercise: "all", "none" or some properties, as "errors, speed"}."""
    rows = [line for line in (CLASSROOM / "README.md").read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    header, _, *rows = ([item.strip() for item in line.strip("|").split("|")] for line in rows)
    return {row[0]: dict(zip(header[2:], row[2:], strict=True)) for row in rows}


TABLE = table()
STUDENTS = sorted(TABLE)
READABLE = sorted(set(STUDENTS) - UNREADABLE)


def cells(student):
    path = CLASSROOM / "submitted" / student / NAME / f"{NAME}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def nbgraders_cells(student):
    """The cells that nbgrader looks after, by grade_id."""
    looked_after = [cell for cell in cells(student) if "nbgrader" in cell["metadata"]]
    return {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in looked_after}


def test_readme_lists_every_student():
    assert sorted(folder.name for folder in (CLASSROOM / "submitted").iterdir()) == STUDENTS
    assert len(STUDENTS) >= 10


def test_readme_speaks_of_exercises_that_there_are():
    there = {exercise.name for exercise in read_assignment(NAME).exercises}
    for row in TABLE.values():
        assert set(row) <= there
        assert {word for said in row.values() for word in said.split(", ")} <= {
            "all",
            "none",
            "values",
            "input",
            "errors",
            "speed",
        }


@pytest.mark.parametrize("student", READABLE)
def test_submission_starts_from_the_notebook_that_was_given(student):
    """Every cell that nbgrader looks after is there, and its tests are the ones that were given."""
    theirs, given = nbgraders_cells(student), nbgraders_cells(AS_GIVEN)
    assert {f"test_{name}" for name in TABLE[student]} < set(given)
    for grade_id, cell in given.items():
        assert theirs[grade_id]["metadata"]["nbgrader"] == cell["metadata"]["nbgrader"]
        if cell["metadata"]["nbgrader"]["grade"]:
            assert "".join(theirs[grade_id]["source"]) == "".join(cell["source"])


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
    assert len(notebook["cells"]) > len(cells(AS_GIVEN))


def test_outputs_name_no_machine():
    for student in STUDENTS:
        text = (CLASSROOM / "submitted" / student / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
        assert not re.search(r"ipykernel_\d|site-packages|/(?:root|tmp|work)/", text)


# ---------------------------------------------------------------- graded


@pytest.fixture(scope="module")
def graded(tmp_path_factory, quick_gradebooks):
    """The class's folder, graded."""
    folder = tmp_path_factory.mktemp("graded")
    shutil.copytree(CLASSROOM / "submitted", folder / "submitted")
    rules = Rules(times=Times(cell=10, call=3, grace=1))
    grade_class(folder, workers=1, rules=rules, console=Console(quiet=True))
    return folder


@pytest.fixture(scope="module")
def records(graded):
    return {record.student: record for record in read_records(graded)}


def earns(said, card):
    """The points of an exercise that earns what the table says of it."""
    return sum(part["of"] for part in card["parts"] if said == "all" or part["name"] in said.split(", "))


@pytest.mark.parametrize("student", STUDENTS)
def test_points_are_those_that_the_readme_says(records, student):
    cards = {card["name"]: card for card in records[student].exercises}
    said = {name: earns(TABLE[student].get(name, "none"), card) for name, card in cards.items()}
    assert {name: card["points"] for name, card in cards.items()} == said
    assert bool(records[student].reason) == (student in UNREADABLE)


HONEST = [student for student in READABLE if student != "ivo"]


@pytest.fixture(scope="module")
def stock(tmp_path_factory, graded):
    """What stock nbgrader makes of the honest submissions, with the configuration that is shipped."""
    return by_stock_nbgrader(tmp_path_factory.mktemp("stock"), graded, HONEST, make_kit(NAME), PROJECT / "solutions")


@pytest.mark.parametrize("student", HONEST)
def test_stock_nbgrader_gives_honest_submissions_the_same_points(stock, records, student):
    """It adds no test that came after the release that was handed in, and gives no point for it; the grader does."""
    text = (CLASSROOM / "submitted" / student / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    there = {cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in json.loads(text)["cells"]}
    ours = {test: points for test, points in scores_of(records[student]).items() if test in there}
    assert ours
    assert {test: points for test, points in stock[student].items() if test in there} == ours
