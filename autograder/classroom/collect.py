"""Put what learners handed in where nbgrader expects it: ``submitted/<student>/<assignment>/<assignment>.ipynb``."""

import io
import re
import struct
import unicodedata
import zipfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from autograder.classroom.files import read_file
from autograder.classroom.uploads import Origin, keep_origin, origin_of, read_origin
from autograder.course.atomic import write_atomically
from autograder.course.source import AssignmentError, assignment_names, read_assignment
from autograder.exam.apart import Apart, NotDone
from autograder.exam.submission import MAX_BYTES, UnreadableSubmission, defined_names, read_submission

MAX_MEMBERS = 20_000
_NOTEBOOKS = (".ipynb", ".json", "")  # of these, those that hold a notebook; ".ipynb.txt" is one as well
_OTHERS = {
    ".html": "a web page", ".htm": "a web page", ".pdf": "a PDF", ".py": "a Python file", ".rtf": "an RTF text",
    ".doc": "a Word text", ".docx": "a Word text", ".odt": "a text", ".rar": "an archive", ".7z": "an archive",
    ".gz": "an archive", ".tar": "an archive", ".png": "a picture", ".jpg": "a picture", ".txt": "a text",
}  # fmt: skip
_BEGINNINGS = {b"<": "a web page", b"{\\rtf": "an RTF text", b"%PDF": "a PDF", b"PK": "an archive"}
_COPY = re.compile(r"^(copy of )+|( ?\(\d+\)|[-_ ]?copy\d*|-\d+)+$", re.IGNORECASE)


@dataclass
class Found:
    """A file among what was handed in.

    Attributes
    ----------
    student : str
        Safe as a folder's name.
    name : str
        Of the file.
    data : bytes
    when : datetime.datetime
        Of the file, UTC.
    origin : str
        Where it came from, for messages.
    lms : autograder.classroom.uploads.Origin or None
        What its name says, if a learning platform has made it.
    """

    student: str
    name: str
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


def student_of(path, crowds=()):
    """Say whose a file is: by the name that a learning platform gave it, its folder, or its own name.

    Parameters
    ----------
    path : str
        With forward slashes, from where the collection starts.
    crowds : collection of str
        Folders that hold one file for each of several people.

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
    return safe_name(_bare(name) if not parts or str(name.parent) in crowds else parts[-1])


def _bare(name):
    """Return a file's name without endings."""
    return re.sub(r"(\.ipynb)?(\.(ipynb|txt|json))?$", "", name.name, flags=re.IGNORECASE)


def _crowds(paths):
    """Find the folders that hold files of several people, not several files of one.

    One person's files are called after the assignment, with what browsers add to a second download, or after nothing.
    """
    files = {}
    for path in map(PurePosixPath, paths):
        if path.name.lower().endswith((".ipynb", ".ipynb.txt")):
            files.setdefault(str(path.parent), []).append(_COPY.sub("", _bare(path)).lower())
    known = {name.lower() for name in assignment_names()}
    return {folder for folder, names in files.items() if len(set(names)) > 1 and not known.intersection(names)}


def find(paths, zone=UTC):
    """Find what was handed in, in files, folders and zip archives.

    Parameters
    ----------
    paths : iterable of path-like
    zone : datetime.tzinfo
        Of the times in zip archives that do not say theirs.

    Yields
    ------
    Found or (str, str, autograder.classroom.uploads.Origin or None)
        A notebook; or an origin, why it was left out, and whose it is, if a learning platform says so.
    """
    for path in map(Path, paths):
        if path.is_dir():
            yield from _in_folder(path, zone)
        elif path.suffix.lower() == ".zip":
            yield from _in_zip(path, path, zone)
        elif path.is_file():
            yield from _from_file(path, path.name, (), zone)
        else:
            yield str(path), "There is no such file or folder.", None


def _in_folder(root, zone):
    files = {
        path.relative_to(root).as_posix(): path
        for path in sorted(root.rglob("*"))
        if not path.is_symlink() and path.is_file() and not _is_passed_over(path.relative_to(root).as_posix())
    }
    crowds = _crowds(files)
    for name, path in files.items():
        yield from _from_file(path, name, crowds, zone)


def _is_passed_over(path):
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return "__MACOSX" in parts or any(part.startswith(".") for part in parts) or path.endswith("-checkpoint.ipynb")


def _from_file(path, name, crowds, zone):
    lms = read_origin(name)
    if path.suffix.lower() == ".zip":
        # a download in the folder is opened as one given by itself; what a learner has packed is that learner's
        yield from _in_zip(path, path, zone, lms and name)
        return
    when = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    try:
        data = read_file(path, MAX_BYTES + 1)
    except OSError as error:
        yield _written(path), f"It cannot be read: {error.strerror}.", lms
        return
    yield from _looked_at(name, data, when, _written(path), lms, crowds, zone)


def _written(path):
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _looked_at(name, data, when, origin, lms, crowds, zone):
    """Take a file for a notebook, or say what it is; what nobody has to know of is passed over."""
    name = _written(name)
    ending = PurePosixPath(name).suffix.lower()
    is_notebook = ending in _NOTEBOOKS or name.lower().endswith(".ipynb.txt")
    if not is_notebook:
        if lms or (ending in _OTHERS and ending != ".txt"):
            yield origin, f"It is {_OTHERS.get(ending, 'a file of another kind')} and no notebook (.ipynb).", lms
        return
    if len(data) > MAX_BYTES:
        yield origin, f"It is larger than {MAX_BYTES // 2**20} MB.", lms
        return
    beginning = next((kind for sign, kind in _BEGINNINGS.items() if data.lstrip()[:8].startswith(sign)), None)
    if beginning:
        yield origin, f"It is not a notebook but {beginning}, whatever it is called.", lms
    elif ending == ".ipynb" or lms or b'"cells"' in data:
        if lms and lms.when:
            when = datetime.fromisoformat(lms.when).replace(tzinfo=zone).astimezone(UTC)
        yield Found(student_of(name, crowds), PurePosixPath(name).name, data, when, origin, lms)


def _in_zip(file, path, zone, within=None):
    """Read notebooks out of an archive without unpacking it: no member's name ever becomes a path.

    Where it lies within what a learner handed in, neither names nor times in it count.
    """
    lms = read_origin(within) if within else None
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                yield str(path), f"The archive has {len(members):,} members; {MAX_MEMBERS:,} is the limit.", lms
                return
            names = {member.filename: _member_name(member) for member in members if not member.is_dir()}
            crowds = _crowds(names.values())
            for member in members:
                name = names.get(member.filename)
                if name is not None and not _is_passed_over(name):
                    yield from _from_member(archive, member, name, path, zone, within, crowds)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        yield str(path), f"The archive cannot be read: {error}", lms


def _from_member(archive, member, name, path, zone, within, crowds):
    origin = f"{path}: {name}"
    name = f"{within}/{name}" if within else name
    lms = read_origin(name)
    try:
        with archive.open(member) as file:
            data = file.read(MAX_BYTES + 1)  # what the archive says of its size may be a lie
    except (OSError, RuntimeError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        yield origin, f"It cannot be read: {error}", lms
        return
    if name.lower().endswith(".zip"):
        if within or len(data) > MAX_BYTES:
            yield origin, "It is an archive in an archive that is too deep or too large. Unpack it first.", lms
        else:
            yield from _in_zip(io.BytesIO(data), origin, zone, name)
        return
    said = None if within else _time_of(member, zone)
    outer = path if isinstance(path, Path) else Path(str(path).partition(": ")[0])
    when = said or datetime.fromtimestamp(outer.stat().st_mtime, UTC)
    yield from _looked_at(name, data, when, origin, lms, crowds, zone)


def _member_name(member):
    """Return a member's path; many programs write UTF-8 without the flag that says so."""
    name = member.filename
    if not member.flag_bits & 0x800:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


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
    hits = _hits(data, solutions)
    best = max(hits, key=hits.get, default=None)
    return best if best and hits[best] else None


def _hits(data, solutions):
    """Count for each assignment how many of its exercises a notebook has a cell or a function for."""
    cells = read_submission(data)
    here = {said for cell in cells for said in (cell["grade_id"], cell["id"]) if said}
    here |= {name for cell in cells if cell["kind"] == "code" for name in defined_names(cell["source"])}
    return {
        name: sum(exercise.name in here for exercise in read_assignment(name, solutions).exercises)
        for name in assignment_names(solutions)
    }


def _look_into(data, assignment, solutions):
    """Return which assignment a notebook answers, how many exercises of it, and why it cannot be told, if it cannot."""
    try:
        hits = _hits(data, solutions)
    except UnreadableSubmission as error:
        return assignment, 0, None if assignment else f"{error} Use --assignment to collect it all the same."
    name = assignment or max(hits, key=hits.get, default=None)
    if not assignment and not hits.get(name):
        return None, 0, "It answers none of the assignments. Use --assignment to say which."
    return name, hits.get(name, 0), None


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
    if assignment is not None and assignment not in assignment_names(solutions):
        there = ", ".join(assignment_names(solutions))
        raise AssignmentError(f"There is no assignment {assignment!r}. There are: {there}.")
    folder, kept, left_out, people = Path(folder), {}, [], []
    with Apart() as apart:
        for found in find(paths, zone):
            if not isinstance(found, Found):
                left_out.append(found[:2])
                people.append(found[2])
                continue
            try:
                name, answers, reason = apart.do(_look_into, found.data, assignment, solutions)
            except NotDone:
                name, answers, reason = assignment, 0, None if assignment else "Reading it takes too long."
            if reason:
                left_out.append((found.origin, reason))
                people.append(found.lms)
                continue
            key = found.student, found.lms and found.lms.id, name, found.when
            kept.setdefault(key, []).append((_rank(found, name, answers), found))
    taken = []
    for (student, _id, name, _when), several in kept.items():
        several.sort(key=lambda pair: pair[0])
        *others, (_best, found) = several
        for _rank_of_it, other in others:
            if other.data != found.data:
                question = f"{student} has handed in {found.name} too, at the same time. It was taken: is that right?"
                left_out.append((other.origin, question))
        student = found.student = _apart(folder, found, name)
        if _store(folder, found, name):
            taken.append((student, name, found.origin))
        else:
            left_out.append((found.origin, "A newer file of the same student is there; this one was kept beside it."))
    _keep_a_place(folder, people, assignment or _usual(taken))
    return taken, left_out


def _rank(found, assignment, answers):
    """Order several files of one person: those that answer more count, then those called like the assignment."""
    bare = _bare(PurePosixPath(found.name)).lower()
    called = 2 * bare.endswith(assignment) + bool(assignment in bare)
    return answers, called, -len(bare)


def _usual(taken):
    counts = Counter(name for _student, name, _origin in taken)
    return counts.most_common(1)[0][0] if counts else None


def _keep_a_place(folder, people, assignment):
    """Give those whose files were all left out a folder, so that report and grade sheet have a row for them."""
    for origin in filter(None, people):
        student = safe_name(origin.student)
        place = folder / "submitted" / student / (assignment or "")
        if assignment and not place.exists():
            place.mkdir(parents=True)
            keep_origin(folder, assignment, student, origin)


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
