"""What ``make check`` runs for which change."""

import subprocess
from pathlib import PurePosixPath

import pytest

from autograder.course.source import AssignmentError
from autograder.tools.check_changes import (
    TESTED_IN,
    Step,
    changed_exercises,
    changed_paths,
    check,
    key_of,
    own_test,
    plan,
)
from tests.conftest import PROJECT, SAMPLE

TESTS = sorted(path.relative_to(PROJECT).as_posix() for path in (PROJECT / "tests").rglob("test_*.py"))
SOURCE = (SAMPLE / "solutions/01-doubling.md").read_text(encoding="utf-8")
ALWAYS = ["autograder release", "ruff check --quiet .", "ruff format --quiet --check .", "lint-imports --no-logo"]


def commands(*paths, tests=TESTS, **exercises):
    steps, unseen = plan(paths, {name.replace("_", "-"): found for name, found in exercises.items()}, tests)
    ran = [" ".join(step.command).removeprefix("python -m ") for step in steps]
    assert ran[: len(ALWAYS)] == ALWAYS
    return ran[len(ALWAYS) :], unseen


def test_without_a_change_notebooks_and_style_are_looked_at():
    assert commands() == ([], [])


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("book/03-keras.md", "autograder book --strict book/03-keras"),
        ("book/glossary.md", "autograder book --strict book/glossary"),
        ("autograder/classroom/late.py", "pytest -q -n auto tests/classroom/test_late.py"),
        (
            "autograder/classroom/grade.py",
            "pytest -q -n auto tests/classroom/test_grade.py tests/classroom/test_graded_class.py",
        ),
        ("autograder/course/lint.py", "pytest -q -n auto tests/course/test_release.py"),
        ("convnets/data/images.py", "pytest -q -n auto tests/data/test_images.py"),
        ("tests/classroom/test_late.py", "pytest -q -n auto tests/classroom/test_late.py"),
        ("tests/figures/test_lenet_tour.py", "pytest -q -n auto tests/figures/test_lenet_tour.py"),
        ("convnets/figures/web/lenet-tour.js", "pytest -q -n auto tests/figures/test_lenet_tour.py"),
        ("book/_ext/chapters.py", "pytest -q -n auto tests/tools/test_build_book.py"),
        ("classroom/submitted/ada/x.ipynb", "pytest -q -n auto tests/test_classroom.py"),
        ("Makefile", "pytest -q -n auto tests/test_repository.py"),
        (".github/workflows/book.yml", "pytest -q -n auto tests/test_repository.py"),
    ],
)
def test_change_leads_to_what_looks_at_it(path, command):
    assert commands(path) == ([command], [])


def test_what_figures_share_is_tested_by_all_of_them():
    (command,), _ = commands("convnets/figures/web/grid.js")
    assert "tests/figures/test_lenet_tour.py" in command
    assert "tests/figures/test_pool_explorer.py" in command
    assert "in_the_book" not in command


@pytest.mark.parametrize("path", ["notebooks/chapters/01-x.ipynb", "convnets/notebook/exercises.json", "README.md"])
def test_what_is_made_is_looked_at_by_the_release(path):
    assert commands(path) == ([], [])


@pytest.mark.parametrize(
    "path", ["autograder/classroom/templates/page.css", "tests/conftest.py", "book/_ext/mathml.py"]
)
def test_what_no_step_looks_at_is_named(path):
    assert commands(path) == ([], [path])


def test_changes_share_a_run():
    ran, _ = commands(
        "autograder/classroom/late.py",
        "tests/classroom/test_late.py",
        "convnets/data/images.py",
        "book/a.md",
        "book/b.md",
    )
    assert ran == [
        "pytest -q -n auto tests/classroom/test_late.py tests/data/test_images.py",
        "autograder book --strict book/a book/b",
    ]


def test_exercise_is_tried_and_its_assignment_built():
    ran, _ = commands("solutions/01-doubling.md", **{"01_doubling": ["double", "halve"]})
    assert ran == [
        "autograder book --strict notebooks/assignments/01-doubling/01-doubling",
        "pytest -q -n auto tests/test_exercises.py -k [01-doubling-double] or [01-doubling-halve]",
        "autograder verify 01-doubling --exercise double --exercise halve",
    ]


def test_prose_of_an_assignment_changes_no_exercise():
    ran, _ = commands("solutions/01-doubling.md", **{"01_doubling": []})
    assert ran == ["autograder book --strict notebooks/assignments/01-doubling/01-doubling"]


def test_long_tests_of_an_assignment_are_named():
    assert commands("solutions/02-conv-layer.md")[1] == ["tests/test_assignment_02.py"]


def test_every_module_is_tested_by_files_that_are_there():
    named = {f"tests/{name}.py" for names in TESTED_IN.values() for name in names}
    assert named <= set(TESTS)
    folders = [PROJECT / name for name in ("autograder", "convnets", "book/_ext")]
    modules = [PurePosixPath(path.relative_to(PROJECT)) for folder in folders for path in folder.rglob("*.py")]
    modules = [path for path in modules if "templates" not in path.parts]
    without = {key_of(path) for path in modules if own_test(path) not in TESTS}
    only_folders = {key for key in without if (PROJECT / key).is_dir() and key not in TESTED_IN}
    assert without - only_folders <= set(TESTED_IN) <= set(map(key_of, modules))


# Which exercises


def twice(text):
    """The sample with a second exercise."""
    exercise = text[text.index("## Exercise 1") :]
    second = exercise.replace("Exercise 1: `double`", "Exercise 2: `redouble`").replace("def double", "def redouble")
    return text + "\n" + second.replace("_double", "_redouble").replace("grade_id: double", "grade_id: redouble")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("Return twice x, as a new array", "Return two times x, as a new array", ["redouble"]),
        ("points: 2", "points: 3", ["redouble"]),
        ("Half is the other way round", "Half is less", ["redouble"]),
        ("# Doubling", "# To double", []),
        ("# Doubling", "# Doubling\n\n```{code-cell} ipython3\nhelper = 1\n```", ["double", "redouble"]),
    ],
)
def test_exercise_counts_as_changed_with_its_cells(tmp_path, old, new, found):
    before = twice(SOURCE)
    at = before.rindex(old)
    (tmp_path / "01-doubling.md").write_text(before[:at] + new + before[at + len(old) :])
    assert changed_exercises("01-doubling", before, tmp_path) == found


def test_new_assignment_is_new_throughout():
    assert changed_exercises("01-doubling", "", SAMPLE / "solutions") == ["double"]


# In a repository


@pytest.fixture
def repository(tmp_path):
    (tmp_path / ".gitignore").write_text("built/\n")
    for name in ("kept.md", "edited.md", "gone.md"):
        (tmp_path / name).write_text("text\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    return tmp_path


def git(folder, *command):
    subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@b.c", *command], cwd=folder, check=True)


def test_paths_are_those_that_git_sees_differ(repository):
    (repository / "edited.md").write_text("other text\n")
    (repository / "gone.md").unlink()
    (repository / "new with a space.md").write_text("text\n")
    (repository / "built").mkdir()
    (repository / "built" / "page.html").write_text("made\n")
    assert changed_paths(root=repository) == ["edited.md", "gone.md", "new with a space.md"]


def test_unknown_revision_is_an_error(repository):
    with pytest.raises(AssignmentError, match="no-such-thing"):
        changed_paths("no-such-thing", repository)


def test_chapter_is_expected_to_take_longer_where_its_code_has_changed(repository, monkeypatch):
    page, asked = repository / "book" / "edges.md", []
    page.parent.mkdir()
    page.write_text("prose\n\n```{code-cell} python\n1 + 1\n```\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "x")
    monkeypatch.setattr("autograder.tools.check_changes.plan", lambda *given: asked.append(given) or ([], []))
    page.write_text(page.read_text().replace("prose", "other prose"))
    check(root=repository)
    page.write_text(page.read_text().replace("1 + 1", "1 + 2"))
    check(root=repository)
    prose, code = (plan(*given)[0][-1] for given in asked)
    assert prose.says == code.says == "pages book/edges"
    assert prose.seconds + 20 < code.seconds


@pytest.mark.parametrize(("ends", "last"), [(0, "All is well after"), (1, "Wrong after")])
def test_check_says_what_it_runs_and_how_it_went(repository, monkeypatch, capsys, ends, last):
    step = Step("the answer", 7, ("python", "-m", "this" if ends == 0 else "no_such_module"))
    monkeypatch.setattr("autograder.tools.check_changes.plan", lambda *given: ([step], ["odd.txt"]))
    assert check(root=repository) is (ends == 0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["0 files differ from HEAD. About 7 s:", "  the answer: 7 s"]
    assert lines[-2] == "Left to `make test`: odd.txt."
    assert lines[-1].startswith(last)
    assert ("the answer" in lines[-1]) is (ends == 1)
