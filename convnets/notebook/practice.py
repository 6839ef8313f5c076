"""What a release has computed for questions and exercises before the blank cell, from the course's own answers.

``practice.json`` beside this file is made when the notebooks are: nothing in it is typed in, and a learner's notebook
needs no reference to ask about an answer.
"""

import json
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("practice.json")


def practice(source=None):
    """Read it.

    Parameters
    ----------
    source : pathlib.Path, optional
        Default: ``SOURCE``.

    Returns
    -------
    dict
        ``exercises``: by name what there is for each; ``predictions``: by name what a page asks to predict.

    Examples
    --------
    >>> from convnets.notebook.practice import practice
    >>> practice()["predictions"]["sliding-sums"]["call"]
    'convolve([1, 2, 3], [10, 1])'
    """
    return _read(source or SOURCE)


@cache
def _read(source):
    return json.loads(source.read_text(encoding="utf-8"))


def calls_of(exercise):
    """List small calls of an exercise's function, the smallest first and those that it refuses last.

    Parameters
    ----------
    exercise : str

    Returns
    -------
    list of str
        As Python writes them; arrays are made by ``np.array``.

    Examples
    --------
    >>> from convnets.notebook.practice import calls_of
    >>> calls_of("pad")[0]
    'pad([[[[7, 8]]]], 1)'
    """
    return practice()["exercises"].get(exercise, {}).get("calls", [])
