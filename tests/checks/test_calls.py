"""A call, and what it did besides returning a value."""

import pickle
import sys
import warnings

import numpy as np
import pytest

from convnets.checks.calls import Outcome, attempt, copy_plain, perform, same_plain
from convnets.checks.lent import keras_input


def test_value():
    assert perform(lambda a, b: a + b, (1,), {"b": 2}).value == 3


def test_nothing_to_note():
    outcome = perform(lambda a: a + 1, (np.zeros(2),))
    assert (outcome.error, outcome.changed, outcome.shares, outcome.reused) == (None, {}, [], False)
    assert (outcome.steps, outcome.packages) == (None, frozenset())


def test_error():
    def fails():
        raise KeyError("no such key")

    outcome = perform(fails)
    assert isinstance(outcome.error, KeyError)
    assert outcome.value is None


def test_exit_is_an_error():
    outcome = perform(sys.exit)
    assert isinstance(outcome.error, RuntimeError)
    assert "exit()" in str(outcome.error)


def test_interrupt_is_not_swallowed():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        perform(interrupted)


def test_warnings_do_not_reach_stderr():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outcome = perform(lambda: np.int8(100) + np.int8(100))
    assert outcome.error is None


def test_arguments_of_the_caller_are_never_touched():
    def careless(array, nested, table):
        array[0] = nested[0][0] = table["key"][0] = 9

    array, nested, table = np.zeros(2), [[0]], {"key": [0]}
    perform(careless, (array, nested), {"table": table})
    assert array[0] == nested[0][0] == table["key"][0] == 0


@pytest.mark.parametrize(
    ("before", "after"), [(np.zeros(2), np.array([9.0, 0])), ([0, 0], [9, 0]), ({0: 1, 2: 3}, {0: 9, 2: 3})]
)
def test_changed_arguments(before, after):
    def careless(value, keyword=None):
        value[0] = 9

    changed = perform(careless, (before,)).changed
    assert same_plain(changed[0][0], before)
    assert same_plain(changed[0][1], after)


def test_changed_keyword():
    assert list(perform(lambda values: values.append(1), (), {"values": []}).changed) == ["values"]


def test_argument_made_longer_is_changed():
    assert 0 in perform(lambda values: values.append(1), ([],)).changed


@pytest.mark.parametrize("function", [lambda a, b: a, lambda a, b: a[1:], lambda a, b: (0, [a.T]), lambda a, b: {1: a}])
def test_shared_memory(function):
    assert perform(function, (np.zeros((3, 3)), np.zeros(3))).shares == [0]


def test_copy_shares_nothing():
    assert perform(np.copy, (np.zeros(3),)).shares == []


def test_reused_result():
    kept = np.zeros(3)

    def returns_the_same_memory():
        return kept[:]

    assert not perform(returns_the_same_memory).reused
    assert perform(returns_the_same_memory).reused


def test_new_results_are_not_reused():
    def returns_new_memory():
        return np.zeros(3)

    assert [perform(returns_new_memory).reused for _ in range(5)] == [False] * 5


def test_function_that_cannot_be_remembered():
    class Unhashable:
        __hash__ = None

        def __call__(self):
            return np.zeros(1)

    assert not perform(Unhashable()).reused


def test_steps_grow_with_a_loop_and_not_with_numpy():
    def loop(count):
        for _ in range(count):
            pass

    assert perform(loop, (2000,), watch=True).steps > 10 * perform(loop, (20,), watch=True).steps
    few, many = (perform(np.sum, (np.zeros(size),), watch=True).steps for size in (10, 10_000))
    assert few == many


@pytest.mark.parametrize(
    "function",
    [
        lambda count: [index for index in range(count)],  # noqa: C416 - the loop is what is tested
        lambda count: sum(index for index in range(count)),
        lambda count: list(map(lambda index: index, range(count))),  # noqa: C417
        lambda count: np.vectorize(lambda index: index)(np.arange(count)),
    ],
)
def test_steps_see_every_kind_of_loop(function):
    assert perform(function, (3000,), watch=True).steps > 3000


def test_packages():
    from scipy import signal

    outcome = perform(signal.correlate, ([1.0, 2.0], [1.0]), watch=True)
    assert "scipy" in outcome.packages
    assert "scipy" not in perform(np.correlate, ([1.0, 2.0], [1.0]), watch=True).packages


def test_tracer_of_the_caller_is_put_back():
    def tracer(*_):
        return None

    outer = sys.gettrace()
    sys.settrace(tracer)
    try:
        perform(lambda: None, watch=True)
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(outer)


def test_stand_in_performs_the_call_itself():
    class StandIn:
        def perform_call(self, arguments, keywords, watch):
            return Outcome(value=(arguments, keywords, watch))

    assert perform(StandIn(), [1, 2], {"a": 3}, watch=True).value == ((1, 2), {"a": 3}, True)


def test_what_lives_in_one_process_is_told_there_alone():
    outcome = perform(lambda inputs, number: number, (keras_input((4,)), 3))
    assert list(outcome.given) == [0]
    assert outcome.given[0].shape == (None, 4)
    assert pickle.loads(pickle.dumps(outcome)) == Outcome(value=3)


def test_a_part_of_an_array_is_handed_over_as_one():
    """`reshape` of a part has another array for its base than the part itself."""

    def copies_if_asked(images):
        rows = images.reshape(len(images), -1)
        return rows.copy() if rows.base is images else rows

    assert not attempt(copies_if_asked, (np.ones((2, 3, 1)),)).shares
    assert attempt(copies_if_asked, (np.ones((4, 3, 1))[:2],)).shares


def test_copy_plain_copies_what_containers_hold():
    value = [np.zeros(2), (np.ones(1),), {"key": [1]}]
    copied = copy_plain(value)
    assert same_plain(copied, value)
    copied[0][0] = copied[1][0][0] = copied[2]["key"][0] = 5
    assert value[0][0] == 0
    assert value[1][0][0] == 1
    assert value[2]["key"] == [1]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.zeros(2), np.zeros(3)),
        (np.zeros(2), np.zeros(2, int)),
        (np.zeros(2), [0.0, 0.0]),
        (np.zeros(2), np.array([0.0, 1.0])),
        ([1], (1,)),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 2}),
        (1, 2),
        (1, True),
        ("a", "b"),
    ],
)
def test_different_values(first, second):
    assert not same_plain(first, second)


@pytest.mark.parametrize("value", [np.array([np.nan]), np.array(["a"]), float("nan"), [1, (2, {"a": None})], b"x"])
def test_same_values(value):
    assert same_plain(value, copy_plain(value))
