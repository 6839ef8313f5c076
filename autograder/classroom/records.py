"""What is known of every graded submission."""

import csv
import io
import json
from pathlib import Path

from autograder.classroom.feedback import points

PRIVATE = ".autograder"  # in a class's folder: results and records of earlier runs


def moves(before, after):
    """Say whose score has changed, and whether that is because the learner handed in something new.

    Parameters
    ----------
    before : dict
        ``{student: record}`` of the run before.
    after : list of dict
        Records of this run.

    Returns
    -------
    list of str
    """
    lines = []
    for record in after:
        old = before.get(record["student"])
        if old and old["score"] != record["score"]:
            why = "the tests have changed" if old["digest"] == record["digest"] else "handed in anew"
            if old.get("late_penalty", 0) != record["late_penalty"] and old.get("raw_score") == record["raw_score"]:
                why = "what handing in late costs"
            change = record["score"] - old["score"]
            lines.append(
                f"moved: {record['student']}, {record['assignment']}: {points(old['score'])} to "
                f"{points(record['score'])} ({'+' if change > 0 else '−'}{points(abs(change))}; {why})"
            )
    return lines


def read_records(folder, assignment="*"):
    """Read what is known of every graded submission.

    Parameters
    ----------
    folder : path-like
    assignment : str
        Of this one only; default: of all.

    Returns
    -------
    list of dict
        By assignment and student; without those who are not in ``submitted/`` any more.
    """
    paths = sorted(Path(folder, PRIVATE, "records").glob(f"{assignment}/*.json"))
    there = Path(folder, "submitted")
    paths = [path for path in paths if not there.is_dir() or (there / path.stem / path.parent.name).is_dir()]
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def grade_sheet(records):
    """Write the grade sheet.

    Parameters
    ----------
    records : list of dict

    Returns
    -------
    str
        CSV: student, assignment, score, max_score, raw_score (before what handing in late costs), late_penalty, reason
        (why it was not graded, if it was not), and a column for each exercise of each assignment.
    """
    exercises = {f"{record['assignment']}/{card['name']}": None for record in records for card in record["exercises"]}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", "assignment", "score", "max_score", "raw_score", "late_penalty", "reason", *exercises])
    for record in records:
        got = {f"{record['assignment']}/{card['name']}": points(card["points"]) for card in record["exercises"]}
        first = [record["student"], record["assignment"], points(record["score"]), points(record["max_score"])]
        first += [points(record.get("raw_score", record["score"])), points(record.get("late_penalty", 0))]
        row = [*first, record["reason"] or "", *(got.get(name, "") for name in exercises)]
        writer.writerow([not_a_formula(cell) for cell in row])
    return text.getvalue()


def not_a_formula(cell):
    """Keep a spreadsheet from running a student's name as a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
