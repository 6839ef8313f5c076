"""The examiner: runs a submission's cells in the learner's process and the tests in its own.

It is a process that holds the reference and the tests and forks a child for each submission, so that nothing of one
submission reaches the next.
"""

import contextlib
import io
import json
import os
import pickle
import signal
import socket
import sys
import tempfile
import time
import traceback
from importlib import import_module
from pathlib import Path

import nbformat

from autograder.course.lint import free_names
from autograder.course.source import AssignmentError, is_test, read_assignment
from autograder.exam.codec import CodecError
from autograder.exam.forkserver import WarmProcess
from autograder.exam.learner import Learner, LearnerStopped
from autograder.exam.limits import Limits, Rules, Times
from autograder.exam.mistakes import Sayings
from autograder.exam.restore import restore
from autograder.exam.result import _error, not_graded
from autograder.exam.run_test import _examine_cell
from autograder.exam.submission import UnreadableSubmission, read_submission
from autograder.exam.wire import Wire, WireError, pair


def rehearse(source, module):
    """Run every test that says so once with the reference in the learner's place, and keep what the tests draw.

    That is done in a fork: TensorFlow must not run in this process, for its threads do not survive a fork.

    Parameters
    ----------
    source : dict of str to nbformat.NotebookNode
        Answer and test cells in full, by grade_id.
    module : types.ModuleType
        The reference.

    Returns
    -------
    dict of str to convnets.checks.agreement.Rehearsal
        By the test's grade_id.
    """
    from convnets.checks.rehearsal import Rehearsal, is_rehearsed

    rehearsals = {grade_id: Rehearsal() for grade_id, cell in source.items() if is_test(cell)}
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            for grade_id, rehearsal in rehearsals.items():
                text = source[grade_id].source
                if is_rehearsed(text):
                    space = {name: getattr(module, name) for name in free_names(text) if hasattr(module, name)}
                    with rehearsal.recording(), contextlib.redirect_stdout(io.StringIO()):
                        exec(compile(text, grade_id, "exec"), {"__name__": "__main__", **space})
            answer = {grade_id: rehearsal.dump() for grade_id, rehearsal in rehearsals.items()}
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"
        finally:
            with os.fdopen(writer, "wb") as file:
                pickle.dump(answer, file)
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        answer = pickle.load(file)
    os.waitpid(child, 0)
    if isinstance(answer, str):
        raise AssignmentError(answer)
    for grade_id, dumped in answer.items():
        rehearsals[grade_id].load(dumped)
    return rehearsals


def examine(notebook, warm, rules, rehearsals, sayings):
    """Run a submission and its tests.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        A submission whose test cells are the assignment's own.
    warm : autograder.exam.wire.Wire
        To a warm process.
    rules : autograder.exam.learner.Rules
    rehearsals : dict of str to convnets.checks.agreement.Rehearsal
    sayings : dict of str to autograder.exam.mistakes.Sayings
        By the test's grade_id.

    Returns
    -------
    dict
        ``stops``: why cells and tests were stopped; ``broken``: grade_ids of tests that failed through no fault of the
        learner's; ``missing_locks``: what the sandbox could not shut; ``restarts``. The notebook's outputs are filled
        in.
    """
    learner = Learner(warm, rules)
    until = time.monotonic() + rules.times.submission
    stops, broken, failed = [], [], {}
    count = 0
    try:
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            count += 1
            cell.execution_count = count
            learner.until = until + sum(each.seconds for each in sayings.values())
            if time.monotonic() > learner.until:
                reason = f"Not run: the submission used up its {rules.times.submission:g} seconds."
                cell.outputs = [_error("Stopped", reason)]
                stops.append(reason)
            elif is_test(cell):
                grade_id = cell.metadata.nbgrader.grade_id
                with rehearsals[grade_id].playing():
                    outputs, stopped, fault = _examine_cell(cell, learner, failed, sayings[grade_id])
                cell.outputs = outputs
                stops += [stopped] if stopped else []
                broken += [grade_id] if fault else []
            elif cell.source.strip():
                outputs, stopped = _guarded(learner, cell.source)
                cell.outputs = [nbformat.from_dict(output) for output in outputs]
                stops += [stopped] if stopped else []
                _note_failure(cell, failed)
    finally:
        learner.close()
    return {
        "stops": stops,
        "broken": broken,
        "missing_locks": learner.missing_locks,
        "restarts": learner.restarts,
    }


def _guarded(learner, source):
    try:
        return learner.run(source)
    except LearnerStopped as stopped:  # an earlier cell stopped while it was run again
        return [_error("Stopped", str(stopped))], str(stopped)


def _note_failure(cell, failed):
    """Remember which definitions a cell that raised would have made, to say so when a test misses them."""
    for output in cell.outputs:
        if output.output_type == "error":
            info = cell.metadata.get("nbgrader", {})
            failed[info.get("grade_id")] = f"{output.ename}: {output.evalue}"


def main(descriptor):
    """Examine submissions until the grader hangs up.

    Parameters
    ----------
    descriptor : int
        Of the socket to the grader.
    """
    import numpy as np

    from autograder.course.reference import reference
    from autograder.exam.gpu import gpu_settings
    from convnets.checks.pictures import comparison

    gpu = gpu_settings()
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # cards are the learners': who has opened one cannot be forked, as we are
    grader = Wire(socket.socket(fileno=descriptor))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warm = None
    with tempfile.TemporaryDirectory(prefix="examiner-") as folder:
        tempfile.tempdir = folder  # of every child too, so that all they leave is removed with it
        try:
            hello = grader.receive()
            warm = WarmProcess(hello["threads"], gpu)
            comparison(np.eye(2), np.ones((2, 2)))  # the first picture takes longest: here once, for all forked off
            Path(folder, f"{hello['name']}.md").write_text(hello["text"], encoding="utf-8")
            os.environ["AUTOGRADER_SOLUTIONS"] = folder
            module = reference(hello["name"])
            released = nbformat.reads(hello["released"], as_version=4)
            source = {key: nbformat.from_dict(cell) for key, cell in json.loads(hello["source"]).items()}
            try:
                rehearsals = rehearse(source, module)
            except AssignmentError as error:
                grader.send({"broken": str(error)})
                return
            sayings = _sayings(hello["name"], module)
            warm.wait()
            grader.send({"ready": True})
            while True:
                result = _in_child(grader.receive(), released, source, warm.wire, rehearsals, sayings)
                for grade_id, learned in result.pop("learned", {}).items():
                    sayings[grade_id].learned.update(learned)
                for name in set(_SLOW_TO_IMPORT).intersection(result.pop("imported", [])):
                    import_module(name)
                if "fault" in result:  # the warm process may wait for the rest of a message
                    warm.close()
                    warm = WarmProcess(hello["threads"], gpu)
                    warm.wait()
                grader.send(result)
        except WireError:
            return
        finally:
            if warm:
                warm.close()


def _sayings(name, module):
    from convnets.checks.catalogue import misconceptions, symptoms

    made = {}
    for exercise in read_assignment(name).exercises:
        right = getattr(module, exercise.name)
        for test in exercise.tests:
            grade_id = test.metadata.nbgrader.grade_id
            made[grade_id] = Sayings(exercise.name, misconceptions(right), symptoms(right))
    return made


def _in_child(request, released, source, warm, rehearsals, sayings):
    """Examine a submission in a fork of this process."""
    ours, theirs = pair()
    child = os.fork()
    if child == 0:
        ours.close()
        answer = Wire(theirs)
        try:
            answer.send(_examined(request, released, source, warm, rehearsals, sayings))
        except BaseException:
            with contextlib.suppress(Exception):
                answer.send({"fault": traceback.format_exc()})
        finally:
            os._exit(0)
    theirs.close()
    try:
        return ours.receive()
    except (WireError, CodecError):
        return {"fault": "the examiner's process ended before it had a result"}
    finally:
        ours.close()
        os.waitpid(child, 0)


def _examined(request, released, source, warm, rehearsals, sayings):
    rules = Rules(Times(**request["times"]), Limits(**request["limits"]))
    try:
        cells = read_submission(request["data"])
        notebook, notes = restore(cells, released, source)
    except UnreadableSubmission as unreadable:
        return {**not_graded(released, source, str(unreadable)), "unreadable": str(unreadable)}
    if request["only"] is not None:
        notebook.cells = [
            cell for cell in notebook.cells if not is_test(cell) or cell.metadata.nbgrader.grade_id in request["only"]
        ]
    before = [name for name in _SLOW_TO_IMPORT if name in sys.modules]
    report = examine(notebook, warm, rules, rehearsals, sayings)
    learned = {grade_id: each.learned for grade_id, each in sayings.items() if each.seconds}
    imported = [name for name in _SLOW_TO_IMPORT if name in sys.modules and name not in before]
    return {**report, "notes": notes, "notebook": nbformat.writes(notebook), "learned": learned, "imported": imported}


# Catalogued mistakes may use them. A child that had to import one says so, and all who are forked off later have it.
_SLOW_TO_IMPORT = ("scipy.signal", "tensorflow", "keras")


if __name__ == "__main__":
    main(int(sys.argv[1]))
