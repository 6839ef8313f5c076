"""The notebook that is open: where its file is, what its cells are, and which of them have been run in this session."""

import ast
import json
import os
import re
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

HAND_IN = "hand_in("
_ANSWERS = re.compile(r"^(?:async\s+)?def\s+(\w+)\s*\(", re.MULTILINE)  # not what stands inside another


@dataclass(frozen=True)
class Cell:
    """A code cell.

    Attributes
    ----------
    source : str
    grade_id : str or None
        What nbgrader calls it.
    is_test : bool
        Whether it is a test of the assignment's.
    """

    source: str
    grade_id: str | None = None
    is_test: bool = False

    @property
    def label(self):
        """The first line that says something: what people know a cell by."""
        lines = [line.strip() for line in self.source.splitlines() if line.strip()]
        code = [line for line in lines if not line.startswith("#")] or lines
        return code[0] if len(code[0]) <= 60 else f"{code[0][:59]}…"

    @property
    def functions(self):
        """Names of the functions that it defines."""
        return set(_ANSWERS.findall(self.source))


def code_cells(notebook, tests=()):
    """List the code cells of a notebook, without empty ones and without the one that hands in.

    Parameters
    ----------
    notebook : dict
        As parsed from JSON, whatever program saved it.
    tests : iterable of convnets.notebook.exercises.Test
        Those of the assignment.

    Returns
    -------
    list of Cell
    """
    sources = {test.source.strip() for test in tests}
    names = {test.name for test in tests}
    found = []
    for cell in notebook.get("cells", []):
        source = cell.get("source", "")
        source = source if isinstance(source, str) else "".join(source)
        if cell.get("cell_type") != "code" or not source.strip() or _only_hands_in(source):
            continue
        metadata = cell.get("metadata", {})
        grade_id = metadata.get("nbgrader", {}).get("grade_id") or cell.get("id") or metadata.get("id")
        found.append(Cell(source, grade_id, source.strip() in sources or grade_id in names))
    return found


def find_file(names, exercises):
    """Find the file of the notebook that is open, outside Colab.

    VS Code puts its path into a variable, Jupyter's server into the environment. Where neither does, or the notebook
    has been renamed since, it is the one in the working folder with this assignment's functions, if there is just one.

    Parameters
    ----------
    names : dict
        What the notebook has defined.
    exercises : iterable of convnets.notebook.exercises.Exercise

    Returns
    -------
    pathlib.Path or None
    """
    told = [names.get("__vsc_ipynb_file__"), vars(sys.modules["__main__"]).get("__vsc_ipynb_file__")]
    for text in [*told, os.environ.get("JPY_SESSION_NAME")]:
        if isinstance(text, str) and text.endswith(".ipynb") and Path(text).is_file():
            return Path(text).resolve()
    wanted = {each.name for each in exercises}
    tests = [test for each in exercises for test in each.tests]
    found = []
    for path in Path.cwd().glob("*.ipynb"):
        notebook = read(path)
        defined = [cell.functions for cell in code_cells(notebook, tests)] if notebook else []
        if wanted & set().union(*defined):
            found.append(path)
    return found[0] if len(found) == 1 else None


def read(path):
    """Read a notebook's file; None when it is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and isinstance(content.get("cells"), list) else None


def ask_colab(timeout=30):
    """Ask Colab's page for the notebook as it stands there, saved or not.

    Parameters
    ----------
    timeout : float
        Seconds.

    Returns
    -------
    dict or None
        None where the page does not answer: the request is no public part of Colab, and may change.
    """
    try:
        from google.colab import _message

        answer = _message.blocking_request("get_ipynb", request="", timeout_sec=timeout)
        notebook = answer["ipynb"]
    except Exception:
        return None
    return notebook if isinstance(notebook, dict) and isinstance(notebook.get("cells"), list) else None


def history(shell):
    """List what has been run in this session, in order.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell

    Returns
    -------
    list of str
    """
    ran = getattr(getattr(shell, "history_manager", None), "input_hist_raw", None) or []
    return [source for source in ran if source.strip() and not _only_hands_in(source)]


def _only_hands_in(source):
    return HAND_IN in source and not _ANSWERS.search(source)


def differing(cells, ran):
    """Name the functions that were run last in another form than they have in the notebook: saved, or shown.

    Parameters
    ----------
    cells : list of Cell
        Of the notebook.
    ran : list of str
        From `history`.

    Returns
    -------
    list of str
    """
    last = {source.strip() for source in ran}
    newest = {name: source.strip() for source in ran for name in _ANSWERS.findall(source)}
    there = {name: cell.source.strip() for cell in cells for name in cell.functions}
    return sorted(
        name for name, source in there.items() if name in newest and source not in last and newest[name] != source
    )


def state(cells, ran):
    """Say what stands between the notebook and what this session has run.

    Parameters
    ----------
    cells : list of Cell
        Of the notebook.
    ran : list of str
        From `history`.

    Returns
    -------
    list of str
        Sentences for the learner, what matters most first.
    """
    last = {source.strip(): number for number, source in enumerate(ran)}
    there = {name: cell for cell in cells for name in cell.functions}
    said = []
    newest = {name for source in ran for name in _ANSWERS.findall(source)}
    changed = differing(cells, ran)
    if changed:
        which = listed([f"`{name}`" for name in changed])
        said.append(f"Changed since it was run: {which}. What counts is the cell as it stands now.")
    gone = sorted(name for name in newest if name not in there)
    if gone:
        which = listed([f"`{name}`" for name in gone])
        said.append(
            f"Defined in this session, but in no cell of the notebook any more: {which}. The grader does not have it."
        )
    answers = [cell for cell in cells if not cell.is_test]
    idle = [cell for cell in answers if cell.source.strip() not in last and not cell.functions & set(changed)]
    if idle and len(idle) < len(answers):
        which = listed([f"`{cell.label}`" for cell in idle[:3]]) + (" and others" if len(idle) > 3 else "")
        said.append(f"Not run in this session: {which}.")
    often = Counter(cell.source.strip() for cell in answers)  # of two cells that are alike nobody can say which was run
    order = [(last[s], cell) for cell in answers if (s := cell.source.strip()) in last and often[s] == 1]
    for (before, upper), (after, lower) in pairwise(order):
        if after < before:
            said.append(
                f"Not run from top to bottom: `{upper.label}` was run after `{lower.label}`, which stands below it. "
                "The grader runs the cells in the order in which they stand, and so did the run above."
            )
            break
    return said


def defines(source):
    """Say which names a code cell gives a meaning at its top level; nothing where it is not plain Python."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return set(_ANSWERS.findall(source))
    names = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        else:
            inside = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
            names |= {each.id for each in inside if isinstance(each.ctx, ast.Store)}
    return names


def listed(parts):
    """Join words as a sentence does."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
