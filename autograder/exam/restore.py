"""Put the assignment's own tests back into a submission: find the answers, then where each test belongs."""

import re
from dataclasses import dataclass, field

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
    stubs = {cell.metadata.nbgrader.grade_id: cell for cell in released.cells if "nbgrader" in cell.metadata}
    sheet = _Sheet([dict(cell) for cell in cells], stubs, source)
    for step in (_find_claims, _find_homes, _find_places):
        step(sheet)
    return _assemble(sheet, released.metadata), sheet.notes


@dataclass
class _Sheet:
    """A submission while it is restored. Cells go by their position.

    Attributes
    ----------
    cells : list of dict
    stubs, source : dict of str to nbformat.NotebookNode
        Answer and test cells as they were given, and in full.
    claims : list of str or None
        Which of them each cell says it is.
    defines : list of set of str
        What each cell defines.
    home : dict of str to int
        The cell that holds the answer, by grade_id.
    place : dict of str to int
        The cell behind which a test belongs.
    notes : list of str
    """

    cells: list
    stubs: dict
    source: dict
    claims: list = field(default_factory=list)
    defines: list = field(default_factory=list)
    home: dict = field(default_factory=dict)
    place: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)

    @property
    def tests(self):
        return [grade_id for grade_id in self.stubs if self.source[grade_id].metadata.nbgrader.grade]

    @property
    def answers(self):
        return [grade_id for grade_id in self.stubs if self.source[grade_id].metadata.nbgrader.solution]

    def differs(self, position, grade_id):
        """Whether a cell is another than the one that was given."""
        return self.cells[position]["source"].strip() != self.stubs[grade_id].source.strip()


def _find_claims(sheet):
    """Find out which cell of the assignment each cell is, and what it defines."""
    sheet.claims = [_claim(cell, sheet.stubs) for cell in sheet.cells]
    for cell, claim in zip(sheet.cells, sheet.claims, strict=True):
        if claim in sheet.answers and cell["kind"] != "code":
            cell["kind"] = "code"  # a key pressed by mistake; nbgrader too makes such a cell what it was
            sheet.notes.append(f"The cell for {claim} was no code cell any more; it was made one again.")
    sheet.defines = [defined_names(cell["source"]) if cell["kind"] == "code" else set() for cell in sheet.cells]
    if not any(sheet.claims) and not any(set(sheet.answers) & names for names in sheet.defines):
        raise UnreadableSubmission(
            "Nothing in the notebook belongs to this assignment: it has none of its cells and defines none of "
            f"{', '.join(sheet.answers)}. Was another assignment's notebook handed in?"
        )


def _find_homes(sheet):
    """Find each answer: the cell that carries its id and really defines it; the last one counts, as in Jupyter."""
    for answer in sheet.answers:
        claiming = [i for i, claim in enumerate(sheet.claims) if claim == answer and sheet.cells[i]["kind"] == "code"]
        defining = [i for i, names in enumerate(sheet.defines) if answer in names]
        written = [i for i in defining if sheet.differs(i, answer)]
        chosen = [i for i in claiming if i in written] or [i for i in claiming if i in defining] or written or claiming
        if not chosen:
            sheet.notes.append(f"The cell for {answer} is missing.")
            continue
        sheet.home[answer] = chosen[-1]
        if chosen[-1] not in claiming:
            sheet.notes.append(f"The answer for {answer} was found by the function it defines.")
        if len(claiming) > 1:
            sheet.notes.append(f"There are {len(claiming)} cells for {answer}; the last that answers counts.")


def _find_places(sheet):
    """Find where each test belongs: where it stood, and behind all that defines the answer before it."""
    stood = {}
    for position, claim in enumerate(sheet.claims):
        if claim in sheet.tests:
            stood.setdefault(claim, position)
            if sheet.differs(position, claim):
                sheet.notes.append(f"The test {claim} was changed; it was put back as it was.")
    last_answer = -1
    for grade_id in sheet.stubs:
        if grade_id in sheet.answers:
            uses = [position for position, names in enumerate(sheet.defines) if grade_id in names]
            last_answer = max([sheet.home.get(grade_id, -1), *uses], default=-1)
        if grade_id in sheet.tests:
            if grade_id not in stood:
                sheet.notes.append(f"The test {grade_id} was missing; it was put back.")
            elif stood[grade_id] < last_answer:
                sheet.notes.append(f"The test {grade_id} stood before its answer; it was moved behind it.")
            sheet.place[grade_id] = max(stood.get(grade_id, -1), last_answer)


def _assemble(sheet, metadata):
    """Make the notebook."""
    notebook = nbformat.v4.new_notebook(metadata=metadata)
    owners = {position: answer for answer, position in sheet.home.items()}
    behind = {}
    for test in sheet.tests:
        behind.setdefault(sheet.place[test], []).append(nbformat.from_dict(sheet.source[test]))
    taken = set(sheet.stubs)
    for position, cell in enumerate(sheet.cells):
        if sheet.claims[position] not in sheet.tests:
            made = nbformat.from_dict(_plain_cell(cell))
            owner = owners.get(position)
            if owner:
                made.metadata = nbformat.from_dict(sheet.stubs[owner].metadata)
            made.id = owner or _free_id(cell["id"], taken, position)
            taken.add(made.id)
            notebook.cells.append(made)
        notebook.cells += behind.get(position, [])
    notebook.cells += behind.get(-1, [])
    return notebook


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
