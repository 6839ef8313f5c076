"""What handing in late costs: a rule for a class, in nbgrader's own machinery."""

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from nbgrader.plugins import BasePlugin

from autograder.course.atomic import write_atomically
from autograder.course.source import AssignmentError

_SECONDS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_UNITS = {name: unit for unit in _SECONDS for name in (unit, unit[0])} | {"min": "minute", "hr": "hour"}
_RULE_FILE = ".autograder/late.json"  # in a class's folder


@dataclass(frozen=True)
class LateRule:
    """What is taken off.

    Attributes
    ----------
    share : float
        Of what the answers earned, for each unit of time that has begun.
    unit : str
        "minute", "hour", "day" or "week".
    limit : float or None
        Seconds after which nothing counts any more.
    """

    share: float = 0
    unit: str = "day"
    limit: float | None = None

    def penalty(self, score, seconds_late):
        """Say how many points are taken off.

        Parameters
        ----------
        score : float
            What the answers earned.
        seconds_late : float

        Returns
        -------
        float
            From 0 to ``score``.
        """
        if seconds_late <= 0:
            return 0.0
        if self.limit is not None and seconds_late > self.limit:
            return float(score)
        return min(1.0, self.share * math.ceil(seconds_late / _SECONDS[self.unit])) * score


def read_rule(penalty=None, limit=None):
    """Read a rule as it is written on the command line.

    Parameters
    ----------
    penalty : str, optional
        For instance "10%/day"; "none" or nothing: lateness costs nothing.
    limit : str, optional
        For instance "3d" or "12 hours".

    Returns
    -------
    LateRule

    Raises
    ------
    AssignmentError
    """
    share, unit, seconds = 0.0, "day", None
    if penalty and penalty != "none":
        match = re.fullmatch(r"(\d+(?:\.\d+)?) ?% ?(?:/|per|a|an) ?(minute|hour|day|week)", penalty.strip())
        if not match:
            raise AssignmentError(f"{penalty!r} is no late penalty. Write it like 10%/day or 2%/hour.")
        share, unit = float(match[1]) / 100, match[2]
    if limit and limit != "none":
        match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([a-z]+)", limit.strip().lower())
        unit_of_limit = match and _UNITS.get(match[2].removesuffix("s"))
        if not unit_of_limit:
            raise AssignmentError(f"{limit!r} is no span of time. Write it like 3d, 12h or 90min; a month is 4 weeks.")
        seconds = float(match[1]) * _SECONDS[unit_of_limit]
    return LateRule(share, unit, seconds)


def class_rule(folder, penalty=None, limit=None):
    """Return a class's rule; what is given here replaces what was kept there.

    Parameters
    ----------
    folder : path-like
        The class's folder.
    penalty, limit : str, optional
        As for `read_rule`.

    Returns
    -------
    LateRule
    """
    path = Path(folder, _RULE_FILE)
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    given = {key: value for key, value in {"penalty": penalty, "limit": limit}.items() if value is not None}
    rule = read_rule(**{**kept, **given})
    if given:
        write_atomically(path, json.dumps({**kept, **given}))
    return rule


def due_time(text):
    """Read a point in time.

    Parameters
    ----------
    text : str
        ISO 8601. Without an offset it is this machine's local time; a day without a time means its end.

    Returns
    -------
    datetime.datetime
        UTC without a time zone, as nbgrader keeps it.

    Raises
    ------
    AssignmentError
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        text = f"{day}T23:59:59"
    try:
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    except ValueError:
        raise AssignmentError(
            f"{text!r} is no time. Write it like 2026-12-01T23:59 or 2026-12-01T23:59+01:00."
        ) from None


class LatePenalty(BasePlugin):
    """Gives stock nbgrader the class's rule, when its commands run in the class's folder."""

    def late_submission_penalty(self, _student_id, score, total_seconds_late):
        """Return the points that are taken off, or None."""
        return class_rule(Path.cwd()).penalty(score, total_seconds_late) or None
