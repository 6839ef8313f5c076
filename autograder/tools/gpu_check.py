"""Compare the graphics card with the processor: the first steps of trainings, and a graded submission."""

import contextlib
import json
import os
import subprocess
import sys

import numpy as np

from autograder.course.source import read_assignment
from autograder.exam.gpu_trial import try_gpu
from autograder.exam.kit import make_kit
from autograder.exam.limits import Rules
from autograder.exam.room import ExamRoom
from autograder.tools.doctor import gpus
from autograder.tools.verify import submission_with, tests_of
from convnets.first_steps import NETWORKS

TOLERANCE = 0.02
"""How far two numbers may be apart, as a share of the larger: a card adds in another order, and with fewer digits."""

ASSIGNMENT = "04-lenet"
"""Of which a submission is graded, since its last exercise trains."""


def numbers_of(network, gpu):
    """Train a network for a few steps in a process of its own.

    Parameters
    ----------
    network : str
        One of `convnets.first_steps.NETWORKS`.
    gpu : bool
        Whether the process may use the graphics card.

    Returns
    -------
    dict
        As from `convnets.first_steps.first_steps`.

    Raises
    ------
    RuntimeError
        With the last line of what the process said, when it failed.
    """
    hidden = {} if gpu else {"CUDA_VISIBLE_DEVICES": "-1"}
    asked = subprocess.run(
        [sys.executable, "-m", "convnets.first_steps", network],
        env=os.environ | hidden,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        raise RuntimeError((asked.stderr.strip().splitlines() or ["it said nothing"])[-1])
    return json.loads(asked.stdout.splitlines()[-1])


def compare_training(network):
    """Compare a network's first steps on the card with those on the processor.

    Parameters
    ----------
    network : str

    Returns
    -------
    (bool, str)
        Whether they agree, and what was found.
    """
    try:
        card, processor = numbers_of(network, gpu=True), numbers_of(network, gpu=False)
    except RuntimeError as error:
        return False, f"failed: {error}"
    if (card["device"], processor["device"]) != ("GPU", "CPU"):
        return False, f"ran on {card['device']} and {processor['device']}"
    apart = max(_apart(card[what], processor[what]) for what in ("losses", "outputs"))
    return apart <= TOLERANCE, f"farthest apart {apart:.1e}, last loss {card['losses'][-1]:.3f}"


def _apart(ours, theirs):
    """The largest difference, as a share of the largest number."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    difference = np.abs(ours - theirs).max() / np.abs(theirs).max()
    return float(difference) if np.isfinite(difference) else np.inf


def compare_grading(name=ASSIGNMENT):
    """Grade the author's own answers, shut in as a learner's, with the card and without.

    Parameters
    ----------
    name : str
        The assignment.

    Returns
    -------
    (bool, str)
        Whether both give the same points, and what was found.
    """
    wrong = try_gpu()
    if wrong:
        return False, f"the sandbox cannot use the card: {wrong}"
    kit, assignment = make_kit(name), read_assignment(name)
    exercise = assignment.exercises[0]
    data = submission_with(assignment, exercise.name, exercise.answer.source, kit)
    card = _points(kit, data)
    with _environment(CUDA_VISIBLE_DEVICES="-1"):
        processor = _points(kit, data)
    return card == processor, f"{card:g} points with the card, {processor:g} without"


def _points(kit, data):
    room = ExamRoom(kit)
    try:
        return sum(got for _cell, got, _of in tests_of(room.examine(data, Rules())))
    finally:
        room.close()


@contextlib.contextmanager
def _environment(**settings):
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def check_gpu(console):
    """Try everything that the course does on a graphics card, and print how it compares with the processor.

    Parameters
    ----------
    console : rich.console.Console

    Returns
    -------
    bool
        Whether there is a card and all agrees.
    """
    from rich.markup import escape

    found = gpus()
    if not found:
        console.print("TensorFlow sees no graphics card here, so there was nothing to compare.")
        return False
    console.print(f"Graphics cards: {', '.join(found)}. Each trial runs on the card and on the processor.")
    trials = {f"training {network}": lambda network=network: compare_training(network) for network in NETWORKS}
    trials["grading a submission in the sandbox"] = compare_grading
    agreed = True
    for name, trial in trials.items():
        good, said = trial()
        console.print(f"{name}: {'agrees' if good else '[bold red]DOES NOT AGREE[/]'} ({escape(said)})")
        agreed = agreed and good
    return agreed
