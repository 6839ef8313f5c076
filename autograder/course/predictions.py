"""Make what a page asks to predict: the result of a call, among results that catalogued mistakes give for it.

An author writes the exercise, and a call of its function where one of those in the exercise's visible tests is not
wanted. The results, right and wrong, are computed.

    ```{predict} kernel-is-not-flipped
    :exercise: convolve
    :call: convolve([1, 2, 3], [10, 1])

    What comes out?
    ```

With ``:section: 01-convolution#two-dimensions``, the section that teaches it, it is an item of an inventory: its answer
is held back until the end of the page.
"""

import contextlib
import random
import re
import textwrap
from dataclasses import dataclass, field

from autograder.course.material import code_of, digest
from autograder.course.reference import reference
from autograder.course.source import AssignmentError, hint_of, read_assignment
from convnets.notebook.questions import NotAsked
from convnets.notebook.questions.options import plain, text
from convnets.quiet import quietly

MADE_BY = 2  # to be raised when this module makes something else of the same text
MOST_WRONG, FEWEST_WRONG = 4, 2
_BLOCK = re.compile(r"^```\{predict\} *(\S+) *\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Request:
    """What an author asks for.

    Attributes
    ----------
    name, exercise : str
    call : str
        Empty where any of the exercise's small calls will do.
    question : str
        Markdown; what stands above the results.
    section : str
        Where an item of an inventory is taught: the page and the anchor of a heading; empty for other questions.
    """

    name: str
    exercise: str
    call: str
    question: str
    section: str = field(default="", repr=False)


def requests(markdown):
    """Find the blocks ``{predict}`` in a text.

    Parameters
    ----------
    markdown : str

    Returns
    -------
    list of Request
    """
    found = []
    for name, body in _BLOCK.findall(markdown):
        options = dict(re.findall(r"^:(\w+): *(.*)$", body, re.MULTILINE))
        words = re.sub(r"^:\w+:.*$\n?", "", body, flags=re.MULTILINE).strip()
        said = (options.get(key, "") for key in ("exercise", "call"))
        found.append(Request(name, *said, " ".join(words.split()), options.get("section", "")))
    return found


def as_cells(source):
    """Split a text at its blocks ``{predict}``: (text, None) and (None, name) in turn."""
    parts, start = [], 0
    for match in _BLOCK.finditer(source):
        parts += [(source[start : match.start()].strip("\n"), None), (None, match[1])]
        start = match.end()
    parts.append((source[start:].strip("\n"), None))
    return [(words, name) for words, name in parts if words or name]


def build(course, calls, before):
    """Make the predictions of all chapters.

    Parameters
    ----------
    course : autograder.course.layout.Course
    calls : dict of str to list of str
        Small calls, by exercise.
    before : dict
        What the last release made, by name.

    Returns
    -------
    dict
        By name.

    Raises
    ------
    autograder.course.source.AssignmentError
        When a name is taken twice, fewer than three different results can be had, or there is no such section.
    """
    homes = {
        exercise.name: path
        for path in course.assignments
        for exercise in read_assignment(path.stem, path.parent).exercises
    }
    made = {}
    for chapter in course.pages_that_ask:
        number = 0
        for request in requests(chapter.read_text(encoding="utf-8")):
            where = f"{chapter.name}, predict {request.name}"
            number += bool(request.section)
            if request.name in made:
                raise AssignmentError(f"{where}: the name is taken. Give it another.")
            if request.exercise not in homes:
                if request.name in before:  # the solutions are not here
                    made[request.name] = before[request.name]
                    continue
                raise AssignmentError(f"{where}: there is no exercise {request.exercise!r}. Name one with :exercise:.")
            there = calls.get(request.exercise, [])
            one = _computed(request, homes[request.exercise], there, before.get(request.name, {}), where)
            made[request.name] = one | {"question": request.question}
            if request.section:
                taught = _taught(request, homes[request.exercise].stem, course.pages, where)
                made[request.name] |= {"number": number} | taught
    return made


def _taught(request, chapter, pages, where):
    """Say of which chapter an item is, and which of the book's sections teaches it."""
    page, _, anchor = f"book/{request.section}".partition("#")
    title = pages.headings(page).get(anchor) if page in pages.sources else None
    if title is None:
        raise AssignmentError(f"{where}: there is no section {request.section}. Write :section: PAGE#HEADING-OF-IT.")
    return {
        "chapter": f"{int(chapter[:2])} {pages.title(f'book/{chapter}')}",
        "section": {"page": page, "anchor": anchor, "title": title},
    }


def _computed(request, path, calls, before, where):
    """Make what hangs on code; what is only said may change without it being run again."""
    exercise = read_assignment(path.stem, path.parent).exercise(request.exercise)
    sources = [exercise.answer.source, *(cell.source for cell in exercise.misconceptions)]
    made_from = digest(str(MADE_BY), request.name, request.call, repr(calls), *sources)
    if before.get("made_from") == made_from:
        return {key: before[key] for key in ("made_from", "exercise", "call", "options")}
    with quietly():
        names = vars(reference(path.stem, path.parent))
        found = [_results(exercise, names, call) for call in ([request.call] if request.call else calls)]
    right, wrong, call = max(found, key=lambda each: len(each[1]), default=(None, {}, ""))
    if right is None or len(wrong) < FEWEST_WRONG:
        raise AssignmentError(
            f"{where}: {len(wrong)} wrong results differ from the right one and each other, and {FEWEST_WRONG} are "
            "needed. Write another :call:."
        )
    options = [{"text": right, "hint": None}, *({"text": said, "hint": hint} for said, hint in wrong.items())]
    options = options[: MOST_WRONG + 1]
    random.Random(request.name).shuffle(options)
    return {"made_from": made_from, "exercise": request.exercise, "call": call, "options": options}


def _results(exercise, names, call):
    """Return the right result of a call, and hints by wrong result: values first, and one exception at most."""
    right = _result(exercise.answer, exercise.name, names, call)
    values, errors = {}, {}
    for cell in exercise.misconceptions:
        said = _result(cell, exercise.name, names, call)
        if said is not None and said != right:
            (errors if said.endswith(" is raised") else values).setdefault(said, hint_of(cell))
    room = max(0, MOST_WRONG - len(values))
    return right, {**dict(list(values.items())[:MOST_WRONG]), **dict(list(errors.items())[: min(1, room)])}, call


def _result(cell, name, names, call):
    space = dict(names)
    with contextlib.suppress(NotAsked):
        exec(compile(textwrap.dedent(cell.source), f"answer of {name}", "exec"), space)
        value, error = code_of(cell.source, name, space).call(call)
        if error:
            return f"{error} is raised" if error == ValueError.__name__ else None  # the others are accidents
        return None if (shown := plain(value)) is None else text(shown)
    return None
