"""The reference of an assignment: what its own solution cells define."""

import sys
import types
from functools import cache
from weakref import WeakKeyDictionary

from autograder.exercises import ALTERNATIVE, MISCONCEPTION, has_tag, hint_of, is_test, read_assignment

# reference function -> [(hint, the same function as a misconception has it)]
_misconceptions = WeakKeyDictionary()
_symptoms = WeakKeyDictionary()  # reference function -> {symptom: hint}


@cache
def reference(name, solutions=None):
    """Run an assignment's solution cells and return what they define.

    Parameters
    ----------
    name : str
        The assignment, for instance ``"01-convolution"``.
    solutions : path-like, optional
        Folder of the text notebooks.

    Returns
    -------
    types.ModuleType
        Its attributes are the names that the solution cells define.

    Raises
    ------
    AssignmentError
        When there is no such assignment.
    """
    assignment = read_assignment(name, solutions)
    module = types.ModuleType(f"reference {name}")
    sys.modules[module.__name__] = module
    skipped = (MISCONCEPTION, ALTERNATIVE)
    for number, cell in enumerate(assignment.notebook.cells, start=1):
        if cell.cell_type == "code" and not is_test(cell) and not any(has_tag(cell, tag) for tag in skipped):
            exec(compile(cell.source, f"{assignment.path}, cell {number}", "exec"), module.__dict__)
    for exercise in assignment.exercises:
        right = getattr(module, exercise.name, None)
        if callable(right):
            _misconceptions[right] = [
                (hint_of(cell), _variant(module, cell, exercise.name)) for cell in exercise.misconceptions
            ]
            _symptoms[right] = {
                cell.metadata["symptom"]: hint_of(cell)
                for cell in exercise.misconceptions
                if "symptom" in cell.metadata
            }
    return module


def _variant(module, cell, name):
    namespace = dict(module.__dict__)
    exec(compile(cell.source, f"misconception of {name}", "exec"), namespace)
    return namespace[name]


def misconceptions(function):
    """Return the catalogued wrong versions of a reference function.

    Parameters
    ----------
    function : callable
        An attribute of what `reference` returns.

    Returns
    -------
    list of (str, callable)
        The hint and the wrong function.
    """
    through = getattr(function, "through", None)
    if through is not None:  # a stand-in, such as `convnets.folders.items`
        return [(hint, through(mistaken)) for hint, mistaken in misconceptions(function.function)]
    return _misconceptions.get(function, [])


def symptoms(function):
    """Return by what the catalogued mistakes are known that take too long to be run for every class.

    The metadata of such a mistake's cell says what a check finds, ``symptom: …``, and the check puts the same words
    into `convnets.checks.CheckFailed.symptom`.

    Parameters
    ----------
    function : callable
        An attribute of what `reference` returns.

    Returns
    -------
    dict of str to str
        Hints by symptom.
    """
    return _symptoms.get(function, {})
