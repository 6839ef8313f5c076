"""A visible test of choices that learners have found by trying: of a method and a rate, for a surface that is known."""

import numbers

import numpy as np

from convnets.checks.calls import perform
from convnets.checks.words import CheckFailed, show_call, show_value

METHODS = ("sgd", "momentum", "rmsprop", "adam")
"""Between which to choose, with the defaults of the course for everything but the rate."""

START, STEPS, GOAL = (-1.5, 2.0), 100, 0.001
"""Where the walk begins, how many steps it has, and the loss it is to end below."""


def valley(point):
    """Return the loss at a point of a bent valley: ((1 − x)² + 10 (y − x²)²) / 10.

    Parameters
    ----------
    point : array_like, shape (2,)

    Returns
    -------
    float

    Examples
    --------
    >>> float(valley([1.0, 1.0]))
    0.0
    """
    x, y = point
    return ((1 - x) ** 2 + 10 * (y - x**2) ** 2) / 10


def _gradient(point):
    x, y = point
    return np.array([-2 * (1 - x) - 40 * x * (y - x**2), 20 * (y - x**2)]) / 10


def final_loss(method, rate, start=START):
    """Walk down the valley.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    rate : float
    start : (float, float)

    Returns
    -------
    float
        The loss after `STEPS` steps; infinite where the walk left all bounds.

    Examples
    --------
    >>> final_loss("sgd", 100.0)
    inf
    """
    weights, m, v = np.array(start, dtype=float), 0.0, 0.0
    with np.errstate(all="ignore"):
        for t in range(1, STEPS + 1):
            gradient = _gradient(weights)
            if method == "sgd":
                step = rate * gradient
            elif method == "momentum":
                m = 0.9 * m + rate * gradient
                step = m
            elif method == "rmsprop":
                v = 0.9 * v + 0.1 * gradient**2
                step = rate * gradient / (np.sqrt(v) + 1e-7)
            else:
                m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
                step = rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
            weights = weights - step
        loss = valley(weights)
    return float(loss) if np.isfinite(loss) else np.inf


def check_reaches(function, starts=(START,), goal=GOAL):
    """Check that a choice of method and rate reaches the goal within the steps there are.

    Parameters
    ----------
    function : callable
        The learner's, called without arguments; returns a method and a rate.
    starts : sequence of (float, float)
        The goal has to be reached from each.
    goal : float

    Raises
    ------
    CheckFailed
        When it returns something else, or the loss in the end is too large.
    Exception
        Whatever the function raises.
    """
    outcome = perform(function, ())
    if outcome.error is not None:
        raise outcome.error
    shown = show_call(getattr(function, "__name__", "function"), ())
    method, rate = _pair(outcome.value, shown)
    losses = [final_loss(method, rate, start) for start in starts]
    worst = int(np.argmax(losses))
    if losses[worst] < goal:
        return
    said = (
        f"{shown} is {show_value(outcome.value)}\n  From {tuple(starts[worst])}, {method} at a rate of {rate:g} has a "
        f"loss of {losses[worst]:.2g} after {STEPS} steps. It should be below {goal:g}."
    )
    raise _failed(said, _symptom(method, rate, losses[worst], starts[worst]))


def _pair(value, shown):
    if not isinstance(value, tuple | list) or len(value) != 2:
        said = f"{shown} should return a method and a rate, not {show_value(value)}."
        raise _failed(said, "is no pair")
    method, rate = value
    if not isinstance(method, str) and isinstance(rate, str):
        raise _failed(f"{shown} returns the rate first. The method comes first.", "is turned round")
    if method not in METHODS:
        raise _failed(
            f"{shown} names the method {show_value(method)}. Known are {', '.join(METHODS)}.", "names no method"
        )
    if not isinstance(rate, numbers.Real) or not rate > 0:
        raise _failed(f"{shown} gives {show_value(rate)} for a rate. It should be a number above zero.", "is no rate")
    return method, float(rate)


def _symptom(method, rate, loss, start):
    """Say why a choice falls short, by trying other rates of the same method."""
    if loss > valley(start):
        return "has too large a rate"
    if method in ("sgd", "rmsprop"):
        return "has a method that falls short"
    return "has too small a rate" if final_loss(method, 2 * rate, start) < loss else "has too large a rate"


def _failed(said, symptom):
    failed = CheckFailed(said)
    failed.symptom = symptom
    return failed
