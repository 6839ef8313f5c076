"""Whose a file is, by the names that learning platforms give to what they hand out, and what they need to know again.

Only a name that the platform made says whose a file is, and of several the outermost: a learner named the others.
"""

import contextlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

# Moodle: "Ada Lovelace_1234567_assignsubmission_file_/name.ipynb", since 4.1 without the last underscore; in downloads
# without folders the file's name follows. "onlinetext" is what was typed into a field.
_MOODLE = re.compile(r"(?P<student>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?:_(?P<file>.*))?$")
# Blackboard: "Homework 1_jdoe12_attempt_2026-11-19-22-10-01_name.ipynb"; its own note ends with the time.
_BLACKBOARD = re.compile(r".+_(?P<id>[^_]+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)$")
# Brightspace: "12345-678910 - Ada Lovelace - Nov 19, 2026 1010 PM".
_BRIGHTSPACE = re.compile(r"(?P<id>\d+)-\d+ ?- ?(?P<student>.+?) ?- ?(?P<when>[^-]*\d{4} ?\d{3,4} ?(?:AM|PM)?)$")
# nbgrader's exchange: "ada+01-convolution+2026-11-19 22:10:01 UTC+c3VwZXI=".
_NBGRADER = re.compile(r"(?P<id>[^+]+)\+[^+]+\+(?P<when>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)(?: UTC)?(?:\+.*)?$")
# Canvas: "lovelaceada_LATE_12345_678901_name-2.ipynb", where names are shown; they may hold underscores.
_CANVAS = re.compile(r"(?P<student>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<attachment>\d+)_(?P<file>.+)$")
_CANVAS_ANONYMOUS = re.compile(r"(?P<late>LATE_)?anon_(?P<id>[A-Za-z0-9]+)_(?P<attachment>\d+)_(?P<file>.+)$")

_PATTERNS = (
    ("moodle", _MOODLE),
    ("blackboard", _BLACKBOARD),
    ("brightspace", _BRIGHTSPACE),
    ("nbgrader", _NBGRADER),
    ("canvas", _CANVAS_ANONYMOUS),
    ("canvas", _CANVAS),
)
_TIMES = ("%Y-%m-%d-%H-%M-%S", "%b %d, %Y %I%M %p", "%d %B, %Y %H%M", "%d %b, %Y %H%M", "%B %d, %Y %I%M %p")


@dataclass(frozen=True)
class Origin:
    """What a name in a download says.

    Attributes
    ----------
    system : str
        "moodle", "canvas", "blackboard", "brightspace" or "nbgrader"; "" for a file that no platform has named.
    student : str
        The name there.
    id : str
        By which the platform knows the person.
    name : str
        Moodle, Brightspace and nbgrader: of the folder; Canvas and Blackboard: of the file.
    late : bool
        Whether the download marks it as late.
    when : str or None
        When it was handed in, where the name says so: ISO 8601, UTC.
    by_platform : bool
        Whether the platform itself wrote the file.
    """

    system: str
    student: str
    id: str
    name: str
    late: bool = False
    when: str | None = None
    by_platform: bool = False

    @property
    def time(self):
        """``when`` as a time, or None."""
        return datetime.fromisoformat(self.when) if self.when else None


def read_origin(path, zone=UTC):
    """Read the names in a path.

    Parameters
    ----------
    path : str
        With forward slashes, from where the download starts.
    zone : datetime.tzinfo
        Of times in names that do not say theirs.

    Returns
    -------
    Origin or None
        What the outermost name says that a platform has made; None where there is none.

    Examples
    --------
    >>> read_origin("Ada Lovelace_12_assignsubmission_file_/ben_1_2345_a.ipynb").student
    'Ada Lovelace'
    """
    for part in filter(None, path.split("/")):
        for system, pattern in _PATTERNS:
            if match := pattern.match(part):
                return _origin(system, match.groupdict(), part, zone)
    return None


def _origin(system, said, part, zone):
    name, student = part, said.get("student") or said["id"]
    if system == "moodle":
        name = f"{student}_{said['id']}_assignsubmission_file_"
    elif system == "canvas" and "student" not in said:
        student = f"anon_{said['id']}"
    when = _time(said.get("when"), UTC if system == "nbgrader" else zone)
    own = system == "blackboard" and said["file"] is None
    return Origin(system, student, said["id"], name, bool(said.get("late")), when and when.isoformat(), own)


def _time(text, zone):
    if not text:
        return None
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    for form in _TIMES:
        with contextlib.suppress(ValueError):
            return datetime.strptime(text.strip(), form).replace(tzinfo=zone).astimezone(UTC)
    return None


def _path(folder, assignment, student):
    return Path(folder, ".autograder", "origins", assignment, f"{student}.json")


def kept_origin(folder, assignment, student, origin):
    """Return in which file the `Origin` of the file that counts is kept, and the bytes for it."""
    return _path(folder, assignment, student), json.dumps(asdict(origin), ensure_ascii=False).encode()


def origin_of(folder, assignment, student):
    """Return the `Origin` that was kept, or None."""
    path = _path(folder, assignment, student)
    return Origin(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def is_marked_late(folder, assignment, student):
    """Say whether the download marked the submission as late."""
    origin = origin_of(folder, assignment, student)
    return bool(origin and origin.late)
