"""Grading a class: what was handed in, what is graded anew, and what a run that was stopped leaves behind."""

import io
import os
import re
import shutil
import subprocess
import sys
import time

import pytest
from rich.console import Console

from autograder.classroom import grade
from autograder.classroom.files import submissions, submitted_assignments
from autograder.classroom.grade import grade_class
from autograder.classroom.gradebook import Books
from autograder.classroom.records import Record, read_records
from autograder.classroom.report import flags_of
from autograder.course.atomic import write_atomically
from autograder.course.source import AssignmentError, read_assignment
from autograder.exam.kit import make_kit
from autograder.exam.result import UNKNOWN, Stop
from autograder.exam.room import ExamRoom
from tests.conftest import SOLUTIONS
from tests.submissions import RIGHT, in_one, submission

QUIET = Console(quiet=True)


@pytest.fixture
def small(tmp_path, kit, room, monkeypatch):
    """A class of the sample course: a right answer and a wrong one; all are graded in one room that stays open."""

    monkeypatch.setattr(grade, "grade_many", in_one(room))
    for student, answer in {"right": RIGHT, "wrong": "def double(x):\n    return x"}.items():
        write_atomically(tmp_path / "submitted" / student / kit.name / f"{kit.name}.ipynb", submission(kit, answer))
    return tmp_path


def _grade(folder):
    return {r.student: r.score for r in grade_class(folder, None, SOLUTIONS, console=QUIET)}


def test_lines_say_how_far_it_is_where_no_bar_can_be_drawn(small, monkeypatch):
    monkeypatch.setattr(grade, "SECONDS_BETWEEN_LINES", -1)
    console = Console(record=True, width=80, file=io.StringIO())
    grade_class(small, None, SOLUTIONS, console=console)
    lines = [line.rstrip() for line in console.export_text().splitlines()]
    assert [line for line in lines if " of 2" in line] == ["01-doubling: 1 of 2", "01-doubling: 2 of 2"]


def test_changed_submission_is_graded_again(small, kit):
    assert _grade(small) == {"right": 2, "wrong": 0}
    path = small / "submitted" / "wrong" / kit.name / f"{kit.name}.ipynb"
    path.write_bytes(submission(kit))
    assert _grade(small) == {"right": 2, "wrong": 2}


def test_each_class_and_attempt_has_seeds_of_its_own(small, kit, course, room, monkeypatch):
    path, solutions = course / "solutions" / f"{kit.name}.md", course / "solutions"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("### BEGIN HIDDEN TESTS\n", "### BEGIN HIDDEN TESTS\nSEED = 1_234\n"), encoding="utf-8"
    )
    read_assignment.cache_clear()
    used = []

    def examined(kit, jobs, *arguments):
        jobs = list(jobs)
        used.append(({student for student, *_ in jobs}, re.search(r"SEED = (\d+)", kit.cells["test_double"].source)[1]))
        return in_one(room)(kit, jobs, *arguments)

    monkeypatch.setattr(grade, "grade_many", examined)
    grade_class(small, None, solutions, console=QUIET)
    (small / "submitted" / "wrong" / kit.name / f"{kit.name}.ipynb").write_bytes(submission(kit))
    grade_class(small, None, solutions, console=QUIET)
    grade_class(small, None, solutions, console=QUIET, students=["wrong"])
    shutil.rmtree(small / ".autograder")
    grade_class(small, None, solutions, console=QUIET)
    (everybody, first), (changed, second), (again, same), (_, elsewhere) = used
    assert (everybody, changed, again) == ({"right", "wrong"}, {"wrong"}, {"wrong"})
    assert (same, len({"1234", first, second, elsewhere})) == (second, 4)
    assert {record.student: record.attempt for record in read_records(small)} == {"right": 1, "wrong": 1}


def test_changed_tests_regrade_everyone_and_say_who_moved(small, kit, course, monkeypatch):
    solutions = course / "solutions"
    console = Console(record=True, width=120, quiet=False, file=io.StringIO())
    grade_class(small, None, solutions, console=console)
    assert "moved" not in console.export_text()
    path = solutions / f"{kit.name}.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("expected=[2, 4]", "expected=[1, 2]"), encoding="utf-8")
    read_assignment.cache_clear()
    room = ExamRoom(make_kit(kit.name, solutions))
    monkeypatch.setattr(grade, "grade_many", in_one(room))
    grade_class(small, None, solutions, console=console)
    room.close()
    moved = [line for line in console.export_text().splitlines() if line.startswith("moved")]
    assert moved == ["moved: right, 01-doubling: 2 to 0 (−2; the tests have changed)"]


def test_killed_program_leaves_nothing_half_done(tmp_path, kit, room, monkeypatch):
    students = [f"student{number}" for number in range(6)]
    for number, student in enumerate(students):
        answer = RIGHT if number % 2 else "def double(x):\n    return x"
        text = submission(kit, answer, after=f"import time; time.sleep(0.5)  # {number}")
        for folder in ("killed", "clean"):
            write_atomically(tmp_path / folder / "submitted" / student / kit.name / f"{kit.name}.ipynb", text)
    command = [sys.executable, "-m", "autograder", "grade", "--workers", "1", "--solutions", str(SOLUTIONS)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([*command, "--class", str(tmp_path / "killed")], **quiet)
    done = tmp_path / "killed" / ".autograder" / "results"
    until = time.monotonic() + 120
    while len(list(done.glob("*.json"))) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert 2 <= len(list(done.glob("*.json"))) < len(students)
    monkeypatch.setattr(grade, "grade_many", in_one(room))
    scores = {student: 2.0 * (number % 2) for number, student in enumerate(students)}
    for folder in ("killed", "clean"):
        assert _grade(tmp_path / folder) == scores
        with Books(tmp_path / folder) as books:
            assert books.scores(kit.name) == scores
    sheets = [(tmp_path / folder / "grades.csv").read_text() for folder in ("killed", "clean")]
    assert sheets[0] == sheets[1]


def test_run_that_was_killed_goes_on(small, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(grade, "_record", killed)
        with pytest.raises(KeyboardInterrupt):
            _grade(small)
    assert _grade(small) == {"right": 2, "wrong": 0}


def test_manual_grades_are_kept(small, kit):
    _grade(small)
    with Books(small) as books:
        grade = books._gradebook.find_grade("test_double", kit.name, kit.name, "wrong")
        grade.manual_score = 1.5
        books._gradebook.db.commit()
    assert _grade(small) == {"right": 2, "wrong": 1.5}


def test_missing_notebook_is_graded_with_a_reason(small, kit):
    (small / "submitted" / "nobody" / kit.name).mkdir(parents=True)
    assert _grade(small) == {"nobody": 0, "right": 2, "wrong": 0}
    assert "Nothing was handed in." in (small / "grades.csv").read_text()


def test_notebook_under_another_name_is_taken(small, kit):
    place = small / "submitted" / "right" / kit.name
    (place / f"{kit.name}.ipynb").rename(place / "Copy of it (1).ipynb")
    (found, _) = submissions(small, kit.name)
    assert found.path.name == "Copy of it (1).ipynb"
    assert "was taken for" in found.notes[0]


def test_newest_of_several_notebooks_counts(tmp_path):
    place = tmp_path / "submitted" / "ada" / "01-doubling"
    for day, name in enumerate(["b.ipynb", "c.ipynb", "a.ipynb"]):
        write_atomically(place / name, "{}")
        os.utime(place / name, (day * 86400, day * 86400))
    (found,) = submissions(tmp_path, "01-doubling")
    assert found.path.name == "a.ipynb"


def test_links_out_of_the_class_are_not_followed(small, kit):
    (small / "submitted" / "sly").symlink_to("/")
    (small / "submitted" / "sly2" / kit.name).mkdir(parents=True)
    (small / "submitted" / "sly2" / kit.name / f"{kit.name}.ipynb").symlink_to("/etc/passwd")
    found = {each.student: each.path for each in submissions(small, kit.name)}
    assert "sly" not in found
    assert found["sly2"] is None


def test_unknown_assignment_is_an_error_that_names_those_there(small):
    with pytest.raises(AssignmentError, match="01-doubling"):
        grade_class(small, ["02-nothing"], SOLUTIONS, console=QUIET)


def test_class_without_submissions_is_an_error_that_says_where_they_belong(tmp_path):
    with pytest.raises(AssignmentError, match="submitted/<student>"):
        grade_class(tmp_path, console=QUIET)


def test_folders_that_are_no_assignment_are_left_out(small):
    (small / "submitted" / "right" / "holiday-photos").mkdir()
    assert submitted_assignments(small) == ["01-doubling", "holiday-photos"]
    assert _grade(small)["right"] == 2


def test_second_grader_waits(small):
    with grade._only_one(small), pytest.raises(AssignmentError, match="Another grader"):
        _grade(small)


def test_assignment_that_grew_after_grading_is_explained(small, kit, course):
    _grade(small)
    path = course / "solutions" / f"{kit.name}.md"
    text = path.read_text(encoding="utf-8")
    start = text.index("## Exercise 1")
    more = text[start:].replace("double", "triple").replace("Exercise 1", "Exercise 2")
    path.write_text(text + "\n\n" + more, encoding="utf-8")
    with pytest.raises(AssignmentError, match="a name of its own"):
        grade_class(small, None, course / "solutions", console=QUIET)


def test_records_from_before_stops_had_kinds_are_read():
    old = {"student": "ada", "assignment": "01", "score": 1, "max_score": 2, "stops": ["It aborted."], "restarts": 1}
    record = Record.read(old)
    assert record.stops == [Stop(UNKNOWN, "It aborted.")]
    assert flags_of(record) == ["crashed"]


def test_who_has_left_stands_in_no_report_and_is_kept_aside(small, kit):
    _grade(small)
    shutil.rmtree(small / "submitted" / "wrong")
    assert _grade(small) == {"right": 2}
    assert "wrong" not in (small / "grades.csv").read_text()
    assert (small / ".autograder" / "left" / kit.name / "wrong.json").is_file()
