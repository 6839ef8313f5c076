"""The reference of an assignment: what its own solution cells define."""

import sys
import types
from functools import cache, partial

from autograder.course.source import ALTERNATIVE, MISCONCEPTION, has_tag, hint_of, is_test, read_assignment
from convnets.checks.catalogue import register


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

    Examples
    --------
    >>> from autograder.course.reference import reference
    >>> reference("01-convolution").convolve([1, 2, 3], [1, 1])
    array([3., 5.])
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
            known = {cell.metadata["symptom"]: cell for cell in exercise.misconceptions if "symptom" in cell.metadata}
            tried = [cell for cell in exercise.misconceptions if "symptom" not in cell.metadata]
            register(
                right,
                [(hint_of(cell), _variant(module, cell, exercise.name)) for cell in tried],
                {symptom: hint_of(cell) for symptom, cell in known.items()},
            )
    return module


def _variant(module, cell, name):
    namespace = dict(module.__dict__)
    exec(compile(cell.source, f"misconception of {name}", "exec"), namespace)
    namespace[name].before_any_call = partial(_variant, module, cell, name)
    return namespace[name]
