"""Read a submission as it comes, and put the assignment's own tests back into it.

Notebooks come back from Colab, VS Code, JupyterLab or Kaggle with metadata dropped, cells added, deleted, moved,
split, merged or copied, and tests edited. What is graded is found by nbgrader's grade_id, else by cell id, else by the
function that a cell defines.
"""

import ast
import json
import re

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

MAX_BYTES = 60 * 2**20
MAX_SOURCE = 2 * 2**20
MAX_CELLS = 2000


class UnreadableSubmission(Exception):
    """A submission is no notebook that can be graded; the message says why and what to do."""


def read_submission(data):
    """Parse a submitted file.

    Parameters
    ----------
    data : bytes
        The file as it was handed in.

    Returns
    -------
    list of dict
        Its cells: ``kind`` ("code", "markdown" or "raw"), ``source``, ``id`` and ``grade_id`` (both may be None).

    Raises
    ------
    UnreadableSubmission
    """
    if not data.strip():
        raise UnreadableSubmission("The file is empty. Save the notebook and hand it in again.")
    if len(data) > MAX_BYTES:
        raise UnreadableSubmission(
            f"The file has {len(data) / 2**20:.0f} MB; {MAX_BYTES / 2**20:.0f} MB is the limit. "
            "Clear its outputs, save it, and hand it in again."
        )
    for encoding in ("utf-8-sig", "utf-16", "latin-1"):
        try:
            text = data.decode(encoding)
            content = json.loads(text)
            break
        except (UnicodeDecodeError, UnicodeError):
            continue
        except (ValueError, RecursionError) as error:
            if encoding == "utf-8-sig" and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
                continue
            raise UnreadableSubmission(
                f"The file is not a notebook: it is not JSON ({error}). "
                "Download the notebook as .ipynb and hand that file in."
            ) from None
    cells = content.get("cells") if isinstance(content, dict) else None
    if cells is None and isinstance(content, dict) and isinstance(content.get("worksheets"), list):
        try:
            cells = nbformat.convert(nbformat.from_dict(content), 4).get("cells")  # nbformat 3
        except Exception:
            cells = None
    if not isinstance(cells, list):
        raise UnreadableSubmission("The file is JSON but has no cells: it is not a notebook. Hand in the .ipynb file.")
    if len(cells) > MAX_CELLS:
        raise UnreadableSubmission(f"The notebook has {len(cells):,} cells; {MAX_CELLS:,} is the limit.")
    read = [_read_cell(cell) for cell in cells if isinstance(cell, dict)]
    size = sum(len(cell["source"]) for cell in read)
    if size > MAX_SOURCE:
        raise UnreadableSubmission(f"The notebook's cells hold {size:,} characters; {MAX_SOURCE:,} is the limit.")
    return read


def _read_cell(cell):
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    nbgrader = metadata.get("nbgrader")
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    identity = cell.get("id") or metadata.get("id")
    return {
        "kind": cell.get("cell_type") if cell.get("cell_type") in ("code", "markdown", "raw") else "raw",
        "source": source if isinstance(source, str) else "",
        "id": identity if isinstance(identity, str) else None,
        "grade_id": grade_id if isinstance(grade_id, str) else None,
    }


def defined_names(source):
    """List the functions, classes and variables that a code cell defines at its top level.

    Parameters
    ----------
    source : str
        May hold IPython magics, or not be Python at all.

    Returns
    -------
    set of str
    """
    try:
        tree = ast.parse(TransformerManager().transform_cell(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # a cell that does not compile still says by its `def` line what it was meant to define
        return {
            line.split("(")[0][4:].strip() for line in source.splitlines() if line.startswith("def ") and "(" in line
        }
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    return names


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
