"""The page of what every catalogued answer earned, and when an entry on it holds no longer."""

import pytest
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course.paths import PROJECT
from autograder.course.source import assignment_names, read_assignment
from autograder.tools.catalogue_page import PAGE, Entry, entry_of, imported_by, outdated, read_page, write_page
from autograder.tools.verify import Variant, table
from tests.conftest import SAMPLE

KEY = "01-doubling", "double"


def changed(course, old, new):
    """Whether the entry on the sample's exercise is another one when this is replaced in its text."""
    solutions = course / "solutions"
    path = solutions / "01-doubling.md"
    before, text = entry_of(*KEY, solutions), path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    read_assignment.cache_clear()
    return entry_of(*KEY, solutions) != before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return 2 * np.asarray(x)", "return np.asarray(x) * 2"),
        ("import numpy as np", "import numpy as np\n\nFACTOR = 2"),
        ("check_unchanged(double, [3, 5])", "check_unchanged(double, [3, 7])"),
        ("Adding two is not doubling", "Adding two doubles nothing"),
        (":tags: [misconception]", ":tags: [misconception]\n:symptom: too large"),
        ("np.multiply(x, 2)", "np.multiply(2, x)"),
    ],
    ids=["answer", "shared code", "hidden test", "misconception", "symptom", "alternative"],
)
def test_code_of_the_exercise_makes_its_entry_another(course, old, new):
    assert changed(course, old, new)


def test_prose_leaves_an_entry_as_it_is(course):
    assert not changed(course, "# Doubling", "# Twice as much")


def test_docstrings_of_what_a_test_imports_leave_an_entry_as_it_is(tmp_path, monkeypatch):
    checks = PROJECT / "convnets" / "checks" / "values.py"
    texts = {checks: checks.read_text(encoding="utf-8")}

    def digest_with(old, new):
        entry_of.__globals__["_what_runs"].cache_clear()
        assert old in texts[checks]
        path = tmp_path / "values.py"
        path.write_text(texts[checks].replace(old, new), encoding="utf-8")
        monkeypatch.setattr("autograder.tools.catalogue_page.imported_by", lambda _sources: {path})
        return entry_of(*KEY, SAMPLE / "solutions").checks

    as_it_is = digest_with("", "")
    assert digest_with("Check that a call returns the expected value.", "Compare a value.") == as_it_is
    assert digest_with("return value.shape", "return value.shape[::-1]") != as_it_is


def test_what_a_test_imports_is_followed_to_where_it_is_defined():
    found = {path.relative_to(PROJECT).as_posix() for path in imported_by(["from convnets import check_equal"])}
    assert "convnets/checks/values.py" in found
    assert "convnets/__init__.py" not in found
    assert "convnets/notebook/hand_in.py" not in found
    hidden = {
        path.relative_to(PROJECT).as_posix() for path in imported_by(["from convnets.checks.agreement import agrees"])
    }
    assert {
        "convnets/checks/agreement.py",
        "convnets/checks/follow_through.py",
        "convnets/checks/calls.py",
        "convnets/checks/values.py",
    } <= hidden
    assert "autograder/classroom/report.py" not in hidden
    assert imported_by(["import numpy as np\nfrom hypothesis import strategies"]) == set()


def test_page_is_read_as_it_was_written(course):
    said = {"test_double": "wrong\n  Hint: Adding two"}
    checked = [
        Variant("double", "reference", "reference", 2, 2),
        Variant("double", "misconception", "Adding two is not doubling.", 0, 2, said),
    ]
    text = table("01-doubling", checked)
    assert "| ✗ Adding two is not doubling. | 0 of 2 **NO** | ANOTHER'S |" in text
    assert "1 wrong answers, of which 0 get their own hint, 1 get another's" in text
    assert "**1 do not score as they should.**" in text
    entries = {KEY: Entry("abc", "def", text), ("99-gone", "lost"): Entry("1", "2", "nobody's")}
    path = course / "book" / "catalogue.md"
    write_page(path, entries, course / "solutions")
    assert read_page(path) == {KEY: entries[KEY]}
    assert "## 01-doubling\n" in path.read_text(encoding="utf-8")


def test_page_keeps_what_has_not_changed(course, monkeypatch):
    solutions, path = course / "solutions", course / "book" / "catalogue.md"
    (entry,) = outdated({}, "01-doubling", solutions).values()
    write_page(path, {KEY: Entry(entry.cells, entry.checks, "kept")}, solutions)
    monkeypatch.setattr("autograder.tools.verify.verify", lambda *_: pytest.fail("graded again"))
    command = ["verify", "01-doubling", "--solutions", str(solutions), "--workers", "1", "--page", str(path)]
    answer = CliRunner().invoke(app, command)
    assert (answer.exit_code, "as on the page" in answer.output) == (0, True)
    assert read_page(path)[KEY].text == "kept"


@pytest.mark.parametrize("name", assignment_names())
def test_page_in_the_book_is_of_this_catalogue_and_clean(name):
    entries = read_page(PAGE)
    for exercise in read_assignment(name).exercises:
        entry = entries.get((name, exercise.name), Entry("", ""))
        assert entry.cells == entry_of(name, exercise.name).cells, (
            "Run: python -m autograder verify --page book/catalogue.md"
        )
        assert "All score as they should." in entry.text
