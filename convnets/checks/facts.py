"""What a check measures besides points, for whoever keeps records: facts by name, and no sentences to take apart."""

from contextlib import contextmanager
from contextvars import ContextVar

_noted = ContextVar("noted facts", default=None)


@contextmanager
def noting(facts):
    """Let `note` write into a dict in this ``with`` block; elsewhere it does nothing.

    Parameters
    ----------
    facts : dict
        Gets the facts by name.

    Examples
    --------
    >>> from convnets.checks.facts import note, noting
    >>> kept = {}
    >>> with noting(kept):
    ...     note("epochs", 12)
    >>> note("epochs", 20)
    >>> kept
    {'epochs': 12}
    """
    token = _noted.set(facts)
    try:
        yield
    finally:
        _noted.reset(token)


def note(name, value):
    """Note a fact.

    Parameters
    ----------
    name : str
        For instance ``"accuracy"``.
    value : object
        Plain data, such as ``{"right": 180, "of": 240}``.

    Examples
    --------
    >>> from convnets.checks.facts import note, noting
    >>> kept = {}
    >>> with noting(kept):
    ...     note("accuracy", {"right": 180, "of": 240})
    >>> kept
    {'accuracy': {'right': 180, 'of': 240}}
    """
    facts = _noted.get()
    if facts is not None:
        facts[name] = value
