"""Between what came in and what went out nobody is missing: over all platforms, in all the ways people hand in."""

import csv
import json
import re

import pytest
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from autograder.classroom import grade
from autograder.cli import app
from tests.conftest import SOLUTIONS
from tests.downloads import NAME, OF_ANOTHER_COURSE, TAKEN, class_of
from tests.submissions import in_one


def _run(*arguments):
    done = CliRunner().invoke(app, [*map(str, arguments), "--solutions", str(SOLUTIONS)])
    assert done.exit_code == 0, done.output
    return done.output


def _count(pattern, output):
    return [int(number) for number in re.search(pattern, output).groups()]


@pytest.mark.parametrize("everything", [False, True], ids=["each kind once", "200 people"])
def test_nobody_is_missing_between_what_came_in_and_what_went_out(tmp_path, kit, room, monkeypatch, everything):
    monkeypatch.setattr(grade, "grade_many", in_one(room))
    paths, expected, count = class_of(kit, tmp_path, everything)
    able = {name for name, outcome in expected.items() if outcome == TAKEN}
    others = {name for name, outcome in expected.items() if outcome == OF_ANOTHER_COURSE}
    folder = tmp_path / "class"

    said = _run("collect", "--class", folder, *paths)
    files, taken, left_out = _count(r"(\d+) files: (\d+) taken, (\d+) left out", said)
    people, with_a_notebook, without = _count(r"(\d+) people: (\d+) with a notebook, (\d+) without", said)
    assert (files, taken, taken + left_out) == (count, len(able), count)
    assert (people, with_a_notebook, without) == (len(expected), len(able | others), len(expected) - len(able | others))
    assert {path.name for path in (folder / "submitted").iterdir()} == set(expected)
    assert {path.parts[-3] for path in folder.glob(f"submitted/*/{NAME}/{NAME}.ipynb")} >= able
    for name in expected.keys() - able:
        assert re.search(rf"left out .*: {re.escape(name)}: ", said), name

    said = _run("grade", "--class", folder)
    submitted, graded, not_graded = _count(r"submitted: +(\d+), graded: (\d+), not graded: (\d+)", said)
    assert (submitted, graded + not_graded) == (len(expected), len(expected))
    with (folder / "grades.csv").open(encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows.keys() == expected.keys()
    assert {name for name, row in rows.items() if not row["reason"]} == able
    assert graded == len(able)
    (part,) = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert {line["student"] for line in part["submissions"]} == set(expected)
    assert {path.parts[-3] for path in folder.glob("feedback/*/*/*.html")} == set(expected)
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        assert {each.student.id for each in book.assignment_submissions(NAME)} == set(expected)
