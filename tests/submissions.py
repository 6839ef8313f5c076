"""Submissions of the sample course's assignments, and what the grader made of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat

from autograder.classroom.gradebook import Books
from autograder.course.atomic import write_atomically
from autograder.course.source import read_assignment

RIGHT = "def double(x):\n    return 2 * np.asarray(x)"


def notebook(kit, answer=RIGHT, before=None, after=None):
    """Write the notebook of a learner who answers ``double`` in a certain way.

    Parameters
    ----------
    kit : autograder.exam.room.Kit
    answer : str
        Source of the answer cell.
    before, after : str, optional
        Source of a cell of the learner's own, ahead of everything or at the end.

    Returns
    -------
    nbformat.NotebookNode
    """
    made = kit.notebook
    for cell in made.cells:
        if cell.id == "double":
            cell.source = answer
    if before is not None:
        made.cells.insert(0, nbformat.v4.new_code_cell(before, id="mine-first"))
    if after is not None:
        made.cells.append(nbformat.v4.new_code_cell(after, id="mine-last"))
    return made


def perfect(name, kit, solutions=None, **others):
    """Write the notebook of a learner who answers every exercise of an assignment as its author does.

    Parameters
    ----------
    name : str
    kit : autograder.exam.room.Kit
    solutions : path-like, optional
        Folder of the text notebooks.
    **others : str or None
        By exercise, another answer; None leaves it as it was given.

    Returns
    -------
    nbformat.NotebookNode
    """
    made = kit.notebook
    exercises = read_assignment(name, solutions).exercises
    answers = {exercise.name: exercise.answer.source for exercise in exercises} | others
    for cell in made.cells:
        cell.source = answers.get(cell.id) or cell.source
    return made


def resaved_by_colab(made):
    """Write a notebook the way Colab writes one that it has run.

    Parameters
    ----------
    made : nbformat.NotebookNode

    Returns
    -------
    bytes
        nbformat 4.0: no ids of cells, ids and traces of the user in their metadata, widgets without their state.
    """
    content = json.loads(nbformat.writes(made))
    content["nbformat_minor"] = 0
    content["metadata"]["colab"] = {
        "provenance": [{"file_id": "1aB", "timestamp": 1795000000000}],
        "name": "Copy.ipynb",
    }
    content["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"0a1b2c": {"model_name": "Box"}}}
    for number, cell in enumerate(content["cells"]):
        del cell["id"]
        cell["metadata"]["id"] = f"aB{number:010x}"
        if cell["cell_type"] == "code":
            user = {"displayName": "A Learner", "userId": "01234567890123456789"}
            ran = {"status": "ok", "timestamp": 1795000000000 + number, "user_tz": -60, "user": user, "elapsed": 7}
            cell["metadata"].update(
                executionInfo=ran, outputId="0f1e2d3c", colab={"base_uri": "https://localhost:8080/"}
            )
            cell["execution_count"] = number + 1
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["ran\n"]}]
    return json.dumps(content, ensure_ascii=False).encode()


def submission(kit, *arguments, **keywords):
    """The same, as the bytes that are handed in."""
    return nbformat.writes(notebook(kit, *arguments, **keywords)).encode()


def cells(result):
    """The cells of a graded notebook, by id."""
    return {cell["id"]: cell for cell in nbformat.reads(result.notebook, as_version=4).cells}


def said(result, grade_id="test_double"):
    """What a failing test said; None when it passed."""
    errors = [output for output in cells(result)[grade_id]["outputs"] if output["output_type"] == "error"]
    return errors[0]["evalue"] if errors else None


def in_one(room):
    """Make a stand-in for `grade_many` that grades everything in one room, which stays open."""

    def grade(_kit, jobs, rules, _workers):
        for student, load in jobs:
            yield student, room.examine(load(), rules)

    return grade


def by_stock_nbgrader(folder, graded, students, kit, solutions):
    """Let stock nbgrader grade some of a class's submissions.

    Parameters
    ----------
    folder : pathlib.Path
        An empty one to do it in.
    graded : pathlib.Path
        The class's folder.
    students : iterable of str
    kit : autograder.exam.room.Kit
    solutions : path-like
        Where the hidden tests find their reference.

    Returns
    -------
    dict
        ``{student: {grade_id: score}}``.
    """
    for student in students:
        (paper,) = (graded / "submitted" / student / kit.name).glob("*.ipynb")
        write_atomically(folder / "submitted" / student / kit.name / f"{kit.name}.ipynb", paper.read_bytes())
    with Books(folder) as books:
        books.prepare(kit)
    bin_folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [bin_folder / "nbgrader", "autograde", kit.name, "--Execute.timeout=15"],
        cwd=folder,
        env={**environment, "AUTOGRADER_SOLUTIONS": str(solutions)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    with Books(folder) as books:
        return {
            each.student_id: {grade.name: grade.score for book in each.notebooks for grade in book.grades}
            for each in books._gradebook.assignment_submissions(kit.name)
        }


def scores_of(record):
    """The points of a record, by the grade_id of the test, as nbgrader has them."""
    return {
        f"test_{card['name']}" + ("" if part["name"] == "values" else f"_{part['name']}"): part["points"]
        for card in record.exercises
        for part in card["parts"]
    }
