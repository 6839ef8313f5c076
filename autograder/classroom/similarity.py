"""Pairs of submissions that are more alike than the starter code explains, with both sides to compare."""

import io
import json
from collections import Counter
from contextlib import suppress
from itertools import combinations
from pathlib import Path

import numpy as np
from copydetect import CodeFingerprint, compare_files
from markupsafe import Markup, escape

from autograder.classroom.feedback import templates
from autograder.classroom.files import submissions
from autograder.course.atomic import write_atomically
from autograder.course.source import read_assignment
from autograder.exam.apart import Apart, NotDone
from autograder.exam.kit import make_kit
from autograder.exam.submission import UnreadableSubmission, read_submission

GRAM = 25  # characters of code, names and blanks taken out, that must agree in a row
LEAST = 200  # such characters of their own that two submissions must hold to be compared
SHARE = 0.7
COMMON = 0.2  # what this share of a class wrote is how people write it
MOST = 100  # pairs that are shown


def write_similarity(folder, assignments, solutions=None, share=SHARE):
    """Write ``similarity.html`` and ``similarity.json`` into a class's folder.

    Parameters
    ----------
    folder : path-like
        The class's folder.
    assignments : list of str
    solutions : path-like, optional
        Folder of the assignments' text notebooks.
    share : float
        How much of their own code two submissions must have in common to be shown, 0 to 1.

    Returns
    -------
    int
        How many pairs are shown.

    Raises
    ------
    autograder.course.source.AssignmentError
        When there is no such assignment.
    """
    parts = [{"assignment": name, "pairs": similar(folder, name, solutions, share)} for name in assignments]
    page = templates().get_template("similarity.html").render(parts=parts, share=share)
    write_atomically(Path(folder, "similarity.html"), page)
    for part in parts:
        part["pairs"] = [{"students": pair["students"], "shares": pair["shares"]} for pair in part["pairs"]]
    write_atomically(Path(folder, "similarity.json"), json.dumps(parts, ensure_ascii=False, indent=1))
    return sum(len(part["pairs"]) for part in parts)


def similar(folder, assignment, solutions=None, share=SHARE):
    """Find the pairs of an assignment's submissions that share most of their own code.

    The method is winnowing (Schleimer, Wilkerson and Aiken, 2003), as copydetect does it: names, strings, comments and
    blanks do not count, so that renaming hides nothing. What stands in the starter code is left out, and so is what a
    fifth of the class wrote, for a short exercise has few natural answers.

    Parameters
    ----------
    folder, assignment, solutions, share
        As for `write_similarity`.

    Returns
    -------
    list of dict
        ``students``, ``shares`` and ``sides`` (their code, with what they have in common marked): two each. The most
        alike first.
    """
    kit = make_kit(assignment, solutions)
    answers = {exercise.name for exercise in read_assignment(assignment, solutions).exercises}
    given = {cell.source.strip() for cell in kit.notebook.cells}
    given |= {cell.id for cell in kit.notebook.cells} - answers  # whatever was done to a cell that asks for no answer
    starter = _fingerprint("\n".join(cell.source for cell in kit.notebook.cells if cell.cell_type == "code"))
    found = []
    with Apart() as apart:
        codes = {}
        for submission in submissions(folder, assignment):
            with suppress(NotDone):
                code = apart.do(_own_code, submission.path, given) if submission.path else ""
                codes |= {submission.student: code} if code else {}
        prints = _fingerprints(apart, codes, starter.hashes)
        for one, other in combinations(sorted(prints), 2):
            first, second = prints[one], prints[other]
            if len(first.hashes & second.hashes) < share * 0.8 * min(len(first.hashes), len(second.hashes)):
                continue  # told apart cheaply
            shares, sides = _compared(apart, first, second)
            if min(shares) >= share:
                found.append({"students": [one, other], "shares": shares, "sides": sides})
    return sorted(found, key=lambda pair: -sum(pair["shares"]))[:MOST]


def _compared(apart, first, second):
    """Say how much of each two have in common, and mark it; where finding the places takes too long, without marks."""
    try:
        _overlap, shares, slices = apart.do(compare_files, first, second)
        sides = [_marked(each.raw_code, places) for each, places in zip((first, second), slices, strict=True)]
    except NotDone:
        common = len(first.hashes & second.hashes)
        shares = [common / max(1, len(each.hashes)) for each in (first, second)]
        sides = [escape(each.raw_code) for each in (first, second)]
    return [min(1.0, float(value)) for value in shares], sides


def _own_code(path, given):
    """Join the code cells of a submission that the learner wrote or changed."""
    try:
        cells = read_submission(path.read_bytes())
    except (UnreadableSubmission, OSError):
        return ""
    own = [
        cell["source"].strip()
        for cell in cells
        if cell["kind"] == "code" and not {cell["source"].strip(), cell["id"], cell["grade_id"]} & given
    ]
    return "\n\n".join(own)


def _fingerprint(code, boilerplate=()):
    return CodeFingerprint("answers.py", GRAM, 1, boilerplate=np.array(list(boilerplate)), fp=io.StringIO(code))


def _fingerprints(apart, codes, starter):
    """Make the fingerprints of all that hold enough; one that takes too long stays out."""

    def made(codes, left_out):
        prints = {}
        for student, code in codes.items():
            with suppress(NotDone):
                prints[student] = apart.do(_fingerprint, code, left_out)
        return prints

    plain = made({student: code for student, code in codes.items() if len(code) > LEAST}, starter)
    counts = Counter(gram for each in plain.values() for gram in each.hashes)
    usual = {gram for gram, count in counts.items() if count > max(3, COMMON * len(plain))}
    prints = made({student: codes[student] for student in plain}, usual | set(starter))
    return {student: each for student, each in prints.items() if each.token_coverage >= LEAST}


def _marked(code, slices):
    """Write code as HTML with the given places marked."""
    made, end = Markup(""), 0
    for start, stop in sorted(zip(*np.asarray(slices, dtype=int).tolist(), strict=True)):
        start, stop = max(start, end), min(stop, len(code))
        if stop > start:
            made += escape(code[end:start]) + Markup("<mark>{}</mark>").format(code[start:stop])
            end = stop
    return made + escape(code[end:])
