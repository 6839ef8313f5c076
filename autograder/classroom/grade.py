"""Grade a class: find submissions, grade what is new, and write books, feedback, grade sheet and report."""

import fcntl
import hashlib
import json
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.classroom.feedback import exercise_cards, feedback_markdown, feedback_page
from autograder.classroom.files import submissions, submitted_assignments
from autograder.classroom.gradebook import Books
from autograder.classroom.late import class_rule, due_time
from autograder.classroom.records import PRIVATE, grade_sheet, moves, read_records
from autograder.classroom.report import duration, write_report
from autograder.classroom.suspicions import suspicions
from autograder.classroom.uploads import is_marked_late
from autograder.course.atomic import write_atomically
from autograder.course.paths import course_root
from autograder.course.prompts import prompts
from autograder.course.source import AssignmentError, assignment_names, read_assignment
from autograder.exam.cluster import grade_on_cluster
from autograder.exam.kit import make_kit, result_key
from autograder.exam.limits import Rules
from autograder.exam.result import not_graded
from autograder.exam.room import grade_many

SECONDS_BETWEEN_LINES = 5  # that say how far it is, where no bar can be drawn


def grade_class(
    folder,
    assignments=None,
    solutions=None,
    workers=None,
    db_url=None,
    rules=None,
    console=None,
    scheduler=None,
    due=None,
    late_penalty=None,
    late_limit=None,
):
    """Grade all submissions of a class that are new or changed, and write everything that follows from them.

    Parameters
    ----------
    folder : path-like
        The class's folder, with ``submitted/<student>/<assignment>/*.ipynb``.
    assignments : list of str, optional
        Default: all that were handed in.
    solutions : path-like, optional
        Folder of the assignments' text notebooks.
    workers : int, optional
        Default: one a core.
    db_url : str, optional
        Gradebook; default: SQLite in the class's folder.
    rules : autograder.exam.learner.Rules, optional
    console : rich.console.Console, optional
        Where to show progress.
    scheduler : str, optional
        Address of a Dask scheduler; default: this machine.
    due : str, optional
        When the assignment is due, as for `autograder.classroom.late.due_time`, or "none". It is kept in the gradebook.
    late_penalty, late_limit : str, optional
        As for `autograder.classroom.late.read_rule`. They are kept for all assignments of the class.

    Returns
    -------
    list of dict
        The record of every submission graded now or before, by assignment and student.

    Raises
    ------
    AssignmentError
        When there is nothing to grade, or an assignment is unknown.
    ConnectionError
        When there is no scheduler at the address.
    """
    folder, rules, console = Path(folder), rules or Rules(), console or Console()
    handed_in = submitted_assignments(folder)
    wanted = list(assignments or handed_in)
    if not wanted:
        raise AssignmentError(
            f"There are no submissions in {folder / 'submitted'}. They belong in "
            "submitted/<student>/<assignment>/<assignment>.ipynb; `python -m autograder collect` puts them there."
        )
    unknown = sorted(set(wanted) - set(assignment_names(solutions)))
    if unknown and not assignments:
        console.print(f"[yellow]Left out, for there is no such assignment: {', '.join(unknown)}.[/]")
        wanted = [name for name in wanted if name not in unknown]
    if due and len(wanted) != 1:
        raise AssignmentError(f"Each assignment has a due time of its own. Name one of: {', '.join(wanted)}.")
    when = due and (None if due == "none" else due_time(due))
    with _only_one(folder), Books(folder, db_url) as books:
        late_rule = class_rule(folder, late_penalty, late_limit)
        for name in wanted:
            before = {record["student"]: record for record in read_records(folder, name)}
            kit = make_kit(name, solutions)
            books.prepare(kit)
            if due:
                books.set_due(name, when)
            _grade_assignment(books, kit, solutions, workers, rules, console, scheduler, late_rule)
            for line in moves(before, read_records(folder, name)):
                console.print(line, markup=False)
        records = read_records(folder)
        write_atomically(folder / "grades.csv", grade_sheet(records))
        write_report(folder, records)
    return records


@contextmanager
def _only_one(folder):
    """Keep a second grader out of a class's folder while one is at work."""
    (folder / PRIVATE).mkdir(exist_ok=True)
    with (folder / PRIVATE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AssignmentError(f"Another grader is at work in {folder}. Wait for it to finish.") from None
        yield


def _grade_assignment(books, kit, solutions, workers, rules, console, scheduler, late_rule):
    name = kit.name
    assignment = read_assignment(name, solutions)
    found = {submission.student: submission for submission in submissions(books.folder, name)}
    results = books.folder / PRIVATE / "results"

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(name, total=len(found))
        fresh = {}
        said = time.monotonic()

        def finish(student, result):
            nonlocal said
            _record(books, kit, assignment, found[student], result, late_rule)
            progress.advance(task)
            if not console.is_terminal and time.monotonic() - said > SECONDS_BETWEEN_LINES:
                said = time.monotonic()  # nothing moves in a log or under a cell, so lines tell how far it is
                console.print(f"{name}: {progress.tasks[task].completed:.0f} of {len(found)}", markup=False)

        for student, submission in found.items():
            path = submission.path
            if path is None:
                reason = submission.missing
                finish(student, {**not_graded(kit.notebook, kit.cells, reason), "unreadable": reason, "seconds": 0.0})
                continue
            cached = results / f"{result_key(kit, path.read_bytes(), rules)}.json"
            if cached.exists():
                finish(student, json.loads(cached.read_text(encoding="utf-8")))
            else:
                fresh[student] = cached
        loads = ((student, found[student].path.read_bytes) for student in fresh)
        if not fresh:
            return
        graded = grade_on_cluster(kit, loads, rules, scheduler) if scheduler else grade_many(kit, loads, rules, workers)
        for student, result in graded:
            if "fault" not in result:
                write_atomically(fresh[student], json.dumps(result))
            finish(student, result)


def _record(books, kit, assignment, submission, result, late_rule):
    """Enter a result into the gradebook and write the feedback page and the record."""
    notebook = nbformat.reads(result["notebook"], as_version=4)
    scores, seconds_late, penalty = books.record(submission, notebook, late_rule)
    notes = [*submission.notes, *result["notes"]]
    cards = exercise_cards(notebook, scores, assignment)
    asked = prompts(assignment.path, course_root(assignment.path.parent))
    late = {"said": duration(seconds_late), "penalty": penalty} if seconds_late else None
    name, said = submission.assignment, {"cards": cards, "notes": notes, "asked": asked, "late": late}
    feedback = books.folder / "feedback" / submission.student / name
    page = feedback_page(submission.student, assignment, notebook, kit.notebook, **said)
    write_atomically(feedback / f"{name}.html", page)
    write_atomically(feedback / f"{name}.md", feedback_markdown(submission.student, assignment, **said))
    handed_in = submission.path.read_bytes() if submission.path else b""
    record = {
        "student": submission.student,
        "assignment": name,
        "score": sum(card["points"] for card in cards) - penalty,
        "raw_score": sum(card["points"] for card in cards),
        "seconds_late": seconds_late,
        "late_penalty": penalty,
        "marked_late": is_marked_late(books.folder, name, submission.student),
        "max_score": sum(card["of"] for card in cards),
        "exercises": [{key: value for key, value in card.items() if key != "pictures"} for card in cards],
        "notes": notes,
        "stops": result["stops"],
        "broken": result["broken"],
        "missing_locks": result["missing_locks"],
        "suspicions": suspicions(notebook, kit.notebook),
        "reason": result.get("unreadable") or ("The grader failed." if "fault" in result else None),
        "seconds": result["seconds"],
        "digest": hashlib.sha256(handed_in).hexdigest(),
    }
    path = books.folder / PRIVATE / "records" / name / f"{submission.student}.json"
    write_atomically(path, json.dumps(record, ensure_ascii=False, indent=1))
