"""The notebooks, and the grader with the notebook for instructors, with the versions that Colab has.

See `tests.colab_environment`. It takes long, and so is run by ``make test-all`` and ``make colab`` alone.
"""

import csv
import io
import resource
import subprocess
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.course.pages import repository
from autograder.course.paths import PROJECT
from autograder.course.release import GRADER, SETUP_CELL
from autograder.course.source import assignment_names, is_answer, read_assignment
from autograder.exam.kit import make_kit
from tests import colab_environment
from tests.colab_stub import Colab
from tests.submissions import perfect, resaved_by_colab

CHAPTERS = sorted(PROJECT.glob("notebooks/chapters/*.ipynb"))
ASSIGNMENTS = sorted(PROJECT.glob("notebooks/assignments/*/*.ipynb"))


def _busy():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Host:
    """The stand-in for Colab after its set-up cell.

    Attributes
    ----------
    environment : dict of str to str
    kernels : jupyter_client.kernelspec.KernelSpecManager
    before, after : set of str
        What ``pip freeze`` says, before the set-up cell and after it.
    seconds : float
        Of processor time that the set-up cell took: the same on a busy machine.
    said : str
        By the set-up cell.
    """

    def __init__(self, folder):
        self.repository = colab_environment.repository_of_the_working_tree(folder / "repository")
        self.colab = Colab(folder / "colab")
        self.environment = colab_environment.without_git(self.colab.environment)
        self.environment |= colab_environment.fetched_from(self.repository, repository().url)
        self.kernels = colab_environment.kernel_in(folder, colab_environment.PYTHON, self.environment)
        self._pip("uninstall", "--yes", "--quiet", "convnets")
        self.before = set(self._pip("freeze").splitlines())
        code = SETUP_CELL.read_text(encoding="utf-8")
        code = code.replace("git+REPOSITORY@BRANCH", repository().pip).replace('"NEEDS_GPU"', "True")
        start = _busy()
        self.said = self._run("-c", code)
        self.seconds = _busy() - start
        self.after = set(self._pip("freeze").splitlines())

    def _pip(self, *arguments):
        return self._run("-m", "pip", *arguments)

    def _run(self, *arguments):
        command = [colab_environment.PYTHON, *arguments]
        done = subprocess.run(command, env=self.environment, cwd="/", capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def executes(self, notebook, folder):
        """Run a notebook in a folder from top to bottom; it fails where a cell does."""
        colab_environment.execute(notebook, self.kernels, folder)


@pytest.fixture(scope="session")
def host(tmp_path_factory):
    """The stand-in, with the course installed by its set-up cell."""
    colab_environment.need()
    return Host(tmp_path_factory.mktemp("host"))


def test_setup_cell_adds_the_course_and_changes_nothing_else(host):
    assert host.before - host.after == set()
    (added,) = host.after - host.before
    assert added.startswith("convnets @ git+")


def test_setup_cell_is_done_in_ten_seconds_and_says_so_in_one_line(host):
    assert host.seconds < 10
    assert host.said.startswith("Ready. Python 3.13.")
    assert host.said.count("\n") == 1


@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_solved_assignment_runs(host, path, tmp_path):
    """Learners see the visible tests alone; the hidden ones need the grader."""
    notebook = nbformat.read(path, as_version=4)
    answers = {exercise.name: exercise.answer.source for exercise in read_assignment(path.stem).exercises}
    for cell in notebook.cells:
        if is_answer(cell):
            cell.source = answers[cell.id]
    host.executes(notebook, tmp_path)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_runs(host, path, tmp_path):
    host.executes(nbformat.read(path, as_version=4), tmp_path)


@pytest.fixture(scope="session")
def graded(host, tmp_path_factory):
    """The grade sheet of the notebook for instructors, run on the stand-in, its packages fetched as on Colab.

    One learner answers all assignments rightly, in notebooks that Colab has saved.
    """
    folder = tmp_path_factory.mktemp("content")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name in assignment_names():
            file.writestr(f"ada/{name}.ipynb", resaved_by_colab(perfect(name, make_kit(name))))
    host.colab.offers("all.zip", archive.getvalue())
    network = {name: value for name, value in host.environment.items() if not name.startswith("PIP_")}
    kernels = colab_environment.kernel_in(folder / "kernels", colab_environment.PYTHON, network)
    notebook = nbformat.read(PROJECT / GRADER, as_version=4)
    colab_environment.execute(notebook, kernels, folder, seconds=900)
    sheet = next(path for path in host.colab.downloads if path.name == "grades.csv")
    with Path(sheet).open(newline="", encoding="utf-8") as file:
        return {row["assignment"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", assignment_names())
def test_perfect_submission_gets_all_points_on_colab(graded, name):
    assert graded[name]["score"] == graded[name]["max_score"] != "0"
    assert not graded[name]["reason"]
