"""Submissions of the sample course's assignment, and what the grader made of them."""

import json

import nbformat

from autograder.exercises import read_assignment

RIGHT = "def double(x):\n    return 2 * np.asarray(x)"


def notebook(kit, answer=RIGHT, before=None, after=None):
    """Write the notebook of a learner who answers ``double`` in a certain way.

    Parameters
    ----------
    kit : autograder.grading.Kit
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


def perfect(name, kit):
    """Write the notebook of a learner who answers every exercise of an assignment as its author does.

    Parameters
    ----------
    name : str
    kit : autograder.grading.Kit

    Returns
    -------
    nbformat.NotebookNode
    """
    made = kit.notebook
    answers = {exercise.name: exercise.answer.source for exercise in read_assignment(name).exercises}
    for cell in made.cells:
        cell.source = answers.get(cell.id, cell.source)
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
    return {cell["id"]: cell for cell in nbformat.reads(result["notebook"], as_version=4).cells}


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
