"""Run a test in the examiner, with stand-ins for the learner's functions."""

import ast
import base64
import contextlib
import io
import traceback
from functools import partial

import nbformat

from autograder.course.lint import free_names
from autograder.exam.learner import LearnerStopped, Proxy
from autograder.exam.result import _error
from convnets.checks.words import HINT, CheckFailed


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

    The first failure counts. If it came without a hint, and from a check that does not name mistakes itself, the words
    of the failure are looked for in the catalogue: a hint belongs to the failure it stands under.
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
            hint = sayings.named(error)
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
