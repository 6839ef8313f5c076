"""All that grading one assignment needs, and what its results depend on."""

import hashlib
import hmac
import json
import re
import sys
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nbformat

from autograder.course.source import ALTERNATIVE, MISCONCEPTION, has_tag, is_answer, is_test, read_assignment


@dataclass(frozen=True)
class Kit:
    """All that grading one assignment needs, as text: it can be sent to a machine that shares no disk.

    Attributes
    ----------
    name : str
        The assignment.
    text : str
        Its text notebook: reference, tests, misconceptions.
    released : str
        The notebook that learners were given, as JSON.
    source : str
        ``{grade_id: cell}`` of every answer and test cell in full, as JSON.

    Examples
    --------
    >>> import json
    >>> from autograder.exam.kit import Kit
    >>> answer = {"cell_type": "code", "metadata": {}, "source": "def double(x):\\n    return 2 * x"}
    >>> released = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    >>> kit = Kit("00-double", "# The text notebook", json.dumps(released), json.dumps({"double": answer}))
    >>> print(kit.cells["double"].source)
    def double(x):
        return 2 * x
    >>> kit.notebook.cells
    []
    """

    name: str
    text: str
    released: str
    source: str

    @property
    def cells(self):
        """The answer and test cells in full, by grade_id."""
        return {key: nbformat.from_dict(cell) for key, cell in json.loads(self.source).items()}

    @property
    def notebook(self):
        """The notebook that learners were given."""
        return nbformat.reads(self.released, as_version=4)


def make_kit(name, solutions=None):
    """Put together what grading an assignment needs.

    Parameters
    ----------
    name : str
    solutions : path-like, optional
        Folder of the text notebooks, as for `autograder.course.paths.text_notebooks`.

    Returns
    -------
    Kit

    Raises
    ------
    autograder.course.source.AssignmentError
        When there is no such assignment, it cannot be released, or an instructor's own differs from what learners
        were given.

    Examples
    --------
    >>> from autograder.exam.kit import make_kit
    >>> kit = make_kit("01-convolution")
    >>> "BEGIN SOLUTION" in kit.cells["convolve"].source, "BEGIN SOLUTION" in kit.released
    (True, False)
    """
    from autograder.course.overlay import check_released, is_overlay
    from autograder.course.release import assignment

    read, course = read_assignment(name, solutions), _course(solutions)
    released = assignment(course, read.path)[1]
    if is_overlay(read, course.root):
        check_released(read, released, course.root)
    infos = {cell.metadata.nbgrader.grade_id: cell for cell in released.cells if "nbgrader" in cell.metadata}
    source = {}
    for cell in read.notebook.cells:
        if (is_answer(cell) or is_test(cell)) and not has_tag(cell, MISCONCEPTION) and not has_tag(cell, ALTERNATIVE):
            grade_id = cell.metadata.nbgrader.grade_id
            source[grade_id] = _full_cell(cell, infos[grade_id])
    return Kit(name, read.path.read_text(encoding="utf-8"), nbformat.writes(released), json.dumps(source))


@cache
def seeded(kit, secret, attempt=1):
    """Give the tests of an assignment other seeds, so that nobody can draw at home what they draw.

    A test draws by a seed of its own where a line of it says ``SEED = 123``. The notebook for learners, the reference
    and the other tests stay as they are.

    Parameters
    ----------
    kit : Kit
    secret : str
        Of the class; no learner knows it.
    attempt : int
        Which of a learner's hand-ins it is for. Each has seeds of its own.

    Returns
    -------
    Kit
        The same where no test has a seed.

    Examples
    --------
    >>> test = {"cell_type": "code", "metadata": {}, "source": "SEED = 1"}
    >>> kit = Kit("project", "", "{}", json.dumps({"test_classifier": test}))
    >>> first, second = seeded(kit, "secret"), seeded(kit, "secret", attempt=2)
    >>> len({kit.source, first.source, second.source})
    3
    """
    cells = kit.cells
    for grade_id, cell in cells.items():
        drawn = hmac.digest(secret.encode(), f"{kit.name} {grade_id} {attempt}".encode(), "sha256")
        changed = _SEED.sub(f"SEED = {int.from_bytes(drawn[:6], 'big') + 10**12}", cell.source)
        if changed != cell.source:
            cell.source = changed
            _seal(cell)
    return replace(kit, source=json.dumps(cells)) if cells != kit.cells else kit


_SEED = re.compile(r"^SEED = [\d_]+$", re.MULTILINE)


def _seal(cell):
    """Write down nbgrader's checksum of a cell, where it looks after it."""
    from nbgrader.utils import compute_checksum

    if "nbgrader" in cell.metadata:
        cell.metadata.nbgrader.checksum = compute_checksum(cell)


def _course(solutions):
    from autograder.course.layout import Course
    from autograder.course.paths import course_root, solutions_folder

    folder = solutions_folder(solutions).resolve()
    return Course(course_root(folder), folder)


def _full_cell(cell, released):
    full = nbformat.v4.new_code_cell(cell.source, id=cell.metadata.nbgrader.grade_id, metadata=dict(released.metadata))
    full.metadata.nbgrader = nbformat.from_dict(dict(released.metadata.nbgrader))
    _seal(full)
    return full


@cache
def _code_digest():
    """Digest of all that can change a result besides the submission and the assignment."""
    import autograder
    import convnets

    digest = hashlib.sha256(_digest_of(Path(autograder.__file__).parent, Path(convnets.__file__).parent).encode())
    for package in ("numpy", "scipy", "tensorflow", "keras", "hypothesis", "ipython", "msgpack"):
        try:
            digest.update(f"{package} {version(package)}".encode())
        except PackageNotFoundError:
            digest.update(package.encode())
    digest.update(sys.version.encode())
    return digest.hexdigest()


def _digest_of(*folders):
    """Digest of every file in some folders and the folders in them, but for what Python compiles there."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(folder)} {path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def result_key(kit, data, rules):
    """Name a result by all that it depends on.

    Parameters
    ----------
    kit : Kit
    data : bytes
    rules : autograder.exam.limits.Rules

    Returns
    -------
    str
        The same for the same submission, assignment, limits and versions.

    Examples
    --------
    >>> from autograder.exam.kit import Kit, result_key
    >>> from autograder.exam.limits import Rules, Times
    >>> kit = Kit("00-double", "# The text notebook", "{}", "{}")
    >>> key = result_key(kit, b"a submission", Rules())
    >>> key == result_key(kit, b"a submission", Rules())
    True
    >>> key in (result_key(kit, b"another", Rules()), result_key(kit, b"a submission", Rules(Times(call=1))))
    False
    """
    digest = hashlib.sha256(_code_digest().encode())
    digest.update(json.dumps([asdict(kit), asdict(rules)], sort_keys=True).encode())
    digest.update(data)
    return digest.hexdigest()
