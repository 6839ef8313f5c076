"""The examiner: runs a submission's cells in the learner's process and the tests in its own.

It is a process that holds the reference and the tests and forks a child for each submission, so that nothing of one
submission reaches the next.
"""

import builtins
import contextlib
import io
import json
import math
import os
import pickle
import signal
import socket
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path

import nbformat

from autograder.course.lint import free_names
from autograder.course.source import AssignmentError, is_test, read_assignment
from autograder.exam.apart import limit_memory
from autograder.exam.codec import CodecError, decode, encode
from autograder.exam.forkserver import WarmProcess, modules_for, packages_named
from autograder.exam.learner import Learner, rewound, stopped_output
from autograder.exam.leftovers import PREFIX, in_use, remove_leftovers
from autograder.exam.limits import Limits, Rules, Times
from autograder.exam.mistakes import Sayings
from autograder.exam.process import LearnerStopped
from autograder.exam.restore import restore
from autograder.exam.result import DIFFERS, OWN_LAYERS, TIMED_OUT, Result, Stop, not_graded
from autograder.exam.run_test import examine_test
from autograder.exam.second_opinion import Calls
from autograder.exam.submission import UnreadableSubmission, defined_names, imported_names, read_submission
from autograder.exam.wire import Wire, WireError, pair
from convnets.checks.facts import noting
from convnets.checks.rehearsal import quick_verdicts


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
    dict of str to convnets.checks.rehearsal.Rehearsal
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
        raise AssignmentError(
            f"the reference does not pass its own tests. Run the text notebook and mend it.\n{answer}"
        )
    for grade_id, dumped in answer.items():
        rehearsals[grade_id].load(dumped)
    return rehearsals


@dataclass
class Desk:
    """What the examiner has at hand for every submission of an assignment.

    Attributes
    ----------
    released : nbformat.NotebookNode
        The notebook that learners were given.
    source : dict of str to nbformat.NotebookNode
        Answer and test cells in full, by grade_id.
    warm, light : autograder.exam.wire.Wire
        To the warm process, and to one that has imported little.
    rehearsals : dict of str to convnets.checks.rehearsal.Rehearsal
        By the test's grade_id.
    sayings : dict of str to autograder.exam.mistakes.Sayings
        The same.
    """

    released: nbformat.NotebookNode
    source: dict
    warm: Wire
    light: Wire
    rehearsals: dict
    sayings: dict


@dataclass
class Exam:
    """A submission while it is examined.

    Attributes
    ----------
    data : bytes
        As it was handed in.
    rules : autograder.exam.limits.Rules
    only : list of str or None
        grade_ids of the tests to run, None for all.
    desk : Desk
    cells : list of dict
        From `autograder.exam.submission.read_submission`.
    notebook : nbformat.NotebookNode
        With the assignment's own tests, and later with outputs.
    learner : autograder.exam.learner.Learner
    until : float
        By `time.monotonic`: when the submission's time is used up.
    failed : dict of str to str
        By grade_id, what the cells that raised have raised: it is told to a test that misses what they define.
    result : autograder.exam.result.Result
    """

    data: bytes
    rules: Rules
    only: list | None
    desk: Desk
    cells: list = field(default_factory=list)
    notebook: nbformat.NotebookNode | None = None
    learner: Learner | None = None
    until: float = math.inf
    failed: dict = field(default_factory=dict)
    result: Result = field(default_factory=lambda: Result(""))


def examine(exam):
    """Take a submission through all steps.

    Returns
    -------
    autograder.exam.result.Result
    """
    try:
        for step in STEPS:
            step(exam)
    except UnreadableSubmission as unreadable:
        return not_graded(exam.desk.released, exam.desk.source, str(unreadable))
    finally:
        if exam.learner:
            exam.learner.close()
    return exam.result


def read(exam):
    """Read the cells of the file that was handed in."""
    with _reading():
        exam.cells = read_submission(exam.data)


def put_tests_back(exam):
    """Restore the notebook: the learner's cells with the assignment's own tests at their places."""
    with _reading():
        exam.notebook, exam.result.notes = restore(exam.cells, exam.desk.released, exam.desk.source)


@contextlib.contextmanager
def _reading():
    """Give up on a file that takes too much processor time to read."""

    def give_up(*_):
        raise UnreadableSubmission("Reading the notebook takes too long. Delete what is no answer from its cells.")

    signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, _READING)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


_READING = 20  # seconds


def choose_tests(exam):
    """Leave out the tests that are not asked for."""
    if exam.only is not None:
        cells = exam.notebook.cells
        exam.notebook.cells = [c for c in cells if not is_test(c) or c.metadata.nbgrader.grade_id in exam.only]


def begin(exam):
    """Make a learner's process ready, where the packages that its cells name are imported, and number the cells."""
    desk, named = exam.desk, _named(_code_cells(exam))
    for wire, packages in ((desk.light, []), (desk.warm, named)):
        wire.send({"do": "begin", "modules": modules_for(packages)})
        wire.receive()
    exam.learner = Learner(desk.warm if named else desk.light, exam.rules, light=(desk.light, named))
    exam.until = time.monotonic() + exam.rules.times.submission
    for count, cell in enumerate(_code_cells(exam), start=1):
        cell.execution_count = count


def _named(cells):
    return packages_named("\n".join(cell.source for cell in cells if not is_test(cell)))


def run_cells(exam):
    """Run the learner's cells, all of them before any test: what they print has not seen a test's input."""
    for cell in _code_cells(exam):
        if is_test(cell) or not cell.source.strip() or _is_over(exam, cell):
            continue
        try:
            outputs, stop = exam.learner.run(cell.source)
        except LearnerStopped as stopped:  # an earlier cell stopped while it was run again
            outputs, stop = [stopped_output(stopped.stop)], stopped.stop
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        exam.result.stops += [stop] if stop else []
        for output in cell.outputs:
            if output.output_type == "error":
                exam.failed[cell.metadata.get("nbgrader", {}).get("grade_id")] = f"{output.ename}: {output.evalue}"


def run_tests(exam):
    """Run the tests in the assignment's order; for their steps see `autograder.exam.run_test`."""
    tests = {cell.metadata.nbgrader.grade_id: cell for cell in _code_cells(exam) if is_test(cell)}
    for grade_id in exam.desk.source:
        cell = tests.get(grade_id)
        if cell is None or _is_over(exam, cell):
            continue
        trial = _tried(exam, cell, exam.learner)
        before = _cells_before(exam, cell)
        if trial.error is not None and before is not None:
            with quick_verdicts():  # what is wrong has been said
                again = _tried(exam, cell, rewound(exam.learner, before))
            trial = again if again.error is None else trial
        cell.outputs = trial.outputs
        exam.result.stops += [trial.stop] if trial.stop else []
        exam.result.broken += [grade_id] if trial.is_at_fault else []
        if trial.error is not None or _is_less(trial.value, cell.metadata.nbgrader.points):
            exam.learner.lost.add(exam.desk.sayings[grade_id].name)


def _tried(exam, cell, learner):
    grade_id = cell.metadata.nbgrader.grade_id
    learner.referee.has_asked_there, learner.calls = False, Calls()
    with exam.desk.rehearsals[grade_id].playing(), noting(exam.result.facts):
        trial = examine_test(cell, learner, exam.failed, exam.desk.sayings[grade_id])
    if learner.referee.has_asked_there:
        _flag(exam, OWN_LAYERS, grade_id)
    if trial.differs:
        _flag(exam, DIFFERS, grade_id)
    return trial


def _flag(exam, flag, grade_id):
    """Note that an instructor should look at an exercise."""
    name, flagged = exam.desk.sayings[grade_id].name, exam.result.facts.setdefault(flag, [])
    flagged += [name] if name not in flagged else []


def _cells_before(exam, test):
    """Return the cells before a test, if one behind it gives a name of theirs, or of Python's, another meaning.

    Then the answer may be right where it stands, as in a notebook that is run from top to bottom, and be broken later.
    To import the same once more gives no name another meaning.
    """
    cells = [cell for cell in _code_cells(exam) if cell is test or not is_test(cell)]
    place = next(number for number, cell in enumerate(cells) if cell is test)
    before, behind = ([cell.source for cell in part] for part in (cells[:place], cells[place + 1 :]))
    known = set(dir(builtins)).union(*map(defined_names, before))
    same = set().union(*map(imported_names, before))
    return before if any(known & defined_names(source, same) for source in behind) else None


def record(exam):
    """Write the result down."""
    exam.result.notebook = nbformat.writes(exam.notebook)
    exam.result.missing_locks = exam.learner.missing_locks
    exam.result.spent = dict(exam.learner.spent)


STEPS = (read, put_tests_back, choose_tests, begin, run_cells, run_tests, record)


def _code_cells(exam):
    return [cell for cell in exam.notebook.cells if cell.cell_type == "code"]


def _is_less(value, points):
    return isinstance(value, int | float) and value < points


def _is_over(exam, cell):
    """Say in a cell that the submission's time is used up, if it is. What finding out about mistakes took is given."""
    exam.learner.until = exam.until + sum(each.seconds for each in exam.desk.sayings.values())
    if time.monotonic() <= exam.learner.until:
        return False
    stop = Stop(TIMED_OUT, f"Not run: the submission used up its {exam.rules.times.submission:g} seconds.")
    cell.outputs = [stopped_output(stop)]
    exam.result.stops.append(stop)
    return True


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
    warm = light = None
    remove_leftovers()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder, in_use(folder):
        tempfile.tempdir = folder  # of every child too, so that all they leave is removed with it
        try:
            hello = grader.receive()
            released = nbformat.reads(hello["released"], as_version=4)
            source = {key: nbformat.from_dict(cell) for key, cell in json.loads(hello["source"]).items()}
            answers = [cell for cell in released.cells if cell.cell_type == "code"] + [*source.values()]
            start = partial(WarmProcess, hello["threads"], gpu)
            packages = _named(answers)
            warm, light = start(modules_for(packages)), start(modules_for([]))
            comparison(np.eye(2), np.ones((2, 2)))  # the first picture takes longest: here once, for all forked off
            Path(folder, f"{hello['name']}.md").write_text(hello["text"], encoding="utf-8")
            os.environ["AUTOGRADER_SOLUTIONS"] = folder
            module = reference(hello["name"])
            try:
                rehearsals = rehearse(source, module)
                desk = Desk(released, source, warm.wire, light.wire, rehearsals, _sayings(hello["name"], module))
                _check_threads()
            except AssignmentError as error:
                grader.send({"broken": str(error)})
                return
            warm.wait()
            light.wait()
            grader.send({"ready": True})
            while True:
                answer = _in_child(grader.receive(), desk)
                for grade_id, learned in answer.pop("learned", {}).items():
                    desk.sayings[grade_id].learned.update(learned)
                for grade_id, news in answer.pop("news", {}).items():
                    desk.rehearsals[grade_id].known.update(decode(each) for each in news)
                for name in set(_SLOW_TO_IMPORT).intersection(answer.pop("imported", [])):
                    import_module(name)
                if "fault" in answer:  # a warm process may wait for the rest of a message
                    warm.close()
                    light.close()
                    warm, light = start(modules_for(packages)), start(modules_for([]))
                    warm.wait()
                    light.wait()
                    desk.warm, desk.light = warm.wire, light.wire
                grader.send(answer)
        except WireError:
            return
        finally:
            for process in filter(None, (warm, light)):
                process.close()


def _check_threads():
    """Refuse an assignment for which TensorFlow's threads run here: its first operation in a fork would never end."""
    if any(task.read_text().startswith("tf_") for task in Path("/proc/self/task").glob("*/comm")):
        raise AssignmentError(
            "an answer of the text notebook runs TensorFlow outside of every function, as by making a tensor, a layer "
            "or an optimizer at the left margin. Make it inside of the function."
        )


def _sayings(name, module):
    from convnets.checks.catalogue import misconceptions, symptoms

    made = {}
    for exercise in read_assignment(name).exercises:
        right = getattr(module, exercise.name)
        for test in exercise.tests:
            grade_id = test.metadata.nbgrader.grade_id
            made[grade_id] = Sayings(exercise.name, misconceptions(right), symptoms(right), right)
    return made


def _in_child(request, desk):
    """Examine a submission in a fork of this process."""
    ours, theirs = pair()
    child = os.fork()
    if child == 0:
        ours.close()
        answer = Wire(theirs)
        try:
            limit_memory(_MEMORY)
            answer.send(_examined(request, desk))
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


_MEMORY = 6 * 2**30  # bytes beyond what the examiner has, TensorFlow among them if a check needs it


def _examined(request, desk):
    """Examine a submission, and say what else was found out that the next ones can use."""
    rules = Rules(Times(**request["times"]), Limits(**request["limits"]))
    before = [name for name in _SLOW_TO_IMPORT if name in sys.modules]
    result = examine(Exam(request["data"], rules, request["only"], desk))
    return {
        "result": result.plain(),
        "learned": {grade_id: each.learned for grade_id, each in desk.sayings.items() if each.seconds},
        "news": {grade_id: list(_encoded(each.news)) for grade_id, each in desk.rehearsals.items() if each.news},
        "imported": [name for name in _SLOW_TO_IMPORT if name in sys.modules and name not in before],
    }


def _encoded(news):
    """Write what a test has found out, up to a size: beside it the result has to fit into one message."""
    left = _LARGEST_NEWS
    for each in news.items():
        with contextlib.suppress(CodecError):  # then the next submission has it found out again
            written = encode(each)
            if len(written) <= left:
                left -= len(written)
                yield written


_LARGEST_NEWS = 2**20  # bytes


# Catalogued mistakes may use them. A child that had to import one says so, and all who are forked off later have it.
_SLOW_TO_IMPORT = ("scipy.signal", "tensorflow", "keras")
