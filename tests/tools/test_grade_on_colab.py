"""The notebook for instructors runs from top to bottom on a stand-in for Colab, with the packages that are here."""

import csv
import html
import io
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.course.layout import Course
from autograder.course.pages import repository
from autograder.course.paths import PROJECT
from autograder.course.release import GRADER, graders_notebook
from autograder.course.source import assignment_names
from autograder.exam.kit import make_kit
from autograder.tools import grade_on_colab as on_colab
from tests import colab_environment
from tests.colab_stub import Colab
from tests.colab_stub import colab as colab  # a fixture
from tests.conftest import SAMPLE
from tests.submissions import perfect, resaved_by_colab

NAME = assignment_names()[0]
SECRET = "### BEGIN HIDDEN TESTS\n"


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def said(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


class Ran:
    """The executed notebook, its folder, and the stand-in for Colab that it ran on."""

    def __init__(self, folder):
        self.folder = folder / "content"
        self.colab = Colab(folder / "colab")
        self.secret = "the private test was here"
        self._fill_the_drive(self.folder / "drive" / "MyDrive" / "course")
        source = colab_environment.repository_of_the_working_tree(folder / "repository")
        environment = colab_environment.without_git(self.colab.environment)
        environment |= colab_environment.fetched_from(source, repository().url)
        kernels = colab_environment.kernel_in(folder / "kernels", sys.executable, environment)
        self.notebook = nbformat.read(PROJECT / GRADER, as_version=4)
        for cell in self.notebook.cells:
            for name, place in (("submissions", "downloads.zip"), ("solutions", "solutions")):
                cell.source = cell.source.replace(f'{name} = ""', f'{name} = "MyDrive/course/{place}"')
        colab_environment.execute(self.notebook, kernels, self.folder)
        self.cells = code_cells(self.notebook)

    def _fill_the_drive(self, drive):
        """Two learners; tests of the instructor's own, of which one says so when it is run."""
        drive.mkdir(parents=True)
        kit = make_kit(NAME)
        with zipfile.ZipFile(drive / "downloads.zip", "w") as archive:
            archive.writestr(f"ada/{NAME}.ipynb", resaved_by_colab(perfect(NAME, kit)))
            archive.writestr(f"emre/{NAME}.ipynb", resaved_by_colab(kit.notebook))
        text = (PROJECT / "solutions" / f"{NAME}.md").read_text(encoding="utf-8")
        (drive / "solutions").mkdir()
        own = text.replace(SECRET, f"{SECRET}print({self.secret!r})\n", 1)
        (drive / "solutions" / f"{NAME}.md").write_text(own, encoding="utf-8")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    return Ran(tmp_path_factory.mktemp("ran"))


def test_grader_has_an_environment_of_its_own_that_sees_the_hosts_packages(ran):
    assert "The grader is ready" in said(ran.cells[0])
    code = "import autograder, numpy, sys; print(sys.prefix); print(numpy.__file__); print(autograder.__file__)"
    done = subprocess.run(
        [ran.folder / "grader" / "bin" / "python", "-c", code], cwd="/", capture_output=True, text=True, check=True
    )
    prefix, numpy, autograder = done.stdout.splitlines()
    assert prefix == str(ran.folder / "grader")
    assert numpy.startswith(sys.prefix)
    assert autograder.startswith(str(ran.folder / "course"))


def test_what_the_sandbox_holds_is_shown(ran):
    assert re.search(r"reading solutions and tests\s+│ yes", said(ran.cells[1]))


def test_drive_is_mounted_and_what_lies_there_is_graded(ran):
    assert ran.colab.noted("mounts") == [str(ran.folder / "drive")]
    assert "2 taken, 0 left out." in said(ran.cells[2])
    assert re.search(r"graded: 2", said(ran.cells[3]))


def test_perfect_answers_saved_by_colab_get_all_points_and_none_get_none(ran):
    with next(path for path in ran.colab.downloads if path.name == "grades.csv").open(newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows["ada"]["score"] == rows["ada"]["max_score"] != "0"
    assert (rows["emre"]["score"], rows["emre"]["reason"]) == ("0", "")


def test_private_tests_are_those_that_ran(ran):
    path = ran.folder / "my-class" / "autograded" / "ada" / NAME / f"{NAME}.ipynb"
    assert ran.secret in path.read_text(encoding="utf-8")
    for page in (ran.folder / "my-class" / "feedback").rglob("*.html"):
        assert "print('the private test" not in page.read_text(encoding="utf-8")


def test_report_is_shown_whole_and_apart(ran):
    (output,) = ran.cells[4].outputs
    shown = re.search(r'srcdoc="([^"]*)"', output.data["text/html"])[1]
    assert html.unescape(shown) == (ran.folder / "my-class" / "report.html").read_text(encoding="utf-8")


def test_sheet_feedback_and_the_whole_class_are_downloaded(ran):
    sheet, feedback, whole = ran.colab.downloads
    assert sheet.name == "grades.csv"
    assert f"ada/{NAME}/{NAME}.html" in zipfile.ZipFile(feedback).namelist()
    assert {"my-class/report.html", "my-class/gradebook.db"} <= set(zipfile.ZipFile(whole).namelist())


# The notebook


def test_address_is_the_courses():
    text = "\n".join(cell.source for cell in graders_notebook(Course(SAMPLE, SAMPLE / "solutions")).cells)
    assert "https://github.com/sample/course" in text
    assert '"--branch", "main"' in text
    assert not re.search(r"REPOSITORY|\bBRANCH\b", text)


def test_cells_are_short():
    assert max(len(cell.source.splitlines()) for cell in code_cells(graders_notebook(Course()))) <= 13


def test_what_the_grader_needs_is_what_the_project_requires():
    """The extra repeats lines of requirements.txt; docutils comes with Sphinx there."""
    needed = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["grader"]
    required = {
        line.split()[0] for line in (PROJECT / "requirements.txt").read_text().splitlines() if line[:1].isalpha()
    }
    assert {line for line in needed if not line.startswith("docutils")} <= required


# The module


def test_upload_is_asked_for_where_nothing_is_said(colab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    colab.offers("a.ipynb", b"{}")
    paths, own = on_colab.choose()
    assert own is None
    assert [path.name for folder in paths for path in folder.iterdir()] == ["a.ipynb"]
    assert colab.noted("mounts") == []


def test_upload_takes_the_place_of_an_earlier_one(colab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "handed-in").mkdir()
    (tmp_path / "handed-in" / "last-year.ipynb").write_text("{}")
    colab.offers("a.ipynb", b"{}")
    ((folder,), _) = on_colab.choose()
    assert [path.name for path in folder.iterdir()] == ["a.ipynb"]


def test_path_on_the_drive_may_be_written_in_full(colab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"There is no .*drive/MyDrive/nowhere"):
        on_colab.choose("/content/drive/MyDrive/nowhere")
    assert colab.noted("mounts") != []


def test_steps_behind_the_grading_say_that_it_comes_first(tmp_path):
    for step in (lambda: on_colab.show(tmp_path / "report.html"), lambda: on_colab.deliver(tmp_path)):
        with pytest.raises(SystemExit, match="Run the step that grades"):
            step()


def test_no_upload_says_what_to_do(colab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="No file was chosen"):
        on_colab.choose()


def test_what_is_not_on_the_drive_is_named(colab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"There is no .*MyDrive/nowhere"):
        on_colab.choose("MyDrive/nowhere")


def test_elsewhere_a_path_is_asked_for_and_files_stay_where_they_are(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "google.colab", None)
    with pytest.raises(SystemExit, match="where the submissions are"):
        on_colab.choose()
    with pytest.raises(SystemExit, match="no Google Drive here"):
        on_colab.choose("MyDrive/x")
    (tmp_path / "class" / "feedback").mkdir(parents=True)
    (tmp_path / "class" / "grades.csv").write_text("student\n")
    assert all(path.is_file() for path in on_colab.deliver("class"))
    assert str(tmp_path / "class-graded") in capsys.readouterr().out


def grader_that(tmp_path, script):
    """A grader whose Python is a shell script."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return on_colab.Grader(python)


def test_lines_are_shown_when_they_come(tmp_path, monkeypatch):
    """The second line waits for a file that is only made when the first one has been shown."""
    go = tmp_path / "go"

    class Screen(io.StringIO):
        def write(self, text):
            if "first" in text:
                go.touch()
            return super().write(text)

    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    grader = grader_that(tmp_path, f"echo first; while [ ! -e {go} ]; do sleep 0.05; done; echo second >&2; exit 3")
    assert grader.run("grade") is False
    assert screen.getvalue() == "first\nsecond\n"


def test_grader_that_gives_up_stops_the_notebook(tmp_path):
    with pytest.raises(SystemExit, match="gave up"):
        grader_that(tmp_path, "exit 1").grade("my-class")


def test_package_that_cannot_be_had_is_an_error_and_is_tried_again(tmp_path, monkeypatch, capsys):
    course = tmp_path / "course"
    shutil.copytree(PROJECT / "autograder", course / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    (course / "pyproject.toml").write_text(
        '[project]\nname = "x"\ndependencies = []\noptional-dependencies = { grader = ["no-such-package-anywhere"] }\n'
    )
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for _ in range(2):
        with pytest.raises(SystemExit, match="could not be installed"):
            on_colab.install(course, tmp_path / "grader")
        assert "no-such-package-anywhere" in capsys.readouterr().out
    assert not (tmp_path / "grader" / "ready").exists()


def test_everything_that_is_imported_before_the_environment_is_there_is_pythons_own():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from autograder.tools import grade_on_colab; "
        "print(sorted(sys.modules))"
    )
    bare = [sys.executable, "-S", "-c", code, str(PROJECT)]
    done = subprocess.run(bare, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}, cwd=Path("/"))
    assert done.returncode == 0, done.stderr
