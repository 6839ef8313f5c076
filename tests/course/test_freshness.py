"""A release that has nothing to do says so at once, and only then; commands import no more than they use."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course import freshness
from autograder.course.freshness import inputs, is_fresh
from autograder.course.release import release

ASSIGNMENT = "notebooks/assignments/01-doubling/01-doubling.ipynb"
HEAVY = ("nbgrader", "sqlalchemy", "rfc3987_syntax", "tensorflow", "nbconvert", "jupytext")


def fresh(root):
    return is_fresh(inputs(root=root, solutions=root / "solutions"), root)


@pytest.fixture
def made(course):
    """The sample course after a release; the path of its root."""
    (course / "README.md").write_text("# Sample\n")
    release(root=course)
    assert fresh(course)
    return course


def test_course_without_a_record_is_not(made):
    (made / "_build/release.json").unlink()
    assert not fresh(made)


def test_check_leaves_a_record_that_a_release_has_to_live_up_to(course):
    release(root=course, check=True)
    assert not fresh(course)
    release(root=course)
    assert fresh(course)


@pytest.mark.parametrize(
    "name", ["book/01-doubling.md", "solutions/01-doubling.md", "_config.yml", "README.md", ASSIGNMENT]
)
def test_any_changed_file_counts(made, name):
    path = made / name
    path.write_text(path.read_text() + "\n")
    assert not fresh(made)


@pytest.mark.parametrize("name", ["book/picture.svg", "book/works.bib", "solutions/02-more.md", "notebooks/old.ipynb"])
def test_any_new_file_counts(made, name):
    (made / name).write_text("new")
    assert not fresh(made)


def test_notebook_that_is_gone_counts(made):
    (made / ASSIGNMENT).unlink()
    assert not fresh(made)


def test_changed_code_and_other_packages_count(made, monkeypatch, tmp_path):
    (tmp_path / "autograder/course/templates").mkdir(parents=True)
    monkeypatch.setattr(freshness, "PROJECT", tmp_path)
    digests = [inputs(made / "solutions", made)]
    for name in ("autograder/course/release.py", "autograder/course/templates/grade_on_colab.md"):
        (tmp_path / name).write_text("changed")
        digests.append(inputs(made / "solutions", made))
    (tmp_path / "site/nbgrader-9.dist-info").mkdir(parents=True)
    monkeypatch.setattr("site.getsitepackages", lambda: [str(tmp_path / "site")])
    digests.append(inputs(made / "solutions", made))
    assert len(set(digests)) == 4


def test_solutions_from_elsewhere_leave_no_record(made):
    assert inputs(made / "book", made) is None
    assert not is_fresh(None, made)


@pytest.mark.parametrize("option", [[], ["--check"]])
def test_command_does_nothing_more_where_all_is_fresh(monkeypatch, option):
    monkeypatch.setattr(freshness, "is_fresh", lambda _: True)
    monkeypatch.setattr("autograder.course.release.release", lambda *_, **__: pytest.fail("released again"))
    answer = CliRunner().invoke(app, ["release", *option])
    assert (answer.exit_code, answer.output) == (0, "notebooks/ is up to date.\n")


@pytest.mark.parametrize(
    "code",
    [
        "from autograder.cli import app; app(['--help'], standalone_mode=False)",
        "from autograder.course.freshness import inputs, is_fresh; is_fresh(inputs())",
        "import autograder.classroom.uploads, autograder.classroom.collect, autograder.tools.build_book",
    ],
    ids=["help", "fresh", "origins"],
)
def test_imports_nothing_heavy(code):
    heavy = f"import sys; print([name for name in {HEAVY} if sys.modules.get(name)], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", f"{code}; {heavy}"], capture_output=True, text=True)
    assert done.stderr == "[]\n"


def test_reading_notebooks_reads_no_grammar_of_web_addresses():
    code = "import autograder, sys, nbformat; print(sys.modules['rfc3987_syntax'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "None\n"
