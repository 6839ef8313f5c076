"""Prove an assignment's tests: right answers keep all their points, catalogued wrong ones lose theirs."""

import re
from dataclasses import dataclass, field

import nbformat

from autograder.classroom.feedback import points
from autograder.course.source import AssignmentError, hint_of, is_test, read_assignment
from autograder.exam.kit import make_kit
from autograder.exam.room import grade_many
from convnets.checks.words import split_hint

REFERENCE, ALTERNATIVE, MISCONCEPTION = "reference", "alternative", "misconception"
PAIR, BORROWED = "pair of misconceptions", "another exercise's misconception"  # see autograder.tools.reverse


@dataclass
class Variant:
    """One answer to one exercise, and what its tests made of it.

    Attributes
    ----------
    exercise : str
    kind : str
        One of this module's constants.
    label : str
        A misconception's hint, an alternative's number.
    points, of : float
        What it earned, and what the exercise is worth.
    said : dict
        What failing tests said, by their names.
    true : tuple of str
        Hints that are true of it, where several are.
    """

    exercise: str
    kind: str
    label: str
    points: float = 0
    of: float = 0
    said: dict = field(default_factory=dict)
    true: tuple = ()

    @property
    def clean(self):
        """Whether a right answer kept all points without a hint, or a wrong one lost some without an untrue hint."""
        if self.kind in (PAIR, BORROWED):  # two mistakes may cancel each other
            return self.hints <= set(self.true)
        if self.kind == MISCONCEPTION:
            return self.points < self.of and not self.misled
        return self.points == self.of and self.hint is None

    @property
    def message(self):
        """What the first failing test said."""
        return next(iter(self.said.values()), "")

    @property
    def hint(self):
        """The hint that the first failing test gave, or None."""
        return hint_in(self.message)

    @property
    def hints(self):
        """The hints that all failing tests gave."""
        return {hint_in(said) for said in self.said.values()} - {None}

    @property
    def hinted(self):
        """Whether a misconception's own hint was given."""
        return self.kind == MISCONCEPTION and self.hint == self.label

    @property
    def misled(self):
        """Whether the hint that was given belongs to another mistake."""
        return self.hint is not None and not self.hinted


def variants(assignment):
    """List the answers that an assignment's source holds.

    Parameters
    ----------
    assignment : autograder.course.source.Assignment

    Yields
    ------
    (Variant, str)
        And the source of its answer cell.
    """
    for exercise in assignment.exercises:
        yield Variant(exercise.name, REFERENCE, REFERENCE), exercise.answer.source
        for number, cell in enumerate(exercise.alternatives, start=1):
            yield Variant(exercise.name, ALTERNATIVE, f"alternative {number}"), cell.source
        for cell in exercise.misconceptions:
            yield Variant(exercise.name, MISCONCEPTION, hint_of(cell)), cell.source


def submission_with(assignment, exercise, source, kit):
    """Write the notebook of a learner who answers one exercise in a certain way and the others rightly.

    Parameters
    ----------
    assignment : autograder.course.source.Assignment
    exercise : str
    source : str
        Of the answer cell of that exercise.
    kit : autograder.exam.kit.Kit

    Returns
    -------
    bytes
    """
    answers = {other.name: other.answer.source for other in assignment.exercises}
    notebook = kit.notebook
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code" and not is_test(cell)]
    for cell in notebook.cells:
        if cell.id in answers:
            cell.source = source if cell.id == exercise else answers[cell.id]
    return nbformat.writes(notebook).encode()


def verify(name, solutions=None, workers=None, exercises=None):
    """Grade every catalogued answer of an assignment with the sealed grader.

    Parameters
    ----------
    name : str
        The assignment.
    solutions : path-like, optional
        Folder of the text notebooks.
    workers : int, optional
        Default: one a core.
    exercises : collection of str, optional
        These only.

    Returns
    -------
    list of Variant
        In the order of the source.

    Raises
    ------
    AssignmentError
        When there is no such assignment or exercise.
    """
    assignment = read_assignment(name, solutions)
    wanted = {each.name for each in chosen(assignment, exercises)}
    catalogue = [pair for pair in variants(assignment) if pair[0].exercise in wanted]
    grade_answers(assignment, make_kit(name, solutions), catalogue, workers)
    return [variant for variant, _source in catalogue]


def chosen(assignment, exercises=None):
    """List the exercises of these names, or all; a name that is not there raises `AssignmentError`."""
    there = [each.name for each in assignment.exercises]
    unknown = sorted(set(exercises or ()) - set(there))
    if unknown:
        raise AssignmentError(f"{assignment.name} has no exercise {unknown[0]!r}. Its exercises: {', '.join(there)}.")
    return [each for each in assignment.exercises if not exercises or each.name in exercises]


def grade_answers(assignment, kit, answers, workers=None):
    """Grade answers to single exercises of an assignment, each in a notebook whose other answers are right.

    Parameters
    ----------
    assignment : autograder.course.source.Assignment
    kit : autograder.exam.kit.Kit
    answers : list of (Variant, str)
        And the source of the answer cell. What becomes of it is entered in the variant.
    workers : int, optional
        Default: one a core.
    """
    tests = {each.name: [test.metadata.nbgrader.grade_id for test in each.tests] for each in assignment.exercises}

    def jobs():
        for index, (variant, source) in enumerate(answers):
            data = submission_with(assignment, variant.exercise, source, kit)
            yield index, (lambda data=data: data), tests[variant.exercise]

    for index, result in grade_many(kit, jobs(), workers=workers):
        _enter(answers[index][0], result)


def tests_of(result):
    """Go through the test cells of a graded notebook, with the points that each of them gave and could have given."""
    from nbgrader.utils import determine_grade

    for cell in nbformat.reads(result.notebook, as_version=4).cells:
        if is_test(cell):
            yield cell, *determine_grade(cell)


def _enter(variant, result):
    for cell, got, of in tests_of(result):
        variant.points += got
        variant.of += of
        said = [output.evalue for output in cell.outputs if output.output_type == "error"]
        if got < of:  # a test that gives part of its points prints why
            said += [output.text for output in cell.outputs if output.output_type == "stream"]
        if said:
            variant.said[cell.metadata.nbgrader.grade_id] = said[0]
    if result.fault:
        variant.said = {"": result.fault}


def hint_in(said):
    return (split_hint(said)[1] or "").partition("\n")[0] or None


def _own_hint(variant):
    if variant.misled:
        return "ANOTHER'S"
    return ("yes" if variant.hinted else "–") if variant.kind == MISCONCEPTION else ""


def table(name, checked):
    """Write what became of an exercise's answers, as it stands on the page of `autograder.tools.catalogue_page`.

    Parameters
    ----------
    name : str
        The assignment.
    checked : list of Variant
        Of one exercise.

    Returns
    -------
    str
        Markdown.

    Examples
    --------
    >>> from autograder.tools.verify import ALTERNATIVE, REFERENCE, Variant, table
    >>> right = Variant("convolve", REFERENCE, "reference", points=2, of=2)
    >>> other = Variant("convolve", ALTERNATIVE, "alternative 1", points=1, of=2)
    >>> print(*table("01-convolution", [right, other]).splitlines()[-2:], sep="\\n")
    | ✓ reference | 2 of 2 |  |
    | ✓ alternative 1 | 1 of 2 **NO** |  |
    """
    wrong = [variant for variant in checked if variant.kind == MISCONCEPTION]
    right = [variant for variant in checked if variant.kind == ALTERNATIVE]
    dirty = sum(not variant.clean for variant in checked)
    lines = [
        f"### `{checked[0].exercise}` in {name}",
        "",
        f"{len(wrong)} wrong answers, of which {sum(variant.hinted for variant in wrong)} get their own hint, "
        f"{sum(variant.misled for variant in wrong)} get another's; {len(right)} right answers besides the reference. "
        f"{'All score as they should.' if not dirty else f'**{dirty} do not score as they should.**'}",
        "",
        "| answer | points | own hint |",
        "| --- | --- | --- |",
    ]
    for variant in checked:
        told = re.split(r"(?<=[.:?!])\s", variant.label)[0].replace("|", "\\|")
        told = f"✗ {told}" if variant.kind == MISCONCEPTION else f"✓ {told}"
        mend = "" if variant.clean else " **NO**"
        lines.append(f"| {told} | {points(variant.points)} of {points(variant.of)}{mend} | {_own_hint(variant)} |")
    return "\n".join(lines)


def matrix(name, checked):
    """Draw the result as a table.

    Parameters
    ----------
    name : str
        The assignment.
    checked : list of Variant

    Returns
    -------
    rich.table.Table

    Examples
    --------
    >>> from autograder.tools.verify import REFERENCE, Variant, matrix
    >>> drawn = matrix("01-convolution", [Variant("convolve", REFERENCE, "reference", points=2, of=2)])
    >>> drawn.title
    '01-convolution: clean'
    >>> [str(*column.cells) for column in drawn.columns]
    ['convolve', '✓ reference', '2 of 2', 'yes', '']
    """
    from rich.table import Table

    dirty = sum(not variant.clean for variant in checked)
    table = Table(
        title=f"{name}: {'clean' if not dirty else f'{dirty} not as they should be'}", title_justify="left", expand=True
    )
    for column, options in [
        ("exercise", {"no_wrap": True, "min_width": 18}),
        ("answer", {"ratio": 1, "no_wrap": True, "overflow": "ellipsis"}),
        ("points", {"justify": "right", "no_wrap": True}),
        ("as it should be", {"no_wrap": True}),
        ("own hint", {"no_wrap": True}),
    ]:
        table.add_column(column, **options)
    last = None
    for variant in checked:
        table.add_row(
            variant.exercise if variant.exercise != last else "",
            f"✗ {variant.label}" if variant.kind == MISCONCEPTION else f"✓ {variant.label}",
            f"{points(variant.points)} of {points(variant.of)}",
            "yes" if variant.clean else "[bold red]NO[/]",
            _own_hint(variant),
        )
        last = variant.exercise
    return table
