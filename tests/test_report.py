"""The report counts what happened."""

import json

import pytest

from autograder.report import histogram, summary, write_report


def _record(student, score, **more):
    card = {"name": "double", "points": score, "of": 2, "messages": []}
    card["status"] = "right" if score == 2 else "partly" if score else "wrong"
    record = {"student": student, "assignment": "01-doubling", "score": score, "max_score": 2, "exercises": [card]}
    return {**record, "notes": [], "stops": [], "broken": [], "reason": None, "seconds": 0.1, **more}


RECORDS = [
    _record("ada", 2),
    _record("björn", 1),
    _record("<b>x</b>", 0, stops=["convolve was stopped"]),
    _record("jonas", 0, reason="The file is empty."),
]


@pytest.mark.parametrize(
    ("scores", "most", "counts"),
    [
        ([0, 1, 2], 2, [1, 2]),
        ([0, 0.9, 9.99, 10], 10, [2, 0, 0, 0, 0, 0, 0, 0, 0, 2]),
        ([5], 0, None),
        ([0, 100], 100, [1] + [0] * 8 + [1]),
    ],
)
def test_histogram_counts_every_score_once(scores, most, counts):
    bars = histogram(scores, most)
    assert sum(bar["count"] for bar in bars) == len(scores)
    if counts:
        assert [bar["count"] for bar in bars] == counts
        assert bars[-1]["to"] == most


def test_summary():
    figures = summary("01-doubling", RECORDS)
    assert (figures["count"], figures["mean"], figures["median"]) == (4, 0.75, 0.5)
    assert figures["exercises"] == [{"name": "double", "of": 2, "right": 1, "partly": 1, "wrong": 2}]
    assert [line["flags"] for line in figures["submissions"]] == [[], [], ["stopped"], ["not graded"]]


def test_page_and_figures_are_written(tmp_path):
    write_report(tmp_path, RECORDS)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "convolve was stopped" in page
    assert "The file is empty." in page
    assert "<b>x</b>" not in page
    assert json.loads((tmp_path / "report.json").read_text())[0]["count"] == 4
