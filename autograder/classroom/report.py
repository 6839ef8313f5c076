"""The page an instructor reads after grading: how the class did, exercise by exercise."""

import base64
import hashlib
import json
import math
import statistics
from collections import Counter
from functools import cache
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from autograder.classroom.feedback import STATUSES, TEMPLATES, templates
from autograder.course.atomic import write_atomically
from autograder.exam.result import DIFFERS, OWN_LAYERS, TIMED_OUT

BINS = 10
FLAGS = {
    "not graded": "the file could not be read or examined; everything counts 0",
    "attack?": "cells do what is no part of answering; read them",
    "own layers": "a model holds layers that are not Keras's own; what it does, its own process has said",
    "differs": "an answer does something else when it is asked again in a fresh process; the worse one counts",
    "crashed": "a cell or call ended its process",
    "timed out": "a cell or call ran too long and was stopped",
    "late": "handed in after the due time",
    "recovered": "cells were missing, moved or changed and were put right",
    "test failed by itself": "a test broke through no fault of the learner's; look at the assignment",
}


def write_report(folder, records):
    """Write ``report.html`` and the same figures as ``report.json``.

    Parameters
    ----------
    folder : path-like
        The class's folder.
    records : list of autograder.classroom.records.Record
        From `autograder.classroom.records.read_records`.

    Examples
    --------
    >>> import json
    >>> from pathlib import Path
    >>> from autograder.classroom.records import Record
    >>> from autograder.classroom.report import write_report
    >>> write_report("class", [Record("ada", "01-convolution", 6.5, 8), Record("ben", "01-convolution", 8, 8)])
    >>> [figures] = json.loads(Path("class/report.json").read_text(encoding="utf-8"))
    >>> figures["count"], figures["mean"]
    (2, 7.25)
    >>> "01-convolution" in Path("class/report.html").read_text(encoding="utf-8")
    True
    """
    figures = [
        summary(assignment, list(group))
        for assignment, group in groupby(sorted(records, key=_assignment), key=_assignment)
    ]
    write_atomically(Path(folder, "report.json"), json.dumps(figures, ensure_ascii=False, indent=1))
    beside = {"pairs": _pairs(folder), "has_inventory": Path(folder, "inventory.html").is_file()}
    write_atomically(Path(folder, "report.html"), report_page(figures, Path(folder).resolve().name, **beside))


def _pairs(folder):
    """Return how many pairs of an assignment's submissions ``similarity.html`` shows, by assignment."""
    path = Path(folder, "similarity.json")
    if not path.is_file():
        return {}
    return {part["assignment"]: len(part["pairs"]) for part in json.loads(path.read_text(encoding="utf-8"))}


def report_page(figures, name="", pairs=None, has_inventory=False):
    """Make the page.

    Parameters
    ----------
    figures : list of dict
        From `summary`, one an assignment.
    name : str
        The class's.
    pairs : dict of str to int, optional
        How many pairs of submissions are alike, by assignment; those that nobody has compared are missing.
    has_inventory : bool
        Whether there is an ``inventory.html`` beside it.

    Returns
    -------
    str
        One self-contained HTML page that loads nothing. Its one script is ours, and only that one may run.
    """
    text, digest = script()
    page = templates().get_template("report.html")
    said = {"name": name, "pairs": pairs or {}, "has_inventory": has_inventory, "statuses": STATUSES, "flags": FLAGS}
    return page.render(assignments=figures, **said, script=text, digest=digest)


@cache
def script():
    """Return the page's script and the digest by which the page allows it and no other."""
    text = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    return Markup(text), base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _assignment(record):
    return record.assignment


def summary(assignment, records):
    """Count what the report shows of one assignment.

    Parameters
    ----------
    assignment : str
    records : list of autograder.classroom.records.Record
        Of its submissions.

    Returns
    -------
    dict
    """
    scores = [record.score for record in records]
    most = max(record.max_score for record in records)
    lines = [_line(record) for record in records]
    exercises = _exercises(records)
    seconds = [record.seconds for record in records if record.seconds]
    return {
        "assignment": assignment,
        "count": len(records),
        "of": most,
        "mean": statistics.fmean(scores),
        "median": statistics.median(scores),
        "histogram": histogram(scores, most),
        "exercises": exercises,
        "hardest": [exercise["name"] for exercise in sorted(exercises, key=lambda exercise: exercise["share"])],
        "misconceptions": misconceptions(records),
        "seconds": {
            "total": sum(seconds),
            "median": statistics.median(seconds) if seconds else 0,
            "longest": max(seconds, default=0),
            "histogram": times(seconds),
        },
        "flags": {flag: count for flag in FLAGS if (count := sum(flag in line["flags"] for line in lines))},
        "submissions": lines,
    }


def _exercises(records):
    found = {}
    for record in records:
        for card in record.exercises:
            counts = found.setdefault(
                card["name"], {"name": card["name"], "of": card["of"], **dict.fromkeys(STATUSES, 0), "mean": 0}
            )
            counts[card["status"]] += 1
            counts["mean"] += card["points"] / len(records)
    return [{**counts, "share": counts["mean"] / counts["of"] if counts["of"] else 1} for counts in found.values()]


def misconceptions(records):
    """Count in how many submissions each hint was given.

    Parameters
    ----------
    records : list of autograder.classroom.records.Record

    Returns
    -------
    list of dict
        ``exercise``, ``hint``, ``count``; the most frequent first.
    """
    counts = Counter()
    for record in records:
        counts.update(
            {
                (card["name"], hint)
                for card in record.exercises
                for hint in [message["hint"] for message in card["messages"]] + card.get("hints", [])
                if hint
            }
        )
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"exercise": exercise, "hint": hint, "count": count} for (exercise, hint), count in ordered]


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
        counts[max(0, min(bins - 1, int(score / width)))] += 1
    return [{"from": i * width, "to": (i + 1) * width, "count": count} for i, count in enumerate(counts)]


def times(seconds):
    """Count seconds in bins that double: one slow submission must not squeeze all others into one bin.

    Parameters
    ----------
    seconds : list of float

    Returns
    -------
    list of dict
        ``from``, ``to`` (seconds) and ``count``.
    """
    shortest = -2  # what takes less than a quarter of a second is not told apart
    places = Counter(max(shortest, math.ceil(math.log2(value))) for value in seconds if value > 0)
    if not places:
        return []
    lowest, highest = min(places), max(places)
    highest = max(highest, lowest + 2)  # a plot of one bar says little
    return [
        {"from": 2.0 ** (place - 1) if place > shortest else 0.0, "to": 2.0**place, "count": places[place]}
        for place in range(lowest, highest + 1)
    ]


def flags_of(record):
    """Say what about a submission deserves a look.

    Parameters
    ----------
    record : autograder.classroom.records.Record

    Returns
    -------
    list of str
        Keys of `FLAGS`.
    """
    kinds = {stop.kind for stop in record.stops}
    there = {
        "not graded": record.reason,
        "attack?": record.suspicions,
        "own layers": record.facts.get(OWN_LAYERS),
        "differs": record.facts.get(DIFFERS),
        "crashed": kinds - {TIMED_OUT},
        "timed out": TIMED_OUT in kinds,
        "late": record.seconds_late or record.marked_late,
        "recovered": record.notes,
        "test failed by itself": record.broken,
    }
    return [flag for flag in FLAGS if there[flag]]


def _line(record):
    name = record.assignment
    reasons = [[record.reason] if record.reason else [], record.suspicions, [stop.text for stop in record.stops]]
    late = record.seconds_late
    if late:
        penalty = record.late_penalty
        reasons.append([f"Handed in {duration(late)} late" + (f": {penalty:g} points less." if penalty else ".")])
    elif record.marked_late:
        reasons.append(["The download marks it as late."])
    return {
        "student": record.student,
        "score": record.score,
        "of": record.max_score,
        "statuses": [{"name": card["name"], "status": card["status"]} for card in record.exercises],
        "flags": flags_of(record),
        "why": [reason for group in (*reasons, record.notes) for reason in group],
        "seconds": record.seconds,
        "seconds_late": late or 0,
        "feedback": f"feedback/{record.student}/{name}/{name}.html",
    }


def duration(seconds):
    """Write a time span the way people say it: "2 days 3 hours", "40 minutes".

    Parameters
    ----------
    seconds : float

    Returns
    -------
    str
    """
    minutes = max(1, math.ceil(seconds / 60))
    parts = [(minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute")]
    said = [f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in parts if count]
    return " ".join(said[:2])
