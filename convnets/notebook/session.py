"""Run a notebook from the top in a session of its own, as the grader does, and try its visible tests there.

The session is a process with an IPython in it and no kernel: it needs no ports and no event loop, so it works wherever
a notebook runs, and nothing in it can touch the learner's own variables.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from convnets.notebook.absent import ColabFinder
from convnets.notebook.exercises import Verdict

TOO_LONG = "Its tests took too long, and were stopped."


@dataclass
class Run:
    """What came of it.

    Attributes
    ----------
    verdicts : list of convnets.notebook.exercises.Verdict
        Of the exercises whose turn has come.
    errors : list of (int, str, str, str or None)
        Cells that raised: number, exception, message, and the name that was missing in a NameError.
    stopped : str
        Why the run did not come to its end; empty when it did.
    seconds : float
    """

    verdicts: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    stopped: str = ""
    seconds: float = 0.0


# This package may have been found in a working folder; at the end of the path it hides nothing of Python's.
_BEGIN = "import sys; sys.path.append(sys.argv[1]); from convnets.notebook.session import main; main(*sys.argv[2:])"


def run(assignment, cells, step_seconds=60, seconds=600, progress=None):
    """Run code cells in a new process, and the visible tests of an assignment behind them.

    Parameters
    ----------
    assignment : str
    cells : list of str
        Sources, without those of tests.
    step_seconds : float
        How long a cell, or the tests of an exercise, may take. 60 is the grader's own limit for a cell; a call in its
        tests may take 10 unless a test allows more.
    seconds : float
        How long everything may take.
    progress : callable, optional
        Called with a sentence on what is being done.

    Returns
    -------
    Run
    """
    made, began = Run(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="convnets-", ignore_cleanup_errors=True) as folder:
        job, results = Path(folder, "job.json"), Path(folder, "results.jsonl")
        job.write_text(json.dumps({"assignment": assignment, "cells": cells}), encoding="utf-8")
        results.touch()
        scratch = Path(folder, "scratch")
        scratch.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-c", _BEGIN, str(Path(__file__).parents[2]), str(job), str(results)],
            cwd=scratch,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _watch(process, results, made, step_seconds, began + seconds, progress or (lambda _: None))
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
    made.seconds = time.monotonic() - began
    return made


def _environment(folder):
    """This process's, but for what must not be shared: the graphics card's memory is all taken by TensorFlow here."""
    wanted = {
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "IPYTHONDIR": str(Path(folder, "ipython")),
    }
    return {**os.environ, **wanted}


def _watch(process, results, made, step_seconds, until, progress):
    """Read results as they come; stop what takes too long."""
    read, step, since, asked = 0, None, time.monotonic(), None
    while True:
        ended = process.poll() is not None
        lines = results.read_text(encoding="utf-8").splitlines(keepends=True)
        for line in lines[read:]:
            if not line.endswith("\n"):
                break
            read += 1
            told = json.loads(line)
            since, asked = time.monotonic(), None
            if told["is"] == "end":
                return
            step = _take(told, made, progress) or step
        now = time.monotonic()
        if ended:
            made.stopped = f"The session ended by itself while it was at {step or 'its start'}."
            return
        if now > until:
            made.stopped = f"It took too long, and was stopped at {step or 'its start'}."
            return
        if asked and now > asked + 5:
            made.stopped = f"{step} took more than {step_seconds:g} seconds and could not be stopped."
            return
        if step and asked is None and now > since + step_seconds:
            asked = now
            if sys.platform == "win32":
                made.stopped = f"{step} took more than {step_seconds:g} seconds."
                return
            process.send_signal(signal.SIGINT)
        time.sleep(0.05)


def _take(told, made, progress):
    """Enter one result; return the name of the step that has begun, if one has."""
    if told["is"] == "begin":
        progress(told["what"])
        return told["what"]
    if told["is"] == "error":
        made.errors.append((told["cell"], told["name"], told["message"], told["missing"]))
    elif told["is"] == "verdict":
        made.verdicts.append(Verdict(**told["verdict"]))
    return None


# ---------------------------------------------------------------- the process


def main(job, results):
    """Do it, and write a line on every step.

    Parameters
    ----------
    job, results : path-like
    """
    from convnets.notebook.exercises import assignments, try_tests
    from convnets.notebook.shell import LearnerShell  # what the grader runs cells with; it comes with this package

    job = json.loads(Path(job).read_text(encoding="utf-8"))
    with Path(results).open("a", encoding="utf-8") as file:

        def write(kind, **more):
            file.write(json.dumps({"is": kind, **more}) + "\n")
            file.flush()

        shell = LearnerShell.instance()
        _without_colab()
        with contextlib.suppress(ImportError):
            from matplotlib_inline.backend_inline import configure_inline_support

            configure_inline_support(shell, os.environ["MPLBACKEND"])
        for number, source in enumerate(job["cells"]):
            write("begin", what=f"cell {number + 1} of {len(job['cells'])}")
            outputs, _ = shell.run(source)
            for output in outputs:
                if output["output_type"] == "error":
                    said = {"name": output["ename"], "message": str(output["evalue"])[:500]}
                    write("error", cell=number, **said, missing=_missing(output))
        for exercise in assignments()[job["assignment"]]:
            write("begin", what=f"the tests of {exercise.name}")
            try:
                verdict = try_tests(exercise, shell.user_ns)
            except KeyboardInterrupt:
                verdict = Verdict(exercise.name, "failed", of=exercise.points, message=TOO_LONG)
            write("verdict", verdict={**vars(verdict), "picture": None})
        write("end")


def _missing(output):
    """The name that a NameError speaks of."""
    found = re.match(r"name '(\w+)' is not defined", str(output["evalue"])) if output["ename"] == "NameError" else None
    return found[1] if found else None


def _without_colab():
    """Let cells that mount a drive or download a file pass, as while grading: nobody is there to allow it."""
    if "COLAB_RELEASE_TAG" not in os.environ:
        return

    class First(ColabFinder):
        """Comes before the real package, and leaves the rest of ``google`` alone."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            ours = name == "google.colab" or name.startswith("google.colab.")
            return ColabFinder.find_spec(name, path, target) if ours else None

    for name in [name for name in sys.modules if First.find_spec(name)]:
        del sys.modules[name]
    sys.meta_path.insert(0, First)
