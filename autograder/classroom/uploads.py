"""Where a submission came from: what a learning management system needs to know again when grades go back."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.course.atomic import write_atomically

# Moodle: "Ada Lovelace_1234567_assignsubmission_file_/name.ipynb", since 4.1 without the last underscore, in downloads
# without folders without the slash.
_MOODLE = re.compile(r"(?P<student>.+?)_(?P<id>\d+)_assignsubmission_file_?/?(?P<file>[^/]*)$")
# Canvas: "lovelaceada_LATE_12345_678901_name-2.ipynb".
_CANVAS = re.compile(r"(?P<student>[^_/]+)(?P<late>_LATE)?_(?P<id>\d+)_(?P<attachment>\d+)_(?P<file>[^/]+)$")


@dataclass(frozen=True)
class Origin:
    """What a file's name in a download says.

    Attributes
    ----------
    system : str
        "moodle" or "canvas".
    student : str
        The name there.
    id : str
        Moodle's participant number or Canvas's user number.
    name : str
        Moodle: of the folder; Canvas: of the file.
    late : bool
        Whether the download marks it as late.
    """

    system: str
    student: str
    id: str
    name: str
    late: bool = False


def read_origin(path):
    """Read the name of a file in a download.

    Parameters
    ----------
    path : str
        With forward slashes.

    Returns
    -------
    Origin or None
        None when it is none of Moodle's or Canvas's names.
    """
    parts = [part for part in path.split("/") if part]
    for text in ("/".join(parts[-2:]), parts[-1] if parts else ""):
        if match := _MOODLE.match(text):
            student = match["student"].rpartition("/")[2]
            return Origin("moodle", student, match["id"], f"{student}_{match['id']}_assignsubmission_file_")
        if match := _CANVAS.match(text):
            return Origin("canvas", match["student"], match["id"], text.rpartition("/")[2], bool(match["late"]))
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
