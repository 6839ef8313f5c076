"""Measure the grader beside stock ``nbgrader autograde``, on the same submissions, in one run."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil

from autograder.classroom.gradebook import Books
from autograder.classroom.records import read_records
from autograder.course.atomic import write_atomically
from autograder.course.paths import own_programs
from autograder.course.source import read_assignment
from autograder.exam.kit import make_kit
from autograder.exam.learner import WITNESSES
from autograder.exam.limits import Rules
from autograder.exam.room import ExamRoom

ASSIGNMENT = "01-convolution"


@dataclass
class Run:
    """One run of one grader.

    Attributes
    ----------
    grader : str
    count : int
        Submissions.
    seconds : float
        Of the whole command, its start included.
    coordinator, workers : int
        Most memory at any moment, bytes: of the command's own process, and of all it started together (memory that
        processes share counted once).
    scores : dict
        ``{student: score}``.
    times : dict
        ``{student: seconds}`` where the grader says how long each submission took by itself.
    """

    grader: str
    count: int
    seconds: float
    coordinator: int
    workers: int
    scores: dict = field(repr=False, default_factory=dict)
    times: dict = field(repr=False, default_factory=dict)

    @property
    def wrong_over_right(self):
        """How many times as long as a right submission a wrong one took; None where that is not known."""
        right, wrong = ([time for student, time in self.times.items() if _is_wrong(student) == kind] for kind in (0, 1))
        return statistics.mean(wrong) / statistics.mean(right) if right and wrong else None


def submission(kit, number):
    """Write an honest submission that imports TensorFlow, unlike every other by a comment.

    Parameters
    ----------
    kit : autograder.exam.kit.Kit
    number : int

    Returns
    -------
    str
        Notebook as JSON. Every second one has one wrong answer, another of the catalogue each time.
    """
    exercises = read_assignment(kit.name).exercises
    answers = {each.name: each.answer.source for each in exercises}
    if _is_wrong(number):
        mistakes = [(each.name, cell.source) for each in exercises for cell in each.misconceptions]
        exercise, source = mistakes[number // 2 * _STRIDE % len(mistakes)]
        answers[exercise] = source
    notebook = kit.notebook
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(f"import tensorflow as tf  # paper {number}", id="mine"))
    return nbformat.writes(notebook)


_STRIDE = 7  # through the catalogue, so that even a few submissions have mistakes in several exercises


def _is_wrong(student):
    return int(str(student)[-5:]) % 2


def make_class(folder, kit, numbers):
    """Write a class's folder with the submissions of these numbers.

    Parameters
    ----------
    folder : path-like
    kit : autograder.exam.kit.Kit
    numbers : iterable of int
    """
    for number in numbers:
        place = Path(folder, "submitted", f"student{number:05}", kit.name)
        write_atomically(place / f"{kit.name}.ipynb", submission(kit, number))
    with Books(folder) as books:
        books.prepare(kit)


def timed(grader, command, folder, count):
    """Run a command on a class's folder and measure it.

    Parameters
    ----------
    grader : str
        Its name in the table.
    command : list of str
    folder : path-like
    count : int

    Returns
    -------
    Run
    """
    with own_programs():
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peaks, done = [0, 0], threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, peaks, done))
        watcher.start()
        code = process.wait()
        seconds = time.monotonic() - began
        done.set()
        watcher.join()
    if code:
        raise RuntimeError(f"{grader} ended with {code}: {' '.join(map(str, command))}")
    with Books(folder) as books:
        scores = books.scores(ASSIGNMENT)
    times = {record.student: record.seconds for record in read_records(folder, ASSIGNMENT)}
    return Run(grader, count, seconds, *peaks, scores, times)


def _watch(pid, peaks, done):
    """Keep the most memory that a process, and all it started, had at any moment."""
    while not done.wait(0.5):
        try:
            process = psutil.Process(pid)
            peaks[0] = max(peaks[0], process.memory_info().rss)
            shared = 0
            for child in process.children(recursive=True):
                try:
                    memory = child.memory_full_info()
                    shared += getattr(memory, "pss", memory.rss)
                except psutil.Error:
                    continue
            peaks[1] = max(peaks[1], shared)
        except psutil.Error:
            continue


def ours(workers):
    """The command that grades with the sealed grader."""
    return [sys.executable, "-m", "autograder", "grade", "--class", ".", "--workers", str(workers)]


STOCK = [str(Path(sys.executable).with_name("nbgrader")), "autograde", ASSIGNMENT]


def measure(rounds=3, stock=4, papers=60, say=print):
    """Run the graders in turn, each time on submissions of their own.

    Parameters
    ----------
    rounds : int
    stock, papers : int
        Submissions in a round, for stock nbgrader and for ours.
    say : callable
        Told what goes on.

    Returns
    -------
    list of Run

    Raises
    ------
    RuntimeError
        When a grader fails, or scores differ.
    """
    kit = make_kit(ASSIGNMENT)
    runs = []
    graders = [("stock nbgrader", STOCK, stock)]
    graders += [(f"this grader, {n} worker{'s' * (n > 1)}", ours(n), papers) for n in (1, 2)]
    for number in range(rounds):
        for name, command, count in graders:
            say(f"round {number + 1} of {rounds}: {name}, {count} submissions")
            folder = tempfile.mkdtemp(prefix="bench-")
            try:
                make_class(folder, kit, range(number * papers, number * papers + count))
                runs.append(timed(name, command, folder, count))
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        _compare([run.scores for run in runs[-len(graders) :]])
    return runs


def _compare(all_scores):
    for student in set.intersection(*map(set, all_scores)):
        if len({scores[student] for scores in all_scores}) > 1:
            raise RuntimeError(f"scores of {student} differ: {[scores[student] for scores in all_scores]}")


def grow(sizes=(10, 100, 1000), say=print):
    """Time the grader on ever larger classes.

    Parameters
    ----------
    sizes : sequence of int
    say : callable
        Told what goes on.

    Returns
    -------
    list of Run
    """
    kit = make_kit(ASSIGNMENT)
    runs = []
    workers = os.cpu_count() or 1
    for count in sizes:
        say(f"growth: {count} submissions, {workers} workers")
        folder = tempfile.mkdtemp(prefix="bench-")
        try:
            make_class(folder, kit, range(count))
            runs.append(timed(f"{workers} workers", ours(workers), folder, count))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return runs


def prices(names, repeats=3, say=print):
    """Measure what it costs to believe only what was seen: right submissions, examined one by one.

    Parameters
    ----------
    names : list of str
        Of assignments.
    repeats : int
        Submissions of each, after a first one that is not counted.
    say : callable
        Told what goes on.

    Returns
    -------
    dict of str to list of autograder.exam.result.Result
        By assignment.
    """
    found = {}
    for name in names:
        say(f"prices: {name}")
        kit = make_kit(name)
        room = ExamRoom(kit)
        try:
            room.examine(submission(kit, 0).encode(), Rules())
            found[name] = [
                room.examine(submission(kit, 2 * number).encode(), Rules()) for number in range(1, repeats + 1)
            ]
        finally:
            room.close()
    return found


def price_table(found):
    """Put the prices of witnesses side by side: medians, as shares of the time that a right submission takes.

    Parameters
    ----------
    found : dict of str to list of autograder.exam.result.Result
        From `prices`.

    Returns
    -------
    rich.table.Table
    """
    from rich.table import Table

    shown = Table(title="What the seconds of a right submission go to", title_justify="left")
    for heading in ("assignment", "seconds", *WITNESSES, "tests"):
        shown.add_column(heading, justify="right" if heading != "assignment" else "left")
    for name, results in found.items():
        shares = [[each.spent.get(kind, 0) / each.seconds for kind in WITNESSES] for each in results]
        medians = [statistics.median(column) for column in zip(*shares, strict=True)]
        seconds = statistics.median(each.seconds for each in results)
        shown.add_row(name, f"{seconds:.1f}", *(f"{share:.0%}" for share in [*medians, max(0, 1 - sum(medians))]))
    return shown


def table(runs):
    """Put the runs side by side: medians over the rounds.

    ``wrong / right`` is how many times as long as a right submission a wrong one takes by itself, without the start.

    Parameters
    ----------
    runs : list of Run

    Returns
    -------
    rich.table.Table
    """
    from rich.table import Table

    shown = Table(title="Grading submissions that import TensorFlow, half of them wrong", title_justify="left")
    shown.add_column("grader")
    for heading in (
        "submissions",
        "seconds each",
        "a second",
        "times stock",
        "wrong / right",
        "own memory",
        "workers' memory",
    ):
        shown.add_column(heading, justify="right")
    each = {name: statistics.median(run.seconds / run.count for run in _of(runs, name)) for name in _names(runs)}
    first = next(iter(each.values()))
    for name, seconds in each.items():
        mine = _of(runs, name)
        ratios = [run.wrong_over_right for run in mine if run.wrong_over_right]
        shown.add_row(
            name,
            f"{len(mine)} × {mine[0].count}",
            f"{seconds:.2f}",
            f"{1 / seconds:.2f}",
            f"{first / seconds:.1f}",
            f"{statistics.median(ratios):.1f}" if ratios else "–",
            f"{max(run.coordinator for run in mine) / 2**20:.0f} MB",
            f"{max(run.workers for run in mine) / 2**20:.0f} MB",
        )
    return shown


def _names(runs):
    return list(dict.fromkeys(run.grader for run in runs))


def _of(runs, name):
    return [run for run in runs if run.grader == name]


def growth_table(runs):
    """Put the runs of `grow` side by side.

    Parameters
    ----------
    runs : list of Run

    Returns
    -------
    rich.table.Table
    """
    from rich.table import Table

    shown = Table(title=f"Ever larger classes, {runs[0].grader}", title_justify="left")
    for heading in ("submissions", "seconds", "more seconds for each more", "own memory"):
        shown.add_column(heading, justify="right")
    for before, run in zip([None, *runs], runs, strict=False):
        more = f"{(run.seconds - before.seconds) / (run.count - before.count):.2f}" if before else ""
        shown.add_row(f"{run.count:,}", f"{run.seconds:.0f}", more, f"{run.coordinator / 2**20:.0f} MB")
    return shown


def plot(runs, path):
    """Draw time and the coordinator's memory against the number of submissions.

    Parameters
    ----------
    runs : list of Run
        From `grow`.
    path : path-like
        Picture to write.
    """
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    counts = [run.count for run in runs]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    left.plot(counts, [run.seconds for run in runs], "o-")
    left.set(xlabel="submissions", ylabel="seconds", title="Time, start included")
    memory = [run.coordinator / 2**20 for run in runs]
    right.plot(counts, memory, "o-")
    right.set(xlabel="submissions", ylabel="MB", title="Memory of the coordinator", ylim=(0, 1.2 * max(memory)))
    left.set(ylim=(0, None))
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)
    plt.close(figure)
