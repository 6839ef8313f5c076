"""What a graded class finds: points, feedback, gradebook, grade sheet and report."""

import csv
import hashlib
import html
import json
import re
import shutil
from dataclasses import replace

import nbformat
import pytest
from rich.console import Console

from autograder.classroom import grade
from autograder.classroom.grade import grade_class
from autograder.classroom.gradebook import Books
from autograder.classroom.records import grade_sheet, read_records
from autograder.course.atomic import write_atomically
from autograder.course.source import read_assignment
from autograder.exam.limits import Rules, Times
from autograder.exam.result import TIMED_OUT
from convnets.checks.words import join_hint, split_hint
from tests.conftest import SLIDING, SOLUTIONS
from tests.submissions import by_stock_nbgrader, in_one, perfect, resaved_by_colab, scores_of

QUIET = Console(quiet=True)
RULES = Rules(times=Times(cell=10, call=3, grace=1))
READ = read_assignment(SLIDING, SOLUTIONS)


def _mistake(exercise, words):
    return next(cell.source for cell in READ.exercise(exercise).misconceptions if words in cell.source)


HELPER = "def places(image, kernel):\n    print('places')\n    return convolve2d(image, kernel)"
ANSWERS = {
    "ada": {"convolve2d_fast": READ.exercise("convolve2d_fast").alternatives[0].source},
    "emre": {
        "convolve2d": _mistake("convolve2d", "is flipped"),
        "convolve2d_fast": _mistake("convolve2d_fast", "Two loops"),
    },
    "farah": {
        "convolve": "def convolve(sequence, weights):\n    return (((",
        "convolve2d": "import time\n\ndef convolve2d(image, kernel):\n    while True:\n        time.sleep(1)",
        "sobel": None,
    },
}
EXPECTED = {"ada": [2, 2, 2, 2], "emre": [2, 0, 2, 0.5], "farah": [0, 0, 0, 2], "jonas": [0, 0, 0, 0]}


def _papers(kit):
    """What a class hands in.

    Ada has added cells, and Colab has saved her notebook. Emre flips the kernel, which sobel follows, and loops. Farah
    left a bracket open, wrote a loop that never ends, and left an answer out. Of Jonas's file, half is there.
    """
    papers = {}
    for student, others in ANSWERS.items():
        notebook = perfect(SLIDING, kit, SOLUTIONS, **others)
        if student == "ada":
            notebook.cells += [nbformat.v4.new_code_cell(source) for source in (HELPER, "%timeit convolve([1], [1])")]
        papers[student] = resaved_by_colab(notebook) if student == "ada" else nbformat.writes(notebook).encode()
    return papers | {"jonas": papers["emre"][:500]}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, sliding_kit, sliding_room):
    """The class's folder, graded."""
    folder = tmp_path_factory.mktemp("graded")
    for student, paper in _papers(sliding_kit).items():
        write_atomically(folder / "submitted" / student / SLIDING / f"{SLIDING}.ipynb", paper)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "grade_many", in_one(sliding_room))
        grade_class(folder, solutions=SOLUTIONS, rules=RULES, console=QUIET)
    return folder


@pytest.fixture(scope="module")
def records(graded):
    return {record.student: record for record in read_records(graded)}


@pytest.mark.parametrize("student", EXPECTED)
def test_points_are_those_of_the_answers(records, student):
    assert [card["points"] for card in records[student].exercises] == EXPECTED[student]


def test_grade_sheet_has_a_row_for_everybody(graded):
    with (graded / "grades.csv").open(newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {student: float(row["score"]) for student, row in rows.items()} == {
        student: sum(points) for student, points in EXPECTED.items()
    }
    assert "not a notebook" in rows["jonas"]["reason"]
    assert rows["emre"][f"{SLIDING}/convolve2d_fast"] == "0.5"


def test_gradebook_holds_the_same_points(graded):
    with Books(graded) as books:
        scores = books.scores(SLIDING)
    assert scores == {student: sum(points) for student, points in EXPECTED.items()}


def test_endless_loop_costs_its_exercise_and_is_named(records):
    texts = [stop.text for stop in records["farah"].stops if stop.kind == TIMED_OUT]
    assert any("convolve2d was stopped" in stop for stop in texts)


def test_flipped_kernel_gets_its_hint(records):
    message = records["emre"].exercises[1]["messages"][0]
    assert "convolve2d(" in message["text"]
    assert "flipped" in message["hint"]


def _lines(begin, end):
    """Lines of the assignment between two marks that are long enough to be told from others."""
    parts = re.findall(f"### {begin}\n(.*?)### {end}", READ.path.read_text(encoding="utf-8"), re.DOTALL)
    lines = {line.strip() for part in parts for line in part.splitlines() if len(line.strip()) > 25}
    assert lines
    return lines


def _text(page):
    return html.unescape(re.sub(r"</?span[^>]*>", "", page.read_text(encoding="utf-8")))


def test_everybody_gets_feedback_without_the_hidden_tests(graded):
    lines = _lines("BEGIN HIDDEN TESTS", "END")
    pages = list(graded.glob(f"feedback/*/{SLIDING}/{SLIDING}.*"))
    assert len(pages) == 2 * len(EXPECTED)
    for page in pages:
        text = _text(page)
        assert not [line for line in lines if line in text]


def test_feedback_shows_no_line_of_the_reference_that_the_learner_did_not_write(graded):
    lines = _lines("BEGIN SOLUTION", "END")
    for page in graded.glob(f"feedback/*/{SLIDING}/{SLIDING}.*"):
        place = graded / "submitted" / page.parts[-3] / SLIDING
        own = "".join(path.read_text(encoding="utf-8").replace('\\"', '"') for path in place.glob("*.ipynb"))
        text = _text(page)
        assert not [line for line in lines if line in text and line not in own], page


def test_report_holds_the_figures_of_the_class(graded):
    (figures,) = json.loads((graded / "report.json").read_text())
    assert figures["count"] == len(EXPECTED)
    assert sum(bar["count"] for bar in figures["histogram"]) == len(EXPECTED)
    right = [sum(points[i] == 2 for points in EXPECTED.values()) for i in range(len(READ.exercises))]
    assert [exercise["right"] for exercise in figures["exercises"]] == right


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_open_without_error_and_fit_a_phone(graded, browser, scheme):
    context = browser.new_context(color_scheme=scheme, viewport={"width": 360, "height": 800})
    page = context.new_page()
    troubles = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: troubles.append(request.url) if not request.url.startswith("file:") else None)
    for path in [graded / "report.html", *sorted(graded.glob("feedback/*/*/*.html"))]:
        page.goto(path.as_uri())
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, f"{path} is {width} px wide"
    context.close()
    assert troubles == []


def test_links_of_the_report_lead_to_the_feedback(graded, browser):
    page = browser.new_page()
    page.goto((graded / "report.html").as_uri())
    links = page.eval_on_selector_all("td a", "links => links.map(link => link.href)")
    assert len(links) == len(EXPECTED)
    for link in links:
        assert page.goto(link)
        assert "Feedback for" in page.inner_text("body")
    page.close()


def test_second_run_grades_nothing_anew(graded, monkeypatch):
    monkeypatch.setattr(grade, "grade_many", lambda *_: pytest.fail("graded again"))
    before = (graded / "grades.csv").read_text()
    grade_class(graded, solutions=SOLUTIONS, rules=RULES, console=QUIET)
    assert (graded / "grades.csv").read_text() == before


@pytest.mark.parametrize("student", ANSWERS)
def test_stock_nbgrader_gives_honest_submissions_the_same_points(tmp_path, graded, sliding_kit, records, student):
    """With the configuration that is shipped."""
    stock = by_stock_nbgrader(tmp_path, graded, [student], sliding_kit, SOLUTIONS)
    assert stock[student] == scores_of(records[student])


def test_names_cannot_become_formulas(records):
    record = replace(records["ada"], student="=cmd()")
    assert "'=cmd()" in grade_sheet([record])


def test_graded_notebooks_are_valid(graded):
    for path in graded.glob("autograded/*/*/*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))


def _nonsense(text):
    return f"Жы {hashlib.sha256(text.encode()).hexdigest()}"


def _translate(result):
    """Exchange every sentence of a result, and keep which are the same."""
    notebook = nbformat.reads(result["notebook"], as_version=4)
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        if output.output_type == "error":
            said, hint = split_hint(output.evalue)
            output.evalue = join_hint(_nonsense(said), hint and _nonsense(hint))
    stops = [{**stop, "text": _nonsense(stop["text"])} for stop in result["stops"]]
    unreadable = result["unreadable"] and _nonsense(result["unreadable"])
    notes = [_nonsense(note) for note in result["notes"]]
    return {**result, "notebook": nbformat.writes(notebook), "stops": stops, "notes": notes, "unreadable": unreadable}


def _counted(folder):
    """All that is flagged, scored and counted of a class: its figures without the sentences."""
    (figures,) = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    for line in figures["submissions"]:
        line["why"] = len(line["why"])
    hints = [(each["exercise"], each["count"]) for each in figures.pop("misconceptions")]
    with (folder / "grades.csv").open(newline="", encoding="utf-8") as file:
        sheet = [{**row, "reason": bool(row["reason"])} for row in csv.DictReader(file)]
    return figures, sorted(hints), sheet


def test_nothing_is_learned_from_the_wording_of_a_message(graded, tmp_path, monkeypatch):
    folder = shutil.copytree(graded, tmp_path / "translated")
    shutil.rmtree(folder / ".autograder" / "records")
    for path in (folder / ".autograder" / "results").glob("*.json"):
        path.write_text(json.dumps(_translate(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
    monkeypatch.setattr(grade, "grade_many", lambda *_: pytest.fail("graded again"))
    grade_class(folder, solutions=SOLUTIONS, rules=RULES, console=QUIET)
    assert "convolve2d was stopped" not in (folder / "report.html").read_text(encoding="utf-8")
    assert _counted(folder) == _counted(graded)
