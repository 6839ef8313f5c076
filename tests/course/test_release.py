"""The release step: what learners get, what they must not get, and the rules an author is held to."""

import ast
import contextlib
import io
import json
import os
import re
import subprocess
import sys
import time

import nbformat
import pytest

from autograder.course.layout import Course
from autograder.course.lint import free_names, lint
from autograder.course.paths import PROJECT
from autograder.course.reference import reference
from autograder.course.release import GRADER, SETUP_CELL, build, finish, release
from autograder.course.source import AssignmentError, is_answer, is_test, read_assignment, read_notebook
from convnets.checks.catalogue import misconceptions, symptoms
from tests.conftest import SLIDING, SOLUTIONS, small_course

CHAPTER = "notebooks/chapters/01-doubling.ipynb"
ASSIGNMENT = "notebooks/assignments/01-doubling/01-doubling.ipynb"
SOURCE = (PROJECT / "tests/sample/solutions/01-doubling.md").read_text()
SECRET = re.compile(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)$(.*?)### END", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """The sample course after a release: (root, what the release said it wrote)."""
    root = small_course(tmp_path_factory.mktemp("released"))
    return root, release(root=root)


def read(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def cells(path):
    return {cell.id: cell for cell in read(path).cells}


def function(cell, name):
    return next(node for node in ast.parse(cell.source).body if getattr(node, "name", "") == name)


# The project's own notebooks


@pytest.mark.parametrize("path", sorted((PROJECT / "notebooks/assignments").rglob("*.ipynb")), ids=lambda p: p.stem)
def test_released_assignment_gives_nothing_away(path):
    source = read_assignment(path.stem)
    released = read(path)
    text = "\n".join(cell.source for cell in released.cells)
    everything = "\n".join(cell.source for cell in source.notebook.cells)
    assert not re.search(r"BEGIN (SOLUTION|HIDDEN)|END (SOLUTION|HIDDEN)", text)
    assert not re.search(r"misconception|alternative|hint", str([cell.metadata for cell in released.cells]))

    secrets = SECRET.findall(everything)
    visible = SECRET.sub("", everything)
    for exercise in source.exercises:
        variants = [cell.source for cell in exercise.misconceptions + exercise.alternatives]
        secrets += variants
        variants += [cell.source for cell in exercise.hints]
        secrets += [cell.source for cell in exercise.hints]
        for variant in variants:
            visible = visible.replace(variant, "")
    lines = {line.strip() for secret in secrets for line in secret.splitlines() if len(line.strip()) > 12}
    open_lines = {line.strip() for line in visible.splitlines()}
    assert len(lines - open_lines) > 10 * len(source.exercises)
    assert lines & {line.strip() for line in text.splitlines()} <= open_lines


@pytest.mark.parametrize("path", sorted((PROJECT / "notebooks").rglob("*.ipynb")), ids=lambda p: p.stem)
def test_released_notebook_is_clean(path):
    notebook = read(path)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert set(notebook.metadata) <= {"kernelspec", "language_info", "accelerator", "colab"}
    assert notebook.metadata.language_info == {"name": "python"}
    assert notebook.cells[0].id == "open-in-colab"
    needs_nothing = path.name in (
        "grade_on_colab.ipynb",
        "inventory.ipynb",
    )  # an environment of its own; no code to run
    assert (notebook.cells[1].id == "setup") is not needs_nothing
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        assert re.fullmatch(r"[a-zA-Z][\w-]*", cell.id)
        assert cell.source.strip()
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
            ast.parse(cell.source)


@pytest.mark.parametrize("source", sorted((PROJECT / "solutions").glob("*.md")), ids=lambda p: p.stem)
def test_stub_is_the_reference_without_its_body(source):
    released = cells(PROJECT / f"notebooks/assignments/{source.stem}/{source.stem}.ipynb")
    for exercise in read_assignment(source.stem).exercises:
        reference = function(exercise.answer, exercise.name)
        stub = function(released[exercise.name], exercise.name)
        assert ast.dump(stub.args) == ast.dump(reference.args)
        assert ast.get_docstring(stub) == ast.get_docstring(reference)
        assert [type(node) for node in stub.body] == [ast.Expr, ast.Raise]


# Releasing


def test_writes_every_kind_of_notebook(released):
    root, wrote = released
    assert wrote == [CHAPTER, ASSIGNMENT, GRADER]
    assert (root / CHAPTER).is_file()
    assert (root / ASSIGNMENT).is_file()


def test_again_changes_nothing(released):
    root, _ = released
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in root.rglob("*.ipynb")}
    assert release(root=root) == []
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in root.rglob("*.ipynb")}


def test_another_process_makes_the_same_bytes(released, course):
    root, _ = released
    code = f"from autograder.course.release import release; print(release(root={str(course)!r}))"
    hashing = os.environ | {"PYTHONHASHSEED": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=hashing, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    for path in (CHAPTER, ASSIGNMENT, GRADER):
        assert (course / path).read_bytes() == (root / path).read_bytes()


def test_check_writes_nothing_and_names_what_is_stale(released, course):
    assert release(root=course, check=True) == [CHAPTER, ASSIGNMENT, GRADER]
    assert not list(course.rglob("*.ipynb"))


def test_notebook_without_a_source_goes(course):
    for source in (course / "solutions").glob("*.md"):
        source.unlink()
    left = course / "notebooks/assignments/02-old/02-old.ipynb"
    left.parent.mkdir(parents=True)
    left.write_text("{}")
    chapter = course / "book/01-doubling.md"
    chapter.write_text(chapter.read_text().replace(" See {doc}`../solutions/01-doubling`.", ""))
    assert release(root=course) == ["notebooks/assignments/02-old/02-old.ipynb", CHAPTER, GRADER]
    assert not left.exists()


def test_command_line(tmp_path):
    """The command fails with the file, the cell and the mend, and nothing else, on stderr."""
    (tmp_path / "01-bad.md").write_text(SOURCE.replace("(2 points)", "(3 points)"))
    command = [sys.executable, "-m", "autograder", "release", "--check", "--solutions", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "01-bad.md, cell 4: " in done.stderr
    assert "Traceback" not in done.stderr


# What is in a notebook


def test_solutions_hidden_tests_and_variants_are_gone(released):
    notebook = cells(released[0] / ASSIGNMENT)
    assert notebook["double"].source.splitlines() == [
        "def double(x):",
        '    """Return twice x, as a new array."""',
        "    # YOUR CODE HERE",
        "    raise NotImplementedError()",
    ]
    assert notebook["test_double"].source.splitlines() == [
        "from convnets import check_equal",
        "",
        "check_equal(double, [1, 2], expected=[2, 4])",
    ]
    assert list(notebook) == [
        "open-in-colab", "setup", "doubling", "doubling-2", "exercise-1-double", "double", "test_double",
        "hand-in-here",
    ]  # fmt: skip


def test_nbgrader_can_grade_what_is_released(released):
    test = cells(released[0] / ASSIGNMENT)["test_double"]
    assert test.metadata.nbgrader.points == 2
    assert test.metadata.nbgrader.checksum
    assert test.metadata.editable is False


def test_badge_opens_this_notebook_in_colab(released):
    for path in (CHAPTER, ASSIGNMENT, GRADER):
        badge = read(released[0] / path).cells[0]
        assert badge.cell_type == "markdown"
        assert badge.source.startswith("[![Open in Colab](")
        link = badge.source.partition("\n")[0]
        assert link.endswith(f"](https://colab.research.google.com/github/sample/course/blob/main/{path})")


def test_markdown_is_plain(released):
    assert cells(released[0] / CHAPTER)["doubling"].source.endswith(
        "> **Note**\n>\n> Doubling is $2x$. "
        "See [Doubling](https://sample.github.io/course/notebooks/assignments/01-doubling/01-doubling.html)."
    )


def test_hidden_input_is_folded_where_notebooks_are_shown(released):
    metadata = cells(released[0] / CHAPTER)["doubling-2"].metadata
    assert metadata == {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["hide-input"]}


def made(text):
    notebook = read_notebook_text(text)
    return [cell.id for cell in finish(notebook, "x.ipynb", Course(PROJECT / "tests/sample").repository).cells]


def read_notebook_text(text):
    import jupytext

    return jupytext.reads(text, fmt="md:myst")


PAGE = (PROJECT / "tests/sample/book/01-doubling.md").read_text().replace("(doubling)=\n", "")


def test_cell_ids_come_from_headings():
    assert made(PAGE) == ["open-in-colab", "setup", "doubling", "doubling-2", "summary", "summary-2"]


def test_a_new_cell_changes_only_ids_under_its_heading():
    inserted = PAGE.replace("## Summary", "```{code-cell} ipython3\n1 + 1\n```\n\n## Summary")
    assert made(inserted) == ["open-in-colab", "setup", "doubling", "doubling-2", "doubling-3", "summary", "summary-2"]


def test_headings_of_the_same_name_stay_apart():
    twice = PAGE + "\n## Summary\n\nOnce more.\n\n## Setup\n\nAn id that is taken.\n"
    assert made(twice)[-4:] == ["summary", "summary-2", "summary--2", "setup--2"]


def test_points_in_a_heading_are_no_part_of_the_id():
    assert made(PAGE.replace("## Summary", "## Summary (7 points)")) == made(PAGE)


def test_gpu_only_where_the_source_asks(released):
    where = Course(PROJECT / "tests/sample").repository
    plain = read(released[0] / CHAPTER)
    assert "accelerator" not in plain.metadata
    assert "welcome(gpu=False)" in plain.cells[1].source
    asking = read_notebook_text(PAGE.replace("kernelspec:", "accelerator: GPU\nkernelspec:"))
    asking = finish(asking, "x.ipynb", where)
    assert asking.metadata.accelerator == "GPU"
    assert asking.metadata.colab == {"gpuType": "T4", "provenance": []}
    assert "welcome(gpu=True)" in asking.cells[1].source


# The setup cell


def run_setup(released, monkeypatch, hosted=(), missing=False, pip=0):
    """Run the setup cell as on some machine; return what it printed and what it ran."""
    import importlib.util

    commands = []

    class Done:
        returncode, stdout = pip, ""

    for name in ("COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"):
        monkeypatch.delenv(name, raising=False)
    for name in hosted:
        monkeypatch.setenv(name, "here")
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command) or Done)
    if missing:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    code = cells(released[0] / ASSIGNMENT)["setup"].source
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "setup", "exec"), {})
    return said.getvalue(), commands


def test_setup_is_silent_and_instant_where_the_package_is(released, monkeypatch):
    start = time.perf_counter()
    assert run_setup(released, monkeypatch) == ("", [])
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize("host", ["COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"])
def test_setup_installs_on_a_host_without_touching_other_packages(released, monkeypatch, host):
    said, commands = run_setup(released, monkeypatch, hosted=[host], missing=True)
    pip = commands[0]
    assert pip[1:] == ["-m", "pip", "install", "--no-deps", "--quiet", "git+https://github.com/sample/course@main"]
    assert said.count("\n") == 1
    assert re.match(r"Ready\. Python 3\.\d+\.\d+, TensorFlow \S+, Keras \S+, NumPy \S+, .*GPU", said)


def test_setup_says_what_to_do_when_the_address_cannot_be_reached(released, monkeypatch):
    with pytest.raises(
        SystemExit, match=r"Cannot reach git\+https://github.com/sample/course@main\. Switch the internet on"
    ):
        run_setup(released, monkeypatch, hosted=["COLAB_RELEASE_TAG"], missing=True, pip=1)


def test_setup_elsewhere_installs_nothing_unasked(released, monkeypatch):
    with pytest.raises(SystemExit, match=r'Install it in a terminal with:  pip install "git.*" +and restart'):
        run_setup(released, monkeypatch, missing=True)


def test_setup_cell_is_short():
    assert len(SETUP_CELL.read_text().splitlines()) < 25


# The rules


def problems(tmp_path, text):
    (tmp_path / "01-doubling.md").write_text(text)
    return lint(read_assignment("01-doubling", tmp_path))


def test_sample_breaks_no_rule(tmp_path):
    assert problems(tmp_path, SOURCE) == []
    assert lint(read_assignment(SLIDING, SOLUTIONS)) == []


@pytest.mark.parametrize(
    ("old", "new", "cell", "said"),
    [
        # stub and reference
        ("    ### BEGIN SOLUTION\n", "", 4, "no ### BEGIN SOLUTION"),
        ('    """Return twice x, as a new array."""\n    ### BEGIN SOLUTION\n',
         '    ### BEGIN SOLUTION\n    """Return twice x, as a new array."""\n', 4, "do not get the docstring"),
        ('    """Return twice x, as a new array."""\n', "", 4, "has no docstring"),
        ("def double(x):\n    \"\"\"Return twice x, as a new array.\"\"\"\n    ### BEGIN SOLUTION\n",
         "### BEGIN SOLUTION\ndef double(x):\n    \"\"\"Return twice x, as a new array.\"\"\"\n", 4, "the signature"),
        ("    ### END SOLUTION\n",
         "    ### END SOLUTION\n\n\n### BEGIN SOLUTION\ndef double(x, y):\n    return x\n### END SOLUTION\n", 4,
         "the signature"),
        ("    ### BEGIN SOLUTION\n", "    x = np.asarray(x)\n    ### BEGIN SOLUTION\n", 4, "outside the solution"),
        ("    ### END SOLUTION\n", "    ### END SOLUTION\n    return x\n", 4, "outside the solution"),
        ("return 2 * np.asarray(x)", "return 2 *", 4, "not valid Python"),
        # prose and metadata
        ("(2 points)", "(3 points)", 4, "## Exercise 1: `double` (2 points)"),
        ("points: 2", "points: 1", 4, "## Exercise 1: `double` (1 point)."),
        ("Exercise 1", "Exercise 2", 4, "## Exercise 1: `double`"),
        ("1: `double`", "1: `twice`", 4, "## Exercise 1: `double`"),
        ("## Exercise 1: `double` (2 points)", "", 4, "## Exercise 1: `double`"),
        # grade ids
        ("grade_id: test_double", "grade_id: double", 4, "'double' occurs more than once"),
        ("grade_id: double", "grade_id: twice", 4, "the cell defines double"),
        # tests
        ("from convnets import check_equal\n", "", 5, "uses check_equal"),
        ("expected=[2, 4])", "expected=np.array([2, 4]))", 5, "the test uses np"),
        ("from convnets import check_equal\n\n", "", 5, "uses check_equal"),
        ("import check_equal\n\ncheck_equal(", "import check_equal\n\ncheck_unchanged(double, [1])\ncheck_equal(", 5,
         "the visible part of the test uses check_unchanged"),
        ("### BEGIN HIDDEN TESTS\n", "", 5, "no ### BEGIN HIDDEN TESTS"),
        ("from convnets import check_equal\n",
         "from convnets import check_equal\nimport convnets.checks.agreement\n", 5,
         "the visible part imports convnets.checks.agreement"),
        ("from convnets import check_equal\n", "from convnets import check_equal\nimport hypothesis\n", 5,
         "the visible part imports hypothesis"),
        ("from convnets import check_equal\n\ncheck_equal(double, [1, 2], expected=[2, 4])\n", "", 5,
         "nothing of this"),
        # misconceptions and alternatives
        (":tags: [misconception]\n\ndef double(x):\n    \"\"\"Half",
         ":tags: [alternative]\n\ndef double(x):\n    \"\"\"Half", 4,
         "double has 4 misconception cells. Write at least 5."),
        (":tags: [alternative]\n\ndef double(x):\n    return",
         ":tags: [misconception]\n\ndef double(x):\n    \"\"\"Hint.\"\"\"\n    return", 4,
         "double has 1 alternative cells. Write at least 2."),
        ("def double(x):\n    \"\"\"Half", "def halve(x):\n    \"\"\"Half", 9,
         "this misconception does not define double"),
        ("def double(x):\n    return np.multiply", "def twice(x):\n    return np.multiply", 12,
         "this alternative does not define double"),
    ],
)  # fmt: skip
def test_broken_rule_is_named(tmp_path, old, new, cell, said):
    assert SOURCE.count(old) == 1 or old.startswith(("(2", "Exercise 1", "1: `"))
    found = problems(tmp_path, SOURCE.replace(old, new, 1))
    assert any(text.startswith(f"01-doubling.md, cell {cell}: ") and said in text for text in found), found


def test_symptom_belongs_to_one_mistake(tmp_path):
    marked = SOURCE.replace(":tags: [misconception]\n", "---\nsymptom: half\ntags: [misconception]\n---\n")
    assert marked.count("symptom: half") == 5
    assert any(
        "cell 9: the symptom 'half' is that of another mistake too" in text for text in problems(tmp_path, marked)
    )


def test_mistake_with_a_symptom_is_known_by_it_and_is_none_of_those_that_are_run(course):
    path = course / "solutions" / "01-doubling.md"
    path.write_text(SOURCE.replace(":tags: [misconception]\n", ":symptom: half\n:tags: [misconception]\n", 1))
    right, plain = (reference("01-doubling", folder).double for folder in (path.parent, SOLUTIONS))
    assert symptoms(right)["half"] == misconceptions(plain)[0][0]
    assert [hint for hint, _wrong in misconceptions(right)] == [hint for hint, _wrong in misconceptions(plain)[1:]]


def test_misconception_needs_a_hint(tmp_path):
    with pytest.raises(AssignmentError, match="cell 9: a misconception needs a docstring"):
        problems(tmp_path, SOURCE.replace('    """Half is the other way round."""\n', ""))


# Hints


HINT = '+++ {"tags": ["hint"]}\n\nWhich `*` does it take,\nand of what?\n\n'
AFTER_TEST = "```{code-cell} ipython3\n:tags: [misconception]"


def with_hint(hint=HINT, before=AFTER_TEST):
    return SOURCE.replace(before, hint + before, 1)


def test_hint_belongs_to_the_exercise_and_not_to_the_notebook(course):
    (course / "convnets").mkdir()
    (course / "solutions/01-doubling.md").write_text(with_hint())
    made = ["convnets/notebook/exercises.json", "convnets/notebook/practice.json"]
    assert release(root=course) == [CHAPTER, ASSIGNMENT, GRADER, *made]
    assert "Which `*`" not in (course / ASSIGNMENT).read_text()
    known = json.loads((course / "convnets/notebook/exercises.json").read_text())
    test = cells(course / ASSIGNMENT)["test_double"]
    tests = [{"name": "test_double", "points": 2, "source": test.source}]
    assert known == {
        "01-doubling": [{"name": "double", "tests": tests, "hints": ["Which `*` does it take, and of what?"]}]
    }
    assert json.loads((course / made[1]).read_text())["exercises"]["double"]["calls"] == ["double([1, 2])"]
    assert release(root=course, check=True) == []
    (course / "convnets/notebook/exercises.json").write_text("{}")
    assert release(root=course, check=True) == ["convnets/notebook/exercises.json"]


def test_course_without_its_solutions_keeps_what_check_knows_of_the_others(course):
    """An instructor releases one assignment; of the others only what learners get is there."""
    (course / "convnets").mkdir()
    release(root=course)
    path = course / "convnets/notebook/exercises.json"
    known = json.loads(path.read_text())["01-doubling"]
    path.write_text(json.dumps({"00-before": known, "01-doubling": known, "02-behind": known}))
    (course / "solutions").rename(course / "private")
    (course / "private/01-doubling.md").write_text(with_hint())
    assert "convnets/notebook/exercises.json" in release(course / "private", root=course)
    hinted = [{**known[0], "hints": ["Which `*` does it take, and of what?"]}]
    assert json.loads(path.read_text()) == {"00-before": known, "01-doubling": hinted, "02-behind": known}


def test_hint_changes_nothing_that_is_verified(tmp_path):
    from autograder.tools.catalogue_page import entry_of

    made = []
    for number, text in enumerate([SOURCE, with_hint()]):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "01-doubling.md").write_text(text)
        made.append(entry_of("01-doubling", "double", folder))
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        (
            HINT.replace("Which", "Write `return 2 * np.asarray(x)`. Which"),
            "gives a line of the solution away: return 2",
        ),
        (HINT.replace("Which", "## Which"), "a hint is a paragraph"),
        (HINT.replace("Which", "```\ncode\n```\n\nWhich"), "a hint is a paragraph"),
        (HINT.replace("Which", "| a | b |\n| - | - |\n| Which | x |\n\nWhich"), "a hint is a paragraph"),
    ],
)
def test_hint_that_says_too_much_or_is_no_paragraph(tmp_path, hint, said):
    found = problems(tmp_path, with_hint(hint))
    assert any(text.startswith("01-doubling.md, cell 6: ") and said in text for text in found), found


@pytest.mark.parametrize(
    "text",
    [
        with_hint(before="## Exercise 1: `double`"),
        SOURCE.replace(AFTER_TEST, "```{code-cell} ipython3\n:tags: [hint]\n\nx = 1\n```\n\n" + AFTER_TEST, 1),
    ],
)
def test_hint_stands_behind_an_answer_and_is_text(tmp_path, text):
    with pytest.raises(AssignmentError, match="a hint is text that follows an answer cell"):
        problems(tmp_path, text)


def test_exercise_needs_a_test(tmp_path):
    start = SOURCE.index("```{code-cell} ipython3\n---\nnbgrader:\n  grade: true")
    without = SOURCE[:start] + SOURCE[SOURCE.index("```{code-cell}", start + 10) :]
    assert any("double has no test cell" in text for text in problems(tmp_path, without))


def test_release_lists_every_broken_rule(course):
    source = course / "solutions/01-doubling.md"
    source.write_text(source.read_text().replace("(2 points)", "(3 points)"))
    chapter = course / "book/01-doubling.md"
    chapter.write_text(chapter.read_text().replace("```{note}", "```{mermaid}"))
    with pytest.raises(AssignmentError) as caught:
        build(Course(course, course / "solutions"))
    assert "book" not in str(caught.value).split(",")[0]
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("source", "free"),
    [
        ("import numpy as np\nnp.zeros(3)", set()),
        ("from a import b, c as d\nb(d)", set()),
        ("c(d)", {"c", "d"}),
        ("def f(x):\n    return x + y\nf(1)", {"y"}),
        ("[i for i in range(3)]", set()),
        ("[i + k for i in range(3)]", {"k"}),
        ("x = 1\ndef f():\n    return x", set()),
        ("def f():\n    global z\n    z = 1\nf()\nz", set()),
        ("with open('f') as g:\n    g.read()", set()),
        ("try:\n    pass\nexcept ValueError as error:\n    error", set()),
        ("f = lambda a: a + b", {"b"}),
        ("class A:\n    x = 1\n    def m(self):\n        return x", {"x"}),
        ("for i in items:\n    pass\ni", {"items"}),
    ],
)
def test_free_names(source, free):
    assert free_names(source) == free


def test_every_cell_of_the_sample_is_an_answer_a_test_or_neither(course):
    notebook = read_notebook(course / "solutions/01-doubling.md")
    assert sum(is_answer(cell) for cell in notebook.cells) == 1
    assert sum(is_test(cell) for cell in notebook.cells) == 1


LEARNERS = sorted((PROJECT / "notebooks").glob("[ac]*/**/*.ipynb"))


@pytest.mark.parametrize("path", LEARNERS, ids=lambda path: path.stem + path.parent.name[0])
def test_set_up_cell_is_folded_and_names_all_that_the_notebook_needs(path):
    made = nbformat.read(path, as_version=4)
    setup, others = made.cells[1], made.cells[2:]
    assert (setup.metadata.cellView, setup.metadata.jupyter.source_hidden) == ("form", True)
    assert "run it first" in made.cells[0].source
    code = "\n".join(cell.source for cell in others if cell.cell_type == "code")
    assert ('"tensorflow"' in setup.source) == bool(re.search(r"^\s*(import|from) (keras|tensorflow)\b", code, re.M))


def test_chapters_have_a_folded_cell_for_each_figure():
    found = 0
    for source in sorted((PROJECT / "book").glob("0*.md")):
        figures = re.findall(r"^```\{interactive\} (\S+)\n(?!.*\n:cell:)", source.read_text(encoding="utf-8"), re.M)
        made = nbformat.read(PROJECT / "notebooks" / "chapters" / f"{source.stem}.ipynb", as_version=4)
        shown = [cell for cell in made.cells if cell.cell_type == "code" and "figures.show(" in cell.source]
        folded = [cell for cell in shown if cell.metadata.get("cellView") == "form"]
        assert [re.search(r'show\("([\w-]+)"', cell.source)[1] for cell in folded if "@title" in cell.source] == figures
        assert not any("<!-- cell" in cell.source for cell in made.cells)
        found += len(figures)
    assert found > 4
