"""The stand-in for Colab is made where it can be; elsewhere its tests say why they did not run."""

import os
import sys

import nbformat
import psutil
import pytest
from nbclient.exceptions import CellExecutionError

from tests import colab_environment as environment


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """There is no environment yet."""
    monkeypatch.setattr(environment, "FOLDER", tmp_path / "colab")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / "colab" / "bin" / "python")
    return tmp_path


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_without_python_313_tests_are_skipped_but_never_in_ci(nowhere, monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(environment, "python_313", lambda: None)
    with pytest.raises(outcome, match=r"no Python 3\.13, which Colab has"):
        environment.need()


def test_python_that_does_not_run_is_none(nowhere, monkeypatch):
    """As pyenv's stand-ins are where no version is chosen."""
    monkeypatch.setenv("PATH", str(nowhere))
    monkeypatch.setenv("HOME", str(nowhere))
    python = nowhere / "python3.13"
    python.write_text("#!/bin/sh\nexit 127\n")
    python.chmod(0o755)
    assert environment.python_313() is None


def test_pyenvs_versions_are_found_without_the_search_path(nowhere, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOME", str(nowhere))
    python = nowhere / ".pyenv/versions/3.13.7/bin/python3.13"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho True\n")
    python.chmod(0o755)
    assert environment.python_313() == str(python)


def test_environment_counts_only_when_everything_is_in_it(nowhere, monkeypatch):
    """pip fails the first time; the second time it is asked again, the third time all is there."""
    python = nowhere / "python3.13"
    pip = environment.FOLDER / "bin" / "python"
    python.write_text(f"#!/bin/sh\nmkdir -p {pip.parent}\n")
    python.chmod(0o755)
    monkeypatch.setattr(environment, "python_313", lambda: str(python))
    for code, missing in ((1, environment.NO_PACKAGES), (0, None), (1, None)):
        pip.parent.mkdir(parents=True, exist_ok=True)
        pip.write_text(f"#!/bin/sh\nexit {code}\n")
        pip.chmod(0o755)
        assert environment.make() == missing


@pytest.mark.parametrize("last", ["2 + 2", "1 / 0"])
def test_no_kernel_is_left_when_a_notebook_has_run(tmp_path, last):
    cells = [nbformat.v4.new_code_cell(source) for source in ("import os; print(os.getpid())", last)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    kernels = environment.kernel_in(tmp_path, sys.executable, dict(os.environ))
    if last == "1 / 0":
        with pytest.raises(CellExecutionError):
            environment.execute(notebook, kernels, tmp_path)
    else:
        environment.execute(notebook, kernels, tmp_path)
    assert not psutil.pid_exists(int(notebook.cells[0].outputs[0].text))
