"""Grade a class: find submissions, grade what is new, and write books, feedback, grade sheet and report."""

import fcntl
import hashlib
import json
import secrets
import time
from collections import defaultdict
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.classroom.feedback import exercise_cards, feedback_markdown, feedback_page, kept, shown_cells
from autograder.classroom.files import CannotBeRead, submissions, submitted_assignments
from autograder.classroom.gradebook import Books
from autograder.classroom.late import LateRule, class_rule, due_time, foretold
from autograder.classroom.records import PRIVATE, Record, grade_sheet, let_go, moves, read_records
from autograder.classroom.report import duration, write_report
from autograder.classroom.suspicions import suspicions
from autograder.classroom.uploads import is_marked_late
from autograder.course.atomic import write_atomically
from autograder.course.paths import course_root
from autograder.course.prompts import prompts
from autograder.course.source import Assignment, AssignmentError, assignment_names, read_assignment
from autograder.exam.apart import Apart, NotDone
from autograder.exam.cluster import grade_on_cluster
from autograder.exam.kit import Kit, make_kit, result_key, seeded
from autograder.exam.limits import Rules
from autograder.exam.result import Result, not_graded
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
    students=None,
    timezone=None,
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
    rules : autograder.exam.limits.Rules, optional
    console : rich.console.Console, optional
        Where to show progress.
    scheduler : str, optional
        Address of a Dask scheduler; default: this machine.
    due : str, optional
        When the assignment is due, as for `autograder.classroom.late.due_time`, or "none". It is kept in the gradebook.
    late_penalty, late_limit : str, optional
        As for `autograder.classroom.late.read_rule`. They are kept for all assignments of the class.
    students : list of str, optional
        Grade these and no others, and examine them anew.
    timezone : str, optional
        Where the class is, as "Europe/Berlin": of a due time that does not say its own, and of days that are counted.
        It is kept for all assignments of the class; default: this machine's.

    Returns
    -------
    list of autograder.classroom.records.Record
        Of every submission graded now or before, by assignment and student.

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
    with _only_one(folder), Books(folder, db_url) as books:
        late_rule = class_rule(folder, late_penalty, late_limit, timezone)
        when = due and (None if due == "none" else due_time(due, late_rule.zone))
        for name in wanted:
            before = {record.student: record for record in read_records(folder, name)}
            kit = make_kit(name, solutions)
            books.prepare(seeded(kit, _secret(folder)))
            if due:
                books.set_due(name, when)
            read = read_assignment(name, solutions)
            run = Run(kit, read, books, rules, late_rule, console, workers, scheduler, before)
            run.grade(students)
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
        except BlockingIOError:
            raise AssignmentError(f"Another grader is at work in {folder}. Wait for it to finish.") from None
        yield


def _secret(folder):
    """Return what the seeds of a class's tests are made from; it is drawn once."""
    path = folder / PRIVATE / "secret"
    if not path.exists():
        write_atomically(path, secrets.token_hex(16))
    return path.read_text(encoding="utf-8")


@dataclass
class Run:
    """Grading all submissions of one assignment: those that are new or changed, and the results of earlier runs.

    Attributes
    ----------
    kit : autograder.exam.kit.Kit
    assignment : autograder.course.source.Assignment
    books : autograder.classroom.gradebook.Books
    rules : autograder.exam.limits.Rules
    late_rule : autograder.classroom.late.LateRule
    console : rich.console.Console
    workers : int or None
    scheduler : str or None
        As for `grade_class`.
    before : dict of str to autograder.classroom.records.Record
        Of the run before, by student.
    """

    kit: Kit
    assignment: Assignment
    books: Books
    rules: Rules
    late_rule: LateRule
    console: Console
    workers: int | None = None
    scheduler: str | None = None
    before: dict = field(default_factory=dict)

    def grade(self, students=None):
        """Examine what has to be, and enter every result as soon as it is there."""
        found = {each.student: each for each in submissions(self.books.folder, self.kit.name)}
        for student in let_go(self.books.folder, self.kit.name, found):
            self.console.print(f"left: {student} is not in submitted/ any more, and in no report.", markup=False)
        if students:
            unknown = sorted(set(students) - set(found))
            if unknown:
                raise AssignmentError(
                    f"Nothing of {self.kit.name} is there of {', '.join(unknown)}. There are: {', '.join(found)}."
                )
            found = {student: found[student] for student in students}
            for submission in found.values():
                with suppress(CannotBeRead):
                    self._cached(submission).unlink(missing_ok=True)
        if foreseen := foretold(self.late_rule, self._late(found.values()), len(found)):
            self.console.print(foreseen, markup=False)
        released = self.kit.notebook
        headway = _Headway(self.kit.name, len(found), self.console)  # starts a thread, so Apart goes first
        with Apart(lambda: list(shown_cells(released, released))) as apart, headway:
            for student, result in self._results(found):
                _record(self, apart, found[student], result)
                headway.advance()

    def _late(self, found):
        """Return by how many seconds submissions are late, and when each was due."""
        usual, extended = self.books.due_times(self.kit.name)
        dues = [(each.timestamp, extended.get(each.student, usual)) for each in found]
        return [((stamp - due).total_seconds(), due) for stamp, due in dues if stamp and due and stamp > due]

    def _results(self, found):
        """Yield each student's result: at once where it is known, else when it has been examined."""
        fresh = defaultdict(dict)  # where to keep the results, by attempt and by student
        for student, submission in found.items():
            try:
                cached = self._cached(submission)
            except CannotBeRead as error:
                yield student, not_graded(self.kit.notebook, self.kit.cells, str(error))
                continue
            if cached.exists():
                yield student, Result.read(json.loads(cached.read_text(encoding="utf-8")))
            else:
                fresh[self.seeded(submission)][student] = cached
        for kit, places in fresh.items():
            for student, result in self._examined(kit, [(student, found[student].read) for student in places]):
                if result.fault is None:
                    write_atomically(places[student], json.dumps(result.plain()))
                yield student, result

    def attempt(self, submission):
        """Count which of a learner's files this is."""
        before = self.before.get(submission.student)
        return before.attempt + (before.digest != _digest(submission)) if before else 1

    def seeded(self, submission):
        """Return the kit with the seeds of that attempt."""
        return seeded(self.kit, _secret(self.books.folder), self.attempt(submission))

    def _cached(self, submission):
        name = f"{result_key(self.seeded(submission), submission.read(), self.rules)}.json"
        return self.books.folder / PRIVATE / "results" / name

    def _examined(self, kit, loads):
        if self.scheduler:
            return grade_on_cluster(kit, loads, self.rules, self.scheduler)
        return grade_many(kit, loads, self.rules, self.workers)


class _Headway:
    """Shows how far a run is: by a bar, or by lines where nothing can move, in a log or under a cell."""

    def __init__(self, name, count, console):
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        self._bar = Progress(*columns, console=console)
        self._task = self._bar.add_task(name, total=count)
        self._name, self._count, self._console = name, count, console
        self._said = time.monotonic()

    def __enter__(self):
        self._bar.start()
        return self

    def __exit__(self, *_):
        self._bar.stop()

    def advance(self):
        """Say that one more is done."""
        self._bar.advance(self._task)
        if not self._console.is_terminal and time.monotonic() - self._said > SECONDS_BETWEEN_LINES:
            self._said = time.monotonic()
            done = self._bar.tasks[self._task].completed
            self._console.print(f"{self._name}: {done:.0f} of {self._count}", markup=False)


def _record(run, apart, submission, result):
    """Enter a result into the gradebook and write the feedback page and the record."""
    name, student, folder = run.kit.name, submission.student, run.books.folder
    notebook = nbformat.reads(result.notebook, as_version=4)
    entry = run.books.record(submission, notebook, run.late_rule)
    notes = [*submission.notes, *result.notes]
    Record(
        student,
        name,
        **_told(run, apart, student, notebook, entry, notes),
        marked_late=is_marked_late(folder, name, student),
        notes=notes,
        stops=result.stops,
        broken=result.broken,
        missing_locks=result.missing_locks,
        facts=result.facts,
        reason=result.unreadable or (result.fault and "The grader failed."),
        seconds=result.seconds,
        digest=_digest(submission),
        attempt=run.attempt(submission),
    ).write(folder)


def _digest(submission):
    try:
        return hashlib.sha256(submission.read()).hexdigest()
    except CannotBeRead:
        return hashlib.sha256().hexdigest()


def _told(run, apart, student, notebook, entry, notes):
    """Write the feedback pages; return what the record says of marks and of attempts."""
    cards = exercise_cards(notebook, entry.scores, run.assignment, entry.comments)
    score, penalty, name = sum(card["points"] for card in cards), entry.penalty, run.kit.name
    late = {"said": duration(entry.seconds_late), "penalty": penalty} if entry.seconds_late else None
    asked = prompts(run.assignment.path, course_root(run.assignment.path.parent))
    said = {"cards": cards, "notes": notes, "asked": asked, "late": late}
    pages, found = _explain(apart, student, run.assignment, notebook, run.kit.notebook, said)
    for ending, text in pages.items():
        write_atomically(run.books.folder / "feedback" / student / name / f"{name}.{ending}", text)
    return {
        "score": score - penalty,
        "max_score": sum(card["of"] for card in cards),
        "raw_score": score,
        "seconds_late": entry.seconds_late,
        "late_penalty": penalty,
        "exercises": list(map(kept, cards)),
        "by_hand": entry.by_hand,
        "suspicions": found,
    }


def renew(folder, solutions=None, db_url=None):
    """Let feedback, report and grade sheet say what the gradebook says now: marks, comments, extensions.

    Nothing is examined. It is done before marks leave the class's folder, for what a person has entered in formgrader
    counts at once.

    Parameters
    ----------
    folder : path-like
        The class's folder, graded.
    solutions : path-like, optional
        Folder of the assignments' text notebooks.
    db_url : str, optional
        Gradebook; default: SQLite in the class's folder.

    Returns
    -------
    list of str
        A line for each submission whose score is another now.
    """
    folder, lines = Path(folder), []
    with _only_one(folder), Books(folder, db_url) as books:
        rule = class_rule(folder)
        for name in sorted({record.assignment for record in read_records(folder)} & set(assignment_names(solutions))):
            let_go(folder, name, {each.student for each in submissions(folder, name)})
            before = {record.student: record for record in read_records(folder, name)}
            run = Run(make_kit(name, solutions), read_assignment(name, solutions), books, Rules(), rule, Console())
            released = run.kit.notebook
            with Apart(lambda released=released: list(shown_cells(released, released))) as apart:
                for record in before.values():
                    _renew(run, apart, record)
            lines += moves(before, read_records(folder, name))
        records = read_records(folder)
        write_atomically(folder / "grades.csv", grade_sheet(records))
        write_report(folder, records)
    return lines


def _renew(run, apart, record):
    entry = run.books.read(record.assignment, record.student, run.late_rule)
    graded = run.books.folder / "autograded" / record.student / record.assignment / f"{record.assignment}.ipynb"
    if entry is None or not graded.is_file():
        return
    notebook = nbformat.reads(graded.read_text(encoding="utf-8"), as_version=4)
    replace(record, **_told(run, apart, record.student, notebook, entry, record.notes)).write(run.books.folder)


def _explain(apart, student, assignment, notebook, released, said):
    """Write the feedback and look for attempts, as well as it can be done: in colours, as bare text, without cells."""
    for plain in (False, True):
        with suppress(NotDone):
            return apart.do(_pages, student, assignment, notebook, released, said, plain)
    empty = nbformat.v4.new_notebook()
    return _pages(student, assignment, empty, released, said, True)[0], ["Its cells are more than can be shown."]


def _pages(student, assignment, notebook, released, said, plain):
    """Return the pages by the ending of their files, and what looks like an attempt."""
    pages = {
        "html": feedback_page(student, assignment, notebook, released, **said, plain=plain),
        "md": feedback_markdown(student, assignment, **said),
    }
    return pages, suspicions(notebook, released)
