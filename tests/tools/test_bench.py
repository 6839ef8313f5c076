"""The benchmark of the grader runs, compares scores, and shows what it measured. How fast things are is not tested."""

import nbformat
import pytest
from rich.console import Console

from autograder.course.source import read_assignment
from autograder.exam.kit import make_kit
from autograder.tools.bench import (
    ASSIGNMENT,
    Run,
    _compare,
    growth_table,
    measure,
    plot,
    price_table,
    prices,
    submission,
    table,
)


@pytest.fixture(scope="module")
def kit_of_the_bench():
    return make_kit(ASSIGNMENT)


def rows(table):
    """The cells of a table as it is printed, row by row."""
    console = Console(width=140)
    with console.capture() as captured:
        console.print(table)
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in captured.get().splitlines() if "│" in line]


TIMES = {"student00000": 1.0, "student00001": 2.0, "student00002": 3.0, "student00003": 3.0}
RUNS = [
    Run("stock nbgrader", 4, 40.0, 2**20, 2**21),
    Run("this grader, 1 worker", 50, 50.0, 2**20, 2**21),
    Run("stock nbgrader", 4, 32.0, 2**20, 2**22),
    Run("this grader, 1 worker", 50, 40.0, 3 * 2**20, 2**21, times=TIMES),
]


def test_each_grader_has_a_row_of_medians():
    stock, ours = rows(table(RUNS))
    assert stock == ["stock nbgrader", "2 × 4", "9.00", "0.11", "1.0", "–", "1 MB", "4 MB"]
    assert ours == ["this grader, 1 worker", "2 × 50", "0.90", "1.11", "10.0", "1.2", "3 MB", "2 MB"]


def test_growth_is_told_by_what_one_more_costs(tmp_path):
    runs = [Run("2 workers", count, 8 + count / 4, 2**20, 2**21) for count in (10, 100, 1000)]
    assert [row[2] for row in rows(growth_table(runs))] == ["", "0.25", "0.25"]
    plot(runs, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


def test_other_scores_are_an_error():
    _compare([{"ada": 10, "ben": 8}, {"ada": 10}])
    with pytest.raises(RuntimeError, match="scores of ada differ"):
        _compare([{"ada": 10}, {"ada": 8}])


def test_every_second_submission_has_another_catalogued_mistake(kit_of_the_bench):
    exercises = read_assignment(ASSIGNMENT).exercises
    right = {each.answer.source for each in exercises}
    wrong = {cell.source for each in exercises for cell in each.misconceptions}
    found = []
    for number in range(40):
        cells = nbformat.reads(submission(kit_of_the_bench, number), as_version=4).cells
        assert any("import tensorflow" in cell.source for cell in cells)
        mistakes = [cell.source for cell in cells if cell.source in wrong]
        assert (len(mistakes), sum(cell.source in right for cell in cells)) == (number % 2, len(right) - number % 2)
        found += mistakes
    assert len(set(found)) == len(found)


def test_both_graders_run_on_the_same_submissions():
    runs = measure(rounds=1, stock=2, papers=2, say=lambda _text: None)
    assert [run.count for run in runs] == [2, 2, 2]
    right, wrong = runs[0].scores.values()
    assert right == pytest.approx(read_assignment(ASSIGNMENT).points)
    assert right > wrong
    assert all(run.scores == runs[0].scores for run in runs)
    assert all(run.seconds > 0 and run.coordinator > 0 and run.workers > 0 for run in runs)
    assert [bool(run.wrong_over_right) for run in runs] == [False, True, True]


def test_prices_of_witnesses_are_shares_of_the_time():
    found = prices([ASSIGNMENT], repeats=1, say=lambda _text: None)
    (result,) = found[ASSIGNMENT]
    assert {"own", "watched", "again"} <= set(result.spent)
    assert 0 < sum(result.spent.values()) <= result.seconds
    ((name, seconds, *shares),) = rows(price_table(found))
    assert (name, seconds) == (ASSIGNMENT, f"{result.seconds:.1f}")
    assert 97 <= sum(int(share.rstrip("%")) for share in shares) <= 103
