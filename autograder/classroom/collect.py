"""Put what learners handed in where nbgrader expects it: ``submitted/<student>/<assignment>/<assignment>.ipynb``.

Every file that carries a learner's name is either taken for that person or left out with a reason.
"""

import contextlib
import io
import json
import os
import re
import shutil
import struct
import tempfile
import unicodedata
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from autograder.classroom.uploads import Origin, kept_origin, origin_of, read_origin
from autograder.course.atomic import write_atomically
from autograder.course.source import AssignmentError, assignment_names, read_assignment
from autograder.exam.apart import Apart, NotDone
from autograder.exam.submission import MAX_BYTES, UnreadableSubmission, defined_names, read_submission

MAX_MEMBERS = 20_000
MAX_DEPTH = 3  # archives inside archives
MOST_UNPACKED = 8 * 2**30  # bytes of all that is in one archive
MOST_UNPACKED_INSIDE = 4 * MAX_BYTES  # bytes of all that is in an archive inside another
_LAST = ".autograder/collected"  # in a class's folder: what the last run has changed there
_NOW = ".autograder/collecting"  # the same, of a run that is not at its end
_DROPPED = ".autograder/dropped"

# What a file is, by its first bytes.
_KINDS = (
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a text of a word processor (RTF)"),
    (b"\xd0\xcf\x11\xe0", "a document of Microsoft Office"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
NO_NOTEBOOK = "It is {}, and no notebook. Ask for the .ipynb file."
_OF_NOTEBOOKS = (".ipynb", ".json", ".txt")  # endings that a notebook comes back with
# What notebooks are called, whoever they are of.
_SAYS_NO_NAME = {
    "a", "after", "an", "and", "answer", "answers", "assignment", "backup", "before", "book",
    "colab", "copia", "copie", "copy", "de", "del", "draft", "edited", "exercise", "exercises", "final", "finished",
    "hand", "homework", "hw", "in", "inventory", "jupyter", "kopie", "last", "lab", "latest", "my", "new", "notebook",
    "of", "old", "problem", "project",
    "scratch", "solution", "solutions", "solved", "submission", "submit", "task", "test", "the", "untitled",
    "updated", "v", "version", "von", "week", "work",
}  # fmt: skip


@dataclass(frozen=True)
class Content:
    """What is in a file, as far as collecting asks.

    Attributes
    ----------
    kind : str or None
        What it is, where it is no notebook.
    answers : str or None
        The assignment that it answers.
    problem : str or None
        Why it cannot be taken: a sentence.
    fullness : (int, bool, int)
        How much of the assignment it answers, to be compared: exercises, whether it is called like the assignment,
        characters of code.
    """

    kind: str | None = None
    answers: str | None = None
    problem: str | None = None
    fullness: tuple = (0, False, 0)


@dataclass
class Found:
    """A file among what was handed in.

    Attributes
    ----------
    path : str
        From where the collection starts, through archives, with forward slashes.
    file : pathlib.Path or None
        Where its bytes are: a class's files together may be larger than the memory. None where they could not be read.
    when : datetime.datetime
        Of the file, UTC.
    origin : str
        Where it came from, for messages.
    lms : autograder.classroom.uploads.Origin or None
        What its names say, if a learning platform made one of them.
    student : str
        Whose it is, safe as a folder's name.
    upload : tuple
        The same for files that one person handed in at one time.
    content : Content or None
        None until somebody has looked.
    """

    path: str
    file: Path | None
    when: datetime
    origin: str
    lms: Origin | None = None
    student: str = ""
    upload: tuple = ()
    content: Content | None = None

    @property
    def is_whole(self):
        """Whether the file's bytes are there; else ``content`` says why they are not."""
        return self.file is not None

    @property
    def data(self):
        """The file's bytes."""
        return self.file.read_bytes()

    @property
    def name(self):
        """The file's own name."""
        return PurePosixPath(self.path).name


def safe_name(text):
    """Make a folder's name of whatever a student is called, in any script.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Never empty, hidden, a path, or longer than 100 bytes.
    """
    text = unicodedata.normalize("NFC", text)
    kept = "".join(c if c.isalnum() or c in " -_.@'" or unicodedata.category(c)[0] == "M" else "_" for c in text)
    kept = re.sub(r"\s+", " ", kept).strip(" ._")
    return kept.encode(errors="ignore")[:100].decode(errors="ignore").rstrip(" ._") or "unnamed"


# ---------------------------------------------------------------- which files there are


def find(path, unpacked, zone=UTC):
    """Find all files in a file, a folder or an archive, and in archives inside.

    Parameters
    ----------
    path : path-like
    unpacked : pathlib.Path
        A folder for what is in archives, under names of ours.
    zone : datetime.tzinfo
        Of the times in archives that do not say theirs.

    Yields
    ------
    Found or (str, str)
        A file; or an archive that was named, and why it was left out.

    Raises
    ------
    AssignmentError
        When there is no such path.
    """
    path = Path(path)
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.is_symlink():
                yield from _opened(file, file.relative_to(path).as_posix(), unpacked, zone)
    elif path.is_file():
        yield from _opened(path, "" if _is_archive(path.name) else path.name, unpacked, zone)
    else:
        raise AssignmentError(f"There is no such file or folder: {path}")


def _opened(file, name, unpacked, zone):
    """Read a file, or what is in it where it is an archive."""
    if _is_passed_over(name):
        return
    when = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    if _is_archive(file.name):
        inside = "" if read_origin(name) is None else name
        folder = PurePosixPath(name).parent.as_posix()
        yield from _unzipped(file, inside or ("" if folder == "." else folder), str(file), when, unpacked, zone)
    elif file.stat().st_size > MAX_BYTES:
        yield _unread(name, when, str(file), _TOO_LARGE)
    else:
        yield Found(name, file, when, str(file))


_TOO_LARGE = f"It is larger than {MAX_BYTES // 2**20} MB."


def _unread(name, when, origin, reason):
    """Make a file that is somebody's, though nobody can read it."""
    return Found(name, None, when, origin, content=Content(problem=reason))


def _is_archive(name):
    return name.lower().endswith(".zip")


def _is_passed_over(path):
    """Whether a path is of what systems write for themselves."""
    return any(
        part == "__MACOSX" or (part.startswith(".") and part.strip(".")) or re.search(r"-checkpoint(\.ipynb)?$", part)
        for part in path.split("/")
    )


def _unzipped(file, inside, shown, when, unpacked, zone, depth=1):
    """Read an archive; no member's name ever becomes a path."""
    left = MOST_UNPACKED if depth == 1 else MOST_UNPACKED_INSIDE

    def whole(reason):
        return _unread(inside, when, shown, reason) if inside else (shown, reason)

    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                yield whole(f"The archive has {len(members):,} members; {MAX_MEMBERS:,} is the limit.")
                return
            for member in members:
                name = _name_of(member)
                path, origin = f"{inside}/{name}".lstrip("/"), f"{shown}: {name}"
                if member.is_dir() or _is_passed_over(path):
                    continue
                try:
                    with archive.open(member) as opened:
                        data = opened.read(MAX_BYTES + 1)  # what the archive says of its size may be a lie
                except Exception as error:  # encrypted, damaged, of a method that is not known
                    yield _unread(path, when, origin, f"It cannot be read: {error}")
                    continue
                changed = _time_of(member, zone) or when
                left -= len(data)
                if left < 0:
                    yield whole("What is in the archive takes more room than all of a class's notebooks would.")
                    return
                if len(data) > MAX_BYTES:
                    yield _unread(path, changed, origin, _TOO_LARGE)
                elif _is_archive(name) and depth < MAX_DEPTH:
                    yield from _unzipped(io.BytesIO(data), path, origin, changed, unpacked, zone, depth + 1)
                else:
                    handle, place = tempfile.mkstemp(dir=unpacked)
                    with os.fdopen(handle, "wb") as file_of_ours:
                        file_of_ours.write(data)
                    yield Found(path, Path(place), changed, origin)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        yield whole(f"The archive cannot be read: {error}")


def _name_of(member):
    """Return a member's name. Some programs write UTF-8 without saying so, and Python then takes it for DOS's code."""
    name = member.filename
    if not member.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", ".", ".."))


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


def look_into(found, assignment=None, solutions=None):
    """Look at what is in a file.

    Parameters
    ----------
    found : Found
    assignment : str, optional
        What it answers; default: told from it.
    solutions : path-like, optional
        Folder of the text notebooks.

    Returns
    -------
    Content
    """
    data = found.data
    kind = kind_of(found, data)
    if kind is not None:
        return Content(kind)
    try:
        answers = assignment or recognise(data, solutions)
    except UnreadableSubmission as error:
        return Content(problem=f"{error} Use --assignment to collect it all the same.")
    return Content(None, answers, None, _fullness(data, answers, solutions, found.name) if answers else (0, False, 0))


def kind_of(found, data):
    """Say what a file is that is no notebook; None for a notebook, by what is in it."""
    if found.lms and found.lms.by_platform:
        return f"{found.lms.system.capitalize()}'s own note"
    if "_assignsubmission_onlinetext" in found.path:
        return "text typed into the platform"
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")):
        return "a web page"
    kind = next((kind for beginning, kind in _KINDS if data.startswith(beginning)), None)
    name = found.name.lower()
    plausible = name.endswith(_OF_NOTEBOOKS) or "." not in name
    if kind is None and plausible and (name.endswith(".ipynb") or _holds_cells(data)):
        return None
    return kind or f"a file of the kind {PurePosixPath(found.name).suffix or 'without an ending'}"


def _holds_cells(data):
    try:
        return bool(read_submission(data))
    except UnreadableSubmission:
        return False


# ---------------------------------------------------------------- whose they are


def assign(files, root="", zone=UTC, solutions=None, look=look_into):
    """Say whose each file of one collection is.

    What a learning platform has named is that person's. Elsewhere a folder is a person, unless it holds notebooks that
    several people have named after themselves; then each of these is one.

    Parameters
    ----------
    files : list of Found
        They are given ``student``, ``lms``, ``upload`` and ``content``.
    root : str
        What the collection is called: the stem of an archive, the name of a folder.
    zone : datetime.tzinfo
    solutions : path-like, optional
    look : callable
        Called with a file; returns its `Content`.
    """
    plain = []
    for found in files:
        found.lms = read_origin(found.path, zone)
        found.content = found.content or look(found)
        if found.lms:
            found.student, found.when = found.lms.student, found.lms.time or found.when
            found.upload = (found.lms.system, found.lms.id, found.lms.when)
        else:
            plain.append(found)
    _assign_plain([(found, found.path.split("/")) for found in plain], root, set(assignment_names(solutions)))


def _assign_plain(entries, root, known):
    here = [(found, parts) for found, parts in entries if len(parts) == 1]
    below = defaultdict(list)
    for found, parts in entries:
        if len(parts) > 1:
            below[parts[0]].append((found, parts[1:]))
    for found, (name,) in here:
        stem = name.partition(".")[0]
        found.student = root if root and not _says_a_name(stem, known) else stem or "unnamed"
        found.upload = ("", root, found.student)
    for folder, inside in below.items():
        only_root = len(below) == 1 and not here
        if folder in known and not only_root:
            _assign_plain(inside, root or folder, known)
        elif (_is_of_several if only_root else _is_crowd)(inside, known):
            _assign_plain(inside, folder, known)
        else:
            for found, _parts in inside:
                found.student, found.upload = folder, ("", root, folder)


def _is_crowd(entries, known):
    """Whether notebooks that lie loose in a folder are several people's: they answer the same, under people's names."""
    loose = [found for found, parts in entries if len(parts) == 1 and found.content.answers]
    named = [found for found in loose if _says_a_name(found.name.partition(".")[0], known)]
    return max(Counter(found.content.answers for found in named).values(), default=0) > 1


def _is_of_several(entries, known):
    """Whether a folder that is alone at its place is several people's: a crowd's, or one of their folders."""
    folders = {parts[0] for _found, parts in entries if len(parts) > 1}
    if any(len(parts) == 1 for _found, parts in entries) or not folders:
        return _is_crowd(entries, known)
    if len(folders) == 1:
        return _is_of_several([(found, parts[1:]) for found, parts in entries], known)
    return not folders & known


def _says_a_name(stem, known):
    """Whether more is left of a file's name than what notebooks are called."""
    said = set(re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", stem).casefold()))
    return bool(said - _SAYS_NO_NAME - {word for name in known for word in re.findall(r"[^\W\d_]+", name)})


def whose(paths, unpacked, zone=UTC, solutions=None, look=look_into):
    """Find all files in some paths, and say whose each is.

    Parameters
    ----------
    paths : iterable of pathlib.Path
    unpacked : pathlib.Path
        A folder for what is in archives.
    zone, solutions, look
        As for `assign`.

    Returns
    -------
    (list of Found, list of (str, str))
        The files, each with a ``student`` whose name no other person has and can be a folder's, and its path first in
        ``upload``; origin and reason of archives that were left out.

    Raises
    ------
    AssignmentError
        When there is no such path.
    """
    files, left_out = [], []
    for path in paths:
        here = []
        for found in find(path, unpacked, zone):
            (here if isinstance(found, Found) else left_out).append(found)
        assign(here, path.stem if path.is_file() else "", zone, solutions, look)
        for found in here:
            found.upload = (str(path), *found.upload)
        files += here
    names = _people(files)
    for found in files:
        found.student = names[_who(found)]
    return files, left_out


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


def _fullness(data, assignment, solutions, name=None):
    """Say how much of an assignment a notebook answers: exercises, whether it has their name, characters of code."""
    try:
        cells = [cell["source"] for cell in read_submission(data) if cell["kind"] == "code"]
    except UnreadableSubmission:
        return 0, False, 0
    wanted = {exercise.name for exercise in read_assignment(assignment, solutions).exercises}
    answered = {name for source in cells if "raise NotImplementedError" not in source for name in defined_names(source)}
    is_named = name is not None and PurePosixPath(name).stem.endswith(assignment)
    return len(wanted & answered), is_named, sum(map(len, cells))


# ---------------------------------------------------------------- where they go


def collect(folder, paths, assignment=None, solutions=None, zone=UTC, roster=None):
    """Copy what was handed in into a class's folder.

    Of several uploads of a student the newest counts, of several notebooks in one upload the fullest; the others are
    kept.

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
    roster : path-like, optional
        A file with the name of a student in each line, or in the first column. Who has handed in nothing gets an empty
        folder, and so a row in report and grade sheet.

    Returns
    -------
    (list of (str, str, str), list of (str, str))
        Student, assignment and origin of what was taken; origin and reason of what was left out.

    Raises
    ------
    AssignmentError
        When there is no such assignment or path; nothing has been taken then.
    """
    folder, paths = Path(folder), [Path(path) for path in paths]
    known = assignment_names(solutions)
    if assignment is not None and assignment not in known:
        raise AssignmentError(f"There is no assignment {assignment!r}. There are: {', '.join(known)}.")
    expected = read_roster(roster) if roster else []
    with Apart() as apart, tempfile.TemporaryDirectory(prefix="collected-") as unpacked:

        def look(found):
            try:
                return apart.do(look_into, found, assignment, solutions)
            except NotDone:
                return Content(answers=assignment, problem=None if assignment else "It takes too long to read.")

        files, left_out = whose(paths, Path(unpacked), zone, solutions, look)
        with _Changes(folder) as changes:
            return _sort(changes, files, left_out, assignment, expected, look)


def _sort(changes, files, left_out, assignment, expected, look):
    """Take what can be taken of files whose owners are known."""
    folder, taken = changes.folder, []
    candidates, others = defaultdict(list), []
    for found in files:
        content = found.content
        if content.kind is not None:
            others.append((found, NO_NOTEBOOK.format(content.kind)))
        elif content.problem is not None:
            others.append((found, content.problem))
        elif content.answers is None:
            others.append((found, "It answers none of the assignments. Use --assignment to say which."))
        else:
            found.student = _apart(folder, found, content.answers)
            candidates[found.student, content.answers].append(found)
    for (student, name), several in candidates.items():
        for found, reason in _store_all(changes, several, name, look):
            if reason:
                left_out.append((found.origin, f"{student}, {name}: {reason}"))
            else:
                taken.append((student, name, found.origin))
    usual = _usual_assignments(files, assignment)
    have = {(student, name) for student, name, _origin in taken}
    for found, reason in others:
        if found.lms and found.lms.by_platform:
            continue
        left_out.append((found.origin, f"{found.student}: {reason}"))
        default = usual(found.upload[0])
        if _carries_a_name(found) and default and (found.student, default) not in have:
            _give_a_row(changes, found, default, reason)
    for student in expected:
        place, default = folder / "submitted" / safe_name(student), usual(None)
        if default and not place.is_dir():
            changes.make(place / default)
    return taken, left_out


def _usual_assignments(files, assignment):
    """Return what says which assignment most notebooks of a path answer, or of all paths."""
    counts = defaultdict(Counter)
    for found in files:
        for path in (found.upload[0], None):
            counts[path][found.content.answers] += found.content.answers is not None

    def usual(path):
        for each in (counts[path], counts[None]):
            for name, count in each.most_common(1):
                if count:
                    return assignment or name
        return assignment

    return usual


def _give_a_row(changes, found, assignment, reason):
    """Put what is no notebook where the notebook would be: so its owner is in report and grade sheet, with a reason."""
    place = changes.folder / "submitted" / found.student / assignment
    if found.is_whole:
        changes.write(place / safe_name(found.name), found.data)
    else:
        changes.write(place / f"{safe_name(found.name)} (not taken).txt", reason)


def _carries_a_name(found):
    """Whether a file that is no notebook is somebody's, and not a note of the instructor's beside the others."""
    return (
        found.lms
        or "/" in found.path
        or found.name.lower().endswith((".ipynb", ".html", ".pdf", ".py", ".docx", ".rtf"))
    )


def _who(found):
    return (found.lms.system, found.lms.id, found.lms.student) if found.lms else ("", "", found.student)


def _people(files):
    """Give each person a folder's name of their own, also those whose names become alike when they are made safe."""
    names, used = {}, {}
    for who in dict.fromkeys(map(_who, files)):
        name, count = safe_name(who[2]), 1
        while used.setdefault(name, who) != who:
            count += 1
            name = f"{safe_name(who[2])} {who[1] or count}" if count == 2 else f"{safe_name(who[2])} {who[1]} {count}"
        names[who] = name
    return names


def _apart(folder, found, assignment):
    """Keep two people of the same name apart, by what they are called where they come from."""
    kept = origin_of(folder, assignment, found.student)
    if kept is None:
        return found.student
    if found.lms and kept.system and (kept.system, kept.id) != (found.lms.system, found.lms.id):
        return f"{found.student} {found.lms.id}".rstrip()
    return found.student


def _store_all(changes, several, assignment, look):
    """Store the notebooks of one student; yield each with why it does not count, or None."""
    uploads = defaultdict(list)
    for found in several:
        uploads[found.upload].append(found)
    best = []
    for together in uploads.values():
        first, *rest = sorted(together, key=lambda found: found.content.fullness, reverse=True)
        first.when = max(found.when for found in together)
        best.append(first)
        for found in rest:
            if found.data == first.data:
                yield found, f"The same as {first.origin}."
            else:
                changes.keep_older(found, assignment)
                yield (
                    found,
                    (
                        f"{first.name} in the same upload was taken. Is it the right one of the two? "
                        "This one was kept beside it."
                    ),
                )
    for found in sorted(best, key=lambda found: (found.when, found.content.fullness), reverse=True):
        counts = _store(changes, found, assignment, look)
        yield found, None if counts else "A newer file of the same student is there; this one was kept beside it."


def _store(changes, found, assignment, look):
    """Store a file; return whether it is the one that counts."""
    place = changes.folder / "submitted" / found.student / assignment
    path, stamp = place / f"{assignment}.ipynb", place / "timestamp.txt"
    if path.exists():
        before = replace(found, path=path.name, file=path, when=_when(stamp, path), lms=None)
        if before.data == found.data:
            return True
        when = found.when.replace(microsecond=0)
        if before.when > when or (before.when == when and look(before).fullness >= found.content.fullness):
            changes.keep_older(found, assignment)
            return False
        changes.keep_older(before, assignment)
    changes.write(path, found.data)
    changes.note(found, assignment)
    changes.write(stamp, found.when.strftime("%Y-%m-%d %H:%M:%S UTC\n"))
    return True


def _when(stamp, path):
    try:
        said = stamp.read_text(encoding="utf-8").strip().removesuffix(" UTC")
        return datetime.strptime(said, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except (OSError, ValueError):
        return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)


class _Changes:
    """What a run changes in a class's folder, noted so that it can be undone; it is undone where the run fails."""

    def __init__(self, folder):
        self.folder = folder
        self._made = []

    def __enter__(self):
        shutil.rmtree(self.folder / _NOW, ignore_errors=True)
        return self

    def __exit__(self, kind, *_):
        to_take_back, now = self._made, self.folder / _NOW
        try:
            if kind is None:
                write_atomically(now / "changes.json", json.dumps(self._made))
                shutil.rmtree(self.folder / _LAST, ignore_errors=True)
                now.rename(self.folder / _LAST)
                to_take_back = []
        finally:
            if to_take_back:
                _take_back(self.folder, to_take_back, now)

    def write(self, path, data):
        """Write a file, and keep what was there."""
        before = None
        if path.exists():
            before = f"{len(self._made)}"
            write_atomically(self.folder / _NOW / before, path.read_bytes())
        write_atomically(path, data)
        self._made.append((path.relative_to(self.folder).as_posix(), before))

    def make(self, place):
        """Make an empty folder."""
        place.mkdir(parents=True, exist_ok=True)
        self._made.append((place.relative_to(self.folder).as_posix(), None))

    def keep_older(self, found, assignment):
        """Keep a file that does not count beside those that do."""
        older = self.folder / ".autograder" / "older" / found.student / assignment
        if not any(path.read_bytes() == found.data for path in older.glob("*.ipynb")):
            self.write(_unused(older, found.when), found.data)

    def note(self, found, assignment):
        """Keep where the file that counts came from."""
        origin = found.lms or Origin("", found.student, "", found.name)
        self.write(*kept_origin(self.folder, assignment, found.student, origin))


def _unused(folder, when):
    path, count = folder / f"{when:%Y%m%d-%H%M%S}.ipynb", 1
    while path.exists():
        count += 1
        path = folder / f"{when:%Y%m%d-%H%M%S}-{count}.ipynb"
    return path


def people(folder):
    """Say who is in a class, and who of them has handed in a notebook.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    dict of str to bool
    """
    students = sorted(path for path in Path(folder, "submitted").glob("*") if path.is_dir())
    return {student.name: any(_is_there(folder, place) for place in student.iterdir()) for student in students}


def _is_there(folder, place):
    """Whether a notebook was taken for a student's assignment, or put there by hand."""
    if origin_of(folder, place.name, place.parent.name):
        return True
    return any(path.stat().st_size <= MAX_BYTES and _holds_cells(path.read_bytes()) for path in place.glob("*.ipynb"))


def undo(folder):
    """Take back what the last `collect` has put into a class's folder.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    int
        How many files were removed or put back.

    Raises
    ------
    AssignmentError
        When there is nothing to take back.
    """
    folder = Path(folder)
    noted = folder / _LAST / "changes.json"
    if not noted.is_file():
        raise AssignmentError(f"Nothing was collected into {folder} that could be taken back.")
    made = json.loads(noted.read_text(encoding="utf-8"))
    _take_back(folder, made, folder / _LAST)
    return len(made)


def _take_back(folder, made, kept):
    """Put back what was there before a run; that takes no room on the disk."""
    for name, before in reversed(made):
        path = folder / name
        if before is not None:
            (kept / before).replace(path)
        elif path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
        for place in (path.parent, path.parent.parent):
            if place.is_dir() and place != folder and not any(place.iterdir()):
                place.rmdir()
    shutil.rmtree(kept, ignore_errors=True)


def drop(folder, student):
    """Take a student who left out of a class: what is there of them is moved under ``.autograder/dropped``.

    Parameters
    ----------
    folder : path-like
    student : str
        As the folder in ``submitted`` is called.

    Raises
    ------
    AssignmentError
        When there is nobody of that name.
    """
    folder = Path(folder)
    if not student or not (folder / "submitted" / student).is_dir() or student != Path(student).name:
        known = sorted(path.name for path in (folder / "submitted").glob("*") if path.is_dir())
        raise AssignmentError(f"Nobody in {folder} is called {student!r}. There are: {', '.join(known)}.")
    number = 1
    while (target := folder / _DROPPED / f"{student}-{number}").exists():
        number += 1
    for kind in ("submitted", "autograded", "feedback"):
        if (folder / kind / student).is_dir():
            target.mkdir(parents=True, exist_ok=True)
            (folder / kind / student).rename(target / kind)


def read_roster(path):
    """Read the names of a class.

    Parameters
    ----------
    path : path-like
        A name in each line; of a table the first column.

    Returns
    -------
    list of str

    Raises
    ------
    AssignmentError
        When it cannot be read.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise AssignmentError(f"{path} cannot be read as a list of names: {error}") from None
    names = [re.split(r"[,;\t]", line)[0].strip().strip('"') for line in text.splitlines()]
    return [name for name in names if name and name.casefold() not in ("name", "student", "full name")]
