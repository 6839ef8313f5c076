"""Grades and feedback for Moodle and Canvas, in the files that they import."""

import contextlib
import csv
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from markdown_it import MarkdownIt

from autograder.classroom.feedback import points
from autograder.classroom.records import not_a_formula, read_records
from autograder.classroom.uploads import origin_of
from autograder.course.atomic import write_atomically
from autograder.course.source import AssignmentError

SYSTEMS = ("moodle", "canvas")


def export(folder, assignment, system, sheet=None, column=None, comments=False):
    """Write a grade sheet and an archive of feedback pages.

    Parameters
    ----------
    folder : path-like
        The class's folder, graded.
    assignment : str
    system : str
        "moodle" or "canvas".
    sheet : path-like, optional
        A sheet that the system has exported: the grades are filled into it, and nothing else in it changes. Without one
        a sheet is made of what `collect` learnt from the names in the download.
    column : str, optional
        Canvas: the column of the sheet. Default: the one whose name begins with the assignment's.
    comments : bool
        Moodle: put the feedback into the sheet too.

    Returns
    -------
    (list of pathlib.Path, dict of str to str)
        What was written, into ``export/`` in the class's folder; students without a row or a page there, and why.

    Raises
    ------
    AssignmentError
        When nothing of the assignment is graded, or the sheet is not one.

    Examples
    --------
    >>> from autograder.classroom.lms import export
    >>> from autograder.classroom.records import Record
    >>> from autograder.classroom.uploads import kept_origin, read_origin
    >>> from autograder.course.atomic import write_atomically
    >>> origin = read_origin("Ada Lovelace_12_assignsubmission_file_/work.ipynb")
    >>> write_atomically(*kept_origin("class", "01-convolution", "Ada Lovelace", origin))
    >>> Record("Ada Lovelace", "01-convolution", 6.5, 8).write("class")
    >>> (sheet, pages), missing = export("class", "01-convolution", "moodle")
    >>> sheet.read_text(encoding="utf-8").splitlines()[1], pages.name
    ('Participant 12,Ada Lovelace,6.5,8,-,', '01-convolution-moodle-feedback.zip')
    """
    folder = Path(folder)
    records = read_records(folder, assignment)
    if not records:
        raise AssignmentError(f"Nothing of {assignment} is graded in {folder}. Grade it first.")
    entries = [_entry(folder, assignment, record, system) for record in records]
    kind = system.capitalize()
    rows, form = _read_sheet(sheet, kind) if sheet else (_new_sheet(entries, system, assignment), _Form())
    fill = _fill_moodle if system == "moodle" else _fill_canvas
    placed = fill(rows, entries, column or assignment, comments)
    text = io.StringIO()
    csv.writer(text, delimiter=form.delimiter, lineterminator="\r\n").writerows(rows)
    written = [folder / "export" / f"{assignment}-{system}{what}" for what in (".csv", "-feedback.zip")]
    write_atomically(written[0], text.getvalue().encode(form.encoding))
    write_atomically(written[1], _feedback_zip(entries, system, assignment))
    missing = {}
    for entry in entries:
        if not entry["origin"]:
            missing[entry["student"]] = f"the file was not collected from {kind}"
        elif entry["student"] not in placed:
            missing[entry["student"]] = f"there is no such person in {sheet}"
    return written, missing


def _entry(folder, assignment, record, system):
    origin = origin_of(folder, assignment, record.student)
    return {
        "student": record.student,
        "score": points(record.score),
        "of": points(record.max_score),
        "origin": origin if origin and origin.system == system else None,
        "feedback": folder / "feedback" / record.student / assignment / assignment,
    }


@dataclass(frozen=True)
class _Form:
    """How a sheet is written, so that it goes back as it came."""

    encoding: str = "utf-8"
    delimiter: str = ","


def _read_sheet(path, kind):
    """Read a sheet by what is in it, whatever program and language it came from."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise AssignmentError(f"{path} cannot be read: {error}") from None
    if data[:2] == b"PK":
        raise AssignmentError(f"{path} is a workbook of Excel. Export the sheet as CSV, or save it as CSV.")
    text, encoding = _decoded(data)
    lines = text.splitlines()
    delimiter = max(",;\t", key=lines[0].count) if lines else ","
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise AssignmentError(f"{path} is no table: {error}") from None
    if len(rows) < 2:
        raise AssignmentError(f"{path} has no row of a student.")
    width = len(rows[0])
    rows = [row + [""] * (width - len(row)) for row in rows]
    if kind == "Moodle" and _identifiers(rows) is None:
        raise AssignmentError(
            f"{path} is no grade sheet of Moodle: no column holds numbers of participants, such as Participant 1001. "
            "Export the grading worksheet anew."
        )
    if kind == "Canvas" and "Student" not in rows[0]:
        raise AssignmentError(f"{path} is no gradebook of Canvas: it has no column Student.")
    return rows, _Form(encoding, delimiter)


def _decoded(data):
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16"), "utf-16"
    for encoding in ("utf-8-sig" if data[:3] == b"\xef\xbb\xbf" else "utf-8", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(encoding), encoding
    return data.decode("latin-1"), "latin-1"


def _identifiers(rows):
    """Find the column of Moodle's numbers, which stand behind a word that differs from language to language."""
    for place in range(len(rows[0])):
        words = {re.sub(r"\d+$", "", row[place].strip()) for row in rows[1:]}
        if len(words) == 1 and all(re.fullmatch(r"[^\d@]+\d+", row[place].strip()) for row in rows[1:]):
            return place
    return None


def _number(cell):
    """Take a number out of a cell, as 2001 out of 2001.0, which Excel makes of it."""
    return re.sub(r"\D", "", re.sub(r"[.,]0+$", "", cell.strip()))


def _new_sheet(entries, system, assignment):
    known = [entry for entry in entries if entry["origin"]]
    if system == "moodle":
        # The importer wants the first, the third and the fifth; the others are for people.
        head = ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)", "Feedback comments"]
        return [head, *(
            [f"Participant {entry['origin'].id}", not_a_formula(entry["origin"].student), "", entry["of"], "-", ""]
            for entry in known
        )]  # fmt: skip
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment]
    most = entries[0]["of"]
    return [head, ["    Points Possible", "", "", "", "", most], *(
        [not_a_formula(entry["origin"].student), entry["origin"].id, "", "", "", ""] for entry in known
    )]  # fmt: skip


# What Moodle calls the columns that are filled in, by language; where it is another one their order tells.
_GRADES = {"grade", "bewertung", "calificación", "note", "valutazione", "nota", "оценка", "cijfer", "karakter", "betyg"}
_COMMENTS = re.compile("feedback|kommentar|comment|coment|коммент|отзыв|retroalim|opmerking", re.IGNORECASE)


def _grade_column(head, rows):
    named = [place for place, name in enumerate(head) if name.strip().casefold() in _GRADES]
    if len(named) == 1:
        return named[0]
    for place in range(1, len(head)):  # the largest mark stands behind the grade, and is the same for all
        most = {row[place].strip() for row in rows}
        if len(most) == 1 and re.fullmatch(r"\d+[.,]\d+", most.pop()):
            return place - 1
    raise AssignmentError(f"No column of the sheet is the grade's. It has: {', '.join(head)}.")


def _fill_moodle(rows, entries, _column, comments):
    head, people = rows[0], rows[1:]
    identifier, grade = _identifiers(rows), _grade_column(rows[0], rows[1:])
    remarks = next((place for place in range(len(head) - 1, grade, -1) if _COMMENTS.search(head[place])), None)
    decimal_comma = any(re.fullmatch(r"\d+,\d+", cell.strip()) for row in people for cell in row)
    by_id = {entry["origin"].id: entry for entry in entries if entry["origin"]}
    names = _by_name(entries)
    placed = set()
    for row in people:
        full_name = row[identifier + 1].strip() if identifier + 1 < len(row) else ""
        entry = by_id.get(_number(row[identifier])) or names.get(full_name)
        if entry:
            row[grade] = entry["score"].replace(".", ",") if decimal_comma else entry["score"]
            if comments and remarks is not None:
                row[remarks] = _comment(entry)
            placed.add(entry["student"])
    return placed


def _fill_canvas(rows, entries, column, _comments):
    head = rows[0]
    fitting = [name for name in head[1:] if name == column or name.startswith(column)]
    if len(fitting) != 1:
        raise AssignmentError(
            f"{len(fitting)} columns of the sheet begin with {column!r}. Name one with --column: {', '.join(head[1:])}."
        )
    place = head.index(fitting[0])
    by_id = {entry["origin"].id: entry for entry in entries if entry["origin"]}
    names = _by_name(entries)
    placed = set()
    for row in rows[1:]:
        number = _number(row[head.index("ID")]) if "ID" in head else ""
        entry = by_id.get(number) or names.get(row[0].strip())
        if entry:
            row[place] = entry["score"]
            placed.add(entry["student"])
    return placed


def _by_name(entries):
    """Those whom only their name tells: they were collected from elsewhere and have no number."""
    return {entry["student"]: entry for entry in entries if not entry["origin"]}


def _comment(entry):
    """Turn the feedback's Markdown into the HTML that Moodle's comment field takes."""
    path = entry["feedback"].with_name(f"{entry['feedback'].name}.md")
    return MarkdownIt("commonmark", {"html": False}).render(path.read_text(encoding="utf-8")) if path.is_file() else ""


def _feedback_zip(entries, system, assignment):
    """Pack the pages under the names by which the system finds their owners again."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            page = entry["feedback"].with_name(f"{entry['feedback'].name}.html")
            if entry["origin"] and page.is_file():
                name = PurePosixPath(entry["origin"].name.replace("\\", "/")).name
                # Canvas reads the two numbers in the name and does not mind another ending.
                path = f"{name}/{assignment}.html" if system == "moodle" else f"{name.removesuffix('.ipynb')}.html"
                archive.write(page, path)
    return data.getvalue()
