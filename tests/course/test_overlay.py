"""An instructor's own assignments take the place of the course's, as long as learners see the same."""

import nbformat
import pytest
from typer.testing import CliRunner

from autograder.classroom.records import read_records
from autograder.cli import app
from autograder.course.paths import PROJECT, text_notebooks
from autograder.course.release import release
from autograder.course.source import AssignmentError, assignment_names, own_assignments, read_assignment
from autograder.exam.kit import make_kit
from tests.conftest import SLIDING, SOLUTIONS
from tests.submissions import notebook

PUBLIC = assignment_names()
HIDDEN = "### BEGIN HIDDEN TESTS\n"


@pytest.fixture
def given(course):
    """The sample course after its release: what its learners were given."""
    release(root=course)
    return course


@pytest.fixture
def own(given):
    """A function that changes an instructor's copy of the sample's assignment; it stands beside the course's own."""
    folder = given / "private"
    folder.mkdir()
    path = folder / "01-doubling.md"
    path.write_text((SOLUTIONS / "01-doubling.md").read_text(encoding="utf-8"), encoding="utf-8")

    def change(*changes):
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")
        return folder

    return change


STRICTER = (HIDDEN, f"{HIDDEN}check_equal(double, [700], expected=[1401])\n")


def test_own_assignment_takes_the_place_of_the_courses_and_the_rest_falls_back(tmp_path):
    (tmp_path / f"{PUBLIC[0]}.md").write_text((PROJECT / "solutions" / f"{PUBLIC[0]}.md").read_text())
    (tmp_path / "99-mine.md").write_text((SOLUTIONS / "01-doubling.md").read_text())
    found = text_notebooks(tmp_path)
    assert list(found) == [*PUBLIC, "99-mine"]
    assert [name for name, path in found.items() if path.parent == tmp_path] == [PUBLIC[0], "99-mine"]
    assert own_assignments(tmp_path) == [PUBLIC[0], "99-mine"]
    assert read_assignment(PUBLIC[1], tmp_path).path == PROJECT / "solutions" / f"{PUBLIC[1]}.md"


def test_solutions_of_another_course_take_nothing_from_this_one():
    assert list(text_notebooks(SOLUTIONS)) == ["01-doubling", SLIDING]


def test_own_hidden_tests_are_what_is_graded_with(own):
    kit = make_kit("01-doubling", own(STRICTER))
    assert "[1401]" in kit.cells["test_double"].source
    assert "[1401]" not in kit.released


def test_own_hidden_tests_decide_the_grade(own, given):
    """The command takes the folder: a right answer loses the points that only the stricter test takes."""
    folder = given / "class"
    place = folder / "submitted" / "ada" / "01-doubling"
    place.mkdir(parents=True)
    nbformat.write(notebook(make_kit("01-doubling", given / "solutions")), place / "01-doubling.ipynb")
    answer = own(
        ("return 2 * np.asarray(x)", "return 2 * np.asarray(x) + (np.asarray(x) == 700)"), STRICTER
    )  # the reference has to pass its own tests
    done = CliRunner().invoke(app, ["grade", "--class", str(folder), "--workers", "1", "--solutions", str(answer)])
    assert done.exit_code == 0, done.output
    (record,) = read_records(folder)
    assert (record.score, record.max_score) == (0, 2)


@pytest.mark.parametrize(
    ("old", "new", "cell", "said"),
    [
        ("expected=[2, 4]", "expected=[2.0, 4]", 5, "the visible part of test_double is not what learners were given"),
        ('"""Return twice x, as a new array."""', '"""Double x."""', 4, "the starter code of double is not"),
        ("grade_id: test_double", "grade_id: test_twice", 5, "learners were given no cell with grade_id 'test_twice'"),
        ("grade_id: test_double", "grade_id: test_twice", None, "grade_id 'test_double', and it is not here. Add it."),
    ],
)
def test_what_learners_see_must_be_what_they_were_given(own, old, new, cell, said):
    folder = own((old, new))
    with pytest.raises(AssignmentError) as caught:
        make_kit("01-doubling", folder)
    at = f", cell {cell}" if cell else ""
    lines = [line for line in str(caught.value).splitlines() if line.startswith(f"{folder}/01-doubling.md{at}: ")]
    assert any(said in line for line in lines), str(caught.value)
    assert f"release --solutions {folder}" in str(caught.value)


def test_points_on_an_answer_are_no_traceback(own):
    folder = own(("grade: false", "grade: true\n  points: 3"))
    with pytest.raises(AssignmentError, match="double gives points in one of the two only"):
        make_kit("01-doubling", folder)


def test_points_must_be_those_that_learners_were_told(own):
    folder = own(("points: 2", "points: 3"), ("(2 points)", "(3 points)"))
    with pytest.raises(AssignmentError, match=r"cell 5: test_double has 3 points, and learners were told 2\. Write"):
        make_kit("01-doubling", folder)


def test_command_says_so_without_a_traceback(own, given):
    folder = own(("expected=[2, 4]", "expected=[2.0, 4]"))
    done = CliRunner().invoke(app, ["verify", "--solutions", str(folder)])
    assert done.exit_code == 1
    assert "01-doubling.md, cell 5: the visible part" in done.output


def test_release_writes_the_own_visible_part_and_keeps_the_other_notebooks(own, given):
    folder = own(("expected=[2, 4]", "expected=[2.0, 4]"))
    assert release(folder, root=given) == ["notebooks/assignments/01-doubling/01-doubling.ipynb"]
    make_kit("01-doubling", folder)
    (folder / "02-mine.md").write_text((folder / "01-doubling.md").read_text(encoding="utf-8"), encoding="utf-8")
    assert release(folder, root=given) == ["notebooks/assignments/02-mine/02-mine.ipynb"]


def test_verify_takes_the_own_ones_alone(own, given, monkeypatch):
    """Without names; the course's have been verified."""
    (given / "solutions" / "02-more.md").write_text((SOLUTIONS / "01-doubling.md").read_text())
    asked = []
    monkeypatch.setattr("autograder.tools.verify.verify", lambda name, *_: asked.append(name) or [])
    done = CliRunner().invoke(app, ["verify", "--solutions", str(own(STRICTER))])
    assert (done.exit_code, asked) == (0, ["01-doubling"])
