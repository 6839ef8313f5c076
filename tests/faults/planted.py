"""Faults that somebody could make, and the tests that should find them."""

from typing import NamedTuple


class Fault(NamedTuple):
    """A change that makes the project worse.

    Attributes
    ----------
    name : str
        What goes wrong, in a few words with hyphens.
    path : str
        The file, from the root.
    old, new : str
        What stands there, once, and what it becomes.
    tests : tuple of str
        What pytest is told to run.
    nightly : bool
        Whether only `make test-all` runs what finds it.
    """

    name: str
    path: str
    old: str
    new: str
    tests: tuple
    nightly: bool = False


FAULTS = []
