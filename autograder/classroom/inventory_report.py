"""What a class answered to the concept inventory before and after the course, on a page for the instructor.

In a class's folder, ``inventory/before`` and ``inventory/after`` hold what was handed in, as it came: whatever
`collect` takes. Nothing in it is run. Whoever is not counted is named, with the reason.
"""

import json
import math
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from autograder.classroom import item_analysis as analysis
from autograder.classroom.collect import NO_NOTEBOOK, Content, kind_of, safe_name, whose
from autograder.classroom.feedback import templates
from autograder.classroom.report import script
from autograder.course.atomic import write_atomically
from autograder.course.inventory import answers_in, items, stamp
from autograder.course.pages import repository
from autograder.course.source import AssignmentError
from autograder.exam.apart import Apart, NotDone
from autograder.exam.submission import UnreadableSubmission, read_submission
from convnets.notebook.panels import LETTERS
from convnets.notebook.practice import practice

FOLDER = "inventory"
WAVES = ("before", "after")
REMARKS = {
    "against the others": "those who have more of the other questions right have this one wrong: read it, and its key",
    "tells little": "whether somebody has it right says little about the other questions",
    "below chance": "it is right less often than by blind guessing: one mistake is common",
}


@dataclass
class Answers:
    """What a class chose at one of the two times.

    Attributes
    ----------
    choices : dict of str to list of int
        By person, the number of the result chosen for each item, -1 for none.
    left_out : list of (str, str, str)
        Person, where the file came from, and why it does not count. The person is empty where there is none.
    """

    choices: dict = field(default_factory=dict)
    left_out: list = field(default_factory=list)

    def array(self, people, count):
        """Return the choices of some people, a row for each, in this order."""
        return np.array([self.choices[person] for person in people], int).reshape(-1, count)


def write_inventory(folder, asked=None):
    """Write ``inventory.html``, and the same figures as ``inventory.json``.

    Parameters
    ----------
    folder : path-like
        The class's folder.
    asked : dict of str to dict, optional
        The items; default: the course's.

    Returns
    -------
    dict
        The figures, from `figures`.

    Raises
    ------
    autograder.course.source.AssignmentError
        When the folder holds no inventories.
    """
    folder = Path(folder)
    asked = items(practice()["predictions"]) if asked is None else asked
    if not has_inventory(folder):
        raise AssignmentError(f"Put the inventories that were handed in into {folder / FOLDER / 'before'} or …/after.")
    told = figures(asked, *read(folder / FOLDER, asked))
    write_atomically(folder / "inventory.json", json.dumps(told, ensure_ascii=False, indent=1))
    text, digest = script()
    page = templates().get_template("inventory.html")
    said = {"name": folder.resolve().name, "waves": WAVES, "remarks": REMARKS, "page": repository().page}
    write_atomically(folder / "inventory.html", page.render(told=told, script=text, digest=digest, **said))
    return told


def has_inventory(folder):
    """Say whether a class's folder holds a folder of inventories.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    bool

    Examples
    --------
    >>> from pathlib import Path
    >>> from autograder.classroom.inventory_report import has_inventory
    >>> has_inventory("class")
    False
    >>> Path("class/inventory/before").mkdir(parents=True)
    >>> has_inventory("class")
    True
    """
    return any(Path(folder, FOLDER, wave).is_dir() for wave in WAVES)


# ---------------------------------------------------------------- what was handed in


def read(folder, asked):
    """Read the inventories of a class.

    Parameters
    ----------
    folder : pathlib.Path
        Holds ``before``, ``after`` or both.
    asked : dict of str to dict
        The items, in order.

    Returns
    -------
    (Answers, Answers)
        Before and after. Somebody who took part both times has the same name in both.
    """
    meant = {name: (stamp(item), item["number"], len(item["options"])) for name, item in asked.items()}
    waves, chosen = [], {}
    with Apart() as apart, tempfile.TemporaryDirectory(prefix="inventories-") as unpacked:

        def look(found):
            try:
                content, chosen[id(found)] = apart.do(_look, found, meant)
            except NotDone:
                content = Content(problem="It takes too long or too much memory to read.")
            return content

        for wave in WAVES:
            there = [folder / wave] if (folder / wave).is_dir() else []
            waves.append(whose(there, Path(unpacked), look=look))
        _name_alike([files for files, _left_out in waves])
        return tuple(_answers(*wave, chosen) for wave in waves)


def _look(found, meant):
    """Say what is in a file, and what was chosen in it."""
    data = found.data
    if kind := kind_of(found, data):
        return Content(kind), None
    try:
        given = answers_in(read_submission(data))
    except UnreadableSubmission as why:
        return Content(problem=str(why)), None
    if not given:
        return Content(problem="It is not the inventory's notebook, or its answers' cells are gone."), None
    problem, choices = None, []
    for name, (known, number, count) in meant.items():
        said, letter = given.get(name, (known, ""))
        if said != known:
            problem = f"Question {number} in it is another than in this course. It was made by another version."
        place = LETTERS.index(letter) if letter else analysis.NO_ANSWER
        choices.append(place if place < count else analysis.NO_ANSWER)
    answered = sum(choice != analysis.NO_ANSWER for choice in choices)
    if not problem and not answered:
        problem = "No question is answered in it."
    return Content(answers=FOLDER, problem=problem, fullness=(answered, False, 0)), choices


def _name_alike(waves):
    """Give a person the same name both times: Moodle numbers people anew in every activity.

    Only of people who share a name the number has to tell who is who.
    """

    def name(found):
        return safe_name(found.lms.student) if found.lms else found.student

    shared = set()
    for wave in waves:
        counts = Counter(map(name, {found.student: found for found in wave}.values()))
        shared |= {each for each, count in counts.items() if count > 1}
    for found in (found for wave in waves for found in wave if found.lms):
        found.student = f"{name(found)} {found.lms.id}" if name(found) in shared else name(found)


def _answers(files, archives, chosen):
    """Take the newest of each person's notebooks, and say why the other files do not count."""
    answers, several = Answers(left_out=[("", origin, why) for origin, why in archives]), defaultdict(list)
    for found in files:
        content = found.content
        problem = NO_NOTEBOOK.format(content.kind) if content.kind else content.problem
        if not problem:
            several[found.student].append(found)
        elif not (found.lms and found.lms.by_platform):
            answers.left_out.append((found.student, found.origin, problem))
    for student, group in several.items():
        newest, *others = sorted(group, key=lambda found: (found.when, found.content.fullness), reverse=True)
        answers.choices[student] = chosen[id(newest)]
        answers.left_out += [(student, found.origin, "A newer one of the same person counts.") for found in others]
    return answers


# ---------------------------------------------------------------- what it says


def figures(asked, before, after):
    """Make the figures of the page.

    Parameters
    ----------
    asked : dict of str to dict
        The items, in order.
    before, after : Answers

    Returns
    -------
    dict
        ``waves``, ``pairs``, ``gain``, ``only``, ``left_out``, ``items`` and ``mistakes``; what cannot be told is None.
    """
    key = [next(n for n, option in enumerate(item["options"]) if option["hint"] is None) for item in asked.values()]
    waves = dict(zip(WAVES, (before, after), strict=True))
    both = sorted(before.choices.keys() & after.choices.keys())
    paired = {wave: answers.array(both, len(key)) for wave, answers in waves.items()}
    chosen = {wave: answers.array(sorted(answers.choices), len(key)) for wave, answers in waves.items()}
    right = {wave: analysis.is_right(choices, key) for wave, choices in chosen.items()}
    scores = [analysis.is_right(choices, key).mean(axis=1) for choices in paired.values()]
    told = [
        _item(name, item, number, {wave: (chosen[wave], right[wave]) for wave in WAVES}, paired)
        for number, (name, item) in enumerate(asked.items())
    ]
    return _plain(
        {
            "waves": {wave: _wave(right[wave]) for wave in WAVES},
            "chance": sum(1 / len(item["options"]) for item in asked.values()) / max(1, len(key)),
            "pairs": len(both),
            "paired": [float(each.mean()) if len(both) else None for each in scores],
            "gain": analysis.normalised_gain(*scores),
            "only": {wave: sorted(answers.choices.keys() - set(both)) for wave, answers in waves.items()},
            "left_out": [(wave, *entry) for wave, answers in waves.items() for entry in answers.left_out],
            "items": told,
            "mistakes": _mistakes(told),
        }
    )


def _wave(right):
    count = len(right)
    scores = right.mean(axis=1) if count else np.array([])
    return {
        "count": count,
        "mean": float(scores.mean()) if count else None,
        "spread": float(scores.std(ddof=1)) if count > 1 else None,
        "reliability": analysis.reliability(right) if count >= analysis.FEWEST else None,
    }


def _item(name, item, number, waves, paired):
    told = {wave: _told(choices[:, number], right, number) for wave, (choices, right) in waves.items()}
    options = [
        {
            "letter": LETTERS[place],
            "text": option["text"],
            "hint": option["hint"],
            **{wave: int((choices[:, number] == place).sum()) for wave, (choices, _right) in waves.items()},
            **analysis.moves(*(choices[:, number] for choices in paired.values()), place),
        }
        for place, option in enumerate(item["options"])
    ]
    last = next((told[wave] for wave in reversed(WAVES) if told[wave]["count"] >= analysis.FEWEST), None)
    kept = {key: item[key] for key in ("number", "chapter", "section", "question", "call")}
    return {"name": name, **kept, **told, "options": options, "remarks": _remarks(last, 1 / len(options))}


def _told(choices, right, number):
    count = len(choices)
    told = {"count": count, "share": None, "none": 0, "discrimination": None, "interval": None}
    if count:
        told["share"] = float(right[:, number].mean())
        told["none"] = int((choices == analysis.NO_ANSWER).sum())
    if count >= analysis.FEWEST:
        found = told["discrimination"] = float(analysis.discriminations(right)[number])
        told["interval"] = [float(bound) for bound in analysis.interval(found, count)]
    return told


def _mistakes(told):
    """List the wrong results that anybody chose, those first that most people still choose."""
    found = [{"number": item["number"], **option} for item in told for option in item["options"] if option["hint"]]
    return sorted(
        (each for each in found if each["before"] or each["after"]), key=lambda each: (-each["after"], -each["before"])
    )


def _remarks(told, chance):
    """Say what about an item deserves a look, by the later time at which enough people answered it."""
    if told is None:
        return []
    found = []
    if told["interval"][1] < 0:
        found.append("against the others")
    elif told["interval"][1] < analysis.POOR:
        found.append("tells little")
    if told["share"] + 2 * math.sqrt(chance * (1 - chance) / told["count"]) < chance:
        found.append("below chance")
    return found


def _plain(value):
    """Put None where a number has no meaning: JSON knows no nan."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
