"""What a change can break, and no more: ``make check``.

From the paths that differ from a revision follow the steps that look at them. ``make test`` looks at everything.
"""

import re
import subprocess
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.course.layout import EXERCISES, PRACTICE
from autograder.course.paths import PROJECT
from autograder.course.source import AssignmentError, read_assignment

# Test files of a module besides that of its own name, which some do not have. Empty: only `make test` looks at it.
TESTED_IN = {
    "book/_ext/practice": ["test_predict", "test_arrangements"],
    "convnets/notebook/practice": ["notebook/test_explain"],
    "convnets/notebook/predict": ["test_predict"],
    "convnets/notebook/questions/asking": ["notebook/test_questions"],
    "convnets/notebook/questions/changes": ["notebook/test_questions"],
    "convnets/notebook/questions/code": ["notebook/test_questions"],
    "convnets/notebook/questions/options": ["notebook/test_questions"],
    "autograder/__init__": ["course/test_freshness"],
    "autograder/__main__": ["course/test_freshness"],
    "autograder/late": ["classroom/test_late"],
    "autograder/classroom/files": ["classroom/test_similarity"],
    "autograder/classroom/grade": ["classroom/test_graded_class"],
    "autograder/classroom/gradebook": ["classroom/test_by_hand"],
    "autograder/classroom/mail": ["classroom/test_by_hand"],
    "autograder/classroom/records": ["classroom/test_late"],
    "autograder/classroom/uploads": ["classroom/test_lms"],
    "autograder/course/atomic": ["classroom/test_similarity"],
    "autograder/course/inventory": ["classroom/test_inventory_report", "test_predict"],
    "autograder/course/layout": ["course/test_release"],
    "autograder/course/generate": ["course/test_release"],
    "autograder/course/material": ["course/test_release", "notebook/test_questions"],
    "autograder/course/predictions": ["test_predict"],
    "autograder/course/warm_ups": ["notebook/test_arrange", "test_arrangements"],
    "autograder/course/lint": ["course/test_release"],
    "autograder/course/pages": ["course/test_markdown", "course/test_setup_cell"],
    "autograder/course/paths": ["course/test_overlay"],
    "autograder/course/reference": ["course/test_overlay"],
    "autograder/course/source": ["course/test_release"],
    "autograder/exam/examiner": ["exam/test_restore"],
    "autograder/exam/forkserver": ["checks/test_calls", "checks/test_folders"],
    "autograder/exam/gpu_trial": ["exam/test_gpu"],
    "autograder/exam/kit": ["exam/test_room"],
    "autograder/exam/landlock": ["exam/test_sandbox"],
    "autograder/exam/learner": ["checks/test_calls"],
    "autograder/exam/libc": ["exam/test_sandbox"],
    "autograder/exam/limits": ["exam/test_room"],
    "autograder/exam/mounts": ["exam/test_sandbox"],
    "autograder/exam/outputs": ["exam/test_room"],
    "autograder/exam/process": ["checks/test_calls", "exam/test_referee"],
    "autograder/exam/result": ["exam/test_room"],
    "autograder/exam/run_test": ["exam/test_room"],
    "autograder/exam/scratch": ["exam/test_sandbox"],
    "autograder/exam/seccomp": ["exam/test_sandbox"],
    "autograder/exam/server": ["checks/test_calls"],
    "autograder/exam/submission": ["exam/test_restore"],
    "autograder/exam/without": ["checks/test_agreement"],
    "convnets/__init__": ["checks/test_values"],
    "convnets/checks/handover": ["exam/test_referee"],
    "convnets/colab": ["course/test_setup_cell"],
    "convnets/first_steps": ["tools/test_gpu_check"],
    "convnets/lite0": ["test_backbone"],
    "convnets/train_backbone": ["test_backbone"],
    "convnets/checks/catalogue": ["checks/test_agreement"],
    "convnets/checks/compare": ["checks/test_values"],
    "convnets/checks/cost": ["checks/test_agreement"],
    "convnets/checks/draws": ["checks/test_agreement"],
    "convnets/checks/facts": ["classroom/test_leaderboard"],
    "convnets/checks/formula": ["checks/test_values"],
    "convnets/checks/hidden": ["checks/test_agreement"],
    "convnets/checks/judging": ["checks/test_agreement"],
    "convnets/checks/lent": ["checks/test_objects"],
    "convnets/checks/outcomes": ["checks/test_agreement"],
    "convnets/checks/rehearsal": ["checks/test_agreement"],
    "convnets/checks/shrinking": ["checks/test_agreement"],
    "convnets/checks/words": ["checks/test_values"],
    "convnets/checks/chance": ["checks/test_training"],
    "convnets/checks/project": ["classroom/test_leaderboard"],
    "convnets/data/downloads": ["data/test_fruits"],
    "convnets/data/shapes": ["test_backbone"],
    "convnets/figures/numbers": ["figures/test_in_notebooks"],
    "convnets/figures/embed": ["figures/test_in_notebooks"],
    "convnets/figures/lenet": ["figures/test_lenet_tour"],
    "convnets/notebook/exercises": ["notebook/test_check"],
    "convnets/notebook/file": ["notebook/test_hand_in"],
    "convnets/notebook/panels": ["notebook/test_check"],
    "convnets/notebook/session": ["notebook/test_hand_in"],
    "convnets/notebook/stand_ins": ["notebook/test_hand_in"],
    "book/_ext/chapters": ["tools/test_build_book"],
    "book/_ext/figures": ["test_pdf"],
    "book/_ext/pdf": ["test_pdf"],
    "book/_ext/launch": [],
    "book/_ext/mathml": [],
    "book/_ext/lighten": [],
    "book/_ext/stills": [],
}
FIGURES = PurePosixPath("convnets/figures/web")
_RUN = ("python", "-m")
_PYTEST = (*_RUN, "pytest", "-q", "-n", "auto")
_CELL = re.compile(r"^```\{code-cell\}.*?^```$", re.MULTILINE | re.DOTALL)


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
        A program of the environment that runs this, and its arguments.
    """

    says: str
    seconds: int
    command: tuple


def plan(paths, exercises, tests, run=()):
    """Say what to run for a change.

    Parameters
    ----------
    paths : iterable of str
        What has changed, from the root.
    exercises : dict of str to list of str
        By assignment whose text has changed: its exercises that have.
    tests : collection of str
        The test files that there are, from the root.
    run : collection of str
        The pages among the paths whose code has changed, so that it is run.

    Returns
    -------
    (list of Step, list of str)
        In order, the quickest first; and the paths that no step looks at, tests that are not run among them.

    Examples
    --------
    >>> from autograder.tools.check_changes import plan
    >>> steps, unseen = plan(["book/03-keras.md"], {}, [])
    >>> steps[-1].says
    'pages book/03-keras'
    """
    always = [
        Step("notebooks/", 4, (*_RUN, "autograder", "release")),
        Step("style", 1, (*_RUN, "ruff", "check", "--quiet", ".")),
        Step("layout", 1, (*_RUN, "ruff", "format", "--quiet", "--check", ".")),
        Step("who may import whom", 1, ("lint-imports", "--no-logo")),
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
        elif path not in (EXERCISES, PRACTICE, "README.md") and folder != "notebooks":  # a release looks at these
            found = [test for test in tests_of(where, tests) if test in tests]
            files += found
            unseen += [] if found else [path]
    steps = always
    if files:
        files = list(dict.fromkeys(files))
        steps.append(Step(f"tests in {' '.join(files)}", 5 + 10 * len(files), (*_PYTEST, *files)))
    if pages:
        seconds = 5 + 2 * len(pages) + 30 * len(run)
        steps.append(Step(f"pages {' '.join(pages)}", seconds, (*_RUN, "autograder", "book", "--strict", *pages)))
    return steps + verified, unseen


def verification(name, exercises):
    """List the steps for an assignment: its tests of its tests, and its catalogue, for the exercises that changed."""
    if not exercises:
        return []
    chosen = [option for exercise in exercises for option in ("--exercise", exercise)]
    ids = " or ".join(f"[{name}-{exercise}]" for exercise in exercises)
    shown = f"{', '.join(exercises)} of {name}"
    return [
        Step(f"tests of {shown}", 5 + 5 * len(exercises), (*_PYTEST, "tests/test_exercises.py", "-k", ids)),
        Step(f"answers to {shown}", 5 + 10 * len(exercises), (*_RUN, "autograder", "verify", name, *chosen)),
    ]


def tests_of(path, tests):
    """Name the test files that look at a file which is no page and no assignment."""
    if path.parts[0] == "tests":
        return [str(path)] if path.name.startswith("test_") else []
    if path.parts[0] == "classroom":
        return ["tests/test_classroom.py"]
    if path.is_relative_to(FIGURES):
        own = f"tests/figures/test_{path.stem.replace('-', '_')}.py"
        shared = [test for test in tests if test.startswith("tests/figures/test_") and "_in_" not in test]
        return [own] if own in tests else shared
    if path.suffix == ".py" and path.parts[0] in ("autograder", "convnets", "book"):
        own = own_test(path)
        others = [f"tests/{test}.py" for test in TESTED_IN.get(key_of(path), ())]
        return [own, *others] if own in tests else others
    if len(path.parts) == 1 or path.parts[0] in (".github", ".ci"):
        return ["tests/test_repository.py"]
    return []


def key_of(path):
    """Name a module as `TESTED_IN` does: a folder of ``visible.py`` and ``hidden.py`` is one."""
    inner = len(path.parts) > 2 and (
        path.name == "__init__.py" or (path.parts[1:2] == ("checks",) and len(path.parts) > 3)
    )
    return str(path.parent if inner else path.with_suffix(""))


def own_test(path):
    """Name the test file that a module should have: in the folder of the same name, behind ``test_``."""
    *folders, name = PurePosixPath(key_of(path)).parts[1:]
    return str(PurePosixPath("tests", *folders, f"test_{name}.py"))


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
    exercises, run = {}, []
    for path in paths:
        if path.startswith(("solutions/", "book/")) and path.endswith(".md") and (root / path).is_file():
            known = subprocess.run(["git", "show", f"{base}:{path}"], cwd=root, capture_output=True, text=True)
            if path.startswith("solutions/"):
                exercises[Path(path).stem] = changed_exercises(Path(path).stem, known.stdout, root / "solutions")
            elif _CELL.findall(known.stdout) != _CELL.findall((root / path).read_text(encoding="utf-8")):
                run.append(path)
    there = sorted(path.relative_to(root).as_posix() for path in (root / "tests").rglob("test_*.py"))
    steps, unseen = plan([path for path in paths if (root / path).exists()], exercises, there, run)
    print(f"{len(paths)} files differ from {base}. About {sum(step.seconds for step in steps)} s:")
    for step in steps:
        print(f"  {step.says}: {step.seconds} s")
    failed = []
    for step in steps:
        print(f"\n==> {step.says}", flush=True)
        if subprocess.run(
            [Path(sysconfig.get_path("scripts"), step.command[0]), *step.command[1:]], cwd=root
        ).returncode:
            failed.append(step.says)
    print()
    if unseen:
        print(f"Left to `make test`: {', '.join(unseen)}.")
    took = f"{time.perf_counter() - began:.0f} s"
    print(f"Wrong after {took}: {'; '.join(failed)}." if failed else f"All is well after {took}.")
    return not failed
