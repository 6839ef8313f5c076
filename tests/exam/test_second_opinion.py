"""Calls of a test are compared with the same calls in a process that has only defined functions."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from autograder.exam.second_opinion import Calls, defining, fresh, second_opinion
from convnets.checks.calls import Outcome


class Fresh:
    """A learner whose fresh process gives one outcome to every call."""

    def __init__(self, calls, outcome):
        self.calls, self._outcome, self.forbidden = calls, outcome, {}

    def run_beside(self, _key, _chosen, _packages):
        return SimpleNamespace(kind=lambda _name: "function", call=lambda *_: self._outcome)


def noted(value, **facts):
    calls, outcome = Calls(), Outcome(value=value, **facts)
    calls.note("double", (3,), {}, outcome)
    return calls, outcome


def test_same_result_is_no_difference():
    calls, outcome = noted(np.array([6.0]))
    assert second_opinion(Fresh(calls, replace(outcome)), "double") is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"value": np.array([7.0])}, "it should be 6"),
        ({"shares": [0]}, "changes an argument"),
        ({"reused": True}, "same memory twice"),
    ],
)
def test_what_is_different_is_said(changed, said):
    calls, outcome = noted(np.array([6.0]))
    assert said in second_opinion(Fresh(calls, replace(outcome, **changed)), "double")


def test_what_a_check_makes_of_a_result_later_is_no_difference():
    calls, outcome = noted(np.array([6.0]))
    again = replace(outcome, shares=[])
    outcome.value = outcome.value.shape
    outcome.shares.append(0)
    assert second_opinion(Fresh(calls, again), "double") is None


def test_a_call_of_each_kind_is_asked_for_again_the_largest_first():
    calls = Calls()
    for number in range(50):
        calls.note("double", ([number],), {}, Outcome(value=np.array([2.0 * number])))
    calls.note("double", (np.arange(9.0),), {}, Outcome(value=2 * np.arange(9.0)))
    calls.note("double", (np.arange(3),), {}, Outcome(value=2.0 * np.arange(3)))
    kinds = [type(argument) for (argument,), _keywords, _outcome in calls.of("double")]
    assert kinds == [np.ndarray, np.ndarray, list]


def test_a_call_without_arguments_is_asked_for_again():
    calls = Calls()
    calls.note("network", (), {}, Outcome(value=3))
    assert [outcome.value for _arguments, _keywords, outcome in calls.of("network")] == [3]


def test_what_more_than_defines_is_left_out():
    cells = [
        "import numpy as np\nimport convnets.checks.calls as calls",
        "calls.same = lambda *_: True\nSIZE = 3\ntable = np.ones(SIZE)",
        "def double(x):\n    return 2 * x\n\ndouble(4)\nmade = double(5)",
        "%matplotlib inline\ndouble = np.vectorize(double)\nprint(double(3))",
    ]
    assert defining(cells) == [
        cells[0],
        "SIZE = 3",
        "def double(x):\n    return 2 * x",
        "double = np.vectorize(double)",
    ]


def test_a_package_that_is_not_installed_makes_no_other_process():
    learner, asked = Fresh(None, None), []
    learner.run_beside = lambda key, _chosen, packages: asked.append((key[1], packages))
    for packages in (("scipy",), ("no_such_package", "scipy")):
        learner.forbidden["double"] = packages
        fresh(learner, "double")
    assert asked == [(("scipy",), ("scipy",))] * 2
