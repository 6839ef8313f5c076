"""What handing in late costs is reckoned by rule and kept where nbgrader keeps it."""

import io
from datetime import datetime

import pytest
from nbgrader.preprocessors import AssignLatePenalties
from rich.console import Console
from traitlets.config import Config

from autograder.classroom import grade
from autograder.classroom.grade import grade_class
from autograder.classroom.gradebook import Books
from autograder.classroom.late import LatePenalty, LateRule, class_rule, due_time, read_rule
from autograder.classroom.records import moves, read_records
from autograder.course.atomic import write_atomically
from autograder.course.source import AssignmentError, assignment_names
from tests.conftest import SAMPLE
from tests.submissions import in_one, submission

DAY = 86400


@pytest.mark.parametrize(
    ("penalty", "limit", "rule"),
    [
        (None, None, LateRule()),
        ("none", "none", LateRule()),
        ("10%/day", "3d", LateRule(0.1, "day", 3 * DAY)),
        ("2.5 % per hour", "12 hours", LateRule(0.025, "hour", 12 * 3600)),
        ("50%/week", "90m", LateRule(0.5, "week", 5400)),
    ],
)
def test_rules_are_read(penalty, limit, rule):
    assert read_rule(penalty, limit) == rule


@pytest.mark.parametrize(
    ("option", "words"),
    [("penalty", "10"), ("penalty", "a lot"), ("limit", "soon"), ("limit", "3"), ("limit", "1 month")],
)
def test_what_is_no_rule_is_an_error_that_shows_one(option, words):
    with pytest.raises(AssignmentError, match="Write it like"):
        read_rule(**{option: words})


@pytest.mark.parametrize(
    ("seconds", "penalty"),
    [(-5, 0), (0, 0), (1, 1), (DAY, 1), (DAY + 1, 2), (3 * DAY, 3), (3 * DAY + 1, 10), (99 * DAY, 10)],
)
def test_each_day_begun_costs_and_after_the_limit_nothing_counts(seconds, penalty):
    assert LateRule(0.1, "day", 3 * DAY).penalty(10, seconds) == pytest.approx(penalty)


def test_penalty_is_never_more_than_was_earned():
    assert LateRule(0.3, "day").penalty(10, 9 * DAY) == 10


def test_rule_of_a_class_is_kept(tmp_path):
    class_rule(tmp_path, "10%/day", "3d")
    assert class_rule(tmp_path) == LateRule(0.1, "day", 3 * DAY)
    assert class_rule(tmp_path, "20%/day") == LateRule(0.2, "day", 3 * DAY)
    assert class_rule(tmp_path, limit="none") == LateRule(0.2, "day", None)


def test_due_time_is_kept_in_utc():
    assert due_time("2026-12-01T23:59+02:00") == datetime(2026, 12, 1, 21, 59)
    assert due_time("2026-12-01") == due_time("2026-12-01T23:59:59")
    with pytest.raises(AssignmentError, match="no time"):
        due_time("tomorrow")


def test_stock_nbgrader_uses_the_same_rule(tmp_path, monkeypatch):
    config = Config(AssignLatePenalties={"plugin_class": "autograder.classroom.late.LatePenalty"})
    preprocessor = AssignLatePenalties(config=config)
    preprocessor.init_plugin()
    assert type(preprocessor.plugin_inst) is LatePenalty
    monkeypatch.chdir(tmp_path)
    assert preprocessor.plugin_inst.late_submission_penalty("ada", 8, 100) is None
    class_rule(tmp_path, "25%/day")
    assert preprocessor.plugin_inst.late_submission_penalty("ada", 8, 100) == 2


@pytest.fixture
def graded(tmp_path, kit, room, monkeypatch):
    """Grades a class of two, the second two hours late, as often as it is called."""
    monkeypatch.setattr(grade, "grade_many", in_one(room))
    for student, when in {"early": "2026-12-01 10:00:00 UTC", "late": "2026-12-01 14:00:00 UTC"}.items():
        place = tmp_path / "submitted" / student / kit.name
        write_atomically(place / f"{kit.name}.ipynb", submission(kit))
        write_atomically(place / "timestamp.txt", when)

    def again(**more):
        grade_class(tmp_path, None, SAMPLE / "solutions", **{"console": Console(quiet=True), **more})
        return {record.student: record for record in read_records(tmp_path)}

    return tmp_path, again


def test_late_submission_loses_points_by_rule(graded, kit):
    folder, grade = graded
    records = grade(due="2026-12-01T12:00+00:00", late_penalty="10%/hour")
    assert (records["early"].score, records["early"].seconds_late) == (2, 0)
    late = records["late"]
    assert (late.score, late.raw_score, late.seconds_late) == (pytest.approx(1.6), 2, 7200)
    sheet = (folder / "grades.csv").read_text()
    assert "late,01-doubling,1.6,2,2,0.4" in sheet
    assert "2 hours late" in (folder / "feedback" / "late" / kit.name / f"{kit.name}.html").read_text()
    assert "2 hours late: 0.4 points less" in (folder / "report.html").read_text()
    with Books(folder) as books:
        entered = books._gradebook.find_submission(kit.name, "late")
        assert (entered.score, entered.late_submission_penalty) == (2, pytest.approx(0.4))
        entered.extension = entered.timestamp - datetime(2026, 12, 1, 12)
        books._gradebook.db.commit()

    # the due time and the rule are kept, and an extension that nbgrader knows of counts
    extended = grade()
    assert extended["late"].score == 2
    (moved,) = moves(records, list(extended.values()))
    assert "what handing in late costs" in moved

    with Books(folder) as books:
        books._gradebook.find_submission(kit.name, "late").extension = None
        books._gradebook.db.commit()
    assert grade()["late"].score == pytest.approx(1.6)
    assert grade(due="none")["late"].score == 2


def test_due_time_needs_one_assignment(tmp_path):
    for name in assignment_names()[:2]:
        (tmp_path / "submitted" / "ada" / name).mkdir(parents=True)
    with pytest.raises(AssignmentError, match="due time of its own"):
        grade_class(tmp_path, due="2026-12-01T12:00", console=Console(quiet=True))


def test_configuration_of_classes_already_graded_still_finds_the_rule():
    penalties = AssignLatePenalties(config=Config(AssignLatePenalties={"plugin_class": "autograder.late.LatePenalty"}))
    assert penalties.plugin_class is LatePenalty


@pytest.mark.parametrize(("limit", "seconds"), [("3d", 3 * 86400), ("12 hours", 43200), ("90min", 5400), ("90m", 5400)])
def test_span_of_time_is_read_in_full(limit, seconds):
    assert read_rule(limit=limit).limit == seconds


@pytest.mark.parametrize("limit", ["1 month", "2 moons", "3", "d"])
def test_span_of_time_that_is_none_is_refused(limit):
    with pytest.raises(AssignmentError, match="no span of time"):
        read_rule(limit=limit)


def test_day_without_a_time_is_due_at_its_end():
    assert due_time("2026-12-01") == due_time("2026-12-01T23:59:59")


BERLIN = LateRule(0.1, "day", 3 * 86400, "Europe/Berlin")


@pytest.mark.parametrize(
    ("due", "handed_in", "days"),
    [
        # clocks go back on 25 October: the day has 25 hours
        ("2026-10-24T23:59", "2026-10-25T23:58", 1),
        ("2026-10-24T23:59", "2026-10-26T00:00", 2),
        # clocks go forward on 29 March: the day has 23
        ("2026-03-28T23:59", "2026-03-29T23:58", 1),
        ("2026-03-28T23:59", "2026-03-30T00:00", 2),
        ("2026-12-01T23:59", "2026-12-02T23:59", 1),
    ],
)
def test_day_across_a_change_of_clocks_is_a_day(due, handed_in, days):
    due, handed_in = due_time(due, BERLIN.zone), due_time(handed_in, BERLIN.zone)
    assert BERLIN.penalty(10, (handed_in - due).total_seconds(), due) == pytest.approx(days)


def test_limit_and_extension_of_days_end_when_the_clock_shows_the_same_again():
    due = due_time("2026-10-24T23:59", BERLIN.zone)
    last = due_time("2026-10-27T23:59", BERLIN.zone)
    assert (last - due).total_seconds() == 73 * 3600
    assert BERLIN.penalty(10, 73 * 3600, due) == pytest.approx(3)
    assert BERLIN.penalty(10, 73 * 3600 + 1, due) == 10
    assert BERLIN.after(due, 3 * 86400) == last
    assert (BERLIN.after(due, 3600) - due).total_seconds() == 3600


def test_zone_of_a_class_is_kept_and_one_that_is_none_refused(tmp_path):
    class_rule(tmp_path, penalty="10%/day", zone="Europe/Berlin")
    assert class_rule(tmp_path).zone == "Europe/Berlin"
    with pytest.raises(AssignmentError, match="no time zone 'Mars'"):
        class_rule(tmp_path, zone="Mars")


def test_class_is_told_what_a_rule_takes_off_before_anything_is_graded(graded):
    _folder, grade = graded
    said = io.StringIO()
    grade(due="2026-12-01T12:00+00:00", late_penalty="10%/hour", console=Console(file=said, width=120))
    lines = said.getvalue().splitlines()
    assert lines[0] == "late: 1 of 2. The rule takes 20 % off what 1 has earned."
