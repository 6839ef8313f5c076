"""Hostile submissions earn what their honest part earns, and nothing else happens.

Those of tests/hostile.py are graded in one run, with honest neighbours between them: by day some of them, by turn.
"""

import hashlib
import tempfile
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from autograder.classroom.grade import grade_class
from autograder.course.source import read_assignment
from autograder.exam.result import DIFFERS
from tests.conftest import PROJECT, SLIDING, SOLUTIONS
from tests.hostile import ARRANGED, ATTACKS, FORGED, ON_COURSE, RULES, make_class, points_of

HONEST = 5
DIFFERENT = ["changed_and_denied", "shared_and_denied", "changed_behind_copies", "reused_and_denied", "warmed_up"]
SHOWN = ["hostile_outputs", "attachments", "metadata_bomb"]  # their feedback is looked at
REASONS = {  # what an instructor is told of papers that cannot be graded
    "The file has 60 MB; 60 MB is the limit. Clear its outputs, save it, and hand it in again.",
}
POINTS = read_assignment(SLIDING, SOLUTIONS).points


def _digest(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@pytest.fixture(scope="module")
def temporary(tmp_path_factory):
    """A folder for the temporary files of this run alone: other tests' graders write to the machine's."""
    folder = tmp_path_factory.mktemp("tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", None)
        yield folder


@pytest.fixture(scope="module")
def hostile(request):
    """Names of the attacks that are tried."""
    asked = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    return {*DIFFERENT, *SHOWN, *ARRANGED, *(each["name"] for each in asked if each.get("name") in {*ATTACKS, *FORGED})}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, temporary, sliding_kit, hostile):
    """Attacks and their neighbours, graded in one run; records by student, and what lay around before and after."""
    folder = tmp_path_factory.mktemp("class")
    make_class(folder, sliding_kit, HONEST, hostile)
    watched = [folder / "submitted", SOLUTIONS, PROJECT / "solutions", PROJECT / "convnets", PROJECT / "autograder"]
    before = [_digest(place) for place in watched]
    records = grade_class(folder, solutions=SOLUTIONS, rules=RULES, console=Console(quiet=True))
    after = [_digest(place) for place in watched]
    return folder, {record.student: record for record in records}, before == after


def test_there_are_enough():
    assert len(ATTACKS) + len(ON_COURSE) + len(ARRANGED) >= 105


def _earned(record):
    return {card["name"]: card["points"] for card in record.exercises if card["points"]}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_earns_its_honest_part(graded, name):
    assert _earned(graded[1][name]) == points_of(ATTACKS[name])


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_a_fresh_process_says_is_flagged(graded, name):
    assert graded[1][name].facts[DIFFERS] == ["convolve2d"]


@pytest.mark.parametrize("name", FORGED)
def test_forged_notebook_earns_its_honest_part(graded, name):
    record = graded[1][name]
    assert _earned(record) == {"convolve": 2}
    assert record.max_score == POINTS


def test_honest_neighbours_keep_full_marks(graded):
    scores = [record.score for student, record in graded[1].items() if student.endswith("-honest")]
    assert scores == [POINTS] * HONEST


def test_everybody_has_a_grade_and_feedback(graded, hostile):
    folder, records, _ = graded
    assert len(records) == len(hostile) + HONEST
    for student, record in records.items():
        assert record.reason is None or record.reason in REASONS, f"{student}: {record.reason}"
        assert record.broken == [], student
        assert (folder / "feedback" / student / SLIDING / f"{SLIDING}.html").is_file()


def test_nothing_outside_changed(graded, temporary):
    folder, _records, unchanged = graded
    assert unchanged
    ours = {"submitted", "autograded", "feedback", "source", "release", ".autograder", "gradebook.db", "grades.csv"}
    assert {path.name for path in folder.iterdir()} == ours | {"report.html", "report.json", "nbgrader_config.py"}
    assert not list(folder.rglob("*poison*"))
    assert not list(temporary.iterdir())
    assert not Path("/tmp/last-words").exists()


def test_no_process_is_left(graded):
    commands = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    assert not [command for command in commands if "sleep 1000" in command]


def test_feedback_of_hostile_outputs_does_nothing(graded, browser):
    folder = graded[0]
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for name in SHOWN:
        page.goto((folder / "feedback" / name / SLIDING / f"{SLIDING}.html").as_uri())
        assert page.evaluate("window.hacked") is None
    page.goto((folder / "report.html").as_uri())
    assert page.evaluate("window.hacked") is None
    assert [url for url in asked if not url.startswith(("file:", "data:image/"))] == []
    page.close()
