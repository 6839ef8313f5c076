"""The warm process: imports what learners import once, and is forked for each submission.

It is started as a fresh interpreter with an empty environment, so that nothing of the grader's memory is in it, and it
starts no threads, so that forking it is safe.
"""

import contextlib
import gc
import importlib
import multiprocessing.context
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from multiprocessing import connection
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import autograder
from autograder.exam.gpu import gpu_settings
from autograder.exam.wire import Wire, WireError, pair

_ALWAYS = [
    "numpy", "matplotlib.pyplot", "matplotlib_inline.backend_inline", "PIL.Image", "convnets", "convnets.plots",
    "convnets.data.images",
]  # fmt: skip
# A learner may solve chapter 1 with TensorFlow; but few do, and to fork a process without it takes half as long.
_WHERE_NAMED = {
    "scipy": ["scipy.signal", "scipy.ndimage"], "skimage": ["skimage"], "sklearn": ["sklearn"], "pandas": ["pandas"],
    "keras": ["keras", "tensorflow"], "tensorflow": ["keras", "tensorflow"],
}  # fmt: skip


def packages_named(text):
    """List the packages that code names, in whatever way, and that take long to import.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str

    Examples
    --------
    >>> from autograder.exam.forkserver import packages_named
    >>> packages_named("import numpy as np\\ntf = __import__('tensorflow')")
    ['tensorflow']
    """
    return [package for package in _WHERE_NAMED if package in text]


def modules_for(packages):
    """List the modules to be imported before code runs that names packages.

    Parameters
    ----------
    packages : iterable of str
        From `packages_named`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from autograder.exam.forkserver import modules_for
    >>> [name for name in modules_for(["tensorflow"]) if name not in modules_for([])]
    ['keras', 'tensorflow']
    """
    return [*_ALWAYS, *dict.fromkeys(module for package in packages for module in _WHERE_NAMED[package])]


MODULES = modules_for(_WHERE_NAMED)
"""All that a notebook of the course may import."""


class WarmProcess:
    """A warm process, and the folder that is its home.

    Parameters
    ----------
    threads : int
        Threads each numerical library may use.
    gpu : dict of str to str, optional
        What it is told of graphics cards; default: `autograder.exam.forkserver.gpu_settings`.
    modules : list of str
        What it imports at once.

    Attributes
    ----------
    wire : autograder.exam.wire.Wire
    """

    def __init__(self, threads=1, gpu=None, modules=MODULES):
        self.wire, theirs = pair()
        self.wire.send({"modules": list(modules)})
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")
        self._process = subprocess.Popen(
            command("autograder.exam.forkserver", theirs.fileno()),
            pass_fds=[theirs.fileno()],
            env=environment(self._folder.name, threads, gpu),
            cwd=self._folder.name,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()

    def wait(self):
        """Wait until it has imported everything."""
        self.wire.receive(300)

    def close(self):
        """End it and remove its folder."""
        self.wire.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def command(module, descriptor):
    """Write the command that runs another process of the grader's.

    It imports the same code as this one, whatever ``PYTHONPATH`` and the current folder hold.

    Parameters
    ----------
    module : str
        Its ``main`` is called.
    descriptor : int
        What that is given.

    Returns
    -------
    list of str
    """
    root = str(Path(autograder.__file__).parents[1])
    code = f"import sys; sys.path.insert(0, {root!r}); from {module} import main; sys.path.remove({root!r})"
    return [sys.executable, "-c", f"{code}; main({descriptor})"]


def environment(folder, threads, gpu=None):
    """Make the environment of a warm process: of the caller's, the search path and where graphics cards are.

    Parameters
    ----------
    folder : path-like
        Home until a submission has its scratch folder.
    threads : int
        Threads that numerical libraries other than NumPy may use.
    gpu : dict of str to str, optional
        What it is told of graphics cards; default: `gpu_settings`.

    Returns
    -------
    dict of str to str
    """
    count = str(threads)
    return {
        "PATH": os.environ.get("PATH", ""),
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "MPLCONFIGDIR": str(folder),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "1",  # see convnets/__init__.py, which is imported later
        "TF_NUM_INTRAOP_THREADS": count,
        "TF_NUM_INTEROP_THREADS": count,
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": "1",  # NumPy's: threads that wait burn processor time, which `does_not_loop` measures
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        **{name: value for name, value in os.environ.items() if name.startswith(("OPENBLAS_CORE", "OPENBLAS_L2"))},
        **(gpu_settings() if gpu is None else gpu),
    }


def import_all(modules):
    """Import what is there of a list of modules, and let children share it for longer.

    Parameters
    ----------
    modules : list of str
    """
    for name in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if "matplotlib" in sys.modules:
        importlib.import_module("matplotlib.font_manager")
    gc.collect()
    gc.freeze()


def main(descriptor):
    """Fork learners' processes on demand until the examiner hangs up.

    Parameters
    ----------
    descriptor : int
        Of the socket to the examiner.
    """
    from autograder.exam.limits import Limits
    from autograder.exam.sandbox import enter, readable_paths
    from autograder.exam.server import begin
    from convnets.notebook.shell import LearnerShell

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wire = Wire(socket.socket(fileno=descriptor))
    import_all(wire.receive()["modules"])
    without_shared_memory()
    shell = LearnerShell.instance()
    with contextlib.suppress(ImportError):  # pictures inline, as a kernel sets it up when it starts
        from matplotlib_inline.backend_inline import configure_inline_support

        configure_inline_support(shell, os.environ["MPLBACKEND"])
    readable = readable_paths()
    gc.freeze()
    wire.send({"ready": True})
    living = set()
    while True:
        try:
            request = wire.receive()
        except WireError:
            _end_all(living)
            return
        if request["do"] == "fork":
            connection = wire.receive_socket()
            child = os.fork()
            if child == 0:
                missing = _shut_in(connection, request, readable, Limits, enter)
                learner = Wire(connection)
                try:
                    learner.send({"ready": True, "missing": missing})
                    begin(learner, shell, request["scratch"], request["without"])
                finally:
                    os._exit(1)
            connection.close()
            living.add(child)
            wire.send({"pid": child})
        elif request["do"] == "begin":
            _end_all(living)  # an examiner that died may have left its learner behind
            if not {*request["modules"]} <= {*sys.modules}:
                import_all(request["modules"])
            wire.send({"ready": True})
        elif request["do"] == "end":
            wire.send({"status": _end(request["pid"])})
            living.discard(request["pid"])


def _end(pid):
    """Kill a learner's process if it still lives; return its exit status, negative for a signal."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _end_all(living):
    for pid in living:
        _end(pid)
    living.clear()


def _shut_in(connection, request, readable, limits, enter):
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    kept = connection.fileno()
    os.closerange(3, kept)
    os.closerange(kept + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("1000")
    tempfile.tempdir = request["scratch"]
    return enter(request["scratch"], limits(**request["limits"]), readable)


class _AmongThreads(SimpleQueue):
    """A queue between the threads of one process. Its locks are of threads; those of processes need shared memory."""

    def __init__(self):
        self._reader, self._writer = connection.Pipe(duplex=False)
        self._rlock, self._wlock = threading.Lock(), threading.Lock()
        self._poll = self._reader.poll


def without_shared_memory():
    """Let ``multiprocessing.pool.ThreadPool`` do without.

    Keras lists folders of images with one. Processes cannot be started in a learner's process, so nothing is lost.
    """
    multiprocessing.context.BaseContext.SimpleQueue = lambda _context: _AmongThreads()
