"""Grades and feedback for Moodle and Canvas, in the files that they import."""

import csv
import io
import re
import zipfile
from pathlib import Path, PurePosixPath

from markdown_it import MarkdownIt

from autograder.classroom.feedback import points
from autograder.classroom.gradebook import Books
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
    (list of pathlib.Path, list of str)
        What was written, into ``export/`` in the class's folder; students without a row or a page there.

    Raises
    ------
    AssignmentError
        When nothing of the assignment is graded, or the sheet is not one.
    """
    folder = Path(folder)
    records = read_records(folder, assignment)
    if not records:
        raise AssignmentError(f"Nothing of {assignment} is graded in {folder}. Grade it first.")
    marks = {}
    if (folder / "gradebook.db").is_file():  # what was marked by hand since the class was graded counts
        with Books(folder) as books:
            marks = books.marks(assignment)
    entries = [_entry(folder, assignment, record, system, marks) for record in records]
    kind = system.capitalize()
    rows = _read_sheet(sheet, kind) if sheet else _new_sheet(entries, system, assignment)
    fill = _fill_moodle if system == "moodle" else _fill_canvas
    placed = fill(rows, entries, column or assignment, comments)
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    written = [folder / "export" / f"{assignment}-{system}{what}" for what in (".csv", "-feedback.zip")]
    write_atomically(written[0], text.getvalue())
    write_atomically(written[1], _feedback_zip(entries, system, assignment))
    missing = [entry["student"] for entry in entries if entry["student"] not in placed or not entry["origin"]]
    return written, missing


def _entry(folder, assignment, record, system, marks):
    origin = origin_of(folder, assignment, record.student)
    return {
        "student": record.student,
        "score": points(marks.get(record.student, record.score)),
        "of": points(record.max_score),
        "origin": origin if origin and origin.system == system else None,
        "feedback": folder / "feedback" / record.student / assignment / assignment,
    }


def _read_sheet(path, kind):
    try:
        rows = list(csv.reader(io.StringIO(Path(path).read_text(encoding="utf-8-sig"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AssignmentError(f"{path} cannot be read: {error}") from None
    if not rows or not ({"Identifier", "Student"} & set(rows[0])):
        raise AssignmentError(f"{path} is no grade sheet of {kind}: it has no column Identifier or Student.")
    width = len(rows[0])
    return [row + [""] * (width - len(row)) for row in rows if row]


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


def _fill_moodle(rows, entries, _column, comments):
    head = rows[0]
    for needed in ("Identifier", "Grade", "Last modified (grade)"):
        if needed not in head:
            raise AssignmentError(f"The sheet has no column {needed!r}. Moodle's grading worksheet has one.")
    by_id = {entry["origin"].id: entry for entry in entries if entry["origin"]}
    names = _by_name(entries)
    placed = set()
    for row in rows[1:]:
        said = dict(zip(head, row, strict=False))
        number = re.sub(r"\D", "", said["Identifier"])
        entry = by_id.get(number) or names.get(said.get("Full name", "").strip())
        if entry:
            row[head.index("Grade")] = entry["score"]
            if comments and "Feedback comments" in head:
                row[head.index("Feedback comments")] = _comment(entry)
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
        number = row[head.index("ID")].strip() if "ID" in head else ""
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
