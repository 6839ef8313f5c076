"""The files of a class's folder."""

import errno
import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autograder.exam.submission import MAX_BYTES

LONGEST_NAME = 200  # bytes of a folder's name: longer ones leave no room for what is made of them


class CannotBeRead(Exception):
    """A file that was handed in cannot be read; the message says why, for the learner."""


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

    def read(self):
        """Return the file's bytes; of one that is too large as many as tell that.

        Raises
        ------
        CannotBeRead
        """
        if self.path is None:
            raise CannotBeRead(self.missing)
        try:
            return read_file(self.path, MAX_BYTES + 1)
        except OSError as error:
            raise CannotBeRead(f"The file cannot be read: {error.strerror}.") from None

    @property
    def stamp(self):
        """The bytes of nbgrader's ``timestamp.txt`` beside the file, None when there is none."""
        try:
            return read_file(self.path.parent / "timestamp.txt", 1000) if self.path else None
        except OSError:
            return None

    @property
    def timestamp(self):
        """When it was handed in (UTC, naive), by nbgrader's ``timestamp.txt``; None when that is missing."""
        if self.stamp is None:
            return None
        from nbgrader.utils import parse_utc  # slow to import, and most who import this module read no time

        try:
            return parse_utc(self.stamp.decode().strip())
        except (ValueError, OverflowError):
            return None


def read_file(path, most):
    """Read a regular file, of a long one the beginning; neither a link nor a pipe, which may never end, is opened.

    Raises
    ------
    OSError
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        return file.read(most)


def name_of(folder):
    """Return the name under which a student's folder is graded: its own, or one like it that can be written."""
    name = os.fsencode(folder.name).decode("utf-8", "replace")
    if name == folder.name and len(name.encode()) <= LONGEST_NAME and name.isprintable():
        return name
    kept = (
        "".join(c if c.isprintable() else "\ufffd" for c in name).encode()[: LONGEST_NAME - 9].decode(errors="ignore")
    )
    return f"{kept}-{hashlib.sha256(os.fsencode(folder.name)).hexdigest()[:8]}"  # two that become alike stay apart


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
        if student.is_symlink() or place.is_symlink() or not _is_folder(place):
            continue
        notebooks = _notebooks(place)
        exact = place / f"{assignment}.ipynb"
        student_name = name_of(student)
        notes = [] if student_name == student.name else ["The folder's name cannot be written; it stands for it here."]
        if exact in notebooks:
            path = exact
        elif notebooks:
            path = max(notebooks, key=lambda path: (path.stat().st_mtime_ns, path.name))
            notes.append(f"The file is called {_written(path.name)}; it was taken for {exact.name}.")
        else:
            path = None
        found.append(Submission(student_name, assignment, path, notes, "" if path else _why_none(place)))
    return found


def _why_none(place):
    try:
        others = sorted(_written(each.name) for each in place.iterdir() if each.name != "timestamp.txt")
    except OSError as error:
        return f"The folder cannot be read: {error.strerror}."
    return f"What was handed in is no notebook: {', '.join(others)[:200]}." if others else "Nothing was handed in."


def _is_folder(path):
    try:
        return stat.S_ISDIR(path.stat(follow_symlinks=False).st_mode)
    except OSError:  # not there, or in a folder that is shut
        return False


def _notebooks(place):
    try:
        return [
            path for path in place.iterdir() if path.suffix == ".ipynb" and path.is_file() and not path.is_symlink()
        ]
    except OSError:
        return []


def _written(name):
    return os.fsencode(name).decode("utf-8", "replace")


def submitted_assignments(folder):
    """List the assignments that anyone in a class handed in.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    list of str
    """
    root = Path(folder, "submitted")
    found = set()
    for student in root.iterdir() if root.is_dir() else []:
        with suppress(OSError):  # no folder, or one that is shut
            found.update(_written(path.name) for path in student.iterdir() if _is_folder(path))
    return sorted(found)
