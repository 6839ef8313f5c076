"""What handing in late costs: a rule for a class, in nbgrader's own machinery."""

import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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
    zone : str or None
        Where the class is, as ``"Europe/Berlin"``; None: where this machine is. There a day lasts until the same time
        of the next day, also where the clocks are changed.
    """

    share: float = 0
    unit: str = "day"
    limit: float | None = None
    zone: str | None = None

    def penalty(self, score, seconds_late, due=None):
        """Say how many points are taken off.

        Parameters
        ----------
        score : float
            What the answers earned.
        seconds_late : float
        due : datetime.datetime, optional
            When it was due, UTC without a time zone; without it a day has 24 hours.

        Returns
        -------
        float
            From 0 to ``score``.

        Examples
        --------
        The clocks went back, and a day had 25 hours:

        >>> rule = LateRule(0.1, "day", zone="Europe/Berlin")
        >>> rule.penalty(10, 25 * 3600, due=datetime(2026, 10, 24, 21, 59))
        1.0
        """
        if seconds_late <= 0:
            return 0.0
        if self.limit is not None and self._counted(seconds_late, self.limit, due) > self.limit:
            return float(score)
        unit = _SECONDS[self.unit]
        return min(1.0, self.share * math.ceil(self._counted(seconds_late, unit, due) / unit)) * score

    def after(self, due, seconds):
        """Return the time that lies so many seconds after a due time; whole days end when clocks show the same again.

        Parameters
        ----------
        due : datetime.datetime
            UTC without a time zone.
        seconds : float

        Returns
        -------
        datetime.datetime
            UTC without a time zone.
        """
        if seconds % _SECONDS["day"]:
            return due + timedelta(seconds=seconds)
        shown = self._shown(due) + timedelta(seconds=seconds)
        zone = ZoneInfo(self.zone) if self.zone else None
        return (shown.replace(tzinfo=zone) if zone else shown).astimezone(UTC).replace(tzinfo=None)

    def _counted(self, seconds_late, unit, due):
        """Count seconds by the clock on the wall where whole days are counted."""
        if due is None or unit % _SECONDS["day"]:
            return seconds_late
        return (self._shown(due + timedelta(seconds=seconds_late)) - self._shown(due)).total_seconds()

    def _shown(self, when):
        """Return what a clock in the class's zone shows."""
        return when.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone) if self.zone else None).replace(tzinfo=None)


def foretold(rule, late, count):
    """Say what a rule will take off.

    Parameters
    ----------
    rule : LateRule
    late : list of (float, datetime.datetime)
        Of each late submission: by how many seconds, and when it was due.
    count : int
        Of all submissions.

    Returns
    -------
    str or None
        None where there is nothing to say.

    Examples
    --------
    >>> due = datetime(2026, 12, 1)
    >>> foretold(LateRule(0.1, "day", limit=86400), [(60, due), (90000, due)], 30)
    'late: 2 of 30. The rule takes 10 % off what 1 has earned, all off what 1 has earned.'
    """
    if not late:
        return None
    shares = Counter(round(100 * rule.penalty(1.0, seconds, due)) for seconds, due in late)
    said = [
        f"{'all' if share == 100 else f'{share} %'} off what {many} ha{'s' if many == 1 else 've'} earned"
        for share, many in sorted(shares.items())
        if share
    ]
    takes = f"The rule takes {', '.join(said)}." if said else "Nothing is taken off for that."
    return f"late: {len(late)} of {count}. {takes}"


def read_rule(penalty=None, limit=None, zone=None):
    """Read a rule as it is written on the command line.

    Parameters
    ----------
    penalty : str, optional
        For instance "10%/day"; "none" or nothing: lateness costs nothing.
    limit : str, optional
        For instance "3d" or "12 hours".
    zone : str, optional
        For instance "Europe/Berlin"; "none" or nothing: this machine's.

    Returns
    -------
    LateRule

    Raises
    ------
    AssignmentError

    Examples
    --------
    >>> from autograder.classroom.late import read_rule
    >>> read_rule("10%/day", "3d", "Europe/Berlin")
    LateRule(share=0.1, unit='day', limit=259200.0, zone='Europe/Berlin')
    >>> read_rule("none").penalty(10, seconds_late=3600)
    0.0
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
    if zone in (None, "none"):
        return LateRule(share, unit, seconds)
    return LateRule(share, unit, seconds, time_zone(zone).key)


def time_zone(name):
    """Return a time zone by its name.

    Parameters
    ----------
    name : str
        For instance "Europe/Berlin".

    Returns
    -------
    zoneinfo.ZoneInfo

    Raises
    ------
    AssignmentError
        When there is none of that name.

    Examples
    --------
    >>> from datetime import datetime
    >>> from autograder.classroom.late import time_zone
    >>> datetime(2026, 12, 1, 23, 59, tzinfo=time_zone("Europe/Berlin")).isoformat()
    '2026-12-01T23:59:00+01:00'
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise AssignmentError(f"There is no time zone {name!r}. They are called like Europe/Berlin.") from None


def class_rule(folder, penalty=None, limit=None, zone=None):
    """Return a class's rule; what is given here replaces what was kept there.

    Parameters
    ----------
    folder : path-like
        The class's folder.
    penalty, limit, zone : str, optional
        As for `read_rule`.

    Returns
    -------
    LateRule

    Raises
    ------
    AssignmentError
        As from `read_rule`.

    Examples
    --------
    >>> from autograder.classroom.late import class_rule
    >>> class_rule("class", penalty="10%/day").share
    0.1
    >>> class_rule("class", limit="12h")  # the penalty was kept
    LateRule(share=0.1, unit='day', limit=43200.0, zone=None)
    """
    path = Path(folder, _RULE_FILE)
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    given = {"penalty": penalty, "limit": limit, "zone": zone}
    given = {key: value for key, value in given.items() if value is not None}
    rule = read_rule(**{**kept, **given})
    if given:
        write_atomically(path, json.dumps({**kept, **given}))
    return rule


def due_time(text, zone=None):
    """Read a point in time.

    Parameters
    ----------
    text : str
        ISO 8601. Without an offset it is local time; a day without a time means its end.
    zone : str, optional
        Of local times; default: this machine's.

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
        when = datetime.fromisoformat(text)
        if zone and when.tzinfo is None:
            when = when.replace(tzinfo=ZoneInfo(zone))
        return when.astimezone(UTC).replace(tzinfo=None)
    except ValueError:
        raise AssignmentError(
            f"{text!r} is no time. Write it like 2026-12-01T23:59 or 2026-12-01T23:59+01:00."
        ) from None


class LatePenalty(BasePlugin):
    """Gives stock nbgrader the class's rule, when its commands run in the class's folder.

    It is told seconds alone, so a day has 24 hours there, also when clocks are changed.

    Examples
    --------
    >>> from autograder.classroom.late import LatePenalty, class_rule
    >>> _ = class_rule(".", penalty="10%/hour")
    >>> LatePenalty().late_submission_penalty("ada", 10, 90 * 60)
    2.0
    """

    def late_submission_penalty(self, _student_id, score, total_seconds_late):
        """Return the points that are taken off, or None."""
        return class_rule(Path.cwd()).penalty(score, total_seconds_late) or None
