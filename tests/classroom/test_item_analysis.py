"""Item analysis: what is planted in simulated classes is found again."""

import numpy as np
import pytest

from autograder.classroom.item_analysis import (
    POOR,
    discriminations,
    interval,
    is_right,
    moves,
    normalised_gain,
    reliability,
)

ITEMS = 24


def chances(ability, difficulty, slope):
    """The two-parameter logistic model: how likely each person answers each item rightly."""
    return 1 / (1 + np.exp(-slope * (ability[:, None] - difficulty)))


def simulated(rng, people, slope=None, shift=0.0):
    """Return the planted difficulties, and who has which item right."""
    difficulty = rng.permutation(np.linspace(-2, 2, ITEMS))
    slope = rng.uniform(0.8, 1.6, ITEMS) if slope is None else slope
    likely = chances(rng.normal(shift, 1, people), difficulty, slope)
    return difficulty, rng.random(likely.shape) < likely


def ranks(values):
    return np.argsort(np.argsort(values))


@pytest.mark.parametrize("people", [60, 400])
def test_order_of_planted_difficulties_is_found(people):
    for seed in range(20):
        difficulty, right = simulated(np.random.default_rng(seed), people)
        assert np.corrcoef(ranks(-right.mean(axis=0)), ranks(difficulty))[0, 1] > 0.9


@pytest.mark.parametrize("knowing_helps", [False, None], ids=["against", "not at all"])
def test_planted_bad_item_is_told_and_no_other(knowing_helps):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        _difficulty, right = simulated(rng, 600)
        bad = int(rng.integers(ITEMS))
        likely = 0.5 if knowing_helps is None else 1 - right.mean(axis=1)
        right[:, bad] = rng.random(600) < likely
        found = discriminations(right)
        assert np.flatnonzero(interval(found, 600)[1] < POOR).tolist() == [bad]
        assert found.argmin() == bad
        assert knowing_helps is None or found[bad] < 0


def test_discrimination_is_the_correlation_with_the_rest():
    right = np.random.default_rng(3).random((50, 5)) < 0.5
    for item, found in enumerate(discriminations(right)):
        rest = np.delete(right, item, axis=1).sum(axis=1)
        assert found == pytest.approx(np.corrcoef(right[:, item], rest)[0, 1])


def test_item_that_all_answer_alike_has_no_discrimination():
    right = np.random.default_rng(0).random((30, 4)) < 0.5
    right[:, 2] = True
    assert np.isnan(discriminations(right)).tolist() == [False, False, True, False]
    assert np.isnan(discriminations(right[:1])).all()


def test_planted_gain_lies_in_its_interval_as_often_as_is_said():
    slope, difficulty = np.ones(ITEMS), np.linspace(-1, 2, ITEMS)
    known = np.random.default_rng(1).normal(0, 1, 50_000)
    was, now = (chances(ability, difficulty, slope).mean() for ability in (known, known + 1.2))
    planted, held, classes = (now - was) / (1 - was), 0, 400
    for seed in range(classes):
        rng = np.random.default_rng(seed)
        ability = rng.normal(0, 1, 60)
        before, after = (
            (rng.random((60, ITEMS)) < chances(each, difficulty, slope)).mean(axis=1)
            for each in (ability, ability + rng.normal(1.2, 0.3, 60))
        )
        _gain, lower, upper = normalised_gain(before, after, rounds=400, seed=seed)
        held += lower <= planted <= upper
    assert 0.92 <= held / classes <= 0.98


def test_gain_without_people_or_without_room_is_no_number():
    assert np.isnan(normalised_gain([], [])).all()
    assert np.isnan(normalised_gain([1.0] * 20, [1.0] * 20)).all()
    gain, lower, _upper = normalised_gain([0.5, 0.5], [1.0, 0.5])
    assert (gain, np.isnan(lower)) == (0.5, True)


def test_reliability_of_copies_is_one_and_of_chance_is_about_none():
    one = np.random.default_rng(0).random((500, 1)) < 0.5
    assert reliability(np.repeat(one, 8, axis=1)) == pytest.approx(1)
    assert abs(reliability(np.random.default_rng(1).random((500, 8)) < 0.5)) < 0.2
    assert np.isnan(reliability(np.ones((5, 8), bool)))


def test_moves_of_a_choice_are_counted():
    before, after = np.array([2, 2, 2, 0, -1]), np.array([0, 2, 1, 2, 2])
    assert moves(before, after, 2) == {"gone": 2, "came": 2, "stayed": 1}
    assert is_right([[0, 1], [1, -1]], [0, 1]).tolist() == [[True, True], [False, False]]
