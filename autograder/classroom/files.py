"""The files of a class's folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass
class Submission:
    """A file that a learner handed in.

    Attributes
    ----------
    student, assignment : str
    path : pathlib.Path or None
        None when the folder holds no notebook.
    notes : list of str
        What there is to say of how it was found.
    missing : str
        Why there is no notebook, where there is none.
    """

    student: str
    assignment: str
    path: Path | None
    notes: list
    missing: str = ""

    @property
    def timestamp(self):
        """When it was handed in (UTC, naive), by nbgrader's ``timestamp.txt``; None when that is missing."""
        if self.path is None:
            return None
        from nbgrader.utils import parse_utc  # slow to import, and most who import this module read no time

        stamp = self.path.parent / "timestamp.txt"
        try:
            return parse_utc(stamp.read_text(encoding="utf-8").strip())
        except (OSError, ValueError, OverflowError):
            return None


def submissions(folder, assignment):
    """Find the submissions of an assignment in a class's folder.

    Parameters
    ----------
    folder : path-like
    assignment : str

    Returns
    -------
    list of Submission
        By student. Symbolic links are not followed.
    """
    found = []
    root = Path(folder, "submitted")
    for student in sorted(root.iterdir()) if root.is_dir() else []:
        place = student / assignment
        if student.is_symlink() or place.is_symlink() or not place.is_dir():
            continue
        notebooks = [path for path in place.glob("*.ipynb") if path.is_file() and not path.is_symlink()]
        exact = place / f"{assignment}.ipynb"
        notes = []
        if exact in notebooks:
            path = exact
        elif notebooks:
            path = max(notebooks, key=lambda path: (path.stat().st_mtime_ns, path.name))
            notes = [f"The file is called {path.name}; it was taken for {exact.name}."]
        else:
            path = None
        others = sorted(each.name for each in place.iterdir() if each.name != "timestamp.txt")
        missing = (
            f"What was handed in is no notebook: {', '.join(others)[:200]}." if others else "Nothing was handed in."
        )
        found.append(Submission(student.name, assignment, path, notes, "" if path else missing))
    return found


def submitted_assignments(folder):
    """List the assignments that anyone in a class handed in.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    list of str
    """
    return sorted({path.name for path in Path(folder, "submitted").glob("*/*") if path.is_dir()})
