"""What a change can break, and no more: ``make check``.

From the paths that differ from a revision follow the steps that look at them. ``make test`` looks at everything.
"""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.exercises import AssignmentError, read_assignment
from autograder.paths import PROJECT

# Files that have no test file of their own name: those that test them. Empty: only `make test` does.
TESTED_IN = {
    "autograder/__init__": ["test_freshness"],
    "autograder/__main__": ["test_freshness"],
    "autograder/addresses": ["test_markdown", "test_setup_cell"],
    "autograder/books": ["test_late"],
    "autograder/chance": ["test_training"],
    "autograder/cli": ["test_freshness", "test_verify"],
    "autograder/colab": ["test_grade_on_colab"],
    "autograder/examiner": ["test_reading"],
    "autograder/exercises": ["test_release"],
    "autograder/files": ["test_similarity"],
    "autograder/learner": ["test_calls"],
    "autograder/lending": ["test_models"],
    "autograder/link": ["test_calls"],
    "autograder/lint": ["test_release"],
    "autograder/origins": ["test_lms"],
    "autograder/paths": ["test_overlay"],
    "autograder/pools": ["test_folders"],
    "autograder/project": ["test_leaderboard"],
    "autograder/reference": ["test_overlay"],
    "autograder/warm": ["test_calls"],
    "convnets/__init__": ["test_checks"],
    "convnets/chance": ["test_training"],
    "convnets/checking": ["test_check"],
    "convnets/colab": ["test_setup_cell"],
    "convnets/downloads": ["test_fruits"],
    "convnets/drawings": ["test_backbone"],
    "convnets/exercises": ["test_check"],
    "convnets/figure_data": ["figures/test_in_notebooks"],
    "convnets/figures": ["figures/test_in_notebooks"],
    "convnets/formula": ["test_checks"],
    "convnets/fresh": ["test_hand_in"],
    "convnets/handing_in": ["test_hand_in"],
    "convnets/lenet": ["figures/test_lenet_tour"],
    "convnets/networks": ["test_models"],
    "convnets/panels": ["test_check"],
    "convnets/project": ["test_leaderboard"],
    "convnets/train_backbone": ["test_backbone"],
    "book/_ext/chapters": ["test_build_book"],
    "book/_ext/figures": ["test_pdf"],
    "book/_ext/pdf": ["test_pdf"],
    "book/_ext/launch": [],
    "book/_ext/mathml": [],
    "book/_ext/scripts": [],
    "book/_ext/stills": [],
}
FIGURES = PurePosixPath("book/_static/figures")


@dataclass(frozen=True)
class Step:
    """One thing to run.

    Attributes
    ----------
    says : str
        What it looks at.
    seconds : int
        About how long it takes on two quiet cores.
    command : tuple of str
        What follows ``python -m``.
    """

    says: str
    seconds: int
    command: tuple


def plan(paths, exercises, tests):
    """Say what to run for a change.

    Parameters
    ----------
    paths : iterable of str
        What has changed, from the root.
    exercises : dict of str to list of str
        By assignment whose text has changed: its exercises that have.
    tests : collection of str
        The test files that there are, from the root.

    Returns
    -------
    (list of Step, list of str)
        In order, the quickest first; and the paths that no step looks at, tests that are not run among them.
    """
    always = [
        Step("notebooks/", 4, ("autograder", "release")),
        Step("style", 1, ("ruff", "check", "--quiet", ".")),
        Step("layout", 1, ("ruff", "format", "--quiet", "--check", ".")),
    ]
    pages, files, verified, unseen = [], [], [], []
    for path in sorted(paths):
        where = PurePosixPath(path)
        folder, name = where.parts[0], where.stem
        if folder == "book" and where.suffix == ".md":
            pages.append(str(where.with_suffix("")))
        elif folder == "solutions" and where.suffix == ".md":
            pages.append(f"notebooks/assignments/{name}/{name}")
            verified += verification(name, exercises.get(name, []))
            unseen += [test for test in tests if test.startswith(f"tests/test_assignment_{name[:2]}")]
        elif path not in ("convnets/exercises.json", "README.md") and folder != "notebooks":  # a release looks at these
            found = [test for test in tests_of(where, tests) if test in tests]
            files += found
            unseen += [] if found else [path]
    steps = always
    if files:
        files = list(dict.fromkeys(files))
        steps.append(Step(f"tests in {' '.join(files)}", 5 + 10 * len(files), ("pytest", "-q", *files)))
    if pages:
        steps.append(Step(f"pages {' '.join(pages)}", 5 + 2 * len(pages), ("autograder", "book", "--strict", *pages)))
    return steps + verified, unseen


def verification(name, exercises):
    """List the steps for an assignment: its tests of its tests, and its catalogue, for the exercises that changed."""
    if not exercises:
        return []
    chosen = [option for exercise in exercises for option in ("--exercise", exercise)]
    ids = " or ".join(f"[{name}-{exercise}]" for exercise in exercises)
    shown = f"{', '.join(exercises)} of {name}"
    return [
        Step(f"tests of {shown}", 5 + 5 * len(exercises), ("pytest", "-q", "tests/test_exercises.py", "-k", ids)),
        Step(f"answers to {shown}", 5 + 10 * len(exercises), ("autograder", "verify", name, *chosen)),
    ]


def tests_of(path, tests):
    """Name the test files that look at a file which is no page and no assignment."""
    key = str(path.with_suffix(""))
    if path.parts[0] == "tests":
        return [str(path)] if path.name.startswith("test_") else []
    if key in TESTED_IN:
        return [f"tests/{test}.py" for test in TESTED_IN[key]]
    if path.parts[0] == "classroom":
        return ["tests/test_classroom.py"]
    if path.is_relative_to(FIGURES):
        own = f"tests/figures/test_{path.stem.replace('-', '_')}.py"
        shared = [test for test in tests if test.startswith("tests/figures/test_") and "_in_" not in test]
        return [own] if own in tests else shared
    if path.parts[0] in ("autograder", "convnets") and path.suffix == ".py":
        return [f"tests/test_{path.stem}.py"]
    if len(path.parts) == 1 or path.parts[0] in (".github", ".ci"):
        return ["tests/test_repository.py"]
    return []


def changed_exercises(name, before, solutions=None):
    """Tell which exercises of an assignment differ from an earlier text of it.

    Parameters
    ----------
    name : str
        The assignment.
    before : str
        The earlier text; empty when there was none.
    solutions : path-like, optional
        Folder of the text notebooks.

    Returns
    -------
    list of str
        In order: those with a changed cell. All of them when code has changed that belongs to no exercise.
    """
    now = _code(read_assignment(name, solutions))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, f"{name}.md").write_text(before, encoding="utf-8")
        try:
            then = _code(read_assignment(name, Path(folder)))
        except AssignmentError:
            then = {}
    if now.pop(None) != then.pop(None, None):
        return list(now)
    return [exercise for exercise, code in now.items() if then.get(exercise) != code]


def _code(assignment):
    """Collect what is run, by exercise; under None what belongs to none."""
    made = {
        exercise.name: [exercise.answer, *exercise.tests, *exercise.misconceptions, *exercise.alternatives]
        for exercise in assignment.exercises
    }
    placed = {id(cell) for cells in made.values() for cell in cells}
    made[None] = [cell for cell in assignment.notebook.cells if cell.cell_type == "code" and id(cell) not in placed]
    return {name: [(cell.source, cell.metadata) for cell in cells] for name, cells in made.items()}


def changed_paths(base="HEAD", root=PROJECT):
    """List the files that differ from a revision, and new ones that are not ignored.

    Parameters
    ----------
    base : str
        As Git names revisions.
    root : path-like

    Returns
    -------
    list of str

    Raises
    ------
    AssignmentError
        When Git does not know the revision, or the course is in no repository.
    """
    differ = _git(root, "diff", "--name-only", "--no-renames", "-z", base, "--", ".")
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted(path for path in (differ + new).split("\0") if path)


def _git(root, *arguments):
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise AssignmentError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def check(base="HEAD", root=PROJECT):
    """Run what looks at the files that differ from a revision, and say how it went.

    Parameters
    ----------
    base : str
        As Git names revisions.
    root : path-like

    Returns
    -------
    bool
        Whether all went well.
    """
    began, root = time.perf_counter(), Path(root)
    paths = changed_paths(base, root)
    exercises = {}
    for path in paths:
        if path.startswith("solutions/") and path.endswith(".md") and (root / path).is_file():
            known = subprocess.run(["git", "show", f"{base}:{path}"], cwd=root, capture_output=True, text=True)
            exercises[Path(path).stem] = changed_exercises(Path(path).stem, known.stdout, root / "solutions")
    there = sorted(path.relative_to(root).as_posix() for path in (root / "tests").rglob("test_*.py"))
    steps, unseen = plan([path for path in paths if (root / path).exists()], exercises, there)
    print(f"{len(paths)} files differ from {base}. About {sum(step.seconds for step in steps)} s:")
    for step in steps:
        print(f"  {step.says}: {step.seconds} s")
    failed = []
    for step in steps:
        print(f"\n==> {step.says}", flush=True)
        if subprocess.run([sys.executable, "-m", *step.command], cwd=root).returncode:
            failed.append(step.says)
    print()
    if unseen:
        print(f"Left to `make test`: {', '.join(unseen)}.")
    took = f"{time.perf_counter() - began:.0f} s"
    print(f"Wrong after {took}: {'; '.join(failed)}." if failed else f"All is well after {took}.")
    return not failed
