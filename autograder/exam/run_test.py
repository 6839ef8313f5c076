"""Run a test in the examiner, with stand-ins for the learner's functions: a list of steps over a `Trial`."""

import ast
import base64
import contextlib
import io
import traceback
from dataclasses import dataclass, field
from functools import partial

import nbformat

from autograder.course.lint import free_names
from autograder.exam.learner import Learner, Proxy, stopped_output
from autograder.exam.mistakes import Sayings
from autograder.exam.process import LearnerStopped
from autograder.exam.result import error_output
from autograder.exam.second_opinion import second_opinion
from convnets.checks.outcomes import is_worded
from convnets.checks.words import CheckFailed


@dataclass
class Trial:
    """A test while it is run.

    Attributes
    ----------
    cell : nbformat.NotebookNode
    learner : Learner or None
        None where nothing of a learner's is needed.
    failed : dict of str to str
        By grade_id, what the cells that raised have raised.
    sayings : Sayings
        What the checks of this test say of the catalogued mistakes.
    space : dict
        Names that the test sees.
    printed : io.StringIO
    value : object
        Of a last expression.
    error : Exception or LearnerStopped or None
        What the test raised.
    position : int or None
        Of the statement that raised it.
    outputs : list of nbformat.NotebookNode
    differs : bool
        Whether the function does something else in a fresh process.
    """

    cell: nbformat.NotebookNode
    learner: Learner
    failed: dict
    sayings: Sayings
    space: dict = field(default_factory=lambda: {"__name__": "__main__"})
    printed: io.StringIO = field(default_factory=io.StringIO)
    value: object = None
    error: BaseException | None = None
    position: int | None = None
    outputs: list = field(default_factory=list)
    differs: bool = False

    @property
    def statements(self):
        return ast.parse(self.cell.source).body

    @property
    def stop(self):
        """Why the learner's code was stopped, or None."""
        return self.error.stop if isinstance(self.error, LearnerStopped) else None

    @property
    def is_at_fault(self):
        """Whether the test itself is, and not the learner's answer."""
        told = AssertionError | LearnerStopped | None  # a CheckFailed is an AssertionError
        return not isinstance(self.error, told) and not getattr(self.error, "learners", False)


def examine_test(cell, learner, failed, sayings):
    """Run a test cell here, with proxies for the learner's functions.

    Returns
    -------
    Trial
    """
    trial = Trial(cell, learner, failed, sayings)
    with contextlib.redirect_stdout(trial.printed), contextlib.redirect_stderr(io.StringIO()):
        for step in STEPS:
            step(trial)
    return trial


def _look_up_names(trial):
    """Give a test the learner's functions as proxies and the learner's values as they are."""
    learner = trial.learner
    try:
        for name in sorted(free_names(trial.cell.source)):
            kind = learner.kind(name)
            if kind == "function":
                trial.space[name] = Proxy(learner, name)
            elif kind == "value":
                trial.space[name] = learner.value(name)
            else:
                why = f" Its cell stopped with {trial.failed[name]}" if name in trial.failed else ""
                raise CheckFailed(f"There is no {name}: the cell that defines it is missing or did not run.{why}")
    except (Exception, LearnerStopped) as error:
        trial.error = error


def _run_statements(trial):
    """Run a test's statements as a cell does, up to the first failure: the value of a last expression is its result."""
    if trial.error is not None:
        return
    body = trial.statements
    for position, statement in enumerate(body):
        try:
            trial.value = _run_statement(statement, trial.space, last=position == len(body) - 1)
        except (Exception, LearnerStopped) as error:
            trial.error, trial.position = error, position
            return


def _run_statement(statement, space, last=False):
    if last and isinstance(statement, ast.Expr):
        return eval(compile(ast.Expression(statement.value), "test", "eval"), space)
    exec(compile(ast.Module([statement], []), "test", "exec"), space)
    return None


def _ask_again(trial):
    """Let a test that has passed fail where some of its calls do something else in a fresh process."""
    if trial.error is None and trial.learner is not None:
        said = second_opinion(trial.learner, trial.sayings.name)
        trial.differs = said is not None
        trial.error = CheckFailed(said) if said else None


def _find_who_is_at_fault(trial):
    """Where a test breaks that the reference passes, it is the answer's fault: it gave back what nobody expects."""
    right = trial.sayings and trial.sayings.right
    if trial.position is None or not trial.is_at_fault or right is None:
        return
    with contextlib.suppress(Exception):
        _run_on(trial.statements[trial.position], trial.space, trial.sayings.name, right)
        said = f"{type(trial.error).__name__}: {trial.error}"
        trial.error = CheckFailed(f"What {trial.sayings.name} does cannot be compared with what it should do: {said}")


def _name_the_mistake(trial):
    """Give a failure without a hint one, if it can be had.

    A hint belongs to the failure it stands under: where the check does not name mistakes itself, the words of the
    failure are looked for in the catalogue. What the learner's own code says with ``raise`` may have any reason.
    """
    error = trial.error
    says_all = isinstance(error, LearnerStopped | NotImplementedError) or getattr(error, "hint", None)
    if trial.position is None or says_all or (not isinstance(error, AssertionError) and is_worded(error)):
        return
    body = trial.statements
    told = error.said if isinstance(error, CheckFailed) else f"{type(error).__name__}: {_told(error)}"
    hint = trial.sayings.named(error)
    if hint is None and not getattr(error, "is_diagnosed", False):
        check = partial(_run_on, body[trial.position], trial.space, trial.sayings.name)
        hint = trial.sayings.hint(trial.position, error, told, check)
    if hint is not None:
        trial.error = CheckFailed(told, hint)
        trial.error.arrays = getattr(error, "arrays", None)


def _run_on(statement, space, name, function):
    _run_statement(statement, {**space, name: function})


def _write_outputs(trial):
    """Write what the test printed, and its result or why it has none."""
    error, printed = trial.error, trial.printed.getvalue()
    if printed:
        trial.outputs.append(nbformat.v4.new_output("stream", name="stdout", text=printed))
    if trial.stop:
        trial.outputs.append(stopped_output(trial.stop))
    elif isinstance(error, CheckFailed):
        trial.outputs += [error_output("CheckFailed", error.said, error.hint), *_pictures(error)]
    elif isinstance(error, AssertionError):
        trial.outputs.append(error_output("AssertionError", str(error) or _asserted(error, trial.cell.source)))
    elif error is not None:
        trial.outputs.append(error_output(type(error).__name__, _told(error)))
    elif trial.value is not None:
        data, count = {"text/plain": repr(trial.value)}, trial.cell.execution_count
        trial.outputs.append(nbformat.v4.new_output("execute_result", data, execution_count=count))


def _pictures(failed):
    drawn = None
    with contextlib.suppress(Exception):  # whatever a learner's numbers do to the drawing, the grade stands
        drawn = failed.picture()
    if not drawn:
        return []
    data, text = drawn
    return [nbformat.v4.new_output("display_data", {"image/png": base64.b64encode(data).decode(), "text/plain": text})]


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


STEPS = (_look_up_names, _run_statements, _ask_again, _find_who_is_at_fault, _name_the_mistake, _write_outputs)
