"""The project's leaderboard: what was recorded, sorted, and nobody's name unless it is asked for."""

import csv
import json
from dataclasses import asdict

import pytest
from bs4 import BeautifulSoup
from typer.testing import CliRunner

from autograder.classroom.leaderboard import pseudonyms, standings
from autograder.classroom.records import Record
from autograder.cli import app

RIGHT = {"ada": 180, "björn": 210, "<b>chen</b>": 210, "dora": 120}


def _record(student, right, assignment="09-project"):
    facts = {} if right is None else {"accuracy": {"right": right, "of": 240}}
    return Record(student, assignment, 0, 4, facts=facts)


@pytest.fixture
def room(tmp_path):
    """A class whose project has been graded; one submission was not good enough to be measured."""
    for number, (student, right) in enumerate([*RIGHT.items(), ("emil", None)]):
        path = tmp_path / ".autograder" / "records" / "09-project" / f"{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(_record(student, right))), encoding="utf-8")
    (tmp_path / "submitted").mkdir()
    return tmp_path


def run(room, *options):
    return CliRunner().invoke(app, ["leaderboard", "--class", str(room), *options])


def shown(room):
    """Rank and name on each line of the page."""
    soup = BeautifulSoup((room / "leaderboard.html").read_text(encoding="utf-8"), "html.parser")
    return [[cell.get_text(strip=True) for cell in row.find_all("td")][:2] for row in soup.select("tbody tr")]


def test_equal_accuracies_share_a_rank_and_the_next_is_left_out():
    lines = standings([_record(student, right) for student, right in RIGHT.items()])
    assert [(line["rank"], line["right"]) for line in lines] == [(1, 210), (1, 210), (3, 180), (4, 120)]
    assert lines[2]["accuracy"] == 0.75
    assert lines[2]["error"] == pytest.approx((0.75 * 0.25 / 240) ** 0.5)


def test_no_name_is_shown_unless_asked_for(room):
    done = run(room)
    assert done.exit_code == 0, done.output
    page = (room / "leaderboard.html").read_text(encoding="utf-8")
    assert not any(
        student in text for student in ("ada", "björn", "chen", "dora", "emil") for text in (done.output, page)
    )
    assert [rank for rank, _ in shown(room)] == ["1", "1", "3", "4"]
    assert "1 without a measured accuracy is not on it." in done.output


def test_names_are_shown_when_asked_for_but_not_of_those_who_opted_out(room):
    assert run(room, "--names", "--hide", "ada").exit_code == 0
    names = [name for _, name in shown(room)]
    assert set(names) > {"björn", "<b>chen</b>", "dora"}
    assert "ada" not in names
    with (room / "pseudonyms.csv").open(encoding="utf-8", newline="") as file:
        assert names[2] == dict(csv.reader(file))["ada"]


def test_pseudonyms_stay_and_differ(tmp_path):
    first = pseudonyms(tmp_path, ["a", "b"])
    many = pseudonyms(tmp_path, [*map(str, range(400)), "b", "a"])
    assert {student: many[student] for student in first} == first
    assert len(set(many.values())) == len(many)


def test_those_who_are_equal_are_not_sorted_by_name(room):
    run(room)
    (_, one), (_, other) = shown(room)[:2]
    assert one < other


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--hide", "zoe"], "Nobody in"), (["01-convolution"], "python -m autograder grade --class")],
)
def test_what_cannot_be_done_is_said(room, options, words):
    done = run(room, *options)
    assert done.exit_code == 1
    assert words in done.output
    assert not (room / "leaderboard.html").exists()
