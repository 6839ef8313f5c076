"""The page an instructor reads after grading: how the class did, exercise by exercise."""

import json
import statistics
from itertools import groupby
from pathlib import Path

from autograder.books import write_atomically
from autograder.feedback import templates

BINS = 10


def write_report(folder, records):
    """Write ``report.html`` and the same figures as ``report.json``.

    Parameters
    ----------
    folder : path-like
        The class's folder.
    records : list of dict
        From `autograder.classes.read_records`.
    """
    figures = [
        summary(assignment, list(group))
        for assignment, group in groupby(sorted(records, key=_assignment), key=_assignment)
    ]
    write_atomically(Path(folder, "report.json"), json.dumps(figures, ensure_ascii=False, indent=1))
    page = templates().get_template("report.html").render(assignments=figures)
    write_atomically(Path(folder, "report.html"), page)


def _assignment(record):
    return record["assignment"]


def summary(assignment, records):
    """Count what the report shows of one assignment.

    Parameters
    ----------
    assignment : str
    records : list of dict
        Of its submissions.

    Returns
    -------
    dict
    """
    scores = [record["score"] for record in records]
    most = max(record["max_score"] for record in records)
    exercises = {}
    for record in records:
        for card in record["exercises"]:
            counts = exercises.setdefault(
                card["name"], {"name": card["name"], "of": card["of"], "right": 0, "partly": 0, "wrong": 0}
            )
            counts[card["status"]] += 1
    return {
        "assignment": assignment,
        "count": len(records),
        "of": most,
        "mean": statistics.fmean(scores),
        "median": statistics.median(scores),
        "histogram": histogram(scores, most),
        "exercises": list(exercises.values()),
        "submissions": [_line(record) for record in records],
    }


def histogram(scores, most):
    """Count scores in equal bins from 0 to ``most``; the last bin includes ``most``.

    Parameters
    ----------
    scores : list of float
    most : float

    Returns
    -------
    list of dict
        ``from``, ``to`` (points) and ``count``.
    """
    bins = min(BINS, max(1, round(most)))
    width = most / bins if most else 1
    counts = [0] * bins
    for score in scores:
        counts[min(bins - 1, int(score / width))] += 1
    return [{"from": i * width, "to": (i + 1) * width, "count": count} for i, count in enumerate(counts)]


def _line(record):
    flags = []
    if record["reason"]:
        flags.append("not graded")
    if record["stops"]:
        flags.append("stopped")
    if record["notes"]:
        flags.append("mended")
    if record["broken"]:
        flags.append("test failed by itself")
    name = record["assignment"]
    return {
        "student": record["student"],
        "score": record["score"],
        "of": record["max_score"],
        "statuses": [{"name": card["name"], "status": card["status"]} for card in record["exercises"]],
        "flags": flags,
        "why": [*([record["reason"]] if record["reason"] else []), *record["stops"], *record["notes"]],
        "seconds": record["seconds"],
        "feedback": f"feedback/{record['student']}/{name}/{name}.html",
    }
