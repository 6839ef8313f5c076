"""Say what the grader can and cannot hold on this machine."""

import ctypes
import fcntl
import json
import os
import platform
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.markup import escape

from autograder.course.paths import solutions_folder
from autograder.exam import sandbox
from autograder.exam.gpu import gpu_devices
from autograder.exam.gpu_trial import try_gpu
from autograder.exam.landlock import landlock_abi

PACKAGES = ["nbgrader", "tensorflow", "keras", "numpy", "hypothesis", "ipython", "nbconvert", "jupyter-book"]


NAMES = "seeing that other files are there"


def versions():
    """List the versions of what the grader stands on.

    Returns
    -------
    dict of str to str
    """
    found = {"Python": platform.python_version(), "system": f"{platform.system()} {platform.release()}"}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found


def gpus():
    """List the GPUs that TensorFlow sees.

    Returns
    -------
    list of str
    """
    code = "import json, tensorflow as tf; print(json.dumps([d.name for d in tf.config.list_physical_devices('GPU')]))"
    # TensorFlow greets on standard error, past every setting.
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return json.loads(asked.stdout) if asked.returncode == 0 else []


def probe(abi=None):
    """Shut a process in as a learner's is, and try from within what must fail.

    Parameters
    ----------
    abi : int, optional
        The version of Landlock to be used; default: the kernel's.

    Returns
    -------
    (dict of str to bool, list of str)
        Whether each attempt was held off, and what the sandbox itself says it could not lock.
    """
    scratch, readable = tempfile.mkdtemp(prefix="doctor-"), tempfile.mkdtemp(prefix="doctor-")
    paths = [*sandbox.readable_paths(), Path(readable)]
    Path(readable, "readable").write_text("x")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            os.chdir(scratch)
            missing = sandbox.enter(scratch, readable=paths, abi=abi)
            os.write(writer, json.dumps([_attempts(Path(readable, "readable")), missing]).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        answer = file.read()
    os.waitpid(child, 0)
    for folder in (scratch, readable):
        shutil.rmtree(folder)
    held, missing = json.loads(answer or '[{"the sandbox starts": false}, []]')
    return held, missing


def _attempts(readable):
    def fails(attempt):
        try:
            attempt()
        except (OSError, MemoryError, RuntimeError, AttributeError):  # there may be no such call at all
            return True
        return False

    def process():
        if os.fork() == 0:
            os._exit(0)

    def works(attempt):
        return not fails(attempt)

    def watch():
        if ctypes.CDLL(None).inotify_init1(0) < 0:
            raise OSError

    def change_flags():  # FS_IOC_GETFLAGS and FS_IOC_SETFLAGS
        with readable.open() as file:
            flags = struct.unpack("l", fcntl.ioctl(file, 0x80086601, bytes(8)))[0]
            fcntl.ioctl(file, 0x40086602, struct.pack("l", flags ^ 0x40))  # "no dump", which nobody misses

    def own(set_owner):
        first, second = socket.socketpair()
        with first, second:
            set_owner(first)

    thread = threading.Thread(target=int)
    return {
        "reading solutions and tests": fails(lambda: list(solutions_folder().iterdir())),
        NAMES: fails(lambda: solutions_folder().stat()),
        "reading other files of the user": fails(lambda: list(Path("~").expanduser().iterdir())),
        "reading other processes' memory and environment": fails(
            lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes()
        ),
        "writing outside the scratch folder": fails(lambda: Path(tempfile.gettempdir(), "escaped").write_text("x")),
        "network and other sockets": fails(lambda: socket.socket().close()),
        "starting processes": fails(process),
        "emptying files by name": fails(lambda: os.truncate(readable, 0)),
        "emptying files opened for reading": fails(lambda: os.open(readable, os.O_RDONLY | os.O_TRUNC)),
        "changing the flags of files": fails(change_flags),
        "changing who may read a file": not readable.chmod(0o777) and fails(lambda: _expect_mode(readable, 0o777)),
        "watching files of others": fails(watch),
        "signals to other processes": fails(lambda: os.kill(os.getppid(), 0)),
        "signals by way of files": fails(lambda: own(lambda end: fcntl.fcntl(end, fcntl.F_SETOWN, os.getppid()))),
        "signals by way of sockets": fails(
            lambda: own(lambda end: fcntl.ioctl(end, 0x8901, struct.pack("i", os.getppid())))  # FIOSETOWN
        ),
        "signals of one's choice": fails(lambda: own(lambda end: fcntl.fcntl(end, 10, signal.SIGTERM))),  # F_SETSIG
        "taking all memory": fails(lambda: bytearray(2**36)),
        "(works: writing in the scratch folder)": works(lambda: Path("mine").write_text("x")),
        "(works: threads)": works(lambda: (thread.start(), thread.join())),
    }


def _expect_mode(path, mode):
    if path.stat().st_mode & 0o777 != mode:
        raise OSError


LACKS = {
    1: "moving files between folders is refused even where it may be done",
    2: "emptying files is refused by the filter of system calls instead",
    3: "the network is shut by the filter of system calls alone",
    4: "what devices are told is watched over by the filter of system calls alone",
    5: "signals and sockets without a file are refused by the filter of system calls alone",
}
"""What Landlock lacks up to a version, and who sees to it instead."""


def report_gpu(console):
    """Print whether learners' code can use the graphics card.

    Parameters
    ----------
    console : rich.console.Console
    """
    wrong = try_gpu()
    if wrong:
        console.print(
            f"GPU: learners' code cannot use it from where it is shut in ({escape(wrong)}), and runs on the processor."
        )
    else:
        console.print(
            "GPU: learners' code uses it, shut in as it is. Its driver is open to that code, and memory that processes "
            "share is not limited. To grade without it, set CUDA_VISIBLE_DEVICES=-1."
        )


def diagnose(console):
    """Print the whole diagnosis.

    Parameters
    ----------
    console : rich.console.Console

    Returns
    -------
    bool
        Whether everything is held.
    """
    from rich.table import Table

    table = Table(title="Versions", title_justify="left", show_header=False)
    for name, number in versions().items():
        table.add_row(name, number)
    found = gpus()
    table.add_row("GPU", ", ".join(found) if found else "none: training runs on the processor")
    if sys.platform == "linux":
        abi = landlock_abi()
        table.add_row("Landlock", f"version {abi}" if abi else "missing")
        for version_without, said in LACKS.items():
            if 0 < abi <= version_without:
                table.add_row("", f"{said} (Landlock knows it from version {version_without + 1} on)")
    console.print(table)

    held, missing = probe()
    table = Table(title="What a learner's code is kept from", title_justify="left", show_header=False)
    for attempt, kept in held.items():
        no = "no: a name can be seen, and nothing of what it names" if attempt == NAMES else "[bold red]NO[/]"
        table.add_row(attempt, "yes" if kept else no)
    console.print(table)
    for line in missing:
        console.print(f"[bold red]Not locked:[/] {line}")
    if gpu_devices():
        report_gpu(console)
    healthy = all(kept for attempt, kept in held.items() if attempt != NAMES)
    if not healthy:
        console.print(
            "Hidden tests stay sealed all the same: they run in another process. But grade submissions that you have "
            "not read on Linux 6.7 or newer, or in a virtual machine of their own."
        )
    return healthy
