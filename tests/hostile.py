"""Hostile and faulty submissions, and what each of them earns.

``python -m tests.hostile`` grades honest submissions alone and then among all of these, and says what that costs them.

Each file in ``attacks/`` is one: its cells, the attack in its docstring, and the points it must get. Where it names no
assignment, it is on the larger one of the sample course, and ``convolve`` is answered honestly. What can only be done
to the notebook file itself stands below.
"""

import ast
import json
import re
import runpy
import statistics
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat
from rich.console import Console

from autograder.classroom.grade import grade_class
from autograder.course.atomic import write_atomically
from autograder.course.source import read_assignment
from autograder.exam.kit import make_kit
from autograder.exam.limits import Rules, Times
from tests.conftest import PROJECT, SLIDING, SOLUTIONS

RULES = Rules(times=Times(cell=8, call=2, grace=0.5))

_ALL = {path.stem: path for path in sorted((Path(__file__).parent / "attacks").glob("*.py"))}


def _function(path, signature):
    """Return a function that an attack's file defines, None when it does not."""
    text = path.read_text(encoding="utf-8")
    return runpy.run_path(path)[signature.partition("(")[0]] if f"\ndef {signature}" in text else None


ARRANGED = {name: made for name, path in _ALL.items() if (made := _function(path, "arrange(submitted"))}
"""Attacks on the class's folder: ``arrange(submitted, honest)`` puts something there."""


def _line(path, name):
    found = re.search(
        rf"^{name}: (.*)\.$", ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), re.MULTILINE
    )
    return found and found[1]


ON_COURSE = {name: path for name, path in _ALL.items() if name not in ARRANGED and _line(path, "Assignment")}
"""Attacks on an assignment of the course; `assignment_of` says on which."""
ATTACKS = {name: path for name, path in _ALL.items() if name not in ARRANGED and name not in ON_COURSE}


def assignment_of(path):
    """Read the assignment, and the folder of its source, from an attack's docstring."""
    named = _line(path, "Assignment")
    return (named, PROJECT / "solutions") if named else (SLIDING, SOLUTIONS)


def _answer(name, assignment=(SLIDING, SOLUTIONS)):
    return read_assignment(*assignment).exercise(name).answer.source


def _honest_in(path):
    """Read from an attack's docstring which exercises are answered rightly: ``convolve`` where it does not say."""
    honest = _line(path, "Honest")
    return honest.split(", ") if honest else [] if _line(path, "Assignment") else ["convolve"]


def attack(kit, path):
    """Put an attack's cells into a notebook: those before its answer come first, the others last,
    and behind them what is titled so.

    A file that defines ``forge(content)`` changes the notebook itself.
    """
    if forge := _function(path, "forge(content)"):
        content = honest_content(kit)
        forge(content)
        return json.dumps(content)
    notebook = kit.notebook
    places = {cell.id: cell for cell in notebook.cells}
    for name in _honest_in(path):
        places[name].source = _answer(name, assignment_of(path))
    first, last, ending = [], [], []
    for cell in jupytext.read(path, fmt="py:percent").cells[1:]:
        answer = cell.metadata.pop("answer", None)
        if cell.metadata.pop("title", None) == "last":
            ending.append(cell)
        elif answer:
            places[answer].source = cell.source
            first, last = first + last, []
        else:
            last.append(cell)
    notebook.cells = [*first, *notebook.cells, *last, *ending]
    return nbformat.writes(notebook)


def points_of(path):
    """Read the points that an attack must get from its docstring."""
    return {name: float(points) for name, points in re.findall(r"(\w+) (\d+(?:\.\d+)?)", _line(path, "Points"))}


def honest_content(kit):
    notebook = kit.notebook
    for cell in notebook.cells:
        if cell.id == "convolve":
            cell.source = _answer("convolve")
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


def hostile_papers(kit):
    """Write every hostile submission: ``{name: (notebook as JSON, {exercise: points it must get})}``."""
    papers = {name: (attack(kit, path), points_of(path)) for name, path in ATTACKS.items()}
    for name, forge in FORGED.items():
        content = honest_content(kit)
        forge(content)
        papers[name] = json.dumps(content), {"convolve": 2}
    return papers


def honest_paper(kit, comment=""):
    """Write a submission that answers everything rightly."""
    notebook = kit.notebook
    answers = {exercise.name: exercise.answer.source for exercise in read_assignment(SLIDING, SOLUTIONS).exercises}
    for cell in notebook.cells:
        if cell.id in answers:
            cell.source = answers[cell.id] + comment
    return nbformat.writes(notebook)


def make_class(folder, kit, honest, hostile=None):
    """Write a class's folder: some honest submissions, by name between the hostile ones of these names, or all."""
    papers = {
        f"{chr(97 + 5 * number % 26)}{number}-honest": honest_paper(kit, f"  # {number}") for number in range(honest)
    }
    hostile = {*ATTACKS, *FORGED, *ARRANGED} if hostile is None else hostile
    papers |= {name: text for name, (text, _points) in hostile_papers(kit).items() if name in hostile}
    for student, text in papers.items():
        write_atomically(folder / "submitted" / student / SLIDING / f"{SLIDING}.ipynb", text)
    for name, arrange in ARRANGED.items():
        if name in hostile:
            arrange(folder / "submitted", SLIDING, honest_paper(kit, "  # arranged").encode())


def main(honest=40):
    """Print how long honest submissions take alone, and among hostile ones."""
    kit, shown = make_kit(SLIDING, SOLUTIONS), {}
    for hostile in ((), None):
        with tempfile.TemporaryDirectory() as folder:
            make_class(Path(folder), kit, honest, hostile)
            began = time.monotonic()
            records = grade_class(folder, solutions=SOLUTIONS, rules=RULES, console=Console(quiet=True))
            seconds = time.monotonic() - began
        own = [record for record in records if record.student.endswith("-honest")]
        full = sum(record.score == record.max_score for record in own)
        each = statistics.median(record.seconds for record in own)
        shown[hostile] = each
        print(f"{len(records)} submissions in {seconds:.0f} s; {full} of {len(own)} honest ones have full marks.")
        print(f"One of these takes {each:.2f} s by itself.")
    print(f"Among hostile ones an honest one takes {shown[None] / shown[()]:.2f} times as long as alone.")


if __name__ == "__main__":
    main()
