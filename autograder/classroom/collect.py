"""Put what learners handed in where nbgrader expects it: ``submitted/<student>/<assignment>/<assignment>.ipynb``."""

import re
import struct
import unicodedata
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from autograder.classroom.uploads import Origin, keep_origin, origin_of, read_origin
from autograder.course.atomic import write_atomically
from autograder.course.source import assignment_names, read_assignment
from autograder.exam.submission import MAX_BYTES, UnreadableSubmission, defined_names, read_submission

MAX_MEMBERS = 20_000


@dataclass
class Found:
    """A notebook file among what was handed in.

    Attributes
    ----------
    student : str
        Safe as a folder's name.
    data : bytes
    when : datetime.datetime
        Of the file, UTC.
    origin : str
        Where it came from, for messages.
    lms : autograder.classroom.uploads.Origin or None
        What its name says, if it is one of Moodle's or Canvas's.
    """

    student: str
    data: bytes
    when: datetime
    origin: str
    lms: Origin | None = None


def safe_name(text):
    """Make a folder's name of whatever a student is called, in any script.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Never empty, hidden, a path, or longer than 100 characters.
    """
    text = unicodedata.normalize("NFC", text)
    kept = "".join(c if c.isalnum() or c in " -_.@'" or unicodedata.category(c)[0] == "M" else "_" for c in text)
    kept = re.sub(r"\s+", " ", kept).strip(" ._")
    return kept.encode()[:100].decode(errors="ignore") or "unnamed"


def student_of(path):
    """Say whose a file is, by the name patterns of Moodle and Canvas, its folder, or its own name.

    Parameters
    ----------
    path : str
        With forward slashes, from where the collection starts.

    Returns
    -------
    str
    """
    name = PurePosixPath(path)
    if origin := read_origin(path):
        return safe_name(origin.student)
    parts = [part for part in name.parts[:-1] if part not in (".", "..", "/")]
    if parts and parts[-1] in assignment_names() and len(parts) > 1:
        parts.pop()  # <student>/<assignment>/<file>
    return safe_name(parts[-1] if parts else name.stem)


def find(paths, zone=UTC):
    """Find notebooks in files, folders and zip archives.

    Parameters
    ----------
    paths : iterable of path-like
    zone : datetime.tzinfo
        Of the times in zip archives that do not say theirs.

    Yields
    ------
    Found or (str, str)
        A notebook; or an origin and why it was left out.
    """
    for path in map(Path, paths):
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                if file.suffix.lower() == ".ipynb" and file.is_file() and not file.is_symlink():
                    if not {".ipynb_checkpoints", "__MACOSX"} & set(file.parts):
                        yield _from_file(file, file.relative_to(path).as_posix())
                elif file.suffix.lower() == ".zip" and file.is_file() and not file.is_symlink():
                    yield from _from_zip(file, zone)
        elif path.suffix.lower() == ".zip":
            yield from _from_zip(path, zone)
        elif path.is_file():
            yield _from_file(path, path.name)
        else:
            yield str(path), "There is no such file or folder."


def _from_file(path, name):
    if path.stat().st_size > MAX_BYTES:
        return str(path), f"It is larger than {MAX_BYTES // 2**20} MB."
    when = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Found(student_of(name), path.read_bytes(), when, str(path), read_origin(name))


def _from_zip(path, zone):
    """Read notebooks out of an archive without unpacking it: no member's name ever becomes a path."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                yield str(path), f"The archive has {len(members):,} members; {MAX_MEMBERS:,} is the limit."
                return
            for member in members:
                name = member.filename.replace("\\", "/")
                if not name.lower().endswith(".ipynb") or "__MACOSX" in name or ".ipynb_checkpoints" in name:
                    continue
                origin = f"{path}: {name}"
                try:
                    with archive.open(member) as file:
                        data = file.read(MAX_BYTES + 1)  # what the archive says of its size may be a lie
                except (OSError, RuntimeError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
                    yield origin, f"It cannot be read: {error}"
                    continue
                if len(data) > MAX_BYTES:
                    yield origin, f"It is larger than {MAX_BYTES // 2**20} MB."
                    continue
                when = _time_of(member, zone) or datetime.fromtimestamp(path.stat().st_mtime, UTC)
                yield Found(student_of(name), data, when, origin, read_origin(name))
    except (zipfile.BadZipFile, OSError) as error:
        yield str(path), f"The archive cannot be read: {error}"


def _time_of(member, zone):
    """Return when a member of an archive was changed, UTC; None when that cannot be told."""
    extra = member.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == 0x5455 and size >= 5 and len(extra) >= 9 and extra[4] & 1:  # "UT": seconds since 1970, UTC
            return datetime.fromtimestamp(struct.unpack("<i", extra[5:9])[0], UTC)
        extra = extra[4 + size :]
    try:
        return datetime(*member.date_time, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def recognise(data, solutions=None):
    """Say which assignment a notebook answers.

    Parameters
    ----------
    data : bytes
    solutions : path-like, optional
        Folder of the text notebooks.

    Returns
    -------
    str or None
        The assignment with most of its cells or functions in the notebook.

    Raises
    ------
    UnreadableSubmission
    """
    cells = read_submission(data)
    here = {said for cell in cells for said in (cell["grade_id"], cell["id"]) if said}
    here |= {name for cell in cells if cell["kind"] == "code" for name in defined_names(cell["source"])}
    hits = {
        name: sum(exercise.name in here for exercise in read_assignment(name, solutions).exercises)
        for name in assignment_names(solutions)
    }
    best = max(hits, key=hits.get, default=None)
    return best if best and hits[best] else None


def collect(folder, paths, assignment=None, solutions=None, zone=UTC):
    """Copy what was handed in into a class's folder. The newest file of a student counts; older ones are kept.

    Parameters
    ----------
    folder : path-like
        The class's folder.
    paths : iterable of path-like
        Notebooks, folders, zip archives.
    assignment : str, optional
        What all of them answer; default: told from each notebook.
    solutions : path-like, optional
        Folder of the text notebooks.
    zone : datetime.tzinfo
        Of the times in zip archives that do not say theirs.

    Returns
    -------
    (list of (str, str, str), list of (str, str))
        Student, assignment and origin of what was taken; origin and reason of what was left out.
    """
    taken, left_out = [], []
    for found in find(paths, zone):
        if not isinstance(found, Found):
            left_out.append(found)
            continue
        name = assignment
        if name is None:
            try:
                name = recognise(found.data, solutions)
            except UnreadableSubmission as error:
                left_out.append((found.origin, f"{error} Use --assignment to collect it all the same."))
                continue
            if name is None:
                left_out.append((found.origin, "It answers none of the assignments. Use --assignment to say which."))
                continue
        found.student = _apart(Path(folder), found, name)
        if _store(Path(folder), found, name):
            taken.append((found.student, name, found.origin))
        else:
            left_out.append((found.origin, "A newer file of the same student is there; this one was kept beside it."))
    return taken, left_out


def _apart(folder, found, assignment):
    """Keep two people of the same name apart, by their numbers in the system they come from."""
    kept = origin_of(folder, assignment, found.student)
    if found.lms and kept and (kept.system, kept.id) != (found.lms.system, found.lms.id):
        return f"{found.student} {found.lms.id}"
    return found.student


def _store(folder, found, assignment):
    """Store a file; return whether it is the one that counts."""
    place = folder / "submitted" / found.student / assignment
    path, stamp = place / f"{assignment}.ipynb", place / "timestamp.txt"
    older = folder / ".autograder" / "older" / found.student / assignment
    counts = True
    if path.exists():
        there = _when(stamp, path)
        if path.read_bytes() == found.data:
            return True
        if there > found.when:
            counts = False
        else:
            write_atomically(_unused(older, there), path.read_bytes())
    if not counts:
        write_atomically(_unused(older, found.when), found.data)
        return False
    write_atomically(path, found.data)
    if found.lms:
        keep_origin(folder, assignment, found.student, found.lms)
    write_atomically(stamp, found.when.strftime("%Y-%m-%d %H:%M:%S UTC\n"))
    return True


def _when(stamp, path):
    try:
        said = stamp.read_text(encoding="utf-8").strip().removesuffix(" UTC")
        return datetime.strptime(said, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except (OSError, ValueError):
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _unused(folder, when):
    path, count = folder / f"{when:%Y%m%d-%H%M%S}.ipynb", 1
    while path.exists():
        count += 1
        path = folder / f"{when:%Y%m%d-%H%M%S}-{count}.ipynb"
    return path
