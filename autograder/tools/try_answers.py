"""Grade a folder of answers to single exercises: who is misjudged, and which hint does each of them get?

An answer is a file ``right/EXERCISE__name.py`` or ``wrong/EXERCISE__name.py`` that holds what a learner would write in
the exercise's answer cell. The other exercises of its assignment are answered rightly.
"""

from pathlib import Path

from autograder.course.source import AssignmentError, own_assignments, read_assignment
from autograder.exam.kit import make_kit
from autograder.tools.verify import ALTERNATIVE, MISCONCEPTION, Variant, grade_answers

KINDS = {"right": ALTERNATIVE, "wrong": MISCONCEPTION}


def try_answers(folder, solutions=None, workers=None):
    """Grade the answers in a folder.

    Parameters
    ----------
    folder : path-like
    solutions : path-like, optional
        Folder of the text notebooks.
    workers : int, optional
        Answers graded at a time. Default: one a core.

    Returns
    -------
    list of autograder.tools.verify.Variant
        In the order of assignments; ``label`` is the file's name.

    Raises
    ------
    AssignmentError
        When the folder holds no answers, or one to an exercise that is not there.
    """
    assignments = {name: read_assignment(name, solutions) for name in own_assignments(solutions)}
    exercises = {exercise.name: name for name, each in assignments.items() for exercise in each.exercises}
    by_assignment = {}
    for path in sorted(path for kind in KINDS for path in Path(folder, kind).glob("*.py")):
        exercise = path.stem.partition("__")[0]
        if exercise not in exercises:
            raise AssignmentError(
                f"{path}: there is no exercise {exercise!r}. A file is called like convolve2d__mine.py."
            )
        variant = Variant(exercise, KINDS[path.parent.name], path.stem)
        by_assignment.setdefault(exercises[exercise], []).append((variant, path.read_text(encoding="utf-8")))
    if not by_assignment:
        raise AssignmentError(f"{folder} holds no answers: right/EXERCISE__name.py and wrong/EXERCISE__name.py.")
    for name in sorted(by_assignment):
        grade_answers(assignments[name], make_kit(name, solutions), by_assignment[name], workers)
    return [variant for name in sorted(by_assignment) for variant, _source in by_assignment[name]]


def is_misjudged(variant):
    """Say whether a right answer lost points or got a hint, or a wrong one kept all its points.

    Parameters
    ----------
    variant : autograder.tools.verify.Variant
        Graded.

    Returns
    -------
    bool

    Examples
    --------
    >>> from autograder.tools.try_answers import is_misjudged
    >>> from autograder.tools.verify import ALTERNATIVE, MISCONCEPTION, Variant
    >>> is_misjudged(Variant("convolve", ALTERNATIVE, "convolve__mine", points=1, of=2))
    True
    >>> is_misjudged(Variant("convolve", MISCONCEPTION, "convolve__flipped", points=1, of=2))
    False
    """
    return variant.points == variant.of if variant.kind == MISCONCEPTION else not variant.clean


def report(tried):
    """Draw what became of the answers as a table.

    Parameters
    ----------
    tried : list of autograder.tools.verify.Variant

    Returns
    -------
    rich.table.Table

    Examples
    --------
    >>> from autograder.tools.try_answers import report
    >>> from autograder.tools.verify import ALTERNATIVE, Variant
    >>> earned = {"convolve__mine": 1, "convolve__yours": 2}
    >>> report([Variant("convolve", ALTERNATIVE, name, points, of=2) for name, points in earned.items()]).title
    '2 answers, 1 misjudged'
    """
    from rich.table import Table

    wrong = sum(map(is_misjudged, tried))
    table = Table(title=f"{len(tried)} answers, {wrong} misjudged", title_justify="left", expand=True)
    table.add_column("answer", overflow="fold", ratio=2)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("judged rightly", no_wrap=True)
    table.add_column("hint", ratio=3)
    for variant in tried:
        table.add_row(
            f"{'✗' if variant.kind == MISCONCEPTION else '✓'} {variant.label}",
            f"{variant.points:g} of {variant.of:g}",
            "[bold red]NO[/]" if is_misjudged(variant) else "yes",
            variant.hint or "–",
        )
    return table
