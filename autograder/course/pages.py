"""Web addresses, all made from the one that stands in `_config.yml`: the repository's."""

import posixpath
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import yaml
from pybtex.database import parse_file

from autograder.course.paths import PROJECT, has_solutions, text_notebooks
from autograder.course.source import AssignmentError, read_notebook

ASSIGNMENTS = "notebooks/assignments"
CHAPTERS = "notebooks/chapters"


@dataclass(frozen=True)
class Repository:
    """Where the project lives on the web.

    Attributes
    ----------
    url : str
        For instance ``https://github.com/organisation/course``.
    branch : str
    book : str
        The rendered book.
    """

    url: str
    branch: str
    book: str

    @property
    def pip(self):
        """What pip installs the learner's package from."""
        return f"git+{self.url}@{self.branch}"

    def colab(self, path):
        """Return the address that opens a notebook of the repository in Colab.

        Parameters
        ----------
        path : str
            From the repository's root.

        Returns
        -------
        str

        Examples
        --------
        >>> from autograder.course.pages import Repository
        >>> here = Repository("https://github.com/org/course", "main", "https://org.github.io/course")
        >>> here.colab("notebooks/a.ipynb")
        'https://colab.research.google.com/github/org/course/blob/main/notebooks/a.ipynb'
        """
        return f"https://colab.research.google.com/github{urlsplit(self.url).path}/blob/{self.branch}/{path}"

    def page(self, name, anchor=""):
        """Return the address of a page of the rendered book.

        Parameters
        ----------
        name : str
            The page's path from the repository's root, without suffix.
        anchor : str
            A place on the page.

        Returns
        -------
        str

        Examples
        --------
        >>> from autograder.course.pages import Repository
        >>> here = Repository("https://github.com/org/course", "main", "https://org.github.io/course")
        >>> here.page("book/03-keras", "summary")
        'https://org.github.io/course/book/03-keras.html#summary'
        """
        return f"{self.book}/{name}.html" + (f"#{anchor}" if anchor else "")


@cache
def repository(root=PROJECT):
    """Read the repository's address from the book's configuration.

    Parameters
    ----------
    root : pathlib.Path
        The folder that holds ``_config.yml``.

    Returns
    -------
    Repository

    Raises
    ------
    AssignmentError
        When the configuration names no repository on GitHub.

    Examples
    --------
    >>> from autograder.course.pages import repository
    >>> repository().pip.startswith("git+https://github.com/")
    True
    """
    path = Path(root) / "_config.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    stated = config.get("repository", {})
    url = str(stated.get("url", "")).removesuffix("/").removesuffix(".git")
    match = re.fullmatch(r"https://github\.com/([^/]+)/([^/]+)", url)
    if not match:
        raise AssignmentError(
            f"{path}: repository.url is {url!r}. Write the repository's address, https://github.com/ORGANISATION/NAME."
        )
    organisation, name = match.groups()
    pages = config.get("html", {}).get("baseurl") or f"https://{organisation.lower()}.github.io/{name}"
    return Repository(url, stated.get("branch", "main"), pages.removesuffix("/"))


class Pages:
    """The book's pages, and what on them other pages refer to.

    Parameters
    ----------
    root : path-like
        Folder that holds the folder ``book``.
    solutions : path-like
        Folder of the assignments' text notebooks.
    where : Repository
    """

    def __init__(self, root, solutions, where):
        self.root = Path(root)
        self.where = where
        self.sources = {f"book/{path.stem}": path for path in sorted((self.root / "book").glob("*.md"))}
        for name, path in text_notebooks(solutions, root).items():
            self.sources[f"{ASSIGNMENTS}/{name}/{name}"] = path
        if not has_solutions(self.root):
            for path in sorted(self.root.glob(f"{ASSIGNMENTS}/*/*.ipynb")):
                self.sources.setdefault(f"{ASSIGNMENTS}/{path.stem}/{path.stem}", path)
        self._labels = None

    def resolve(self, target, page):
        """Find the page that a document reference means.

        Parameters
        ----------
        target : str
            As written: relative to the page, or from the root with a leading slash; with or without suffix.
        page : str
            The page it is written on.

        Returns
        -------
        str or None
        """
        target = re.sub(r"\.(md|ipynb)$", "", target)
        folders = [""] if target.startswith("/") else [posixpath.dirname(page)]
        if page.startswith(ASSIGNMENTS) and not target.startswith("/"):
            folders.append("solutions")  # where the author sees the text
        for folder in folders:
            path = posixpath.normpath(posixpath.join(folder, target.lstrip("/")))
            name = posixpath.basename(path)
            if path == f"solutions/{name}" or path == f"{ASSIGNMENTS}/{name}":
                path = f"{ASSIGNMENTS}/{name}/{name}"
            if path.startswith(CHAPTERS):
                path = f"book/{name}"
            if path in self.sources:
                return path
        return None

    def title(self, page):
        """Return the first heading of a page."""
        for text in self._markdown(page):
            match = re.search(r"^#\s+(.+)$", text, re.MULTILINE)
            if match:
                return match[1].strip()
        return posixpath.basename(page)

    def headings(self, page):
        """Return the titles of a page's sections by the anchors that the book gives them."""
        code = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL)
        found = [re.findall(r"^#{1,4} +(.+)$", code.sub("", text), re.MULTILINE) for text in self._markdown(page)]
        return {_anchor(title.replace("`", "")): title for group in found for title in group}

    def label(self, name):
        """Find a label that some page sets.

        Parameters
        ----------
        name : str

        Returns
        -------
        (str, str, str) or None
            Page, anchor, and the title of what is labelled.
        """
        if self._labels is None:
            self._labels = {}
            for page in self.sources:
                for text in self._markdown(page):
                    self._labels.update(_labels(text, page))
                for cell in _read(self.sources[page]).cells:
                    figure = cell.metadata.get("mystnb", {}).get("figure", {})
                    if "name" in figure:
                        self._labels[_anchor(figure["name"])] = page, _anchor(figure["name"]), ""
        return self._labels.get(_anchor(name))

    @cached_property
    def bibliography(self):
        """The works that the book's ``.bib`` files describe, by key."""
        entries = {}
        for path in sorted((self.root / "book").glob("*.bib")):
            entries.update(parse_file(str(path)).entries)
        return entries

    def _markdown(self, page):
        return [cell.source for cell in _read(self.sources[page]).cells if cell.cell_type == "markdown"]


@cache
def _read(path):
    return nbformat.read(path, as_version=4) if path.suffix == ".ipynb" else read_notebook(path)


def _anchor(label):
    """Write a label as docutils writes it into a page."""
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")


def _labels(text, page):
    for match in re.finditer(r"^\(([^()\n]+)\)=\n+(?:#+\s+(.+))?", text, re.MULTILINE):
        yield _anchor(match[1]), (page, _anchor(match[1]), (match[2] or "").strip())
    for match in re.finditer(r"^[`:]{3,}\{(\w[\w-]*)\}.*\n((?:\s*:[\w-]+:.*\n)+)(.*)", text, re.MULTILINE):
        name = re.search(r"^\s*:(?:name|label): *(.+)$", match[2], re.MULTILINE)
        if name:
            anchor = _anchor(name[1])
            shown = match[3].strip() if match[1] == "figure" else ""
            yield anchor, (page, f"equation-{anchor}" if match[1] == "math" else anchor, shown)
    for match in re.finditer(r"^\$\$ *\(([^()\n]+)\)\s*$", text, re.MULTILINE):
        yield _anchor(match[1]), (page, f"equation-{_anchor(match[1])}", "")
