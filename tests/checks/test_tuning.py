"""A choice of method and rate is tried on the valley it was made for."""

import numpy as np
import pytest

from convnets.checks.tuning import check_reaches
from convnets.checks.tuning.visible import GOAL, METHODS, START, final_loss, valley
from convnets.checks.words import CheckFailed


def _choice(*value):
    return lambda: value if len(value) > 1 else value[0]


@pytest.mark.parametrize("choice", [("momentum", 0.1), ["adam", np.float32(0.5)], ("momentum", 0.05)])
def test_a_choice_that_reaches_the_goal_passes(choice):
    check_reaches(lambda: choice)


@pytest.mark.parametrize(
    ("value", "symptom"),
    [
        (("adam", 0.001), "has too small a rate"),
        (("momentum", 3), "has too large a rate"),
        (("adam", 3.0), "has too large a rate"),
        (("sgd", 0.1), "has a method that falls short"),
        (("rmsprop", 0.05), "has a method that falls short"),
        ((0.1, "momentum"), "is turned round"),
        ((0.1,), "is no pair"),
        ((None,), "is no pair"),
        (("nesterov", 0.1), "names no method"),
        (("momentum", "0.1"), "is no rate"),
        (("momentum", -0.1), "is no rate"),
        (("momentum", float("nan")), "is no rate"),
    ],
)
def test_why_a_choice_falls_short_is_known(value, symptom):
    with pytest.raises(CheckFailed) as failed:
        check_reaches(_choice(*value))
    assert failed.value.symptom == symptom


def test_two_methods_can_reach_the_goal_from_all_starts_and_two_cannot():
    starts = [START, (-1.4, 2.1), (-1.6, 1.9), (-1.5, 1.8)]
    rates = 10.0 ** np.arange(-3, 1, 0.1)
    reached = {
        method: any(all(final_loss(method, rate, start) < 2 * GOAL for start in starts) for rate in rates)
        for method in METHODS
    }
    assert reached == {"sgd": False, "momentum": True, "rmsprop": False, "adam": True}


def test_the_goal_has_to_be_reached_from_every_start():
    with pytest.raises(CheckFailed, match=r"From \(8.0, -9.0\)"):
        check_reaches(_choice("momentum", 0.1), [START, (8.0, -9.0)])


def test_an_error_of_the_learner_is_passed_on():
    def fails():
        raise KeyError("mine")

    with pytest.raises(KeyError):
        check_reaches(fails)


def test_the_valley_is_lowest_where_both_terms_are_zero():
    assert valley((1, 1)) == 0 < valley((1.01, 1))
