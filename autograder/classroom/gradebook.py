"""A class's folder and its gradebook, as nbgrader lays them out: formgrader and stock nbgrader can open both."""

import logging
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import nbformat
from sqlalchemy.exc import OperationalError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # SQLAlchemy on nbgrader's models
    from nbgrader.api import Gradebook, MissingEntry
    from nbgrader.preprocessors import SaveAutoGrades

from autograder.course.atomic import write_atomically
from autograder.course.generate import generate_assignment
from autograder.course.paths import own_programs
from autograder.course.source import AssignmentError

CONFIG = Path(__file__).parent / "templates" / "nbgrader_config.py"


@dataclass(frozen=True)
class Entry:
    """What the gradebook holds of a submission, marks and comments given by hand included.

    Attributes
    ----------
    scores : dict of str to (float, float)
        Points and points at most, by grade_id of a test.
    seconds_late : float
        After the due time, by nbgrader's account, which knows of extensions.
    penalty : float
        Points taken off for that.
    by_hand : dict of str to float
        Those of the points that a person has given.
    comments : dict of str to str
        What a person has written, by grade_id of an answer.
    """

    scores: dict
    seconds_late: float = 0.0
    penalty: float = 0.0
    by_hand: dict = field(default_factory=dict)
    comments: dict = field(default_factory=dict)


class Books:
    """The gradebook of a class, kept open. One process writes it at a time.

    Parameters
    ----------
    folder : path-like
        The class's folder.
    db_url : str, optional
        Default: SQLite in the class's folder. ``postgresql://…`` keeps it in PostgreSQL.

    Raises
    ------
    autograder.course.source.AssignmentError
        When the database cannot be used: at once, or at the end of the ``with`` block in which that was found out.
    """

    def __init__(self, folder, db_url=None):
        self.folder = Path(folder).resolve()
        db_url = db_url or f"sqlite:///{self.folder}/gradebook.db"
        self.db_url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", db_url)
        if not (self.folder / "nbgrader_config.py").exists():
            write_atomically(self.folder / "nbgrader_config.py", CONFIG.read_text(encoding="utf-8"))
        with warnings.catch_warnings(), own_programs():
            warnings.simplefilter("ignore")
            try:
                self._gradebook = Gradebook(self.db_url)
            except OperationalError as error:
                raise _unusable(error) from error
        self._log = logging.Logger("nbgrader", logging.CRITICAL)

    def __enter__(self):
        return self

    def __exit__(self, _kind, error, _traceback):
        self._gradebook.close()
        while error is not None:  # nbgrader makes others of it
            if isinstance(error, OperationalError):
                raise _unusable(error) from error
            error = error.__context__

    def prepare(self, kit):
        """Let the gradebook know an assignment, and write its ``source/`` and ``release/``.

        Parameters
        ----------
        kit : autograder.exam.kit.Kit

        Raises
        ------
        AssignmentError
            When nbgrader refuses it, for instance because cells were added since submissions were graded.
        """
        notebook = kit.notebook
        cells = kit.cells
        notebook.cells = [
            cells[cell.metadata.nbgrader.grade_id] if "nbgrader" in cell.metadata else cell for cell in notebook.cells
        ]
        text = nbformat.writes(notebook)
        path = self.folder / "source" / kit.name / f"{kit.name}.ipynb"
        release = self.folder / "release" / kit.name / f"{kit.name}.ipynb"
        if path.exists() and release.exists() and path.read_text(encoding="utf-8") == text and self._knows(kit.name):
            return
        write_atomically(path, text)
        try:
            generate_assignment(self.folder, kit.name, self.db_url)
        except AssignmentError as error:
            path.unlink()
            raise AssignmentError(
                f"{error}\nWere exercises added to {kit.name} or taken from it since {self.folder} was graded? "
                "nbgrader keeps an assignment as it was when the first submission was graded. Put the exercises back, "
                "or give the new version a name of its own: marks and comments given by hand stay where they are."
            ) from None
        self._gradebook.db.expire_all()

    def _knows(self, assignment):
        try:
            self._gradebook.find_notebook(assignment, assignment)
        except MissingEntry:
            return False
        return True

    def set_due(self, assignment, when):
        """Say when an assignment is due.

        Parameters
        ----------
        assignment : str
        when : datetime.datetime or None
            UTC without a time zone.
        """
        self._gradebook.find_assignment(assignment).duedate = when
        self._gradebook.db.commit()

    def record(self, submission, notebook, rule=None):
        """Enter a graded notebook.

        Parameters
        ----------
        submission : Submission
        notebook : nbformat.NotebookNode
            With the outputs of its tests.
        rule : autograder.classroom.late.LateRule, optional
            What handing in late costs.

        Returns
        -------
        Entry
        """
        gradebook, name, student = self._gradebook, submission.assignment, submission.student
        stamp = {"timestamp": submission.timestamp} if submission.timestamp else {}
        with self._at_once(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLAlchemy on nbgrader's models
            gradebook.update_or_create_student(student)
            gradebook.update_or_create_submission(name, student, **stamp)
            here = {"nbgrader": {"notebook": name, "assignment": name, "student": student}}
            _SaveGrades(gradebook, log=self._log).preprocess(notebook, here)
            entry = self._read(name, student, rule)
            gradebook.find_submission_notebook(name, name, student).late_submission_penalty = entry.penalty or None
        path = self.folder / "autograded" / student / name / f"{name}.ipynb"
        write_atomically(path, nbformat.writes(notebook))
        if submission.stamp is not None:
            write_atomically(path.parent / "timestamp.txt", submission.stamp)
        return entry

    def read(self, assignment, student, rule=None):
        """Return what is entered of a submission now, or None where nothing is.

        Parameters
        ----------
        assignment, student : str
        rule : autograder.classroom.late.LateRule, optional

        Returns
        -------
        Entry or None
        """
        try:
            return self._read(assignment, student, rule)
        except MissingEntry:
            return None

    def _read(self, name, student, rule):
        found = self._gradebook.find_submission_notebook(name, name, student)
        scores = {grade.name: (grade.score, grade.max_score) for grade in found.grades}
        submission = self._gradebook.find_submission(name, student)
        late = submission.total_seconds_late
        score = sum(got or 0 for got, _most in scores.values())
        return Entry(
            scores,
            late,
            rule.penalty(score, late, submission.duedate) if rule else 0.0,
            {each.name: each.score for each in found.grades if each.manual_score is not None or each.extra_credit},
            {each.name: each.manual_comment for each in found.comments if each.manual_comment},
        )

    def due_times(self, assignment):
        """Say when an assignment is due.

        Parameters
        ----------
        assignment : str

        Returns
        -------
        (datetime.datetime or None, dict of str to datetime.datetime)
            For all, and for those who have an extension, by student; UTC without a time zone.
        """
        handed_in = self._gradebook.assignment_submissions(assignment)
        extended = {each.student_id: each.duedate for each in handed_in if each.extension and each.duedate}
        return self._gradebook.find_assignment(assignment).duedate, extended

    def extend(self, assignment, student, seconds, rule):
        """Give a student more time for an assignment.

        Parameters
        ----------
        assignment, student : str
        seconds : float or None
            None takes an extension back.
        rule : autograder.classroom.late.LateRule
            Knows when days end.

        Raises
        ------
        AssignmentError
            When the gradebook knows nothing of the assignment yet.
        """
        try:
            due = self._gradebook.find_assignment(assignment).duedate
        except MissingEntry:
            raise AssignmentError(f"Nothing of {assignment} is graded in {self.folder} yet. Grade it first.") from None
        time = seconds and (rule.after(due, seconds) - due if due else timedelta(seconds=seconds))
        with self._at_once():
            self._gradebook.update_or_create_student(student)
            self._gradebook.update_or_create_submission(assignment, student).extension = time

    @contextmanager
    def _at_once(self):
        """Enter what happens in this ``with`` block in one go or, if it fails, not at all.

        nbgrader commits after every cell. That takes most of the time, and a crash between two leaves half a grade.
        """
        session = self._gradebook.db
        session.commit = session.flush
        try:
            yield
        except BaseException:
            session.rollback()
            raise
        finally:
            del session.commit
        session.commit()

    def scores(self, assignment):
        """Return ``{student: score}`` of an assignment, grades given by hand included."""
        return {each.student_id: each.score for each in self._gradebook.assignment_submissions(assignment)}


def _unusable(error):
    return AssignmentError(
        f"The gradebook cannot be used: {error.orig}. See to it, and run the command again: what was entered before is "
        "whole."
    )


class _SaveGrades(SaveAutoGrades):
    """Uses the open gradebook: opening one for each submission would cost the most."""

    def __init__(self, gradebook, **traits):
        super().__init__(**traits)
        self.gradebook = gradebook

    def preprocess(self, notebook, resources):
        where = resources["nbgrader"]
        self.notebook_id, self.assignment_id, self.student_id = (
            where[key] for key in ("notebook", "assignment", "student")
        )
        for index, cell in enumerate(notebook.cells):
            self.preprocess_cell(cell, resources, index)
        return notebook, resources
