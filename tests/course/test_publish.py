"""The course as it is published where solutions and hidden tests are to stay private."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course.paths import PROJECT
from autograder.course.publish import PUBLIC, publish
from autograder.course.source import AssignmentError, assignment_names, read_assignment
from tests.conftest import SAMPLE

BLOCK = re.compile(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)$\n(.*?)^[ \t]*### END", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """This course, published."""
    folder = tmp_path_factory.mktemp("public") / "course"
    done = CliRunner().invoke(app, ["release", "--public", str(folder)])
    assert done.exit_code == 0, done.output
    return folder


def test_nothing_is_there_but_what_is_listed(public):
    assert {path.name for path in public.iterdir()} == {name.partition("/")[0] for name in PUBLIC}
    assert not {"solutions", "tests", "classroom"} & {path.name for path in public.iterdir()}
    assert [path.name for path in (public / ".github").iterdir()] == ["screenshots"]


@pytest.mark.parametrize("name", assignment_names())
def test_no_file_holds_a_solution_or_a_hidden_test(public, name):
    """Of a body of one line nobody could say whether a chapter shows it."""
    blocks = [
        block.strip()
        for exercise in read_assignment(name).exercises
        for cell in (exercise.answer, *exercise.tests)
        for block in BLOCK.findall(cell.source)
        if block.strip().count("\n") >= 2
    ]
    assert len(blocks) > len(read_assignment(name).exercises)
    blocks += [json.dumps(block)[1:-1] for block in blocks]  # as a notebook would have it
    for path in public.rglob("*"):
        if path.suffix in (".py", ".md", ".ipynb", ".json", ".js", ".toml", ".yml", ".txt"):
            text = path.read_text(encoding="utf-8")
            assert [block for block in blocks if block in text] == [], path


def test_published_course_releases_itself_and_grades_with_private_solutions(public, tmp_path):
    """By its own grader; the assignments whose solutions are not there stay as they are."""
    name = assignment_names()[0]
    shutil.copy(PROJECT / "solutions" / f"{name}.md", tmp_path)
    code = (
        "import autograder; print(autograder.__file__)\n"
        "from autograder.course.release import release; print(release(check=True))\n"
        f"from autograder.exam.kit import make_kit; print(list(make_kit({name!r}, {str(tmp_path)!r}).cells))\n"
        f"print(release({str(tmp_path)!r}, check=True))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=public, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    where, first, cells, second = done.stdout.splitlines()
    assert where == str(public / "autograder" / "__init__.py")
    assert (first, second) == ("[]", "[]")
    assert read_assignment(name).exercises[0].name in cells


def test_course_without_solutions_can_be_published_with_all_its_assignments(course, tmp_path):
    second = (course / "solutions/01-doubling.md").read_text(encoding="utf-8").replace("01-doubling", "02-more")
    (course / "solutions/02-more.md").write_text(second, encoding="utf-8")
    publish(tmp_path / "first", root=course)
    own = tmp_path / "own"
    own.mkdir()
    shutil.copy(course / "solutions/01-doubling.md", own)
    publish(tmp_path / "second", own, root=tmp_path / "first")
    for name in ("01-doubling", "02-more"):
        assert (tmp_path / f"second/notebooks/assignments/{name}/{name}.ipynb").is_file()


def test_own_assignments_are_published_with_what_learners_see_of_them(course, tmp_path):
    own = tmp_path / "own"
    shutil.copytree(SAMPLE / "solutions", own)
    path = own / "01-doubling.md"
    path.write_text(path.read_text(encoding="utf-8").replace("expected=[2, 4]", "expected=[2.0, 4]"), encoding="utf-8")
    publish(tmp_path / "public", own, root=course)
    text = (tmp_path / "public/notebooks/assignments/01-doubling/01-doubling.ipynb").read_text(encoding="utf-8")
    assert "expected=[2.0, 4]" in text


def test_publishing_again_removes_what_is_gone_and_keeps_the_repository(course, tmp_path):
    folder = tmp_path / "public"
    publish(folder, root=course)
    (folder / ".git").mkdir()
    (folder / "notebooks" / "old.ipynb").write_text("{}")
    (course / "book" / "more.md").write_text("# More\n")
    publish(folder, root=course)
    assert (folder / ".git").is_dir()
    assert (folder / "book" / "more.md").is_file()
    assert not (folder / "notebooks" / "old.ipynb").exists()


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("course/public", "is inside the course"),
        ("private", "folder named solutions"),
        ("mine", "something else"),
        ("teaching", "something else"),
        ("mine/thesis.txt", "is a file"),
    ],
)
def test_folder_that_would_publish_or_destroy_something_is_refused(course, tmp_path, where, said):
    (tmp_path / "private" / "solutions").mkdir(parents=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    lecture = tmp_path / "teaching" / "notebooks" / "lecture.ipynb"
    lecture.parent.mkdir(parents=True)
    lecture.write_text("{}")
    with pytest.raises(AssignmentError, match=said):
        publish(tmp_path / where, root=course)
    assert (tmp_path / "mine" / "thesis.txt").exists()
    assert lecture.exists()
