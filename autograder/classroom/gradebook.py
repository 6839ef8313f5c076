"""A class's folder and its gradebook, as nbgrader lays them out: formgrader and stock nbgrader can open both."""

import logging
import re
import warnings
from contextlib import contextmanager
from pathlib import Path

import nbformat

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # SQLAlchemy on nbgrader's models
    from nbgrader.api import Gradebook, MissingEntry
    from nbgrader.preprocessors import SaveAutoGrades

from autograder.course.atomic import write_atomically
from autograder.course.generate import generate_assignment
from autograder.course.paths import own_programs
from autograder.course.source import AssignmentError, is_test

CONFIG = Path(__file__).parent / "templates" / "nbgrader_config.py"


class Books:
    """The gradebook of a class, kept open. One process writes it at a time.

    Parameters
    ----------
    folder : path-like
        The class's folder.
    db_url : str, optional
        Default: SQLite in the class's folder. ``postgresql://…`` keeps it in PostgreSQL.
    """

    def __init__(self, folder, db_url=None):
        self.folder = Path(folder).resolve()
        db_url = db_url or f"sqlite:///{self.folder}/gradebook.db"
        self.db_url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", db_url)
        if not (self.folder / "nbgrader_config.py").exists():
            write_atomically(self.folder / "nbgrader_config.py", CONFIG.read_text(encoding="utf-8"))
        with warnings.catch_warnings(), own_programs():
            warnings.simplefilter("ignore")
            self._gradebook = Gradebook(self.db_url)
        self._log = logging.Logger("nbgrader", logging.CRITICAL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._gradebook.close()

    def prepare(self, kit):
        """Let the gradebook know an assignment, and write its ``source/`` and ``release/``.

        Parameters
        ----------
        kit : autograder.exam.room.Kit

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
                f"{error}\nIf exercises were added to or removed from {kit.name} since {self.folder} was graded, "
                "move gradebook.db away: the next run grades every submission afresh."
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
        (dict, float, float)
            ``{grade_id of a test: (points, points at most)}``; seconds after the due time, by nbgrader's account, which
            knows of extensions; points taken off for them.
        """
        gradebook, name, student = self._gradebook, submission.assignment, submission.student
        stamp = {"timestamp": submission.timestamp} if submission.timestamp else {}
        scores = {}
        with self._at_once(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLAlchemy on nbgrader's models
            gradebook.update_or_create_student(student)
            gradebook.update_or_create_submission(name, student, **stamp)
            here = {"nbgrader": {"notebook": name, "assignment": name, "student": student}}
            _SaveGrades(gradebook, log=self._log).preprocess(notebook, here)
            for cell in notebook.cells:
                if is_test(cell):
                    grade = gradebook.find_grade(cell.metadata.nbgrader.grade_id, name, name, student)
                    scores[grade.name] = (grade.score, grade.max_score)
            late = gradebook.find_submission(name, student).total_seconds_late
            score = sum(got or 0 for got, _most in scores.values())
            penalty = rule.penalty(score, late) if rule else 0.0
            gradebook.find_submission_notebook(name, name, student).late_submission_penalty = penalty or None
        path = self.folder / "autograded" / student / name / f"{name}.ipynb"
        write_atomically(path, nbformat.writes(notebook))
        if submission.stamp is not None:
            write_atomically(path.parent / "timestamp.txt", submission.stamp)
        return scores, late, penalty

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

    def by_hand(self, assignment, student):
        """Return what was entered by hand: marks by the test's grade_id, and comments by that of the answer."""
        (book,) = self._gradebook.find_submission(assignment, student).notebooks
        marks = {
            grade.name: [grade.manual_score, grade.extra_credit]
            for grade in book.grades
            if grade.manual_score is not None or grade.extra_credit
        }
        return marks, {each.name: each.manual_comment for each in book.comments if each.manual_comment}

    def marks(self, assignment):
        """Return ``{student: score}`` of an assignment, as it stands now, less what handing in late costs."""
        return {
            each.student_id: each.score - (each.late_submission_penalty or 0)
            for each in self._gradebook.assignment_submissions(assignment)
        }

    def scores(self, assignment):
        """Return ``{student: score}`` of an assignment, grades given by hand included."""
        return {each.student_id: each.score for each in self._gradebook.assignment_submissions(assignment)}


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
