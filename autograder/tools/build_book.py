"""Build the book, or a page of it, and say no more than what each chapter took and what is wrong."""

import contextlib
import fcntl
from pathlib import Path, PurePosixPath

import yaml

from autograder.course.freshness import digest, files
from autograder.course.paths import PROJECT
from autograder.course.source import AssignmentError

# Kept by a strict build: what the book was built from. As long as that holds, there is nothing to build.
STRICT = "_build/strict"


def build_book(names=(), strict=False, root=PROJECT):
    """Build the book into ``_build/html``.

    Parameters
    ----------
    names : iterable of str
        Build only these pages again: names in ``_toc.yml`` or the last parts of them. Where a chapter and an assignment
        have the same name, both are meant.
    strict : bool
        A warning is an error. Where the whole book is meant, every page is read anew, and nothing is done where
        nothing has changed since the last time.
    root : path-like
        The course.

    Returns
    -------
    list of str
        The pages that were meant, by their names in ``_toc.yml``; empty when it went wrong, which has then been said.

    Raises
    ------
    AssignmentError
        When there is no such page.
    """
    root = Path(root).absolute()
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    known = list(files_of(toc))
    pages = [page for name in names for page in pages_named(name, known)]
    whole = strict and not pages
    with alone(root):
        sources = [path for folder in ("book", "notebooks", "convnets") for path in files(root / folder)]
        made_from = digest([*sources, root / "_config.yml", root / "_toc.yml"])
        stamp, front = root / STRICT, root / "_build" / "html" / f"{toc['root']}.html"
        if whole and front.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from:
            return [toc["root"]]
        stamp.unlink(missing_ok=True)
        failed = run_sphinx(root, pages, strict, anew=whole)
        if whole and not failed:
            stamp.write_text(made_from, encoding="utf-8")
    return [] if failed else pages or [toc["root"]]


def files_of(entry):
    """Name every page that a part of a table of contents names."""
    yield from (entry[key] for key in ("root", "file") if key in entry)
    for key in ("parts", "chapters", "sections"):
        for inner in entry.get(key, []):
            yield from files_of(inner)


def pages_named(name, known):
    """Find the pages of a name: as a path with or without suffix, or the last part of one."""
    wanted = name.removesuffix(".md").removesuffix(".ipynb")
    found = [each for each in known if wanted == each] or [
        each for each in known if PurePosixPath(wanted).name == PurePosixPath(each).name
    ]
    if not found:
        there = ", ".join(dict.fromkeys(PurePosixPath(each).name for each in known))
        raise AssignmentError(f"There is no page {name!r}. Pages: {there}.")
    return found


@contextlib.contextmanager
def alone(root):
    """Let one build at a time work in a course's ``_build``."""
    (root / "_build").mkdir(exist_ok=True)
    with (root / "_build" / "book.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run_sphinx(root, pages, strict, anew):
    """Run Sphinx as Jupyter Book does, without what it says of its progress; return whether it went wrong."""
    from jupyter_book.sphinx import build_sphinx
    from sphinx.util.console import color_terminal, nocolor

    if not color_terminal():
        nocolor()
    options = {"external_toc_path": str(root / "_toc.yml"), "latex_individualpages": False}
    options |= {"only_pages": pages, "same_code": anew}  # see book/_ext/chapters.py
    return build_sphinx(
        root,
        root / "_build" / "html",
        noconfig=True,
        path_config=root / "_config.yml",
        confoverrides=options,
        quiet=True,
        freshenv=anew,
        warningiserror=strict,
        keep_going=strict,
    )
