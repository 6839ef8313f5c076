"""Write the course for the public: all that learners and readers need, without solutions and hidden tests."""

import shutil
from pathlib import Path

from autograder.course.layout import Course
from autograder.course.pages import ASSIGNMENTS
from autograder.course.paths import PROJECT, has_solutions, solutions_folder
from autograder.course.release import GRADER, build
from autograder.course.source import AssignmentError

# What is published, and nothing else: a new folder stays private until it is listed here. `tests` and `classroom` hold
# right answers.
PUBLIC = [
    ".github/screenshots", ".gitignore", "CONTRIBUTING.md", "LICENSE", "Makefile",
    "README.md", "_config.yml", "_toc.yml", "autograder", "book", "constraints.txt", "convnets", "notebooks",
    "pyproject.toml", "requirements.txt",
]  # fmt: skip
_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "*.pyc")


def publish(folder, solutions=None, root=PROJECT):
    """Write a course into a folder, without solutions and hidden tests.

    Parameters
    ----------
    folder : path-like
        New, empty, or written by this before; what else is in it, such as ``.git``, stays.
    solutions : path-like, optional
        Folder with assignments of an instructor's own, in the place of the course's.
    root : path-like
        The course.

    Returns
    -------
    list of str
        What was written, from the folder.

    Raises
    ------
    AssignmentError
        When the folder is none that may be written to, or a source breaks a rule.

    Examples
    --------
    >>> from pathlib import Path
    >>> from autograder.course.atomic import write_atomically
    >>> from autograder.course.paths import PROJECT
    >>> from autograder.course.publish import publish
    >>> write_atomically("course/_config.yml", (PROJECT / "_config.yml").read_text(encoding="utf-8"))
    >>> write_atomically("course/solutions/notes.txt", "The answer is 42.")
    >>> write_atomically("course/LICENSE", "Do with it what you like.")
    >>> publish("public", root="course")
    ['LICENSE', '_config.yml']
    >>> sorted(path.name for path in Path("public").iterdir())
    ['LICENSE', '_config.yml', 'notebooks']
    """
    folder, root = Path(folder), Path(root)
    if folder.resolve().is_relative_to(root.resolve()):
        raise AssignmentError(f"{folder} is inside the course. Name a folder outside it, or it would publish itself.")
    if (folder / "solutions").exists():
        raise AssignmentError(
            f"{folder} holds a folder named solutions, which would be published. Name another folder."
        )
    if folder.exists() and not folder.is_dir():
        raise AssignmentError(f"{folder} is a file. Name a folder.")
    ours = (folder / GRADER).is_file() and (folder / "_config.yml").is_file()
    if folder.exists() and any(folder.iterdir()) and not ours:
        raise AssignmentError(f"{folder} holds something else. Name a new or empty folder.")
    made = build(Course(root, solutions_folder(solutions or root / "solutions")))
    written = [name for name in PUBLIC if (root / name).exists()]
    for name in written:
        source, target = root / name, folder / name
        if target.is_dir():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=_LEFT_OUT)
        else:
            shutil.copyfile(source, target)
    shutil.rmtree(folder / "notebooks", ignore_errors=True)  # those that learners get are made, not copied
    if not has_solutions(root):  # but for those whose solutions are not here: they stay as they were published
        shutil.copytree(root / ASSIGNMENTS, folder / ASSIGNMENTS, ignore=_LEFT_OUT)
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return written
