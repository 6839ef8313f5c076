"""What several test files share: a small course to change, and the built book in a browser."""

import functools
import http.server
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest

from tests.nightly import stale, waiting

PROJECT = Path(__file__).resolve().parent.parent
SAMPLE = Path(__file__).resolve().parent / "sample"
SOLUTIONS = SAMPLE / "solutions"
SLIDING = "02-sliding"  # the larger assignment of the sample course: several exercises, one built on another
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's greetings are not about the tests
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # see convnets/__init__.py; a test may import TensorFlow first


@pytest.fixture
def no_network(monkeypatch):
    """Every attempt to open a connection fails."""

    def refuse(*args, **kwargs):
        raise OSError("a test without a network tried to open a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(autouse=True)
def no_tracing_is_left():
    """Whatever allocates memory takes many times as long while Python traces it: a test must not leave that on."""
    asked_for = tracemalloc.is_tracing()
    yield
    left_on = tracemalloc.is_tracing() and not asked_for
    if left_on:
        tracemalloc.stop()  # or the tests behind it would pay for it too
    assert not left_on


# These take longest. When they come first, all processes are busy to the end. What needs the book comes last, for until
# then it is being built.
LONG = ("test_colab_versions.py", "test_reverse.py", "test_exercises.py", "test_attacks.py", "test_grade.py")
# Files whose cases may be tried in different processes.
BY_CASE = ("test_reverse.py", "test_exercises.py", "test_training.py")
BUILD_BOOK = [sys.executable, "-m", "autograder", "book", "--strict"]
BUILDING = pytest.StashKey()


def pytest_addoption(parser):
    parser.addoption("--nightly", action="store_true", help="run what tests/nightly.py lists as well")


def pytest_configure(config):
    config.addinivalue_line("markers", "nightly(why): run at night only; tests/nightly.py says which tests and why")
    if config.getoption("numprocesses", None):  # more threads than cores only wait for each other
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep a file's tests in one process, for they share what they set up; of some each case goes by itself."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file, _, name = nodeid.partition("::")
            return f"{file}[{name.partition('[')[2]}" if file.endswith(BY_CASE) else file

    return ByFile(config, log)


def _are_all(config):
    """Whether all tests are asked for, and not those of a file."""
    return config.args == config.getini("testpaths") and not config.getoption("ignore")


def pytest_sessionstart(session):
    if (
        _are_all(session.config)
        and not hasattr(session.config, "workerinput")
        and not session.config.option.collectonly
    ):
        nowhere = subprocess.DEVNULL  # where it fails, the fixture `book` does too, and says why
        session.config.stash[BUILDING] = subprocess.Popen(BUILD_BOOK, cwd=PROJECT, stdout=nowhere, stderr=nowhere)


def pytest_sessionfinish(session):
    building = session.config.stash.get(BUILDING, None)
    if building and building.poll() is None:
        building.send_signal(signal.SIGINT)
        building.wait()


@pytest.hookimpl(tryfirst=True)  # `-m nightly` finds them
def pytest_collection_modifyitems(config, items):
    of_the_book = {item.path for item in items if "book" in item.fixturenames}

    def turn(item):
        name = item.path.name
        waits = 0 if item.path not in of_the_book else 1 if name == "test_book.py" else 2  # the longest of them first
        return LONG.index(name) if name in LONG else len(LONG) + waits

    items.sort(key=turn)
    for item, why in waiting(items):
        item.add_marker(pytest.mark.nightly(why))
    if _are_all(config) and stale(items):
        raise pytest.UsageError(f"tests/nightly.py names tests that are not there: {stale(items)}")
    if not config.getoption("--nightly"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("nightly")])
        items[:] = [item for item in items if not item.get_closest_marker("nightly")]


@pytest.fixture
def course(tmp_path):
    """A course of one chapter and one assignment, to be changed at will; the path of its root."""
    return small_course(tmp_path)


def small_course(folder):
    """Copy the sample course into a folder, without its larger assignment; return the path of its root."""
    return Path(shutil.copytree(SAMPLE, folder / "course", ignore=shutil.ignore_patterns(f"{SLIDING}.md")))


@pytest.fixture(scope="session")
def quick_gradebooks():
    """Start the program that nbgrader starts for each new gradebook only once: it says the same each time."""
    from nbgrader import api

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "get_alembic_version", functools.cache(api.get_alembic_version))
        yield


@pytest.fixture(scope="session")
def kit(quick_gradebooks):
    """What grading the sample course's assignment needs."""
    from autograder.exam.kit import make_kit

    return make_kit("01-doubling", SOLUTIONS)


@pytest.fixture(scope="session")
def room(kit):
    """An examiner with its warm process, for the sample course's assignment."""
    from autograder.exam.room import ExamRoom

    room = ExamRoom(kit)
    yield room
    room.close()


@pytest.fixture(scope="session")
def sliding_kit(quick_gradebooks):
    """What grading the sample course's larger assignment needs."""
    from autograder.exam.kit import make_kit

    return make_kit(SLIDING, SOLUTIONS)


@pytest.fixture(scope="session")
def sliding_room(sliding_kit):
    """An examiner with its warm process, for the sample course's larger assignment."""
    from autograder.exam.room import ExamRoom

    room = ExamRoom(sliding_kit)
    yield room
    room.close()


@pytest.fixture(scope="module")
def sample_exercises(tmp_path_factory):
    """Let `convnets` know the sample course's exercises, and no others, here and in processes started from here.

    Those import it from a folder of links to its files, where `exercises.json` alone is another.
    """
    from autograder.course.layout import Course
    from autograder.course.release import EXERCISES, build
    from convnets.notebook import exercises

    root = Path(shutil.copytree(SAMPLE, tmp_path_factory.mktemp("sample") / "course"))
    made = root / EXERCISES
    made.parent.mkdir(parents=True)
    for folder, theirs in ((made.parent, exercises.SOURCE.parent), (made.parents[1], exercises.SOURCE.parents[1])):
        for path in theirs.iterdir():
            if path != exercises.SOURCE and not (folder / path.name).exists():
                (folder / path.name).symlink_to(path)
    made.write_text(build(Course(root, root / "solutions"))[EXERCISES], encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exercises, "SOURCE", made)
        patch.setenv("PYTHONPATH", os.pathsep.join([str(root), str(PROJECT)]))
        yield


@pytest.fixture(scope="session")
def warm():
    """A warm process, to be forked for learners."""
    from autograder.exam.forkserver import WarmProcess

    warm = WarmProcess()
    warm.wait()
    yield warm
    warm.close()


@pytest.fixture(scope="module")
def learner(request, warm):
    """A learner's process that has run the test module's ``LEARNERS_CODE``."""
    from autograder.exam.learner import Learner
    from autograder.exam.limits import Rules

    learner = Learner(warm.wire, getattr(request.module, "RULES", Rules()))
    assert learner.run(request.module.LEARNERS_CODE) == ([], None)
    yield learner
    learner.close()


@pytest.fixture(scope="module")
def here(request):
    """What the test module's ``LEARNERS_CODE`` defines, in this process, by name."""
    space = {}
    exec(request.module.LEARNERS_CODE, space)
    return space


@pytest.fixture(scope="module", params=["here", "there"])
def function(request):
    """A function that gives the learner's functions by name: those in this process, and those in the learner's."""
    from autograder.exam.learner import Proxy

    if request.param == "here":
        return request.getfixturevalue("here").__getitem__
    learner = request.getfixturevalue("learner")
    return lambda name: Proxy(learner, name)


@pytest.fixture
def ax():
    """Axes to draw on, without a screen."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    yield ax
    plt.close("all")


@pytest.fixture(scope="session")
def book():
    """The built book's folder. Unless nothing has changed since, it is built first; a warning is an error."""
    done = subprocess.run(BUILD_BOOK, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return PROJECT / "_build" / "html"


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


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium. Without one the test is skipped, but never in CI.

    It is closed after each module: Playwright keeps an event loop running, which code under test must not find.
    """
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing = f"no browser: install one of {', '.join(BROWSERS)}"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()
