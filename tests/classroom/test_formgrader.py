"""nbgrader's formgrader, in JupyterLab, opens a class as the grader leaves it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

from autograder.classroom.files import submissions
from autograder.classroom.gradebook import Books
from autograder.course.atomic import write_atomically
from tests.submissions import notebook

STARTS_WITHIN = 60  # seconds; it takes three on a machine with nothing else to do


@pytest.fixture(scope="module")
def folder(kit, tmp_path_factory):
    """A class of two: the test of one has failed."""
    folder = tmp_path_factory.mktemp("class")
    for student in ("ada", "björn"):
        write_atomically(folder / "submitted" / student / kit.name / f"{kit.name}.ipynb", nbformat.writes(kit.notebook))
    with Books(folder) as books:
        books.prepare(kit)
        for submission in submissions(folder, kit.name):
            made = notebook(kit)
            for cell in made.cells:
                if cell.id == "test_double":
                    cell.source = kit.cells["test_double"].source
                if cell.id == "test_double" and submission.student == "björn":
                    cell.outputs = [nbformat.v4.new_output("error", ename="CheckFailed", evalue="no", traceback=[])]
            books.record(submission, made)
    return folder


@pytest.fixture(scope="module")
def address(folder, browser):
    """JupyterLab, started in the class's folder as the instructor guide says."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    own = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    options = ["--no-browser", "--allow-root", "--ip=localhost", f"--port={port}", "--IdentityProvider.token="]
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options],
        cwd=folder,
        env={**os.environ, **own, "PATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    address, until = f"http://localhost:{port}", time.monotonic() + STARTS_WITHIN
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/api", timeout=5)
                break
            except OSError:
                assert process.poll() is None, process.stderr.read()[-3000:]
                assert time.monotonic() < until, "JupyterLab did not start"
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(20)
        process.stderr.close()


@pytest.fixture
def page(address, browser):
    page = browser.new_page()
    page.troubles = []
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    page.route(lambda url: not url.startswith(address), lambda route: route.abort())  # the test needs no internet
    yield page
    page.close()


def test_formgrader_lists_the_assignment(page, address, kit):
    page.goto(f"{address}/formgrader/manage_assignments")
    row = page.locator("tr", has_text=kit.name)
    row.wait_for(timeout=20_000)
    assert "2" in row.inner_text()  # submissions
    assert page.troubles == []


def test_formgrader_shows_the_points(page, address, kit):
    page.goto(f"{address}/formgrader/manage_submissions/{kit.name}")
    page.locator("tr", has_text="ada").wait_for(timeout=20_000)
    assert "2 / 2" in page.locator("tr", has_text="ada").inner_text()
    assert "0 / 2" in page.locator("tr", has_text="björn").inner_text()
    assert page.troubles == []


def test_formgrader_opens_a_submission(page, address, folder, kit):
    with Books(folder) as books:
        identity = books._gradebook.find_submission_notebook(kit.name, kit.name, "björn").id
    page.goto(f"{address}/formgrader/submissions/{identity}/")
    page.get_by_text("check_unchanged").first.wait_for(timeout=20_000)  # the instructor sees the hidden part
    assert kit.name in page.inner_text("body")
    assert set(page.troubles) <= {"MathJax is not defined"}  # which nbgrader's page would fetch from elsewhere
