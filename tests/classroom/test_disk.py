"""A full disk, a folder that cannot be written, a file in a folder's place: a clear error, and nothing is lost."""

import errno
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.classroom import grade
from autograder.classroom.collect import collect
from autograder.cli import app
from autograder.course import atomic
from tests.conftest import SOLUTIONS
from tests.submissions import RIGHT, in_one, submission

NAME = "01-doubling"


@pytest.fixture(params=["60k", "220k"])  # the gradebook does not fit; not all pages do
def tiny(tmp_path, request):
    """A tiny file system."""
    place = tmp_path / "tiny"
    place.mkdir()
    if (
        not shutil.which("mount")
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={request.param}", "tmpfs", place], stderr=subprocess.DEVNULL
        ).returncode
    ):
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def _run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments), "--solutions", str(SOLUTIONS)])


def _all(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _papers(folder, kit, answer=RIGHT):
    folder.mkdir()
    for name in ("ada", "ben", "cleo"):
        (folder / f"{name}.ipynb").write_bytes(submission(kit, answer))
        os.utime(folder / f"{name}.ipynb", (len(answer), len(answer)))  # the longer one is the newer one
    return sorted(folder.iterdir())


@pytest.mark.parametrize("fails_at", [1, 3, 5, 13])
def test_collecting_on_a_disk_that_is_full_changes_nothing(tmp_path, kit, monkeypatch, fails_at):
    folder = tmp_path / "class"
    collect(folder, _papers(tmp_path / "first", kit), solutions=SOLUTIONS)
    before = _all(folder)
    papers = _papers(tmp_path / "second", kit, f"{RIGHT}  # anew")
    written = []
    real = Path.write_bytes

    def write_bytes(path, data):
        written.append(path)
        if len(written) >= fails_at and folder in path.parents:
            real(path, data[:5])
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return real(path, data)

    monkeypatch.setattr(atomic.Path, "write_bytes", write_bytes)
    done = _run("collect", "--class", folder, *papers)
    monkeypatch.undo()
    assert done.exit_code == 1
    assert "The disk is full" in done.output
    assert _all(folder) == before

    assert _run("collect", "--class", folder, *papers).exit_code == 0
    assert (folder / "submitted" / "ada" / NAME / f"{NAME}.ipynb").read_bytes() == papers[0].read_bytes()
    assert _run("collect", "--class", folder, "--undo").exit_code == 0
    assert (folder / "submitted" / "ada" / NAME / f"{NAME}.ipynb").read_bytes() == submission(kit)


def test_grading_on_a_tiny_disk_stops_with_a_clear_error_and_goes_on_when_there_is_room(tiny, kit, room, monkeypatch):
    monkeypatch.setattr(grade, "grade_many", in_one(room))
    for name in ("ada", "ben"):
        place = tiny / "submitted" / name / NAME
        place.mkdir(parents=True)
        (place / f"{NAME}.ipynb").write_bytes(submission(kit))
    handed_in = _all(tiny / "submitted")
    done = _run("grade", "--class", tiny)
    assert done.exit_code == 1, done.output
    assert "Traceback" not in done.output
    assert "full" in done.output
    assert "run the command again" in done.output
    assert _all(tiny / "submitted") == handed_in
    assert not list(tiny.rglob("*.part"))

    subprocess.run(["mount", "-o", "remount,size=20m", tiny], check=True)
    done = _run("grade", "--class", tiny)
    assert done.exit_code == 0, done.output
    assert "submitted:  2, graded: 2, not graded: 0" in done.output


@pytest.mark.parametrize("tiny", ["1m"], indirect=True)
def test_class_that_can_only_be_read_is_a_clear_error(tiny, kit):
    place = tiny / "submitted" / "ada" / NAME
    place.mkdir(parents=True)
    (place / f"{NAME}.ipynb").write_bytes(submission(kit))
    subprocess.run(["mount", "-o", "remount,ro", tiny], check=True)
    for command in (["grade"], ["collect", place / f"{NAME}.ipynb"]):
        done = _run(*command, "--class", tiny)
        assert done.exit_code == 1
        assert "Read-only file system. See to it, and run the command again" in done.output


@pytest.mark.parametrize("place", [".autograder", "feedback/ada"])
def test_file_in_the_place_of_a_folder_is_named_and_kept(tmp_path, kit, room, monkeypatch, place):
    monkeypatch.setattr(grade, "grade_many", in_one(room))
    paper = tmp_path / "submitted" / "ada" / NAME / f"{NAME}.ipynb"
    paper.parent.mkdir(parents=True)
    paper.write_bytes(submission(kit))
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("mine")
    done = _run("grade", "--class", tmp_path)
    assert done.exit_code == 1
    assert f"there is a file, at or above {tmp_path / place}" in done.output.replace("\n", "")
    assert (tmp_path / place).read_text() == "mine"
    (tmp_path / place).unlink()
    assert "graded: 1" in _run("grade", "--class", tmp_path).output


def test_folder_in_the_place_of_the_gradebook_is_a_clear_error(tmp_path, kit):
    paper = tmp_path / "submitted" / "ada" / NAME / f"{NAME}.ipynb"
    paper.parent.mkdir(parents=True)
    paper.write_bytes(submission(kit))
    (tmp_path / "gradebook.db").mkdir()
    done = _run("grade", "--class", tmp_path)
    assert done.exit_code == 1
    assert "The gradebook cannot be" in done.output
    assert "Traceback" not in done.output
