"""``convnets.hand_in``: the last cell of an assignment."""

import json
import os
import tempfile
from datetime import datetime
from pathlib import Path

from convnets.notebook import file
from convnets.notebook.check import Refused, assignment_here, panel_of_all, speaking, try_all
from convnets.notebook.exercises import MISSING, PASSED, Verdict, assignments, try_tests
from convnets.notebook.panels import (
    RIGHT,
    UNDECIDED,
    WRONG,
    Panel,
    box,
    marked,
    names_here,
    paragraph,
    plain,
    plain_sign,
    shell_here,
    sign,
)
from convnets.notebook.session import TOO_LONG, run

COLAB_BY_HAND = "File → Download → Download .ipynb"
KAGGLE_BY_HAND = "File → Download Notebook"


@speaking
def hand_in(assignment=None, *, step_seconds=60, seconds=600):
    """Try the whole notebook from the top, say what is missing, and download it or say where it is.

    The notebook runs in a session of its own, cell after cell, as the grader runs it. Nothing of what is defined here
    changes.

    Parameters
    ----------
    assignment : str, optional
        For instance ``"01-convolution"``; default: told by the functions that are defined.
    step_seconds : float
        How long a cell, or the tests of an exercise, may take.
    seconds : float
        How long everything may take.
    """
    shell = shell_here()
    if not _somebody_asked(shell):
        return
    names = names_here()
    name = assignment or assignment_here(names)
    if name not in assignments():
        raise Refused(f"There is no assignment `{name}`. Assignments are {', '.join(assignments())}.")
    exercises = assignments()[name]
    colab, kaggle = _on_colab(), "KAGGLE_KERNEL_RUN_TYPE" in os.environ
    path = None if colab or kaggle else file.find_file(names, exercises)
    notebook = file.ask_colab() if colab else file.read(path) if path else None
    if notebook is None:
        panel_of_all(*try_all(name, names)).show()
        _said(UNDECIDED, _unseen(colab)).show()
        return
    tests = [test for each in exercises for test in each.tests]
    cells = file.code_cells(notebook, tests)
    ran, saved = file.history(shell), path.stat().st_mtime if path else None
    if path and (unsaved := file.differing(cells, ran)):
        _said(WRONG, _unsaved(path, unsaved)).show()
        return
    warnings = file.state(cells, ran)
    plain_cells = [cell for cell in cells if not cell.is_test]
    handle = _progress("starting").show()

    def progress(what):
        if handle is not None:
            _progress(what).show(instead_of=handle)

    came = run(name, [cell.source for cell in plain_cells], step_seconds, seconds, progress)
    done = {verdict.exercise for verdict in came.verdicts}
    missing = [each for each in exercises if each.name not in done]
    verdicts = came.verdicts + [_not_tried(each) for each in missing]
    panel_of_all(name, verdicts, ", run from the top").show(instead_of=handle)
    warnings += _of_run(came, plain_cells, verdicts, names, step_seconds)
    again = file.read(path) if path else notebook
    if again is None or file.code_cells(again, tests) != cells:
        warnings.append(f"`{path}` was changed or renamed during the run. Run this cell again.")
    if warnings:
        _list(warnings).show()
    _deliver(UNDECIDED if warnings else RIGHT, name, notebook, path, colab, saved)


def _on_colab():
    """Kaggle's machines are made from Colab's, and have its variable too."""
    return "COLAB_RELEASE_TAG" in os.environ and "KAGGLE_KERNEL_RUN_TYPE" not in os.environ


def _somebody_asked(shell):
    """Say whether a person runs this cell: a program that runs whole notebooks could not answer ``input()``."""
    if _on_colab():
        return True
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return shell is not None
    try:
        return bool(kernel.get_parent("shell")["content"]["allow_stdin"])
    except (AttributeError, KeyError, TypeError):
        return True


def _said(state, *texts):
    return Panel(box(state, *(paragraph(marked(text)) for text in texts)), "\n".join(plain(text) for text in texts))


def _progress(what):
    return _said(UNDECIDED, f"Running the notebook from the top, in a session of its own: {what} …")


def _unseen(colab):
    if colab:
        start = "Colab did not show this cell your notebook, so only what is defined right now was tried. "
        return f"{start}Choose Runtime → Restart session and run all, look at the tests, then {COLAB_BY_HAND}."
    if "KAGGLE_KERNEL_RUN_TYPE" in os.environ:
        return (
            "On Kaggle a cell cannot see its notebook, so only what is defined right now was tried. Choose Run → "
            f"Restart & Clear Cell Outputs, then Run All, look at the tests, then {KAGGLE_BY_HAND}."
        )
    return (
        "The file of this notebook was not found from here, so only what is defined right now was tried. Restart the "
        "kernel and run all cells, look at the tests, save, and hand in the .ipynb file that you have open: its name "
        f"stands on its tab. The folder {Path.cwd()} holds no such notebook, or more than one."
    )


def _unsaved(path, names):
    which = file.listed([f"`{name}`" for name in names])
    return (
        f"`{path.name}` holds another {which} than you ran last, so nothing was tried. Save the notebook (Ctrl+S or "
        "⌘S), or, where you have changed the cell since, run it and then save. Then run this cell again."
    )


def _not_tried(exercise):
    return Verdict(exercise.name, MISSING, of=exercise.points, message="Its turn did not come.")


def _of_run(came, cells, verdicts, names, step_seconds):
    """Say what the run from the top showed that a look at this session does not."""
    said = [came.stopped] if came.stopped else []
    for number, name, message, missing in came.errors:
        if name == "KeyboardInterrupt":
            told = f"`{cells[number].label}` took more than {step_seconds:g} seconds, and was stopped."
            said.append(f"{told} The grader does so too, unless it was told to wait.")
            continue
        told = f"`{cells[number].label}` raises {name}{f': {message}' if message else ''}"
        if missing:
            later = next((cell for cell in cells[number + 1 :] if missing in file.defines(cell.source)), None)
            if later is not None:
                told += f". `{missing}` is defined further down, by `{later.label}`: move that up"
            elif missing in names:
                told += (
                    f". `{missing}` is defined in this session alone: the cell that did it is gone from the notebook"
                )
        said.append(told + ("." if not told.endswith((".", "!", "?")) else ""))
    known = {each.name: each for each in assignments()[_assignment_of(verdicts)]} if verdicts else {}
    for verdict in verdicts:
        # What ended that session, or had to be stopped there, would do the same to this one.
        if came.stopped or verdict.message == TOO_LONG or verdict.state == PASSED or verdict.exercise not in names:
            continue
        if try_tests(known[verdict.exercise], names).state == PASSED:
            said.append(f"`{verdict.exercise}` passes in this session, but not when the notebook runs from the top.")
    return said


def _assignment_of(verdicts):
    wanted = verdicts[0].exercise
    return next(name for name, each in assignments().items() if wanted in {exercise.name for exercise in each})


def _list(warnings):
    html = [paragraph(f"{sign(WRONG)} <b>Look at this before you hand in</b>")]
    html.append(
        f'<ul style="margin: 4px 0; padding-left: 1.4em">{"".join(f"<li>{marked(w)}</li>" for w in warnings)}</ul>'
    )
    text = [f"{plain_sign(WRONG)} Look at this before you hand in", *(f"- {plain(warning)}" for warning in warnings)]
    return Panel(box(WRONG, *html), "\n".join(text))


def _deliver(state, name, notebook, path, colab, saved):
    if colab:
        begun = _download(name, notebook)
        start = f"Your browser downloads {name}.ipynb: hand in that file. If it does not, choose" if begun else "Choose"
        _said(state, f"{start} {COLAB_BY_HAND}{'.' if begun else ', and hand in that file.'}").show()
        return
    saved = datetime.fromtimestamp(saved)
    when = f"{saved:%H:%M}" if saved.date() == datetime.now().date() else f"{saved:%H:%M on %d %B %Y}"
    _said(
        state,
        f"Hand in this file: `{path}`",
        f"It was saved at {when}, and that is what was tried.",
        "Does the notebook that you have open have another name? Then save it, and hand in that one.",
    ).show()


def _download(name, notebook):
    """Let Colab's page download the notebook as it stands there; say whether that was begun."""
    try:
        from google.colab import files

        file = Path(tempfile.mkdtemp(), f"{name}.ipynb")
        file.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")
        files.download(str(file))
    except Exception:
        return False
    return True
