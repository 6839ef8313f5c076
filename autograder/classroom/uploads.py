"""Where a submission came from: what a learning management system needs to know again when grades go back."""

import json
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from autograder.course.atomic import write_atomically

# What each system calls what it packs, a component of a path. The first that fits from the outermost on counts: what a
# learner has called a file or a folder says nothing.
_FOLDERS = {
    # "Ada Lovelace_1234567_assignsubmission_file_/name.ipynb", since 4.1 without the last underscore, in downloads
    # without folders all in one name
    "moodle": re.compile(r"(?P<student>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?:_.*)?"),
    # "12345-67890 - Ada Lovelace - Nov 20, 2026 1159 PM/name.ipynb"
    "brightspace": re.compile(r"(?P<id>\d+-\d+) ?- (?P<student>.+?) ?- (?P<when>[^-]*\d{4}.*)"),
    # nbgrader's inbound: "ada+01-convolution+2026-11-20 10:00:00.000000 UTC+random/name.ipynb"
    "nbgrader": re.compile(
        r"(?P<student>(?P<id>[^+]+))\+[^+]+\+(?P<when>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)[^+]*(?:\+.*)?"
    ),
}
_FILES = {
    # "anon_4c3ia_90005_name.ipynb"
    "canvas": re.compile(r"(?P<late>LATE_)?(?P<student>anon_(?P<id>[0-9A-Za-z]+))_(?P<attachment>\d+)_(?P<file>.+)"),
    # "lovelaceada_LATE_12345_678901_name-2.ipynb"
    "Canvas": re.compile(r"(?P<student>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<attachment>\d+)_(?P<file>.+)"),
    # "Homework 1_jdoe12_attempt_2026-11-19-22-10-01_name.ipynb"
    "blackboard": re.compile(
        r".+_(?P<student>(?P<id>[^_]+))_attempt_(?P<when>\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)(?:_(?P<file>.+)|\..+)"
    ),
}
_TIMES = ("%Y-%m-%d-%H-%M-%S", "%Y-%m-%d %H:%M:%S", "%b %d, %Y %I%M %p", "%b %d, %Y %I:%M %p", "%d %B, %Y %H%M")


@dataclass(frozen=True)
class Origin:
    """What a file's name in a download says.

    Attributes
    ----------
    system : str
        "moodle", "canvas", "blackboard", "brightspace" or "nbgrader".
    student : str
        The name there.
    id : str
        By which the system knows the student again.
    name : str
        Canvas and Blackboard: of the file; others: of the folder.
    late : bool
        Whether the download marks it as late.
    when : str or None
        When it was handed in, ISO 8601 without a time zone, where the name says so.
    """

    system: str
    student: str
    id: str
    name: str
    late: bool = False
    when: str | None = None


def read_origin(path):
    """Read the name of a file in a download.

    Parameters
    ----------
    path : str
        With forward slashes.

    Returns
    -------
    Origin or None
        None when no system has made its name.
    """
    parts = [part for part in path.split("/") if part]
    for number, part in enumerate(parts):
        patterns = {**_FOLDERS, **_FILES} if number == len(parts) - 1 else _FOLDERS
        for system, pattern in patterns.items():
            if match := pattern.fullmatch(part):
                return _origin(system.lower(), match, part)
    return None


def _origin(system, match, part):
    found = match.groupdict()
    name = f"{found['student']}_{found['id']}_assignsubmission_file_" if system == "moodle" else part
    return Origin(system, found["student"], found["id"], name, bool(found.get("late")), _when(found.get("when")))


def _when(text):
    for form in _TIMES:
        with suppress(ValueError, TypeError):
            return datetime.strptime(text, form).isoformat()
    return None


def _path(folder, assignment, student):
    return Path(folder, ".autograder", "origins", assignment, f"{student}.json")


def keep_origin(folder, assignment, student, origin):
    """Keep the `Origin` of the file that counts."""
    write_atomically(_path(folder, assignment, student), json.dumps(asdict(origin), ensure_ascii=False))


def origin_of(folder, assignment, student):
    """Return the `Origin` that was kept, or None."""
    path = _path(folder, assignment, student)
    return Origin(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def is_marked_late(folder, assignment, student):
    """Say whether the download marked the submission as late."""
    origin = origin_of(folder, assignment, student)
    return bool(origin and origin.late)
