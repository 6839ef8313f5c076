"""A course: where its chapters, assignments and notebooks are."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.course.pages import Pages, repository
from autograder.course.paths import PROJECT, text_notebooks

EXERCISES = "convnets/notebook/exercises.json"
PRACTICE = "convnets/notebook/practice.json"


@dataclass
class Course:
    """The folders that a release reads and writes.

    Attributes
    ----------
    root : pathlib.Path
        Holds ``_config.yml``, ``book/`` and ``notebooks/``.
    solutions : pathlib.Path
        The assignments' text notebooks, as for `autograder.course.paths.text_notebooks`.

    Examples
    --------
    >>> from autograder.course.layout import Course
    >>> [path.stem for path in Course().assignments][:2]
    ['01-convolution', '02-conv-layer']
    """

    root: Path = PROJECT
    solutions: Path = PROJECT / "solutions"

    @cached_property
    def repository(self):
        return repository(self.root)

    @cached_property
    def pages(self):
        return Pages(self.root, self.solutions, self.repository)

    @property
    def chapters(self):
        """Text notebooks of the book that are chapters: their names start with a number."""
        return sorted((self.root / "book").glob("[0-9][0-9]-*.md"))

    @property
    def pages_that_ask(self):
        """Text notebooks of the book that may ask to predict something: the chapters, and the inventory."""
        return [*self.chapters, *sorted((self.root / "book").glob("inventory.md"))]

    @property
    def assignments(self):
        found = text_notebooks(self.solutions, self.root)
        return [path for name, path in found.items() if re.match(r"[0-9][0-9]-", name)]
