"""The benchmark of the course's functions runs, and its contestants agree. How fast they are is not tested."""

import numpy as np
import pytest

from autograder.course.reference import reference
from autograder.course.source import assignment_names
from autograder.tools import bench_functions


@pytest.fixture(scope="module")
def timings():
    return bench_functions.measure("tiny", rounds=2)


def test_each_function_stands_beside_a_library(timings):
    pairs = {(timing.function, timing.library) for timing in timings}
    expected = {
        ("conv_forward", "tf.nn.conv2d"),
        ("convolve2d_fast", "scipy.signal.correlate2d"),
        ("convolve2d_fast", "tf.nn.conv2d"),
    }
    if "04-lenet" in assignment_names() and hasattr(reference("04-lenet"), "max_pool"):
        expected.add(("max_pool", "tf.nn.max_pool2d"))
    assert pairs == expected
    for timing in timings:
        assert timing.seconds > 0
        assert timing.ratio == timing.seconds / timing.library_seconds


def test_the_full_size_is_the_one_the_goal_names():
    assert bench_functions.SIZES["full"]["conv_forward"] == {"images": (32, 64, 64, 16), "filters": (3, 3, 16, 32)}


def test_results_are_compared(monkeypatch):
    def contests(_sizes):
        yield "ours", "two numbers", lambda: np.zeros(2), {"theirs": lambda: np.array([0.0, 0.01])}

    monkeypatch.setattr(bench_functions, "_contests", contests)
    with pytest.raises(RuntimeError, match="ours and theirs give different results"):
        bench_functions._timings("tiny", 1)


def test_every_contestant_has_its_turn_in_every_round(monkeypatch):
    turns = []

    def turn(name):
        turns.append(name)
        return np.zeros(2)

    def contests(_sizes):
        yield "ours", "two numbers", lambda: turn("ours"), {"theirs": lambda: turn("theirs")}

    monkeypatch.setattr(bench_functions, "_contests", contests)
    bench_functions._timings("tiny", 3)
    assert turns == ["ours", "theirs"] * 4  # once to compare the results


def test_a_failing_process_is_reported():
    with pytest.raises(RuntimeError, match="KeyError"):
        bench_functions.measure("no such size")


def test_table_shows_milliseconds_and_ratio():
    from rich.console import Console

    console = Console(width=120, record=True)
    console.print(bench_functions.table([bench_functions.Timing("conv_forward", "2×3", "tf.nn.conv2d", 0.06, 0.02)]))
    text = console.export_text()
    assert all(shown in text for shown in ("conv_forward", "2×3", "60.00", "tf.nn.conv2d", "20.00", "3.00"))
