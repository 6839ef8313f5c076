"""What several test files share: a small course to change, and the built book in a browser."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
SAMPLE = Path(__file__).resolve().parent / "sample"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's greetings are not about the tests


@pytest.fixture
def course(tmp_path):
    """A course of one chapter and one assignment, to be changed at will; the path of its root."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "course"))


@pytest.fixture(scope="session")
def book():
    """The built book's folder. It is built where a page is missing or a source is newer than the pages."""
    html = PROJECT / "_build" / "html"
    index = html / "book" / "index.html"
    folders = ("book", "notebooks", "convnets")
    sources = [path for folder in folders for path in (PROJECT / folder).rglob("*") if path.is_file()]
    sources = [path for path in sources if "__pycache__" not in path.parts] + [PROJECT / "_config.yml"]
    newest = max(path.stat().st_mtime for path in sources)
    marker = html / "built"
    if not index.is_file() or not marker.is_file() or marker.stat().st_mtime < newest:
        program = Path(sys.executable).with_name("jupyter-book")
        done = subprocess.run(
            [program, "build", PROJECT, "--warningiserror", "--keep-going"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        marker.touch()
    return html


@pytest.fixture(scope="session")
def serve():
    """A function that serves a folder on localhost and returns its address."""
    servers = []

    def start(folder):
        handler = functools.partial(_Quiet, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("localhost", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://localhost:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium. Without one the test is skipped, but never in CI."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing = f"no browser: install one of {', '.join(BROWSERS)}"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()
