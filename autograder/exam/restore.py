"""Put the assignment's own tests back into a submission."""

import re

import nbformat

from autograder.exam.submission import UnreadableSubmission, defined_names


def restore(cells, released, source):
    """Build the notebook to grade: the learner's cells with the assignment's own tests at their places.

    Parameters
    ----------
    cells : list of dict
        From `read_submission`.
    released : nbformat.NotebookNode
        The notebook that learners were given, with nbgrader metadata.
    source : dict of str to nbformat.NotebookNode
        Every answer and test cell in full, by grade_id: metadata and, for tests, the hidden part.

    Returns
    -------
    (nbformat.NotebookNode, list of str)
        The notebook, and a sentence on each thing that was mended.

    Raises
    ------
    UnreadableSubmission
        When nothing in it belongs to this assignment.
    """
    order = [cell.metadata.nbgrader.grade_id for cell in released.cells if "nbgrader" in cell.metadata]
    stubs = {cell.metadata.nbgrader.grade_id: cell for cell in released.cells if "nbgrader" in cell.metadata}
    tests = [grade_id for grade_id in order if source[grade_id].metadata.nbgrader.grade]
    answers = [grade_id for grade_id in order if source[grade_id].metadata.nbgrader.solution]
    notes = []

    claims = [_claim(cell, stubs) for cell in cells]
    defines = [defined_names(cell["source"]) if cell["kind"] == "code" else set() for cell in cells]
    if not any(claims) and not any(set(answers) & names for names in defines):
        raise UnreadableSubmission(
            "Nothing in the notebook belongs to this assignment: it has none of its cells and defines none of "
            f"{', '.join(answers)}. Was another assignment's notebook handed in?"
        )

    # An answer's home is the cell that carries its id and really defines it; the last one counts, as in Jupyter.
    home = {}
    for answer in answers:
        claiming = [i for i, claim in enumerate(claims) if claim == answer and cells[i]["kind"] == "code"]
        defining = [i for i, names in enumerate(defines) if answer in names]
        written = [i for i in defining if cells[i]["source"].strip() != stubs[answer].source.strip()]
        chosen = [i for i in claiming if i in written] or [i for i in claiming if i in defining] or written or claiming
        if chosen:
            home[answer] = chosen[-1]
            if chosen[-1] not in claiming:
                notes.append(f"The answer for {answer} was found by the function it defines.")
            if len(claiming) > 1:
                notes.append(f"There are {len(claiming)} cells for {answer}; the last that answers counts.")
        else:
            notes.append(f"The cell for {answer} is missing.")

    first_claim = {}
    for i, claim in enumerate(claims):
        if claim in tests:
            first_claim.setdefault(claim, i)
            if cells[i]["source"].strip() != stubs[claim].source.strip():
                notes.append(f"The test {claim} was changed; it was put back as it was.")

    last_answer, place = -1, {}
    for grade_id in order:
        if grade_id in answers:
            uses = [i for i, names in enumerate(defines) if grade_id in names]
            last_answer = max([home.get(grade_id, -1), *uses], default=-1)
        elif grade_id in tests:
            where = first_claim.get(grade_id)
            if where is None:
                notes.append(f"The test {grade_id} was missing; it was put back.")
            elif where < last_answer:
                notes.append(f"The test {grade_id} stood before its answer; it was moved behind it.")
            place[grade_id] = max(where if where is not None else -1, last_answer)

    notebook = nbformat.v4.new_notebook(metadata=released.metadata)
    owners = {position: answer for answer, position in home.items()}
    taken = set()
    for position, cell in enumerate(cells):
        if claims[position] not in tests:
            made = nbformat.from_dict(_plain_cell(cell))
            owner = owners.get(position)
            if owner:
                made.metadata = nbformat.from_dict(stubs[owner].metadata)
            made.id = owner or _free_id(cell["id"], taken | set(order), position)
            taken.add(made.id)
            notebook.cells.append(made)
        for test in tests:
            if place[test] == position:
                notebook.cells.append(nbformat.from_dict(source[test]))
    for test in tests:
        if place[test] < 0:
            notebook.cells.append(nbformat.from_dict(source[test]))
    return notebook, notes


def _claim(cell, stubs):
    for said in (cell["grade_id"], cell["id"]):
        if said in stubs:
            return said
    if cell["kind"] == "code":
        for grade_id, stub in stubs.items():
            if cell["source"].strip() and cell["source"].strip() == stub.source.strip():
                return grade_id
    return None


def _plain_cell(cell):
    made = {"cell_type": cell["kind"], "metadata": {}, "source": cell["source"]}
    if cell["kind"] == "code":
        made.update(outputs=[], execution_count=None)
    return made


def _free_id(wanted, taken, position):
    if wanted and re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", wanted) and wanted not in taken:
        return wanted
    made = f"cell-{position + 1}"
    while made in taken:
        made += "x"
    return made
