"""Read a submission as it comes, and put the assignment's own tests back into it.

Notebooks come back from Colab, VS Code, JupyterLab or Kaggle with metadata dropped, cells added, deleted, moved,
split, merged or copied, and tests edited. What is graded is found by nbgrader's grade_id, else by cell id, else by the
function that a cell defines.
"""

import ast
import json
import re

import nbformat

from autograder.exam.codec import mended

MAX_BYTES = 60 * 2**20
MAX_SOURCE = 2 * 2**20
MAX_CELLS = 2000


class UnreadableSubmission(Exception):
    """A submission is no notebook that can be graded; the message says why and what to do.

    Examples
    --------
    >>> from autograder.exam.submission import UnreadableSubmission, read_submission
    >>> try:
    ...     read_submission(b"")
    ... except UnreadableSubmission as why:
    ...     print(why)
    The file is empty. Save the notebook and hand it in again.
    """


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

    Examples
    --------
    >>> import json
    >>> from autograder.exam.submission import read_submission
    >>> cell = {"cell_type": "code", "id": "a1", "metadata": {}, "source": ["x = 1\\n", "y = 2"], "outputs": []}
    >>> read_submission(json.dumps({"cells": [cell]}).encode())
    [{'kind': 'code', 'source': 'x = 1\\ny = 2', 'id': 'a1', 'grade_id': None}]
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
        "source": mended(source) if isinstance(source, str) else "",
        "id": identity if isinstance(identity, str) else None,
        "grade_id": grade_id if isinstance(grade_id, str) else None,
    }


def python_of(source):
    """Parse a code cell; magics and shell commands count as doing nothing.

    IPython's own translation reads the whole cell again for every one of them.

    Parameters
    ----------
    source : str

    Returns
    -------
    ast.Module or None
        None where it is no Python, or more of it than anyone writes into a cell.

    Examples
    --------
    >>> import ast
    >>> from autograder.exam.submission import python_of
    >>> [type(node).__name__ for node in python_of("%matplotlib inline\\nx = 1").body]
    ['Expr', 'Assign']
    >>> python_of("def double(x) return") is None
    True
    """
    for text in (source, _MAGIC.sub(r"\1\2None", source)):
        try:
            return ast.parse(text) if len(text) <= _LONGEST_CELL else None
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


_LONGEST_CELL = 200_000  # characters
_MAGIC = re.compile(r"^([ \t]*)((?:\w+(?:, *\w+)*[ \t]*=[ \t]*)?)(?:[%!].*|\?{1,2}[\w.]+|[\w.]+\?{1,2})$", re.MULTILINE)
_DEF = re.compile(r"^def +(\w+) *\(", re.MULTILINE)


def imported_names(source):
    """List the names that a code cell imports at its top level, each with what it stands for: pairs of str."""
    tree = python_of(source)
    return {pair for node in (tree.body if tree else ()) for pair in _imported(node)}


def _imported(node):
    if isinstance(node, ast.Import):
        for alias in node.names:
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or whole, whole
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def defined_names(source, known=frozenset()):
    """List the functions, classes and variables that a code cell defines at its top level.

    Parameters
    ----------
    source : str
        May hold IPython magics, or not be Python at all.
    known : set of (str, str)
        Imports, as from `imported_names`, that do not count.

    Returns
    -------
    set of str

    Examples
    --------
    >>> from autograder.exam.submission import defined_names, imported_names
    >>> cell = "import numpy as np\\n!pip list\\ndef double(x):\\n    return 2 * x\\nfour = double(2)"
    >>> sorted(defined_names(cell))
    ['double', 'four', 'np']
    >>> sorted(defined_names(cell, imported_names("import numpy as np")))
    ['double', 'four']
    >>> defined_names("def double(x:\\n    return")  # it does not compile
    {'double'}
    """
    tree = python_of(source)
    if tree is None:  # a cell that does not compile still says by its `def` line what it was meant to define
        return set(_DEF.findall(source))
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
        else:
            names.update(name for name, whole in _imported(node) if (name, whole) not in known)
    return names
