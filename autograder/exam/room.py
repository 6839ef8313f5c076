"""Grade one submission as a pure task, and many of them on this machine."""

import os
import subprocess
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import asdict, replace
from queue import SimpleQueue

from autograder.course.source import AssignmentError
from autograder.exam.forkserver import command
from autograder.exam.limits import Rules
from autograder.exam.result import Result, failed
from autograder.exam.submission import MAX_BYTES
from autograder.exam.wire import Deadline, WireError, pair


class ExamRoom:
    """An examiner and its warm process, on this machine, for one assignment.

    Parameters
    ----------
    kit : Kit
    threads : int
        Threads that numerical libraries may use in a learner's process.
    """

    def __init__(self, kit, threads=1):
        self._kit = kit
        self._threads = threads
        self._wire = self._process = None

    def examine(self, data, rules, only=None):
        """Grade a submission.

        Parameters
        ----------
        data : bytes
            The file as handed in.
        rules : autograder.exam.limits.Rules
        only : list of str, optional
            Run the tests with these grade_ids and no others.

        Returns
        -------
        autograder.exam.result.Result

        Raises
        ------
        autograder.course.source.AssignmentError
            When the reference does not pass its own tests.
        """
        answer = self._attempt(data, rules, only)
        if "fault" in answer:
            answer = self._attempt(data, rules, only)
        if "fault" in answer:
            return failed(self._kit, answer["fault"])
        return replace(Result.read(answer["result"]), seconds=answer["seconds"])

    def _attempt(self, data, rules, only):
        try:
            if self._wire is None:
                self._open()
            request = {"data": data, "times": asdict(rules.times), "limits": asdict(rules.limits), "only": only}
            began = time.monotonic()
            self._wire.send(request)
            # Restarted cells run again, and the last cell or test may take its full time.
            answer = self._wire.receive(2 * rules.times.submission + 20 * rules.times.call + rules.times.cell)
            return {**answer, "seconds": time.monotonic() - began}
        except (WireError, Deadline) as error:
            self.close()
            return {"fault": f"the examiner did not answer ({type(error).__name__}: {error})"}

    def _open(self):
        self._wire, theirs = pair()
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            command("autograder.exam.examiner", theirs.fileno()),
            pass_fds=[theirs.fileno()],
            env={**os.environ, **one, **_without_a_useless_gpu(), "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if not os.environ.get("AUTOGRADER_DEBUG") else None,
        )
        theirs.close()
        kit = asdict(self._kit)
        self._wire.send({**kit, "threads": self._threads})
        hello = self._wire.receive(600)
        if "broken" in hello:
            self.close()
            raise AssignmentError(f"{self._kit.name}: {hello['broken']}")

    def close(self):
        """End both processes."""
        if self._wire is None:
            return
        self._wire.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._wire = self._process = None


_TRIAL = threading.Lock()  # rooms open side by side, and one trial is enough


def _without_a_useless_gpu():
    """Hide the graphics card from learners' code where it does not work for what is shut in."""
    from autograder.exam.gpu import gpu_devices

    if not gpu_devices():
        return {}
    from autograder.exam.gpu_trial import try_gpu

    with _TRIAL:
        return {"CUDA_VISIBLE_DEVICES": "-1"} if try_gpu() else {}


def grade_many(kit, jobs, rules=None, workers=None):
    """Grade submissions side by side on this machine.

    Parameters
    ----------
    kit : Kit
    jobs : iterable of (key, callable) or (key, callable, list of str)
        ``callable()`` gives the bytes of a submission when its turn has come; the list names the tests to run.
    rules : autograder.exam.limits.Rules, optional
    workers : int, optional
        Default: one a core.

    Yields
    ------
    (key, autograder.exam.result.Result)
        In the order in which they are done; results as from `ExamRoom.examine`.

    Raises
    ------
    autograder.course.source.AssignmentError
        When the reference does not pass its own tests.
    """
    rules = rules or Rules()
    workers = workers or os.cpu_count() or 1
    threads = max(1, (os.cpu_count() or 1) // workers)
    rooms = SimpleQueue()
    for _ in range(workers):
        rooms.put(ExamRoom(kit, threads))
    stop = threading.Event()

    def work(load, only=None):
        if stop.is_set():
            return None
        room = rooms.get()
        try:
            data = load()
            if len(data) > MAX_BYTES:
                data = data[:MAX_BYTES] + b" "  # enough to be told that it is too large
            return room.examine(data, rules, only)
        finally:
            rooms.put(room)

    jobs = iter(jobs)
    with ThreadPoolExecutor(workers) as pool:
        running = {}
        try:
            while True:
                while len(running) < 2 * workers and (job := next(jobs, None)):
                    running[pool.submit(work, *job[1:])] = job[0]
                if not running:
                    break
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future.result()
        finally:
            stop.set()
            pool.shutdown()
            for _ in range(workers):
                rooms.get().close()
