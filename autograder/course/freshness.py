"""Tell in a moment that ``notebooks/`` is what a release would write, by what the last release was made from.

A release leaves a record in ``_build/``: a digest of all that goes into it, and one of each file that comes out. As
long as both still hold, there is nothing to do, and nothing is imported that reads notebooks.
"""

import hashlib
import json
import site
import sys
from pathlib import Path

from autograder.course.atomic import write_atomically
from autograder.course.paths import PROJECT, has_solutions, solutions_folder

RECORD = "_build/release.json"
_CODE = ("autograder", "convnets")
_BESIDE = {"__pycache__", ".ipynb_checkpoints"}


def inputs(solutions=None, root=PROJECT):
    """Name all that a release is made from: sources, pictures, templates, code, packages and Python.

    Parameters
    ----------
    solutions : path-like, optional
        Folder of the assignments' text notebooks.
    root : path-like
        The course.

    Returns
    -------
    str or None
        A digest; None for a course whose solutions stand elsewhere, of which no record is kept.

    Examples
    --------
    >>> from pathlib import Path
    >>> from autograder.course.freshness import inputs
    >>> Path("course/solutions").mkdir(parents=True)
    >>> before = inputs("course/solutions", "course")
    >>> _ = Path("course/solutions/01-convolution.md").write_text("# Convolution")
    >>> inputs("course/solutions", "course") == before
    False
    >>> inputs("elsewhere", "course") is None
    True
    """
    root = Path(root)
    if not has_solutions(root) or solutions_folder(solutions).resolve() != (root / "solutions").resolve():
        return None
    paths = [root / "_config.yml", *files(root / "book"), *files(root / "solutions")]
    paths += [path for folder in _CODE for path in files(PROJECT / folder) if path.suffix in (".py", ".md")]
    return digest(paths)


def digest(paths):
    """Name the content of files, and the packages and the Python that work on them.

    Parameters
    ----------
    paths : iterable of pathlib.Path
        Folders among them, and files that are not there, are passed over.

    Returns
    -------
    str

    Examples
    --------
    >>> from pathlib import Path
    >>> from autograder.course.freshness import digest
    >>> page = Path("page.md")
    >>> _ = page.write_text("one sentence")
    >>> before = digest([page])
    >>> _ = page.write_text("another sentence")
    >>> digest([page]) == before
    False
    """
    made = hashlib.sha256(json.dumps([sys.version, _packages()]).encode())
    for path in sorted(paths):
        if path.is_file():
            made.update(f"{path}\0{_sha256(path.read_bytes())}\0".encode())
    return made.hexdigest()


def files(folder):
    """List what is in a folder and below, without what Python and Jupyter write there for themselves.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    iterator of pathlib.Path
        Files and folders, in no order; nothing where the folder is not there.

    Examples
    --------
    >>> from pathlib import Path
    >>> from autograder.course.freshness import files
    >>> Path("package/__pycache__").mkdir(parents=True)
    >>> for name in ("package/layer.py", "package/__pycache__/layer.pyc"):
    ...     Path(name).touch()
    >>> [path.name for path in files(Path("package"))]
    ['layer.py']
    """
    return (path for path in folder.rglob("*") if not _BESIDE.intersection(path.parts))


def is_fresh(before, root=PROJECT):
    """Say whether every file is what a release from these inputs has made, and no notebook is there besides.

    Parameters
    ----------
    before : str or None
        From `inputs`.
    root : path-like

    Returns
    -------
    bool

    Examples
    --------
    >>> from autograder.course.atomic import write_atomically
    >>> from autograder.course.freshness import is_fresh, keep
    >>> made = {"notebooks/chapter.ipynb": "{}"}
    >>> keep("digest of the sources", made, "released")
    >>> is_fresh("digest of the sources", "released")  # the notebook itself is not there yet
    False
    >>> write_atomically("released/notebooks/chapter.ipynb", "{}")
    >>> is_fresh("digest of the sources", "released"), is_fresh("that of other sources", "released")
    (True, False)
    """
    try:
        record = json.loads(Path(root, RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if before is None or record["inputs"] != before:
        return False
    here = {path.relative_to(root).as_posix() for path in files(Path(root, "notebooks")) if path.suffix == ".ipynb"}
    return here <= set(record["made"]) and all(
        Path(root, name).is_file() and _sha256(Path(root, name).read_bytes()) == digest
        for name, digest in record["made"].items()
    )


def keep(before, made, root=PROJECT):
    """Keep the record of a release.

    Parameters
    ----------
    before : str or None
        From `inputs`, before anything was read.
    made : dict of str to str
        ``{path from the root: content}``.
    root : path-like
    """
    if before is not None:
        digests = {name: _sha256(text.encode()) for name, text in made.items()}
        write_atomically(Path(root, RECORD), json.dumps({"inputs": before, "made": digests}, indent=1))


def _packages():
    """List what is installed by the names of the folders that tell the versions."""
    folders = [*site.getsitepackages(), site.getusersitepackages()]
    return sorted(path.name for folder in folders for path in Path(folder).glob("*.dist-info"))


def _sha256(data):
    return hashlib.sha256(data).hexdigest()
