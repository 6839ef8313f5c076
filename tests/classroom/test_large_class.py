"""A class of which every second submission is faulty or hostile, graded with one command: nothing is lost.

``LARGE_CLASS=1000`` in the environment makes it that large.
"""

import json
import os
import random
import subprocess
import sys
from itertools import cycle, islice

from autograder.classroom.gradebook import Books
from autograder.classroom.records import read_records
from autograder.course.atomic import write_atomically
from autograder.course.source import read_assignment
from tests.conftest import PROJECT, SLIDING, SOLUTIONS
from tests.hostile import ATTACKS, honest_paper, hostile_papers

COUNT = int(os.environ.get("LARGE_CLASS", "24"))
WAITING = {"disk_fill", "endless_generator", "ignore_interrupts", "memory_bomb", "thread_bomb"}  # these take their time


def _faulty(kit):
    """Files that are no notebooks, or half of one; they earn nothing, with a reason."""
    whole = honest_paper(kit)
    return {"half": whole[: len(whole) // 2], "empty": "", "text": "def convolve(): pass", "binary": "\x00\xff" * 99}


def test_nothing_is_lost(tmp_path, sliding_kit):
    faulty = {name: (text, None) for name, text in _faulty(sliding_kit).items()}
    hostile = hostile_papers(sliding_kit)
    names = sorted(name for name in hostile if name not in WAITING or 10 * len(ATTACKS) < COUNT)
    random.Random(0).shuffle(names)
    bad = faulty | hostile
    expected = {}
    for number, name in enumerate(islice(cycle([*faulty, *names]), COUNT // 2)):
        for student, text, points in (
            (f"{number:04}-{name}", bad[name][0], bad[name][1]),
            (f"{number:04}-honest", honest_paper(sliding_kit, f"  # {number}"), _full_marks()),
        ):
            path = tmp_path / "submitted" / student / SLIDING / f"{SLIDING}.ipynb"
            write_atomically(path, text)
            expected[student] = points
    command = [sys.executable, "-m", "autograder", "grade", "--class", tmp_path, "--solutions", SOLUTIONS]
    done = subprocess.run(
        [*command, "--cell-seconds", "8", "--call-seconds", "2"], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr

    records = {record.student: record for record in read_records(tmp_path)}
    earned = {
        student: None
        if record.reason
        else {card["name"]: card["points"] for card in record.exercises if card["points"]}
        for student, record in records.items()
    }
    assert earned == expected
    with Books(tmp_path) as books:
        assert books.scores(SLIDING) == {student: sum((points or {}).values()) for student, points in expected.items()}
    assert len((tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines()) == len(expected) + 1
    assert sum(part["count"] for part in json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))) == len(
        expected
    )
    assert len(list(tmp_path.glob("feedback/*/*/*.html"))) == len(expected)


def _full_marks():
    return {exercise.name: exercise.points for exercise in read_assignment(SLIDING, SOLUTIONS).exercises}
