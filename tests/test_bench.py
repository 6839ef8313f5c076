"""The benchmark of the grader runs, compares scores, and shows what it measured. How fast things are is not tested."""

import pytest
from rich.console import Console

from autograder.bench import ASSIGNMENT, Run, _compare, growth_table, measure, plot, table
from autograder.exercises import read_assignment


def rows(table):
    """The cells of a table as it is printed, row by row."""
    console = Console(width=140)
    with console.capture() as captured:
        console.print(table)
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in captured.get().splitlines() if "│" in line]


RUNS = [
    Run("stock nbgrader", 4, 40.0, 2**20, 2**21),
    Run("this grader, 1 worker", 50, 50.0, 2**20, 2**21),
    Run("stock nbgrader", 4, 32.0, 2**20, 2**22),
    Run("this grader, 1 worker", 50, 40.0, 3 * 2**20, 2**21),
]


def test_each_grader_has_a_row_of_medians():
    stock, ours = rows(table(RUNS))
    assert stock == ["stock nbgrader", "2 × 4", "9.00", "0.11", "1.0", "1 MB", "4 MB"]
    assert ours == ["this grader, 1 worker", "2 × 50", "0.90", "1.11", "10.0", "3 MB", "2 MB"]


def test_growth_is_told_by_what_one_more_costs(tmp_path):
    runs = [Run("2 workers", count, 8 + count / 4, 2**20, 2**21) for count in (10, 100, 1000)]
    assert [row[2] for row in rows(growth_table(runs))] == ["", "0.25", "0.25"]
    plot(runs, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


def test_other_scores_are_an_error():
    _compare([{"ada": 10, "ben": 8}, {"ada": 10}])
    with pytest.raises(RuntimeError, match="scores of ada differ"):
        _compare([{"ada": 10}, {"ada": 8}])


def test_both_graders_run_on_the_same_submissions():
    runs = measure(rounds=1, stock=1, papers=1, say=lambda _text: None)
    assert [run.count for run in runs] == [1, 1, 1]
    assert [run.scores for run in runs] == [{"student00000": read_assignment(ASSIGNMENT).points}] * 3
    assert all(run.seconds > 0 and run.coordinator > 0 and run.workers > 0 for run in runs)
