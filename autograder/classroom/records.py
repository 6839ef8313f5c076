"""What is known of every graded submission."""

import csv
import io
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from autograder.classroom.feedback import points
from autograder.course.atomic import write_atomically
from autograder.exam.result import Stop

PRIVATE = ".autograder"  # in a class's folder: results and records of earlier runs


@dataclass
class Record:
    """What is known of a graded submission.

    Attributes
    ----------
    student, assignment : str
    score, max_score : float
        After what handing in late costs; and at most.
    raw_score : float or None
        Before that.
    seconds_late, late_penalty : float
    marked_late : bool
        Whether the download says so.
    exercises : list of dict
        From `autograder.classroom.feedback.exercise_cards`, as far as `autograder.classroom.feedback.kept` keeps them.
    notes, broken, missing_locks, facts, seconds
        As in `autograder.exam.result.Result`.
    stops : list of autograder.exam.result.Stop
    suspicions : list of str
    reason : str or None
        Why it was not graded.
    digest : str
        Of the file that was handed in.
    by_hand : dict of str to float
        Points that a person has given, by grade_id of a test.
    attempt : int
        Which of the files that the learner has handed in this is, of those that were graded.
    """

    student: str
    assignment: str
    score: float
    max_score: float
    raw_score: float | None = None
    seconds_late: float = 0
    late_penalty: float = 0
    marked_late: bool = False
    exercises: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    stops: list = field(default_factory=list)
    broken: list = field(default_factory=list)
    missing_locks: list = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    suspicions: list = field(default_factory=list)
    reason: str | None = None
    seconds: float = 0.0
    digest: str = ""
    by_hand: dict = field(default_factory=dict)
    attempt: int = 1

    @classmethod
    def read(cls, plain):
        """Take over what was written, also by an earlier version that knew fewer fields or others."""
        known = {each.name for each in fields(cls)}
        plain = {name: value for name, value in plain.items() if name in known}
        return cls(**{**plain, "stops": [Stop.read(stop) for stop in plain.get("stops", [])]})

    def write(self, folder):
        """Keep it in a class's folder."""
        path = Path(folder, PRIVATE, "records", self.assignment, f"{self.student}.json")
        write_atomically(path, json.dumps(asdict(self), ensure_ascii=False, indent=1))


def moves(before, after):
    """Say whose score has changed, and whether that is because the learner handed in something new.

    Parameters
    ----------
    before : dict of str to Record
        Of the run before, by student.
    after : list of Record
        Of this run.

    Returns
    -------
    list of str
    """
    lines = []
    for record in after:
        old = before.get(record.student)
        if old and old.score != record.score:
            why = "the tests have changed" if old.digest == record.digest else "handed in anew"
            if old.late_penalty != record.late_penalty and old.raw_score == record.raw_score:
                why = "what handing in late costs"
            if old.by_hand != record.by_hand:
                why = "marked by hand"
            change = record.score - old.score
            lines.append(
                f"moved: {record.student}, {record.assignment}: {points(old.score)} to "
                f"{points(record.score)} ({'+' if change > 0 else '−'}{points(abs(change))}; {why})"
            )
    return lines


def read_records(folder, assignment="*"):
    """Read what is known of every graded submission.

    Parameters
    ----------
    folder : path-like
    assignment : str
        Of this one only; default: of all.

    Returns
    -------
    list of Record
        By assignment and student.

    Examples
    --------
    >>> from autograder.classroom.records import Record, read_records
    >>> Record("ben", "01-convolution", 8, 8).write("class")
    >>> Record("ada", "01-convolution", 6.5, 8).write("class")
    >>> [(record.student, record.score) for record in read_records("class")]
    [('ada', 6.5), ('ben', 8)]
    >>> read_records("class", "02-conv-layer")
    []
    """
    paths = sorted(Path(folder, PRIVATE, "records").glob(f"{assignment}/*.json"))
    return [Record.read(json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def let_go(folder, assignment, students):
    """Put the records of those who have left aside: they stand in no report, sheet or export any more.

    Parameters
    ----------
    folder : path-like
        The class's folder.
    assignment : str
    students : collection of str
        Who is still there.

    Returns
    -------
    list of str
        Who has left.
    """
    left = [record.student for record in read_records(folder, assignment) if record.student not in students]
    for student in left:
        path = Path(folder, PRIVATE, "records", assignment, f"{student}.json")
        aside = Path(folder, PRIVATE, "left", assignment, path.name)
        aside.parent.mkdir(parents=True, exist_ok=True)
        path.replace(aside)
    return left


def grade_sheet(records):
    """Write the grade sheet.

    Parameters
    ----------
    records : list of Record

    Returns
    -------
    str
        CSV: student, assignment, score, max_score, raw_score (before what handing in late costs), late_penalty, reason
        (why it was not graded, if it was not), and a column for each exercise of each assignment.
    """
    exercises = {f"{record.assignment}/{card['name']}": None for record in records for card in record.exercises}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", "assignment", "score", "max_score", "raw_score", "late_penalty", "reason", *exercises])
    for record in records:
        got = {f"{record.assignment}/{card['name']}": points(card["points"]) for card in record.exercises}
        raw = record.score if record.raw_score is None else record.raw_score
        numbers = [points(number) for number in (record.score, record.max_score, raw, record.late_penalty)]
        row = [record.student, record.assignment, *numbers, record.reason or "", *(got.get(n, "") for n in exercises)]
        writer.writerow([not_a_formula(cell) for cell in row])
    return text.getvalue()


def not_a_formula(cell):
    """Keep a spreadsheet from running a student's name as a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
