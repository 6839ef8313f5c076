"""Item analysis of a concept inventory: how hard its items are, what they tell, and what a class has gained.

Choices are arrays of integers, a row for each person and a column for each item: the number of the result that was
chosen, -1 where none was. What is not answered counts as not right.
"""

import numpy as np

NO_ANSWER = -1
POOR = 0.2  # of a discrimination; an item below it hardly tells who knows more
FEWEST = 10  # people from whom an interval or a discrimination is computed
ROUNDS = 4000


def is_right(choices, key):
    """Say which choices are right.

    Parameters
    ----------
    choices : numpy.ndarray of int, shape (n, k)
    key : array_like of int, shape (k,)

    Returns
    -------
    numpy.ndarray of bool, shape (n, k)
    """
    return np.asarray(choices).reshape(-1, len(key)) == np.asarray(key)


def discriminations(right):
    """Correlate each item with the number of the other items that are right: the corrected point-biserial correlation.

    Parameters
    ----------
    right : numpy.ndarray of bool, shape (n, k)

    Returns
    -------
    numpy.ndarray, shape (k,)
        Between -1 and 1; nan where it has no meaning, for everybody or nobody has an item right.

    Examples
    --------
    >>> import numpy as np
    >>> from autograder.classroom.item_analysis import discriminations
    >>> discriminations(np.array([[1, 1, 0], [1, 1, 1], [0, 0, 1], [0, 0, 0]], bool)).round(2)
    array([0.71, 0.71, 0.  ])
    """
    scores = np.asarray(right, float)
    if len(scores) < 2:
        return np.full(scores.shape[1], np.nan)
    rest = scores.sum(axis=1, keepdims=True) - scores
    items, rest = scores - scores.mean(axis=0), rest - rest.mean(axis=0)
    spread = np.sqrt((items**2).sum(axis=0) * (rest**2).sum(axis=0))
    return np.divide((items * rest).sum(axis=0), spread, out=np.full(len(spread), np.nan), where=spread > 1e-12)


def interval(correlation, n):
    """Return the 95 % interval of a correlation by Fisher's transformation.

    Parameters
    ----------
    correlation : float or numpy.ndarray
    n : int
        People; at least 4.

    Returns
    -------
    (lower, upper)
        Of the same shape.
    """
    middle, half = np.arctanh(np.clip(correlation, -0.999999, 0.999999)), 1.96 / np.sqrt(n - 3)
    return np.tanh(middle - half), np.tanh(middle + half)


def reliability(right):
    """Say how much of the spread of scores would come again: Kuder and Richardson's formula 20.

    Parameters
    ----------
    right : numpy.ndarray of bool, shape (n, k)

    Returns
    -------
    float
        At most 1; nan where all scores are the same.
    """
    scores = np.asarray(right, float)
    k, spread = scores.shape[1], scores.sum(axis=1).var()
    if k < 2 or spread == 0:
        return float("nan")
    return float(k / (k - 1) * (1 - scores.var(axis=0).sum() / spread))


def normalised_gain(before, after, rounds=ROUNDS, seed=0):
    """Say which part of what a class could still gain it has gained.

    Parameters
    ----------
    before, after : array_like, shape (n,)
        Shares of right answers of the same people, in the same order.
    rounds : int
        How many classes are drawn, with replacement, for the interval.
    seed : int

    Returns
    -------
    (float, float, float)
        The gain and its 95 % interval; nan where there was nothing to gain, or fewer than `FEWEST` people.

    Examples
    --------
    >>> from autograder.classroom.item_analysis import normalised_gain
    >>> gain, lower, upper = normalised_gain([0.2, 0.4] * 20, [0.5, 0.7] * 20)
    >>> round(gain, 3), lower < gain < upper
    (0.429, True)
    """
    before, after = np.asarray(before, float), np.asarray(after, float)
    n = len(before)
    if n == 0 or before.mean() >= 1:
        return (float("nan"),) * 3
    gain = float((after.mean() - before.mean()) / (1 - before.mean()))
    if n < FEWEST:
        return gain, float("nan"), float("nan")
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=rounds) / n
    was, now = weights @ before, weights @ after
    gains = (now - was) / np.maximum(1 - was, 1e-12)
    lower, upper = np.quantile(gains, [0.025, 0.975])
    return gain, float(lower), float(upper)


def moves(before, after, option):
    """Count what became of one choice of the same people.

    Parameters
    ----------
    before, after : numpy.ndarray of int, shape (n,)
        What they chose for one item.
    option : int

    Returns
    -------
    dict of str to int
        ``gone``: had chosen it and do not any more; ``came``: the other way round; ``stayed``: chose it both times.
    """
    was, now = np.asarray(before) == option, np.asarray(after) == option
    return {"gone": int((was & ~now).sum()), "came": int((now & ~was).sum()), "stayed": int((was & now).sum())}
