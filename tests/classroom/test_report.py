"""The report counts what happened."""

import json

import pytest

from autograder.classroom.records import Record
from autograder.classroom.report import FLAGS, duration, histogram, misconceptions, summary, times, write_report
from autograder.exam.result import CRASHED, DIFFERS, MEMORY, OWN_LAYERS, TIMED_OUT, Stop


def _record(student, score, **more):
    card = {"name": "double", "points": score, "of": 2, "messages": []}
    card["status"] = "right" if score == 2 else "partly" if score else "wrong"
    return Record(student, "01-doubling", score, 2, exercises=[card], **{"seconds": 0.1, **more})


RECORDS = [
    _record("ada", 2),
    _record("björn", 1),
    _record("<b>x</b>", 0, stops=[Stop(TIMED_OUT, "double was stopped after 2 seconds.")]),
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
    counts = {"right": 1, "partly": 1, "wrong": 2, "blank": 0}
    assert figures["exercises"] == [{"name": "double", "of": 2, **counts, "mean": 0.75, "share": 0.375}]
    assert [line["flags"] for line in figures["submissions"]] == [[], [], ["timed out"], ["not graded"]]
    assert figures["flags"] == {"not graded": 1, "timed out": 1}
    assert figures["hardest"] == ["double"]


@pytest.mark.parametrize(
    ("more", "flags"),
    [
        ({"stops": [Stop(CRASHED, "was stopped after")]}, ["crashed"]),
        ({"stops": [Stop(TIMED_OUT, "it aborted")]}, ["timed out"]),
        ({"stops": [Stop(TIMED_OUT, ""), Stop(MEMORY, "")]}, ["crashed", "timed out"]),
        ({"suspicions": ["Cell 1 imports autograder."]}, ["attack?"]),
        ({"facts": {OWN_LAYERS: ["double"]}}, ["own layers"]),
        ({"facts": {DIFFERS: ["double"]}}, ["differs"]),
        ({"seconds_late": 60}, ["late"]),
        ({"notes": ["The test was missing; it was put back."]}, ["recovered"]),
        ({"broken": ["test_double"]}, ["test failed by itself"]),
    ],
)
def test_flags(more, flags):
    (line,) = summary("01-doubling", [_record("ada", 1, **more)])["submissions"]
    assert line["flags"] == flags
    assert set(flags) <= set(FLAGS)


def test_hints_are_counted_once_a_submission():
    cards = [{"name": "double", "messages": [{"text": "", "hint": "A"}, {"text": "", "hint": "A"}]}]
    other = [{"name": "double", "messages": [{"text": "", "hint": "B"}, {"text": "", "hint": None}]}]
    counted = misconceptions([Record("", "", 0, 0, exercises=each) for each in (cards, other, cards)])
    assert [(each["hint"], each["count"]) for each in counted] == [("A", 2), ("B", 1)]


def test_hints_that_tests_print_are_counted_too():
    cards = [{"name": "double", "messages": [{"text": "", "hint": "A"}], "hints": ["A", "B"]}]
    assert [(each["hint"], each["count"]) for each in misconceptions([Record("", "", 0, 0, exercises=cards)])] == [
        ("A", 1),
        ("B", 1),
    ]


@pytest.mark.parametrize("seconds", [[], [0.1], [0.3, 0.5, 0.6, 700], [0.01] * 5 + [3]])
def test_times_count_every_submission_once(seconds):
    bins = times(seconds)
    assert sum(each["count"] for each in bins) == len(seconds)
    for value in seconds:
        assert any(each["count"] and each["from"] <= value <= each["to"] for each in bins)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(30, "1 minute"), (3600, "1 hour"), (90000, "1 day 1 hour"), (172800, "2 days"), (7260, "2 hours 1 minute")],
)
def test_duration(seconds, said):
    assert duration(seconds) == said


def test_page_and_figures_are_written(tmp_path):
    write_report(tmp_path, RECORDS)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "double was stopped" in page
    assert "The file is empty." in page
    assert "<b>x</b>" not in page
    assert json.loads((tmp_path / "report.json").read_text())[0]["count"] == 4


def test_page_names_the_class_and_leads_to_the_pairs_that_are_alike(tmp_path):
    def said():
        write_report(tmp_path / "Spring 2027", RECORDS)
        return (tmp_path / "Spring 2027" / "report.html").read_text(encoding="utf-8")

    assert "<h1>Class report: Spring 2027</h1>" in said()
    assert "similarity.html" not in said()
    pairs = [{"assignment": "01-doubling", "pairs": [{"students": ["ada", "björn"]}]}]
    (tmp_path / "Spring 2027" / "similarity.json").write_text(json.dumps(pairs), encoding="utf-8")
    assert '<a href="similarity.html">Similarity</a>: 1 pair of submissions alike' in said()
    assert "inventory.html" not in said()
    (tmp_path / "Spring 2027" / "inventory.html").touch()
    assert '<a href="inventory.html">Concept inventory</a>' in said()


def test_submissions_come_first_and_each_exercise_holds_its_mistakes(tmp_path):
    records = [_record(name, 0) for name in ("ada", "björn", "emre", "farah")]
    for record, hint in zip(records, ["Squared.", "Squared.", "Tripled.", None], strict=True):
        record.exercises[0]["messages"] = [{"text": "", "hint": hint}]
    records[3].exercises[0]["status"] = "blank"
    write_report(tmp_path, records)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.index(">Submissions</h3>") < page.index(">Exercises and their mistakes</h3>")
    assert "2 mistakes, the most frequent 2 times" in page
    assert page.index("2 ×</b> Squared.") < page.index("1 ×</b> Tripled.")
    assert 'aria-label="0 right, 0 partly right, 3 wrong, 1 not answered"' in page


def test_only_our_script_may_run(tmp_path, browser):
    hostile = _record("<script>window.hacked = 1</script>", 1, notes=["<img src=x onerror='window.hacked = 1'>"])
    hostile.exercises[0]["messages"] = [{"text": "", "hint": "</script><script>window.hacked = 1</script>. `x"}]
    write_report(tmp_path, [hostile])
    page = browser.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.hacked = 1'}))")
    assert page.evaluate("window.hacked") is None
    assert page.locator("script").count() == 2  # ours, and the one just put in, which was not let run
    page.close()


@pytest.fixture
def opened(tmp_path, browser):
    """A report with a few submissions, open in a browser."""
    more = [_record(f"student {number}", number % 3, seconds=number / 4 + 0.05) for number in range(12)]
    write_report(tmp_path, [*RECORDS, *more, _record("late", 2, seconds_late=100)])
    page = browser.new_page()
    troubles = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto((tmp_path / "report.html").as_uri())
    yield page
    page.close()
    assert troubles == []


def _column(page, number):
    return page.locator(f"#submissions-1 tbody tr:visible td:nth-child({number})").all_inner_texts()


def test_axe_finds_nothing(tmp_path, browser):
    from axe_playwright_python.sync_playwright import Axe

    write_report(tmp_path, [*RECORDS, _record("late", 2, seconds_late=100)])
    context = browser.new_context(bypass_csp=True)  # axe is a script, and the page lets none run but its own
    page = context.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
    context.close()


def test_submissions_can_be_sorted(opened):
    heading = opened.locator("#submissions-1 th").nth(1)
    heading.get_by_role("button").click()
    values = [float(text) for text in _column(opened, 2)]
    assert values == sorted(values)
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.get_by_role("button").press("Enter")
    values = [float(text) for text in _column(opened, 2)]
    assert values == sorted(values, reverse=True)
    opened.locator("#submissions-1 th").nth(0).get_by_role("button").click()
    names = _column(opened, 1)
    assert names.index("student 2") < names.index("student 10")


def test_submissions_can_be_filtered(opened):
    assert len(_column(opened, 1)) == 17
    opened.get_by_label("Show").select_option("late")
    assert _column(opened, 1) == ["late"]
    opened.get_by_label("Show").select_option("")
    assert len(_column(opened, 1)) == 17


def test_report_is_whole_without_script(tmp_path, browser):
    write_report(tmp_path, RECORDS)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    assert len(_column(page, 1)) == len(RECORDS)
    assert page.locator("th button").count() == 0
    assert not page.locator("select").is_visible()
    context.close()


def test_plots_say_in_words_what_they_show(opened):
    (scores, _seconds) = opened.locator("svg[role=img]").all()
    assert "1 to 2 points: 11" in scores.get_attribute("aria-label")
