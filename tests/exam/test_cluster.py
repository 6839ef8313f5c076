"""Grading on a Dask cluster: a real scheduler, worker processes without the class's folder, one of which is killed."""

import os
import signal
import subprocess
import sys
import time

import pytest
from rich.console import Console

from autograder.classroom.grade import grade_class
from autograder.classroom.gradebook import Books
from autograder.course.atomic import write_atomically
from tests.conftest import SAMPLE
from tests.submissions import RIGHT, submission

WRONG = "def double(x):\n    return x"
QUIET = Console(quiet=True)


def _program(*arguments, cwd):
    command = [sys.executable, "-m", *arguments]
    return subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Address of a scheduler and its two worker processes."""
    folder = tmp_path_factory.mktemp("cluster")
    file = folder / "scheduler.json"
    flags = ["--scheduler-file", str(file), "--no-dashboard"]
    started = [_program("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *flags, cwd=folder)]
    for number in range(2):
        place = folder / f"worker{number}"
        place.mkdir()
        # --no-nanny: a killed worker stays dead
        started.append(_program("distributed.cli.dask_worker", "--no-nanny", "--nthreads", "1", *flags, cwd=place))
    from distributed import Client

    until = time.monotonic() + 60
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.2)
    with Client(scheduler_file=str(file), timeout=60) as client:
        client.wait_for_workers(2, timeout=60)
        address = client.scheduler.address
    yield address, started[1:]
    for process in reversed(started):
        process.kill()
        process.wait()


def test_killed_worker_costs_nothing(cluster, tmp_path, kit, monkeypatch):
    address, workers = cluster
    expected = {}
    for number in range(12):
        student = f"student{number:02}"
        expected[student] = 2 if number % 3 else 0
        text = submission(kit, (RIGHT if number % 3 else WRONG) + f"  # {number}", after="import time\ntime.sleep(0.3)")
        write_atomically(tmp_path / "submitted" / student / kit.name / f"{kit.name}.ipynb", text)

    recorded = []
    record = Books.record

    def record_and_kill(self, entry, *arguments):
        recorded.append(entry.student)
        if len(recorded) == 4:
            os.kill(workers[0].pid, signal.SIGKILL)
        return record(self, entry, *arguments)

    monkeypatch.setattr(Books, "record", record_and_kill)
    records = grade_class(tmp_path, None, SAMPLE / "solutions", console=QUIET, scheduler=address)
    assert workers[0].wait(10) == -signal.SIGKILL
    assert {each.student: each.score for each in records} == expected
    assert sorted(recorded) == sorted(expected)
    with Books(tmp_path) as books:
        assert books.scores(kit.name) == expected


def test_no_scheduler_is_said(tmp_path, kit):
    write_atomically(tmp_path / "submitted" / "ada" / kit.name / f"{kit.name}.ipynb", submission(kit))
    from autograder.exam import cluster

    with pytest.raises(ConnectionError, match="no Dask scheduler at tcp"):
        list(cluster.grade_on_cluster(kit, [], None, "tcp://127.0.0.1:9"))
