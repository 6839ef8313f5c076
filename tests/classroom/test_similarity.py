"""A copy is found however its names are changed, and people who wrote for themselves are left alone."""

import json
import re
import time

import nbformat
import pytest

from autograder.classroom import similarity
from autograder.classroom.similarity import similar, write_similarity
from autograder.course.atomic import write_atomically
from autograder.exam import apart
from autograder.exam.submission import UnreadableSubmission, read_submission
from tests.conftest import PROJECT, SLIDING, SOLUTIONS


@pytest.fixture(scope="module")
def papers(sliding_kit):
    """Notebooks in which the sample class's answers, which people wrote for themselves, are to the sample course."""
    made = {}
    for path in (PROJECT / "classroom" / "submitted").glob("*/*/*.ipynb"):
        try:
            theirs = {cell["grade_id"]: cell["source"] for cell in read_submission(path.read_bytes())}
        except UnreadableSubmission:
            continue
        notebook = sliding_kit.notebook
        for cell in notebook.cells:
            if "nbgrader" in cell.metadata:
                cell.source = theirs[cell.id]
        made[path.parts[-3]] = nbformat.writes(notebook)
    return made


@pytest.fixture
def folder(tmp_path, papers):
    """The submissions of a class, to be changed."""
    for student, text in papers.items():
        write_atomically(tmp_path / "submitted" / student / SLIDING / f"{SLIDING}.ipynb", text)
    return tmp_path


def _copy(folder, student, change):
    (source,) = (folder / "submitted" / student / SLIDING).glob("*.ipynb")
    text = change(source.read_text(encoding="utf-8"))
    write_atomically(folder / "submitted" / "copier" / SLIDING / f"{SLIDING}.ipynb", text)


def _renamed(text):
    content = json.loads(text)
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            for old, new in {"result": "answer", "image": "picture", "kernel": "weights"}.items():
                source = re.sub(rf"\b{old}\b", new, source)
            cell["source"] = "# my own work\n" + source
    return json.dumps(content)


def _pairs(folder):
    return [pair["students"] for pair in similar(folder, SLIDING, SOLUTIONS)]


def test_people_who_wrote_for_themselves_are_left_alone(folder):
    assert _pairs(folder) == []


@pytest.mark.parametrize("change", [str, _renamed])
def test_copy_is_found_and_both_sides_are_shown(folder, change):
    _copy(folder, "björn", change)
    (pair,) = similar(folder, SLIDING, SOLUTIONS)
    assert pair["students"] == ["björn", "copier"]
    assert min(pair["shares"]) > 0.9
    assert all("<mark>" in side for side in pair["sides"])


def test_starter_code_and_unreadable_files_make_no_pair(folder, sliding_kit):
    for student, text in {"early": sliding_kit.released, "late": sliding_kit.released, "half": "{"}.items():
        write_atomically(folder / "submitted" / student / SLIDING / f"{SLIDING}.ipynb", text)
    assert _pairs(folder) == []


def test_what_many_wrote_makes_no_pair(folder):
    for number in range(8):
        _copy(folder, "björn", str)
        (folder / "submitted" / "copier").rename(folder / "submitted" / f"same{number}")
    assert _pairs(folder) == []


def test_page_escapes_what_learners_wrote(folder, browser):
    attack = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"

    def change(text):
        content = json.loads(text)
        for cell in content["cells"]:
            if cell["cell_type"] == "code":
                cell["source"] = f"x = '''{attack}'''\n" + "".join(cell["source"])
        return json.dumps(content)

    _copy(folder, "björn", change)
    assert write_similarity(folder, [SLIDING], SOLUTIONS) == 1
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto((folder / "similarity.html").as_uri())
    assert page.evaluate("window.hacked") is None
    assert page.locator("script, img").count() == 0
    assert attack in page.inner_text("body")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()
    (part,) = json.loads((folder / "similarity.json").read_text())
    assert part["pairs"][0]["students"] == ["björn", "copier"]


def _slow(*_arguments):
    time.sleep(1000)


def test_what_takes_too_long_to_compare_is_shown_without_marks(folder, monkeypatch):
    _copy(folder, "ada", lambda text: text)
    monkeypatch.setattr(similarity, "compare_files", _slow)
    monkeypatch.setattr(apart, "_TURNS", 0.6)
    (pair,) = similar(folder, SLIDING, SOLUTIONS)
    assert "copier" in pair["students"]
    assert min(pair["shares"]) > 0.9
    assert "<mark>" not in pair["sides"][0]
