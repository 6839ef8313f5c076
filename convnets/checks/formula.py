"""Functions written as text: a check can show them in its message, and the grader can hand them to another process."""

from functools import cache

import numpy as np


class Formula:
    """A function written as text.

    Parameters
    ----------
    text : str
        A lambda expression, such as ``lambda point: [2 * point[0], 20 * point[1]]``. It may use NumPy as ``np``.
        Messages show it as it is, so that it can be copied.

    Examples
    --------
    >>> from convnets.checks.formula import Formula
    >>> slope = Formula("lambda point: [2 * point[0], 20 * point[1]]")
    >>> slope([3, 1])
    [6, 20]
    >>> slope
    lambda point: [2 * point[0], 20 * point[1]]
    """

    def __init__(self, text):
        self.text = text

    def __call__(self, *arguments):
        return define(self.text)(*arguments)

    def lend(self, learner):
        """Make the function in a learner's process."""
        return learner.make("function", self.text)

    def __repr__(self):
        return self.text


@cache
def define(text):
    """Make the function that a `Formula` writes down."""
    return eval(text, {"np": np})
