"""Notebooks run from top to bottom: quick chapters as they are, all assignments once their answers are written in."""

import os
import re
import subprocess
import sys

import nbformat
import pytest

from autograder.course.paths import PROJECT
from autograder.course.source import is_answer, is_test, read_assignment

CELL_LIMIT = 600  # seconds; on a busy machine a training takes many times as long as on a quiet one
# The other chapters train for a minute or more. The build of the book runs the same cells of theirs, and `make colab`
# runs their notebooks.
QUICK = ("01-convolution", "02-conv-layer", "03-keras", "06-loaders")
CHAPTERS = [PROJECT / "notebooks" / "chapters" / f"{name}.ipynb" for name in QUICK]
ASSIGNMENTS = sorted(PROJECT.glob("notebooks/assignments/*/*.ipynb"))


def run_all_cells(path, **environment):
    """Run a notebook under nbval, which fails at every cell that raises; return how many cells ran."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval-lax",
        "--nbval-current-env",
        f"--nbval-cell-timeout={CELL_LIMIT}",
    ]
    command += ["-p", "no:cacheprovider", "-q", "--rootdir", path.parent, path]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    return int(re.search(r"(\d+) passed", done.stdout)[1])


def solved(path):
    """Write the reference's answers, and all tests, into a released assignment."""
    notebook = nbformat.read(path, as_version=4)
    source = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in read_assignment(path.stem).notebook.cells
        if is_answer(cell) or is_test(cell)
    }
    for cell in notebook.cells:
        if is_answer(cell) or is_test(cell):
            cell.source = source[cell.metadata.nbgrader.grade_id]
    return notebook


def code_cells(notebook):
    return sum(cell.cell_type == "code" for cell in notebook.cells)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_runs(path):
    """Without the convolutions that TensorFlow leaves out on some processors; the book is built with them."""
    assert run_all_cells(path, TF_ENABLE_ONEDNN_OPTS="0") == code_cells(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_solved_assignment_runs(path, tmp_path):
    notebook = solved(path)
    written = tmp_path / path.name
    nbformat.write(notebook, written)
    assert run_all_cells(written) == code_cells(notebook)


@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_unsolved_assignment_does_not_pass(path, tmp_path):
    """Each test of a fresh notebook fails, and says that nothing is implemented yet."""
    notebook = nbformat.read(path, as_version=4)
    written = tmp_path / path.name
    nbformat.write(notebook, written)
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider", "-q"]
    done = subprocess.run([*command, "--rootdir", tmp_path, written], capture_output=True, text=True)
    tests = sum(is_test(cell) for cell in notebook.cells)
    assert f"{tests} failed, {code_cells(notebook) - tests} passed" in done.stdout
    assert done.stdout.count("NotImplementedError") >= tests
