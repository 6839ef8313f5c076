"""The examiner: runs a submission's cells in the learner's process and the tests in its own.

It is a process that holds the reference and the tests and forks a child for each submission, so that nothing of one
submission reaches the next.
"""

import ast
import base64
import contextlib
import io
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from functools import partial
from importlib import import_module
from pathlib import Path

import nbformat

from autograder.codec import CodecError
from autograder.exercises import AssignmentError, is_test, read_assignment
from autograder.link import Learner, LearnerStopped, Proxy, Rules, Times
from autograder.lint import free_names
from autograder.reading import UnreadableSubmission, read_submission, restore
from autograder.sandbox import Limits
from autograder.sayings import HINT, Sayings
from autograder.wire import Wire, WireError, pair
from convnets.checks import CheckFailed


def rehearse(source, module):
    """Run every test once with the reference in the learner's place, and keep what the tests draw.

    That is done in a fork: TensorFlow must not run in this process, for its threads do not survive a fork.

    Parameters
    ----------
    source : dict of str to nbformat.NotebookNode
        Answer and test cells in full, by grade_id.
    module : types.ModuleType
        The reference.

    Returns
    -------
    dict of str to autograder.testing.Rehearsal
        By the test's grade_id.
    """
    from autograder.testing import Rehearsal

    rehearsals = {grade_id: Rehearsal() for grade_id, cell in source.items() if is_test(cell)}
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            for grade_id, rehearsal in rehearsals.items():
                text = source[grade_id].source
                if any(word in text for word in ("agrees(", "autograder.transfer", "autograder.project")):
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
    warm : autograder.wire.Wire
        To a warm process.
    rules : autograder.link.Rules
    rehearsals : dict of str to autograder.testing.Rehearsal
    sayings : dict of str to autograder.sayings.Sayings
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


def _examine_cell(cell, learner, failed, sayings):
    """Run a test cell here, with proxies for the learner's functions.

    Returns
    -------
    (list of nbformat.NotebookNode, str or None, bool)
        Outputs; why the learner's code was stopped, if it was; whether the test itself is at fault.
    """
    printed = io.StringIO()
    result, outputs, stopped, fault = None, [], None, False
    try:
        space = {"__name__": "__main__", **_names(cell.source, learner, failed)}
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            result = _run_statements(cell.source, space, sayings)
    except LearnerStopped as error:
        stopped = str(error)
        outputs = [_error("Stopped", stopped)]
    except CheckFailed as error:
        outputs = [_error("CheckFailed", str(error)), *_pictures(error)]
    except AssertionError as error:
        outputs = [_error("AssertionError", str(error) or _asserted(error, cell.source))]
    except Exception as error:
        fault = not getattr(error, "learners", False)
        outputs = [_error(type(error).__name__, _told(error))]
    if result is not None and not outputs:
        outputs.append(
            nbformat.v4.new_output("execute_result", {"text/plain": repr(result)}, execution_count=cell.execution_count)
        )
    if printed.getvalue():
        outputs.insert(0, nbformat.v4.new_output("stream", name="stdout", text=printed.getvalue()))
    return outputs, stopped, fault


def _pictures(failed):
    drawn = None
    with contextlib.suppress(Exception):  # whatever a learner's numbers do to the drawing, the grade stands
        drawn = failed.picture()
    if not drawn:
        return []
    data, text = drawn
    return [nbformat.v4.new_output("display_data", {"image/png": base64.b64encode(data).decode(), "text/plain": text})]


def _run_statements(source, space, sayings):
    """Run a test's statements, as a cell does: the value of a last expression is its result.

    The first failure counts. If it came without a hint, the statements behind it are tried for one: a visible check
    says what is wrong, `agrees` knows which mistake does that. After that the words of the failure are.
    """
    body = ast.parse(source).body
    result = None
    for position, statement in enumerate(body):
        try:
            result = _run_statement(statement, space, last=position == len(body) - 1)
        except NotImplementedError:
            raise
        except Exception as error:
            if HINT in str(error):
                raise
            told = str(error) if isinstance(error, CheckFailed) else f"{type(error).__name__}: {_told(error)}"
            check = partial(_run_on, statement, space, sayings.name)
            hint = sayings.named(error) or _later_hint(body[position + 1 :], space)
            if hint is None and not getattr(error, "is_diagnosed", False):
                hint = sayings.hint(position, error, told, check)
            if hint is None:
                raise
            hinted = CheckFailed(f"{told}{HINT}{hint}")
            hinted.arrays = getattr(error, "arrays", None)
            raise hinted from None
    return result


def _run_statement(statement, space, last=False):
    if last and isinstance(statement, ast.Expr):
        return eval(compile(ast.Expression(statement.value), "test", "eval"), space)
    exec(compile(ast.Module([statement], []), "test", "exec"), space)
    return None


def _run_on(statement, space, name, function):
    _run_statement(statement, {**space, name: function})


def _later_hint(statements, space):
    from autograder.testing import without_shrinking

    for statement in statements:
        try:
            # What it prints is of points that are not given, and its smallest input is not shown.
            with contextlib.redirect_stdout(io.StringIO()), without_shrinking():
                _run_statement(statement, space)
        except CheckFailed as error:
            if HINT in str(error):
                return str(error).partition(HINT)[2]
        except Exception:
            continue
        except LearnerStopped:
            return None
    return None


def _names(source, learner, failed):
    """Give a test the learner's functions as proxies and the learner's values as they are."""
    space = {}
    for name in sorted(free_names(source)):
        kind = learner.kind(name)
        if kind == "function":
            space[name] = Proxy(learner, name)
        elif kind == "value":
            space[name] = learner.value(name)
        else:
            why = f" Its cell stopped with {failed[name]}" if name in failed else ""
            raise CheckFailed(f"There is no {name}: the cell that defines it is missing or did not run.{why}")
    return space


def _told(error):
    """Say what a learner's function raised, and where in the learner's code."""
    if isinstance(error, NotImplementedError):
        return "This exercise is not answered yet."
    place = getattr(error, "place", None)
    return f"{error}\n  at {place}" if place else str(error)


def _asserted(error, source):
    frame = traceback.extract_tb(error.__traceback__)[-1]
    lines = source.splitlines()
    return lines[frame.lineno - 1].strip() if frame.filename == "test" and frame.lineno <= len(lines) else ""


def _error(name, message):
    message = message[:_MESSAGE]
    return nbformat.v4.new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])


_MESSAGE = 20_000  # characters, for what a learner's process tells may be of any length


# ---------------------------------------------------------------- the process


class WarmProcess:
    """A warm process, and the folder that is its home.

    Parameters
    ----------
    threads : int
        Threads each numerical library may use.
    gpu : dict of str to str, optional
        What it is told of graphics cards; default: `autograder.warm.gpu_settings`.

    Attributes
    ----------
    wire : autograder.wire.Wire
    """

    def __init__(self, threads=1, gpu=None):
        from autograder.warm import environment

        self.wire, theirs = pair()
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "autograder.warm", str(theirs.fileno())],
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


def main(descriptor):
    """Examine submissions until the grader hangs up.

    Parameters
    ----------
    descriptor : int
        Of the socket to the grader.
    """
    import numpy as np

    from autograder.reference import reference
    from autograder.warm import gpu_settings
    from convnets.pictures import comparison

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
    from autograder.reference import misconceptions, symptoms

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


def not_graded(released, source, reason):
    """Make the result of a submission that could not be examined: every test failed, for one reason.

    Parameters
    ----------
    released : nbformat.NotebookNode
        The notebook that learners were given.
    source : dict of str to nbformat.NotebookNode
        Answer and test cells in full, by grade_id.
    reason : str

    Returns
    -------
    dict
        As from an examination.
    """
    notebook = nbformat.v4.new_notebook(metadata=released.metadata)
    notebook.cells = [nbformat.v4.new_markdown_cell(f"**Not graded.** {reason}", id="not-graded")]
    for cell in source.values():
        cell = nbformat.from_dict(cell)
        if is_test(cell):
            cell.outputs = [_error("NotGraded", reason)]
            notebook.cells.append(cell)
    return {
        "notebook": nbformat.writes(notebook),
        "notes": [],
        "stops": [],
        "broken": [],
        "missing_locks": [],
        "restarts": 0,
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
