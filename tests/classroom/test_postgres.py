"""Gradebooks in PostgreSQL, with a real server."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from rich.console import Console

from autograder.classroom import grade
from autograder.classroom.grade import grade_class
from autograder.classroom.gradebook import Books
from autograder.course.atomic import write_atomically
from tests.conftest import SAMPLE
from tests.submissions import RIGHT, in_one, submission


def _programs():
    """The folder of PostgreSQL's server programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    here = shutil.which("initdb")
    return found[0].parent if found else Path(here).parent if here else None


@pytest.fixture(scope="module")
def address():
    """A server of our own; it ends with the tests."""
    programs = _programs()
    if programs is None:
        missing = "no PostgreSQL server: install the package postgresql"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    who = {}
    if os.getuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        who = {"user": "postgres", "group": "postgres", "extra_groups": []}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **who}
    initialise = [programs / "initdb", "-D", folder / "data", "-U", "grader", "-A", "trust", "--no-sync"]
    subprocess.run(initialise, check=True, **quiet)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["-c", "listen_addresses=127.0.0.1", "-p", str(port), "-k", folder, "-F"]
    server = subprocess.Popen([programs / "postgres", "-D", folder / "data", *options], **quiet)
    until = time.monotonic() + 60
    ready = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-q"]
    while subprocess.run(ready, check=False).returncode and time.monotonic() < until:
        time.sleep(0.2)
    yield f"postgresql://grader@127.0.0.1:{port}/postgres"
    server.terminate()
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


def test_class_is_graded_into_postgresql(address, tmp_path, kit, room, monkeypatch):
    monkeypatch.setattr(grade, "grade_many", in_one(room))
    for student, answer in {"right": RIGHT, "wrong": "def double(x):\n    return x"}.items():
        write_atomically(tmp_path / "submitted" / student / kit.name / f"{kit.name}.ipynb", submission(kit, answer))
    for _ in range(2):  # the second run finds everything there
        grade_class(tmp_path, None, SAMPLE / "solutions", db_url=address, console=Console(quiet=True))
    assert not (tmp_path / "gradebook.db").exists()
    with Books(tmp_path, address) as books:
        assert books.scores(kit.name) == {"right": 2, "wrong": 0}
