"""What examining a submission results in."""

import nbformat

from autograder.course.source import is_test


def _error(name, message):
    message = message[:_MESSAGE]
    return nbformat.v4.new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])


_MESSAGE = 20_000  # characters, for what a learner's process tells may be of any length


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
