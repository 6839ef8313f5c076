"""Calls of a test are compared with the same calls in a process that has only defined functions."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from autograder.exam.second_opinion import Calls, second_opinion
from convnets.checks.calls import Outcome


class Fresh:
    """A learner whose fresh process gives one outcome to every call."""

    def __init__(self, calls, outcome):
        self.calls, self._outcome = calls, outcome

    def run_beside(self, _key, _chosen):
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
