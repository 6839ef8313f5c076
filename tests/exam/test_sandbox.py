"""What a learner's process is kept from: each attempt is made from inside one."""

import os
import shutil
import subprocess
import sys
import time
from itertools import permutations

import pytest

from autograder.exam import sandbox
from autograder.exam.learner import Learner
from autograder.exam.limits import Limits, Rules, Times
from autograder.exam.outputs import Shown
from autograder.exam.process import LearnerStopped
from autograder.exam.result import CHANGED_PYTHON
from autograder.exam.room import ExamRoom
from autograder.tools.doctor import NAMES, probe
from tests.submissions import cells, submission

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")


def _held(attempts):
    """Whether all are but the one that a file system of one's own is for."""
    return all(kept for attempt, kept in attempts.items() if attempt != NAMES)


def test_every_attempt_of_the_doctor_is_held():
    held, missing = probe()
    assert _held(held), held
    assert held[NAMES] == _has_namespaces()
    assert missing == []


def _has_namespaces():
    command = ["unshare", "--user", "--map-root-user", "--mount", "true"]
    return shutil.which(command[0]) is not None and subprocess.run(command, check=False).returncode == 0


@pytest.mark.parametrize("abi", range(1, 8))
def test_older_kernels_hold_too_and_without_namespaces(abi, monkeypatch):
    monkeypatch.setattr(sandbox, "leave_only", lambda *_: False)
    held, missing = probe(abi)
    assert _held(held), held
    assert not held[NAMES]
    assert missing == []


def _of_one_thread(code):
    """Run code in a process that could enter namespaces, and return what it prints."""
    env = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env).stdout


@pytest.mark.skipif(not _has_namespaces(), reason="user namespaces are not to be had here")
def test_only_what_may_be_read_is_there(tmp_path):
    scratch, shown, hidden = (tmp_path / name for name in ("scratch", "shown", "hidden"))
    for folder in (scratch, shown, hidden):
        folder.mkdir()
    (shown / "file").write_text("shown")
    code = (
        "import os\nfrom autograder.exam.mounts import leave_only\n"
        f"print(leave_only({str(scratch)!r}, [{str(shown / 'file')!r}]))\n"
        f"print(os.listdir('/'), os.listdir({str(tmp_path)!r}), os.getcwd(), open({str(shown / 'file')!r}).read())\n"
        "open('made', 'w').close()"
    )
    told = _of_one_thread(code)
    done, place = told.splitlines()
    root = tmp_path.parts[1]
    assert done == "True"
    assert place in {
        f"{[*names]} {[*folders]} {scratch} shown"
        for names in permutations(["proc", root])
        for folders in permutations(["scratch", "shown"])
    }
    assert (scratch / "made").exists()


@pytest.mark.parametrize("step", ["_begin", "_bind"])
def test_where_namespaces_are_of_no_use_all_is_as_before(step, tmp_path):
    code = (
        "import os\nfrom autograder.exam import mounts\n"
        f"def refuse(*_): raise OSError\nmounts.{step} = refuse\n"
        f"print(mounts.leave_only({str(tmp_path)!r}, ['/usr']), os.path.exists({__file__!r}))\n"
        f"open({str(tmp_path / 'made')!r}, 'w').close()"
    )
    told = _of_one_thread(code)
    assert told.split() == ["False", "True"]
    assert (tmp_path / "made").exists()


def test_what_landlock_alone_does_not_hold_is_held_by_the_filter(monkeypatch):
    monkeypatch.setattr(sandbox, "restrict_calls", lambda _abi: None)
    held, _missing = probe(2)
    assert not held["emptying files by name"]
    assert not held["emptying files opened for reading"]
    assert not held["signals by way of sockets"]
    assert not held["watching files of others"]


ATTEMPTS = {
    "solutions": "open(SOLUTIONS)",
    "grader's source": "open(AUTOGRADER)",
    "password file": "open('/etc/passwd')",
    "home": "os.listdir(HOME)",
    "root folder": "os.listdir('/')",
    "parent's environment": "open(f'/proc/{os.getppid()}/environ').read()",
    "parent's memory": "open(f'/proc/{os.getppid()}/mem', 'rb')",
    "parent's folder": "os.readlink(f'/proc/{os.getppid()}/cwd')",
    "list of processes": "os.listdir('/proc')",
    "writing to a temporary folder": "open('/tmp/escaped', 'w')",
    "writing to a package": "open(np.__file__, 'a')",
    "making a link out": "os.link(np.__file__, 'mine')",
    "network": "socket.create_connection(('127.0.0.1', 80), timeout=1)",
    "datagrams": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "local sockets": "socket.socket(socket.AF_UNIX)",
    "datagrams from a pair": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "netlink": "socket.socket(16, socket.SOCK_RAW)",
    "a new process": "os.fork()",
    "another program": "os.execv('/bin/true', ['true'])",
    "a subprocess": "subprocess.run(['/bin/true'])",
    "a pool of processes": "multiprocessing.Pool(1)",
    "a signal to its parent": "os.kill(os.getppid(), 0)",
    "a signal to all": "os.kill(-1, 0)",
    "others' limits": "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)",
    "others' priority": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
    "its own user": "os.setuid(12345)",
    "shared memory files": "os.memfd_create('x')",
    "emptying a package's file": "os.truncate(np.__file__, os.stat(np.__file__).st_size)",
    "watching for files": "ctypes.CDLL(None).inotify_init1(0) == -1 and 1 / 0",
    "a signal by way of a socket": "fcntl.fcntl(socket.socketpair()[0], fcntl.F_SETOWN, os.getppid())",
    "a large file": "open('large', 'wb').write(bytes(2**27))",
    "a new root": "os.chroot('.')",
    "raising its limits": "resource.setrlimit(resource.RLIMIT_NOFILE, (10**6, 10**6))",
}


@pytest.fixture(scope="module")
def attempted(room, kit):
    """What became of each attempt, in one run."""
    from pathlib import Path

    import autograder

    first = (
        "import ctypes, fcntl, os, socket, subprocess, multiprocessing, resource\nimport numpy as np\n"
        f"SOLUTIONS = {str(Path(__file__).parents[1] / 'sample' / 'solutions' / '01-doubling.md')!r}\n"
        f"AUTOGRADER = {autograder.__file__!r}\nHOME = {str(Path.home())!r}\n"
    )
    tries = "\n".join(
        f"try:\n    {code}\n    print({name!r}, '|', 'done')\nexcept BaseException as error:\n"
        f"    print({name!r}, '|', type(error).__name__)"
        for name, code in ATTEMPTS.items()
    )
    result = room.examine(submission(kit, before=first + tries), Rules())
    text = "".join(output.get("text", "") for output in cells(result)["mine-first"].outputs)
    return dict(line.split(" | ") for line in text.splitlines() if " | " in line)


@pytest.mark.parametrize("name", ATTEMPTS)
def test_attempt_fails(attempted, name):
    assert attempted[name] != "done"


@pytest.mark.parametrize(
    "code",
    [
        "open('mine', 'w').write('x')",
        "import shutil\nopen('a', 'w').close()\nshutil.copy('a', 'b')",
        "import tempfile\ntempfile.TemporaryFile().write(b'x')",
        "import threading\nt = threading.Thread(target=print)\nt.start()\nt.join()",
        "import socket\na, b = socket.socketpair()\na.send(b'x')\nb.recv(1)",
        "import concurrent.futures as f\nlist(f.ThreadPoolExecutor(2).map(str, [1, 2]))",
        "import keras, numpy\nm = keras.Sequential([keras.layers.Dense(1)])\nm.compile('sgd', 'mse')\n"
        "m.fit(numpy.ones((4, 2)), numpy.ones(4), verbose=0)\nm.save_weights('w.weights.h5')",
        "from sklearn.datasets import load_sample_image\nload_sample_image('china.jpg').shape",
        "from skimage import data\ndata.camera().shape",
        "import scipy.signal, random, json, zoneinfo\nzoneinfo.ZoneInfo('Europe/Berlin')",
    ],
    ids=lambda code: code.splitlines()[0],
)
def test_honest_code_works(room, kit, code):
    result = room.examine(submission(kit, before=code), Rules())
    outputs = cells(result)["mine-first"].outputs
    assert [output.evalue for output in outputs if output.output_type == "error"] == []


def test_processor_time_is_limited(room, kit):
    rules = Rules(times=Times(cell=10), limits=Limits(cpu_seconds=2))
    result = room.examine(submission(kit, after="while True:\n    pass"), rules)
    assert "it used up its processor time" in cells(result)["mine-last"].outputs[-1].evalue


def test_decorator_that_changes_python_is_noticed(warm):
    learner = Learner(warm.wire, Rules())
    assert learner.run("def spoil(f):\n    import builtins\n    builtins.print = f\n    return f") == ([], None)
    _outputs, stopped = learner.run("@spoil\ndef double(x):\n    return 2 * x")
    assert stopped.kind == CHANGED_PYTHON
    learner.close()


def test_disk_fill_is_stopped(room, kit):
    code = "i = 0\nwhile True:\n    i += 1\n    open(f'f{i}', 'wb').write(bytes(2**25))"
    result = room.examine(submission(kit, after=code), Rules(times=Times(cell=60)))
    assert "of files" in cells(result)["mine-last"].outputs[-1].evalue


DEEP = "\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')"


@pytest.mark.parametrize("more", ["", DEEP], ids=["empty", "deep"])
def test_scratch_folder_is_removed(room, kit, more):
    result = room.examine(submission(kit, before=f"import os\nprint(os.getcwd()){more}"), Rules())
    from pathlib import Path

    folder = Path(cells(result)["mine-first"].outputs[0].text.strip())
    assert folder.name.startswith("scratch-")
    assert not folder.exists()


def test_too_many_files_are_stopped(room, kit):
    code = "import time\nfor i in range(30_000):\n    open(f'f{i}', 'w').close()\ntime.sleep(3)"
    result = room.examine(submission(kit, after=code), Rules())
    assert "more than 20,000 files" in cells(result)["mine-last"].outputs[-1].evalue


def test_outputs_are_bounded_whatever_the_process_says():
    shown = Shown()
    text = {"output_type": "stream", "name": "stdout", "text": "x" * 10**6}
    picture = {"output_type": "display_data", "data": {"image/png": "y" * 7_000_000}}
    assert shown.take(5) == []
    assert len(shown.take([text])[0]["text"]) < 10**6
    taken = shown.take([picture] * 1000)
    assert sum(len(output.get("data", {}).get("image/png", "")) for output in taken) <= 40_000_000
    assert "is left out" in taken[-1]["text"]


def test_outputs_count_as_they_are_written_into_a_file():
    lines = {"output_type": "stream", "name": "stdout", "text": "\x01\n" * 100_000}
    assert len(Shown().take([lines] * 400)) < 20


def test_time_of_a_submission_holds_for_calls_too(warm):
    learner = Learner(warm.wire, Rules())
    assert learner.run("def wait():\n    import time\n    time.sleep(60)") == ([], None)
    learner.until = time.monotonic() + 1
    with pytest.raises(LearnerStopped, match="was stopped after"):
        learner.call("wait", (), {})
    learner.until = time.monotonic() - 1
    with pytest.raises(LearnerStopped, match="the submission used up its time"):
        learner.call("wait", (), {})
    learner.close()


def test_processes_end_with_the_room(kit):
    import psutil

    room = ExamRoom(kit)
    room.examine(submission(kit), Rules())
    children = psutil.Process(room._process.pid).children(recursive=True)
    assert children
    room.close()
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
