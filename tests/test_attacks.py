"""Hostile submissions earn what their honest part earns, and nothing else happens.

Each file in ``attacks/`` is one: its cells, the attack in its docstring, and the points it must get. ``convolve``
is answered honestly in all of them. What can only be done to the notebook file itself stands below. All are graded in
one run, with honest neighbours between them.
"""

import ast
import hashlib
import json
import re
import tempfile
from pathlib import Path

import jupytext
import nbformat
import psutil
import pytest
from rich.console import Console

from autograder.books import write_atomically
from autograder.classes import grade_class
from autograder.exercises import read_assignment
from autograder.grading import make_kit
from autograder.link import Rules, Times
from tests.conftest import PROJECT

ASSIGNMENT = "01-convolution"
ATTACKS = {path.stem: path for path in sorted((Path(__file__).parent / "attacks").glob("*.py"))}
HONEST = 5
RULES = Rules(times=Times(cell=8, call=2, grace=0.5))


def _convolve():
    return read_assignment(ASSIGNMENT).exercise("convolve").answer.source


def _attack(kit, path):
    """Put an attack's cells into a notebook: those before its answer come first, the others last."""
    notebook = kit.notebook
    places = {cell.id: cell for cell in notebook.cells}
    places["convolve"].source = _convolve()
    first, last = [], []
    for cell in jupytext.read(path, fmt="py:percent").cells[1:]:
        answer = cell.metadata.pop("answer", None)
        if answer:
            places[answer].source = cell.source
            first, last = first + last, []
        else:
            last.append(cell)
    notebook.cells = [*first, *notebook.cells, *last]
    return nbformat.writes(notebook)


def _points(path):
    """Read the points that an attack must get from its docstring."""
    line = re.search(r"^Points: (.*)\.$", ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), re.MULTILINE)
    return dict.fromkeys(re.findall(r"(\w+) 2", line[1]), 2)


def _honest_content(kit):
    notebook = kit.notebook
    for cell in notebook.cells:
        if cell.id == "convolve":
            cell.source = _convolve()
    return json.loads(json.dumps(notebook))


def _edit_tests(content):
    """Empty every test."""
    for cell in content["cells"]:
        if cell["id"].startswith("test_"):
            cell["source"] = "pass"


def _delete_tests(content):
    """Delete every test."""
    content["cells"] = [cell for cell in content["cells"] if not cell["id"].startswith("test_")]


def _raise_points(content):
    """Make every test worth a thousand points."""
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["metadata"]["nbgrader"]["points"] = 1000


def _own_test_cells(content):
    """Add graded cells of one's own whose output is a score."""
    for number, value in enumerate(["nan", "-1", "1e9", "5"]):
        info = {"grade": True, "grade_id": f"bonus{number}", "points": 100, "solution": False, "locked": False}
        cell = {"cell_type": "code", "id": f"bonus{number}", "source": f"float('{value}')", "outputs": []}
        content["cells"].append({**cell, "execution_count": 1, "metadata": {"nbgrader": {**info, "schema_version": 3}}})


def _test_ids_on_own_cells(content):
    """Give one's own cells the ids of tests, and delete the tests."""
    _delete_tests(content)
    for name in ("convolve2d", "sobel"):
        info = {"grade": True, "grade_id": f"test_{name}", "points": 2, "solution": False, "locked": True}
        cell = {"cell_type": "code", "id": f"test_{name}", "source": "2", "outputs": [], "execution_count": 1}
        content["cells"].append({**cell, "metadata": {"nbgrader": {**info, "schema_version": 3}}})


def _keep_outputs(content):
    """Hand in outputs that look like full points."""
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            output = {"output_type": "execute_result", "data": {"text/plain": "2"}, "metadata": {}}
            cell["outputs"] = [{**output, "execution_count": 1}]


def _copy_tests(content):
    """Copy every test many times over."""
    tests = [cell for cell in content["cells"] if cell["id"].startswith("test_")]
    content["cells"] += tests * 20


def _tests_first(content):
    """Move the tests ahead of the answers."""
    content["cells"].sort(key=lambda cell: not cell["id"].startswith("test_"))


def _metadata_bomb(content):
    """Bury the notebook under metadata."""
    deep = {}
    for _ in range(200):
        deep = {"deep": deep}
    kernel = {"name": "../../bin/sh", "display_name": "x"}
    content["metadata"] = {"widgets": deep, "kernelspec": kernel, "x": "y" * 10**6}
    for cell in content["cells"]:
        cell["metadata"] |= {"bomb": deep, "more": "z" * 10**5}


def _attachments(content):
    """Attach megabytes of what is no picture."""
    content["cells"][0]["attachments"] = {"x.png": {"text/html": "<script>window.hacked = 1</script>" * 10**4}}


FORGED = {
    forge.__name__[1:]: forge
    for forge in (
        _edit_tests,
        _delete_tests,
        _raise_points,
        _own_test_cells,
        _test_ids_on_own_cells,
        _keep_outputs,
        _copy_tests,
        _tests_first,
        _metadata_bomb,
        _attachments,
    )
}


def _digest(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """All attacks and their neighbours, graded in one run; records by student, and what lay around before and after."""
    kit = make_kit(ASSIGNMENT)
    folder = tmp_path_factory.mktemp("class")
    papers = {name: _attack(kit, path) for name, path in ATTACKS.items()}
    for name, forge in FORGED.items():
        content = _honest_content(kit)
        forge(content)
        papers[name] = json.dumps(content)
    for number in range(HONEST):
        notebook = kit.notebook
        answers = {exercise.name: exercise.answer.source for exercise in read_assignment(ASSIGNMENT).exercises}
        for cell in notebook.cells:
            cell.source = answers.get(cell.id, cell.source)
        # Names between the attacks', so that honest papers are graded between them.
        papers[f"{'afkpt'[number]}-honest"] = nbformat.writes(notebook)
    for student, text in papers.items():
        write_atomically(folder / "submitted" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", text)
    watched = [folder / "submitted", PROJECT / "solutions", PROJECT / "convnets", PROJECT / "autograder"]
    before = [_digest(place) for place in watched]
    records = grade_class(folder, rules=RULES, console=Console(quiet=True))
    after = [_digest(place) for place in watched]
    return folder, {record["student"]: record for record in records}, before == after


def test_there_are_enough():
    assert len(ATTACKS) + len(FORGED) >= 40


def _earned(record):
    return {card["name"]: card["points"] for card in record["exercises"] if card["points"]}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_earns_its_honest_part(graded, name):
    assert _earned(graded[1][name]) == _points(ATTACKS[name])


@pytest.mark.parametrize("name", FORGED)
def test_forged_notebook_earns_its_honest_part(graded, name):
    record = graded[1][name]
    assert _earned(record) == {"convolve": 2}
    assert record["max_score"] == 10


def test_honest_neighbours_keep_full_marks(graded):
    scores = [record["score"] for student, record in graded[1].items() if student.endswith("-honest")]
    assert scores == [10] * HONEST


def test_everybody_has_a_grade_and_feedback(graded):
    folder, records, _ = graded
    assert len(records) == len(ATTACKS) + len(FORGED) + HONEST
    for student, record in records.items():
        assert record["reason"] is None, f"{student}: {record['reason']}"
        assert record["broken"] == [], student
        assert (folder / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html").is_file()


def test_nothing_outside_changed(graded):
    folder, _records, unchanged = graded
    assert unchanged
    ours = {"submitted", "autograded", "feedback", "source", "release", ".autograder", "gradebook.db", "grades.csv"}
    assert {path.name for path in folder.iterdir()} == ours | {"report.html", "report.json", "nbgrader_config.py"}
    assert not list(folder.rglob("*poison*"))
    temporary = Path(tempfile.gettempdir())
    assert not [path for path in temporary.iterdir() if path.name.startswith("scratch-") and _is_left_over(path)]
    assert not (temporary / "last-words").exists()


def _is_left_over(path):
    """Whether a scratch folder belongs to nobody: another grader may be at work on this machine."""
    commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    return not any("autograder.warm" in command for command in commands)


def test_no_process_is_left(graded):
    commands = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    assert not [command for command in commands if "sleep 1000" in command]


def test_feedback_of_hostile_outputs_does_nothing(graded, browser):
    folder = graded[0]
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for name in ("hostile_outputs", "attachments", "metadata_bomb"):
        page.goto((folder / "feedback" / name / ASSIGNMENT / f"{ASSIGNMENT}.html").as_uri())
        assert page.evaluate("window.hacked") is None
    page.goto((folder / "report.html").as_uri())
    assert page.evaluate("window.hacked") is None
    assert [url for url in asked if not url.startswith(("file:", "data:image/"))] == []
    page.close()
