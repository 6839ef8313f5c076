"""A class's project as a table of who names the most held-out images, under pseudonyms unless names are asked for."""

import csv
import io
import json
import math
import secrets
from pathlib import Path

from autograder.classroom.feedback import templates
from autograder.classroom.records import PRIVATE, not_a_formula, read_records
from autograder.course.atomic import write_atomically
from autograder.course.source import AssignmentError

_FIRST = (
    "Amber", "Azure", "Bold", "Brave", "Bright", "Calm", "Clever", "Coral",
    "Crimson", "Eager", "Gentle", "Golden", "Jade", "Lively", "Merry", "Mossy",
    "Nimble", "Olive", "Patient", "Quick", "Quiet", "Ruby", "Silver", "Sunny",
)  # fmt: skip
_SECOND = (
    "Badger", "Beaver", "Bison", "Crane", "Dolphin", "Eagle", "Falcon", "Finch",
    "Fox", "Gecko", "Hare", "Hedgehog", "Heron", "Ibex", "Lynx", "Marten",
    "Newt", "Otter", "Owl", "Panda", "Raven", "Salmon", "Swift", "Wombat",
)  # fmt: skip


def standings(records):
    """Sort submissions by their accuracy on the held-out images, as it was recorded when they were graded.

    Parameters
    ----------
    records : list of autograder.classroom.records.Record
        From `autograder.classroom.records.read_records`, of one assignment.

    Returns
    -------
    list of dict
        ``rank``, ``student``, ``right``, ``of``, ``accuracy``, and ``error``, the standard error of the accuracy. The
        best come first; equal accuracies share a rank, and the ranks behind them are left out. Submissions without a
        measured accuracy are not in it.
    """
    found = []
    for record in records:
        if measured := record.facts.get("accuracy"):
            right, of = measured["right"], measured["of"]
            share = right / of
            error = math.sqrt(share * (1 - share) / of)
            found.append({"student": record.student, "right": right, "of": of, "accuracy": share, "error": error})
    found.sort(key=lambda line: (-line["accuracy"], line["student"]))
    for line in found:
        line["rank"] = 1 + sum(other["accuracy"] > line["accuracy"] for other in found)
    return found


def pseudonyms(folder, students):
    """Give every student a pseudonym, the same in each run. They are drawn, so no one can work them out.

    Parameters
    ----------
    folder : path-like
        The class's folder, where they are kept.
    students : list of str

    Returns
    -------
    dict of str to str
        By student; no two are alike.
    """
    path = Path(folder, PRIVATE, "pseudonyms.json")
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    taken = set(known.values())
    for student in students:
        while student not in known:
            name = f"{secrets.choice(_FIRST)} {secrets.choice(_SECOND)} {secrets.randbelow(90) + 10}"
            if name not in taken:
                known[student] = name
                taken.add(name)
    write_atomically(path, json.dumps(known, ensure_ascii=False, indent=1))
    return {student: known[student] for student in students}


def write_leaderboard(folder, assignment, names=False, hidden=()):
    """Write ``leaderboard.html``, and ``pseudonyms.csv``, which says who is who and is for the instructor alone.

    Parameters
    ----------
    folder : path-like
        The class's folder.
    assignment : str
    names : bool
        Show names instead of pseudonyms.
    hidden : sequence of str
        Students who keep their pseudonym all the same.

    Returns
    -------
    (list of dict, int)
        As from `standings`, with ``shown``, what stands there for the student, within a rank sorted by it; and how many
        submissions are not on it.

    Raises
    ------
    autograder.course.source.AssignmentError
        When no submission has a measured accuracy, or nobody of the name of one to be hidden has handed in.

    Examples
    --------
    >>> from autograder.classroom.leaderboard import write_leaderboard
    >>> from autograder.classroom.records import Record
    >>> for student, right in {"ada": 180, "ben": 210}.items():
    ...     Record(student, "09-project", 4, 4, facts={"accuracy": {"right": right, "of": 240}}).write("class")
    >>> Record("eve", "09-project", 0, 4).write("class")  # without a measured accuracy
    >>> lines, missing = write_leaderboard("class", "09-project", names=True)
    >>> [(line["rank"], line["shown"], line["accuracy"]) for line in lines], missing
    ([(1, 'ben', 0.875), (2, 'ada', 0.75)], 1)
    """
    records = read_records(folder, assignment)
    lines = standings(records)
    if not lines:
        raise AssignmentError(
            f"No submission of {assignment} in {folder} has an accuracy on held-out images. Grade the class first: "
            f"python -m autograder grade --class {folder} {assignment}"
        )
    unknown = sorted(set(hidden) - {record.student for record in records})
    if unknown:
        raise AssignmentError(f"Nobody in {folder} is called {', '.join(unknown)}. Names are those in submitted/.")
    aliases = pseudonyms(folder, [line["student"] for line in lines])
    for line in lines:
        shows_name = names and line["student"] not in hidden
        line["shown"] = line["student"] if shows_name else aliases[line["student"]]
    lines.sort(key=lambda line: (line["rank"], line["shown"]))  # the order must not tell who is behind a pseudonym
    page = templates().get_template("leaderboard.html").render(assignment=assignment, lines=lines)
    write_atomically(Path(folder, "leaderboard.html"), page)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", "pseudonym"])
    writer.writerows([not_a_formula(student), alias] for student, alias in sorted(aliases.items()))
    write_atomically(Path(folder, "pseudonyms.csv"), text.getvalue())
    return lines, len(records) - len(lines)


def table(assignment, lines):
    """Draw the standings as a table.

    Parameters
    ----------
    assignment : str
    lines : list of dict
        From `write_leaderboard`.

    Returns
    -------
    rich.table.Table

    Examples
    --------
    >>> from autograder.classroom.leaderboard import table
    >>> line = {"rank": 1, "shown": "Quiet Otter 42", "right": 210, "of": 240, "accuracy": 0.875, "error": 0.0213}
    >>> drawn = table("09-project", [line])
    >>> [str(*column.cells) for column in drawn.columns]
    ['1', 'Quiet Otter 42', '210 of 240', '87.5% ± 2.1%']
    """
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=f"{assignment}: held-out images", title_justify="left")
    drawn.add_column("rank", justify="right")
    drawn.add_column("who")
    drawn.add_column("right", justify="right")
    drawn.add_column("accuracy", justify="right")
    for line in lines:
        share = f"{line['accuracy']:.1%} ± {line['error']:.1%}"
        drawn.add_row(str(line["rank"]), Text(line["shown"]), f"{line['right']} of {line['of']}", share)
    return drawn
