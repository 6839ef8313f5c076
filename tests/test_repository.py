"""What holds for the repository as a whole."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from importlib.metadata import packages_distributions, version
from pathlib import Path, PurePosixPath

import pytest
import yaml
from markdown_it import MarkdownIt

from autograder.course.layout import Course
from autograder.course.pages import repository
from autograder.course.paths import PROJECT
from autograder.course.release import build
from autograder.course.source import read_assignment, read_notebook
from autograder.tools.verify import MISCONCEPTION, verify
from tests.conftest import SAMPLE, SLIDING

PYTHONS = ["3.11", "3.12", "3.13"]
CONTRIBUTING = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
GENERATED = ("notebooks/", "classroom/")


def committed():
    """Files under version control, and new ones that are not ignored."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [name for name in names if name and (PROJECT / name).is_file()]


def texts():
    """Committed text files: (name, content)."""
    for name in committed():
        try:
            yield name, (PROJECT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


# Requirements


def requirements():
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("line", requirements(), ids=lambda line: re.match(r"[\w-]+", line)[0])
def test_requirement_has_a_reason_and_a_tested_version(line):
    assert re.fullmatch(r"[\w-]+(\[\w+\])?>=[\d.]+(,<[\d.]+)?(; [^#]+)? +# \S.{5,}", line)
    name = re.match(r"[\w-]+", line)[0]
    pinned = (PROJECT / "constraints.txt").read_text().lower()
    assert re.search(rf"^{name}==[\w.]+$", pinned, re.MULTILINE)


# Modules that are a part of what another package offers to its users.
COMES_WITH = {
    "cycler": "matplotlib",
    "docutils": "sphinx",
    "jupyter_client": "nbclient",
    "markupsafe": "jinja2",
    "matplotlib_inline": "ipykernel",
    "ml_dtypes": "tensorflow",
    "myst_nb": "jupyter-book",
    "sqlalchemy": "nbgrader",
}
ON_COLAB_ALONE = {"google"}  # google.colab; the code does without it elsewhere


def test_everything_that_is_imported_is_required():
    required = {re.match(r"[\w-]+", line)[0] for line in requirements()}
    packages = packages_distributions()
    missing = set()
    for name in committed():
        if not re.match(r"(autograder|convnets|book/_ext|tests)/[\w/]+\.py$", name) or name.startswith(
            "tests/attacks/"
        ):
            continue
        found = imported((PROJECT / name).read_text(encoding="utf-8"))
        for module in found - set(sys.stdlib_module_names) - ON_COLAB_ALONE:
            own = (PROJECT / module).is_dir() or (PROJECT / "tests" / f"{module}.py").is_file()
            offered = {found.lower() for found in packages.get(module, [])} | {COMES_WITH.get(module)}
            if not own and not offered & required:
                missing.add(f"{name}: {module}")
    assert missing == set()


def imported(source):
    """Top-level names of the modules that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_constraints_are_the_versions_these_tests_run_with():
    lines = [line for line in (PROJECT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert len(lines) > 100
    pins = dict(line.split("==") for line in lines)
    named = [re.match(r"[\w-]+", line)[0] for line in requirements()]
    lower = {name.lower(): pin for name, pin in pins.items()}
    assert {name: version(name) for name in named} == {name: lower[name] for name in named}


# The address


def test_address_stands_in_one_place():
    organisation, name = repository().url.split("/")[-2:]
    found = []
    for path, text in texts():
        if path.startswith(GENERATED) or path == "_config.yml":
            continue
        text = re.sub(r"https://colab\.research\.google\.com/github/\S+", "", text) if path == "README.md" else text
        found += [path for word in (f"{organisation}/{name}", f"{organisation}.github.io") if word in text]
    assert found == []


def test_readme_opens_notebooks_that_exist():
    readme = (PROJECT / "README.md").read_text()
    links = re.findall(r"https://colab\.research\.google\.com/github/[^)\s]+", readme)
    assert links
    there = {repository().colab(path.relative_to(PROJECT).as_posix()) for path in PROJECT.glob("notebooks/**/*.ipynb")}
    assert set(links) <= there


@pytest.mark.parametrize(("here", "code"), [("same", 0), ("somebody/else", 1)])
def test_ci_fails_where_the_address_is_not_its_own(here, code):
    own = "/".join(repository().url.split("/")[-2:])
    env = os.environ | {"GITHUB_REPOSITORY": own if here == "same" else here, "GITHUB_SERVER_URL": "https://github.com"}
    done = subprocess.run([PROJECT / ".ci/same-repository"], env=env, capture_output=True, text=True)
    assert done.returncode == code
    assert here == "same" or ("_config.yml" in done.stdout and here in done.stdout)


# Files


def test_no_path_of_anybodys_machine():
    """Submissions of the sample class may show the folders of the people who are said to have written them."""
    machine = re.compile("|".join(["/ro" + "ot/", "/wo" + r"rk/\w", "/ho" + r"me/\w+/", "/Use" + r"rs/\w+/"]))
    found = [(path, machine.search(text)) for path, text in texts() if not path.startswith("classroom/submitted/")]
    assert [(path, match[0]) for path, match in found if match] == []


def test_map_explains_the_few_things_at_the_root_and_every_folder_of_the_packages():
    named = re.findall(r"`([\w./]+)`", "".join(re.findall(r"^\| (`.*?) \|", CONTRIBUTING, re.MULTILINE)))
    root = {f"{name.split('/')[0]}/" if "/" in name else name for name in committed()}
    seen = {name for name in root if not name.startswith(".")}
    assert len(seen) <= 16
    assert seen <= set(named)
    folders = {"/".join(name.split("/")[:2]) + "/" for name in committed() if re.match(r"(auto|conv)\w+/\w+/", name)}
    assert folders <= set(named)
    assert [name for name in named if name.startswith((*seen,)) and not (PROJECT / name).exists()] == []


# Visible and hidden checks of a concept; a former name, kept; the fruit photos, and their test.
SAME_NAMES = {"__init__", "visible", "hidden", "late", "fruits"}


def test_a_modules_name_says_which_it_is():
    """No two modules, and no module and folder, differ in their folder alone."""
    modules = [PurePosixPath(name) for name in committed() if re.match(r"(autograder|convnets)/[\w/]+\.py$", name)]
    names = Counter(path.stem for path in modules if "templates" not in path.parts)
    names.update({folder for path in modules for folder in path.parts[1:-1]})
    assert {name for name, count in names.items() if count > 1} <= SAME_NAMES


def test_no_large_file():
    assert [name for name in committed() if (PROJECT / name).stat().st_size > 2_000_000] == []


def test_nothing_that_is_built_is_committed():
    built = re.compile(
        r"(^|/)(_build|\.venv|__pycache__|\.ipynb_checkpoints|autograded|feedback)/|gradebook\.db|\.pyc$"
    )
    assert [name for name in committed() if built.search(name)] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_pictures_and_files_of_the_front_pages_exist(name):
    inline = [token for token in MarkdownIt().parse((PROJECT / name).read_text()) if token.type == "inline"]
    children = [child for token in inline for child in token.children]
    pictures = [child for child in children if child.type == "image"]
    links = [child.attrs["href"] for child in children if child.type == "link_open"]
    assert all(picture.content.strip() for picture in pictures)
    local = [target for target in links + [picture.attrs["src"] for picture in pictures] if "://" not in target]
    assert [target for target in local if not (PROJECT / target).is_file()] == []


PAGES_WITH_CODE = [path for path in sorted((PROJECT / "book").glob("*.md")) if "{code-cell}" in path.read_text("utf-8")]
DRAWS = re.compile(r"plt\.subplots\(|plots\.show_(?!confusion|numbers|places|paths)\w+\(|\.imshow\(")


@pytest.mark.parametrize("path", PAGES_WITH_CODE, ids=lambda path: path.stem)
def test_cell_that_draws_has_words_a_caption_and_a_name(path):
    """What the built pages show is looked at in test_book; this says the same without a build."""
    names = []
    for cell in read_notebook(path).cells:
        if cell.cell_type != "code":
            continue
        shown = cell.metadata.get("mystnb", {})
        now = "\n".join(ast.unparse(node) for node in ast.parse(cell.source).body if not hasattr(node, "name"))
        if "image" in shown or DRAWS.search(now):
            assert shown.get("image", {}).get("alt"), cell.source
            assert shown.get("figure", {}).get("caption"), cell.source
            names.append(shown["figure"]["name"])
    assert len(names) == len(set(names))


def test_licences_are_the_ones_stated():
    assert (PROJECT / "LICENSE").read_text().startswith("BSD 3-Clause License")
    assert "https://creativecommons.org/licenses/by/4.0/legalcode" in (PROJECT / "book/LICENSE").read_text()


# Tasks and CI


def targets():
    done = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, text=True, check=True)
    return dict(line.split(maxsplit=1) for line in done.stdout.splitlines())


def test_every_task_is_explained():
    explained = re.findall(r"^\| `make ([\w-]+)` \|", CONTRIBUTING, re.MULTILINE)
    assert set(targets()) == set(explained)
    phony = re.search(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)[1].split()
    assert set(phony) == set(targets())


@pytest.fixture
def empty(tmp_path):
    """A folder with what the set-up needs and no environment yet."""
    for name in ("Makefile", "requirements.txt", "constraints.txt", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize("changed", ["requirements.txt", "constraints.txt", "pyproject.toml"])
def test_environment_is_made_again_only_when_a_version_file_changes(empty, changed):
    stamp = empty / ".venv" / "ready"
    stamp.parent.mkdir()
    stamp.touch()
    later = stamp.stat().st_mtime + 10
    question = ["make", "--question", ".venv/ready"]
    assert subprocess.run(question, cwd=empty, capture_output=True).returncode == 0
    os.utime(empty / changed, (later, later))
    assert subprocess.run(question, cwd=empty, capture_output=True).returncode == 1


def stand_in(folder, script):
    """A program that answers as some Python would."""
    program = folder / "stand-in-python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def test_python_that_is_too_old_is_refused_with_a_clear_message(empty):
    old = stand_in(empty, '[ "$1" = --version ] && echo "Python 3.9.1" && exit 0\nexit 1')
    done = subprocess.run(["make", "setup", f"PYTHON={old}"], cwd=empty, capture_output=True, text=True)
    assert done.returncode != 0
    assert f"{old} is Python 3.9.1. Python 3.11, 3.12 or 3.13 is needed" in done.stderr
    assert not (empty / ".venv").exists()


def test_python_without_venv_is_refused_with_a_clear_message(empty):
    bare = stand_in(empty, 'case "$2" in *ensurepip*) exit 1;; esac\nexit 0')
    done = subprocess.run(["make", "setup", f"PYTHON={bare}"], cwd=empty, capture_output=True, text=True)
    assert done.returncode != 0
    assert "apt install python3-venv" in done.stderr


WORKFLOWS = sorted((PROJECT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_may_do_little_and_uses_official_actions(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert job.get("permissions", {}) == ({"pages": "write", "id-token": "write"} if name == "deploy" else {})
        assert "timeout-minutes" in job or len(job["steps"]) <= 2
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"])
            if step.get("uses", "").startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False
    assert ".ci/same-repository" in path.read_text()


def test_tests_run_on_every_python_that_make_accepts():
    workflow = yaml.safe_load((PROJECT / ".github/workflows/tests.yml").read_text())
    assert workflow["jobs"]["tests"]["strategy"]["matrix"]["python"] == PYTHONS
    makefile = (PROJECT / "Makefile").read_text()
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in makefile
    assert f"{PYTHONS[0]}, {PYTHONS[1]} or {PYTHONS[2]}" in (PROJECT / "README.md").read_text()


# The package that learners install


def test_package_installs_as_colab_does_it(tmp_path):
    """Without dependencies, into an empty folder, from a copy of the sources; then the welcome works from there."""
    source = tmp_path / "source"
    source.mkdir()
    for name in committed():
        if name.startswith(("convnets/", "autograder/", "book/LICENSE")) or "/" not in name:
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, target)
    installed = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run([*pip, "--target", installed, source], check=True, capture_output=True)
    shipped = {path.relative_to(installed).as_posix() for path in installed.rglob("*") if path.is_file()}
    for package in ("convnets", "autograder"):
        wanted = {name for name in committed() if name.startswith(f"{package}/")}
        assert wanted <= shipped
    assert {"convnets/figures/web/figure.js", "convnets/figures/web/photos/digits.png"} <= shipped
    code = "import convnets, convnets.colab; print(convnets.__file__); convnets.colab.welcome()"
    env = os.environ | {"PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(str(installed))
    assert "Ready. Python" in done.stdout


# The example in CONTRIBUTING


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A copy of the sample course with the complete exercise of CONTRIBUTING.md at the end of an assignment."""
    root = Path(shutil.copytree(SAMPLE, tmp_path_factory.mktemp("example") / "course"))
    block = re.search(r"^````markdown\n(.*?)^````$", CONTRIBUTING, re.DOTALL | re.MULTILINE)
    path = root / "solutions" / f"{SLIDING}.md"
    number = len(read_assignment(SLIDING, path.parent).exercises) + 1
    read_assignment.cache_clear()
    added = block[1].replace("NN-topic", SLIDING).replace("Exercise N", f"Exercise {number}")
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{added}", encoding="utf-8")
    return root


def test_example_breaks_no_rule_and_is_released(example):
    made = build(Course(example, example / "solutions"))
    assert "def double(values):" in made[f"notebooks/assignments/{SLIDING}/{SLIDING}.ipynb"]


def test_example_passes_the_tests_of_every_exercise(example):
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_exercises.py"]
    env = os.environ | {"AUTOGRADER_SOLUTIONS": str(example / "solutions")}
    chosen = ["-k", f"[{SLIDING}-double]"]
    done = subprocess.run([*run, *chosen], cwd=PROJECT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 7


def test_example_gives_its_answers_the_points_and_hints_that_they_should_have(example):
    checked = verify(SLIDING, example / "solutions", workers=1, exercises=["double"])
    assert [variant for variant in checked if not variant.clean] == []
    assert [variant.kind for variant in checked].count(MISCONCEPTION) == 5
