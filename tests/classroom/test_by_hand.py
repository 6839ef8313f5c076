"""What a person enters into the gradebook stands everywhere else, too; and feedback goes out by e-mail."""

import csv

import pytest
from nbgrader.api import Gradebook
from rich.console import Console
from typer.testing import CliRunner

from autograder.classroom import grade
from autograder.classroom.grade import grade_class, renew
from autograder.classroom.gradebook import Books
from autograder.classroom.late import LateRule
from autograder.classroom.mail import messages, read_addresses, send, write
from autograder.classroom.records import read_records
from autograder.cli import app
from autograder.course.atomic import write_atomically
from autograder.course.source import AssignmentError
from tests.conftest import SOLUTIONS
from tests.submissions import in_one, submission

NAME = "01-doubling"


@pytest.fixture
def folder(tmp_path, kit, room, monkeypatch):
    """A class of two, graded; the second was two days late."""
    monkeypatch.setattr(grade, "grade_many", in_one(room))
    for student, when in {"ada": "2026-12-01 10:00:00 UTC", "ben": "2026-12-03 10:00:00 UTC"}.items():
        place = tmp_path / "submitted" / student / NAME
        write_atomically(place / f"{NAME}.ipynb", submission(kit))
        write_atomically(place / "timestamp.txt", when)
    again(tmp_path, due="2026-12-01T12:00+00:00", late_penalty="10%/day")
    return tmp_path


def again(folder, **more):
    grade_class(folder, [NAME], SOLUTIONS, console=Console(quiet=True), **more)
    return {record.student: record for record in read_records(folder)}


def mark(folder, student, score, comment):
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        book.find_grade("test_double", NAME, NAME, student).manual_score = score
        book.find_comment("double", NAME, NAME, student).manual_comment = comment
        book.db.commit()


def feedback(folder, student):
    return (folder / "feedback" / student / NAME / f"{NAME}.html").read_text(encoding="utf-8")


def test_mark_and_comment_given_by_hand_stand_on_page_report_and_sheet(folder):
    mark(folder, "ada", 0.5, "By hand. <b>")
    assert renew(folder, SOLUTIONS) == [f"moved: ada, {NAME}: 2 to 0.5 (−1.5; marked by hand)"]
    assert "By hand. &lt;b&gt;" in feedback(folder, "ada")
    assert "0.5" in feedback(folder, "ada")
    with (folder / "grades.csv").open(encoding="utf-8") as file:
        assert {row["student"]: row["score"] for row in csv.DictReader(file)} == {"ada": "0.5", "ben": "1.6"}
    assert '"score": 0.5' in (folder / ".autograder" / "records" / NAME / "ada.json").read_text()
    assert renew(folder, SOLUTIONS) == []


def test_command_report_says_what_was_marked_by_hand(folder):
    mark(folder, "ada", 0.5, "By hand.")
    done = CliRunner().invoke(app, ["report", "--class", str(folder), "--solutions", str(SOLUTIONS)])
    assert f"moved: ada, {NAME}: 2 to 0.5" in done.output
    assert f"report:     {folder / 'report.html'}" in done.output


def test_grading_again_keeps_what_was_given_by_hand(folder, capsys):
    mark(folder, "ada", 0.5, "By hand.")
    assert again(folder)["ada"].score == 0.5
    assert "By hand." in feedback(folder, "ada")


def test_extension_gives_back_what_lateness_took(folder):
    assert read_records(folder)[1].late_penalty == 0.4
    with Books(folder) as books:
        books.extend(NAME, "ben", 3 * 86400, LateRule())
    (line,) = renew(folder, SOLUTIONS)
    assert line.endswith("(+0.4; what handing in late costs)")
    with Books(folder) as books, pytest.raises(AssignmentError, match="Grade it first"):
        books.extend("02-sliding", "ben", 3 * 86400, LateRule())


def test_one_student_can_be_graded_anew(folder, monkeypatch):
    examined = []
    real = grade.grade_many

    def note(kit, jobs, *others):
        jobs = list(jobs)
        examined.extend(student for student, *_ in jobs)
        return real(kit, jobs, *others)

    monkeypatch.setattr(grade, "grade_many", note)
    again(folder)
    assert examined == []
    again(folder, students=["ben"])
    # Both have handed in the same file, so its result is one.
    assert examined == ["ben"]
    with pytest.raises(AssignmentError, match="There are: ada, ben"):
        again(folder, students=["cleo"])


def test_feedback_goes_out_as_messages_that_mail_programs_open(folder):
    table = folder / "addresses.csv"
    table.write_text("student;address\nada;Ada <ada@example.org>\n", encoding="utf-8-sig")
    made, left_out = messages(folder, NAME, read_addresses(table), "me@example.org")
    assert left_out == ["ben"]
    assert made["ada"]["To"] == "ada@example.org"
    assert made["ada"]["Subject"] == f"{NAME}: 2 of 2 points"
    (page,) = made["ada"].iter_attachments()
    assert page.get_content().strip() == feedback(folder, "ada").strip()
    (file,) = write(folder, NAME, made).iterdir()
    assert file.name == "ada.eml"
    with pytest.raises(ConnectionError, match="Nothing was sent"):
        list(send(made, "localhost:9"))
    table.write_text("ada,ada@example.org\nben,nowhere\n", encoding="utf-8")
    with pytest.raises(AssignmentError, match="line 2"):
        read_addresses(table)
