"""``convnets.explain``: questions about one's own answer, once its visible tests pass."""

import hashlib
from html import escape

from convnets.notebook.check import Refused, find, speaking
from convnets.notebook.exercises import PASSED, try_tests
from convnets.notebook.panels import (
    LETTERS,
    RIGHT,
    UNDECIDED,
    WRONG,
    Panel,
    block,
    box,
    folded,
    in_a_notebook,
    marked,
    names_here,
    paragraph,
    plain,
    plain_sign,
    show_buttons,
    sign,
)
from convnets.notebook.practice import calls_of
from convnets.notebook.questions import Code, NotAsked, choose, questions

KEY = "convnets"  # in the metadata of an output


@speaking
def explain(exercise, answers=None):
    """Ask three questions about your own function, once its visible tests pass.

    They are made from its code, and from what it does on a small input. What you answer is shown below the cell, and is
    kept there with the notebook; it earns and costs no points.

    Parameters
    ----------
    exercise : str or callable
        The exercise's name, or its function.
    answers : str, optional
        Your answers, a letter for each question, such as ``"BAD"``. With ipywidgets there are buttons as well.

    Examples
    --------
    >>> import convnets
    >>> convnets.explain("convolve")
    The questions come once the visible tests of convolve pass. convnets.check("convolve") says how far it is.
    """
    names = names_here()
    found = find(exercise, names)
    if try_tests(found, names).state != PASSED:
        raise Refused(
            f"The questions come once the visible tests of `{found.name}` pass. "
            f'`convnets.check("{found.name}")` says how far it is.'
        )
    code, asked = ask(found.name, names)
    given = _letters(answers, asked)
    handle = _panel(code, asked, given).show(metadata={KEY: _record(code, asked, given)})
    if answers is None and in_a_notebook():
        _buttons(code, asked, handle)


def ask(name, names):
    """Make the questions about an answer.

    Parameters
    ----------
    name : str
        The exercise.
    names : dict
        What the notebook has defined.

    Returns
    -------
    (convnets.notebook.questions.Code, list of convnets.notebook.questions.Question)

    Raises
    ------
    Refused
        When fewer than three good ones can be had; the message says why.
    """
    calls = calls_of(name)
    if not calls:
        raise Refused(
            f"For `{name}` there are no questions: nothing it can be called with is small enough to ask about."
        )
    try:
        code = Code.of(names[name])
        asked = choose(questions(code, calls), seed=code.source)
    except NotAsked as why:
        raise Refused(f"For `{name}` there are no questions. {why}") from None
    if not asked:
        raise Refused(
            f"For `{name}` there are no questions: your function does so much in a single line that fewer than three "
            "good ones could be made. That says nothing against it."
        )
    return code, asked


def _letters(answers, asked):
    """Read letters as places among the options; None for a question that has no answer yet."""
    given = [each for each in (answers or "").upper() if each.isalnum()]
    for number, (letter, question) in enumerate(zip(given, asked, strict=False), start=1):
        if letter not in LETTERS[: len(question.options)]:
            last = LETTERS[len(question.options) - 1]
            raise Refused(f"Question {number} has the answers A to {last}, and `{letter}` is none of them.")
    if len(given) > len(asked):
        raise Refused(f"There are {len(asked)} questions, and {len(given)} answers.")
    return [LETTERS.index(letter) for letter in given] + [None] * (len(asked) - len(given))


def _record(code, asked, given):
    """Say what was asked and answered, for the metadata of an output."""
    told = [
        {
            "question": question.text,
            "answer": None if answer is None else question.options[answer],
            "right": None if answer is None else answer == question.right,
        }
        for question, answer in zip(asked, given, strict=True)
    ]
    return {"explain": code.name, "code": hashlib.sha256(code.source.encode()).hexdigest()[:16], "answers": told}


def _panel(code, asked, given):
    """Show the questions, and what came of those that are answered."""
    listing = "\n".join(f"{number:3}  {line}" for number, line in enumerate(code.lines, start=1))
    title = f"{len(asked)} questions about your `{code.name}`"
    html = [paragraph(f"<b>{marked(title)}</b>"), folded("Your function, with numbered lines", block(listing))]
    lines = [plain(title), listing]
    for number, (question, answer) in enumerate(zip(asked, given, strict=True), start=1):
        html.append(paragraph(f"<b>{number}.</b> {marked(question.text)}"))
        options = [
            f"{letter}. <code>{escape(each)}</code>" for letter, each in zip(LETTERS, question.options, strict=False)
        ]
        html.append(paragraph("<br>".join(options)))
        lines += [f"{number}. {plain(question.text)}"]
        lines += [f"   {letter}. {each}" for letter, each in zip(LETTERS, question.options, strict=False)]
        if answer is not None:
            state, said = _said(question, answer)
            html.append(paragraph(f"{sign(state)} {marked(said)}"))
            lines.append(f"   {plain_sign(state)} {plain(said)}")
    if None in given:
        example = f'`convnets.explain("{code.name}", "{LETTERS[: len(asked)]}")`'
        after = f"Answer with a letter for each, such as {example}. Nothing of it counts for points."
        html.append(paragraph(marked(after)))
        lines.append(plain(after))
    right = all(answer == question.right for question, answer in zip(asked, given, strict=True))
    return Panel(box(RIGHT if right else UNDECIDED, *html), "\n".join(lines))


def _said(question, answer):
    if answer == question.right:
        return RIGHT, f"{LETTERS[answer]} is right."
    return WRONG, f"Not {LETTERS[answer]}: it is {LETTERS[question.right]}, `{question.answer}`."


def _buttons(code, asked, handle):
    given = [None] * len(asked)

    def take(number, answer):
        given[number] = answer
        _panel(code, asked, given).show(instead_of=handle, metadata={KEY: _record(code, asked, given)})

    rows = {f"Question {number}": len(question.options) for number, question in enumerate(asked, start=1)}
    show_buttons(rows, take)


def answers_in(notebook):
    """Find what somebody has answered in a notebook that was saved.

    Parameters
    ----------
    notebook : dict
        As parsed from JSON, whatever program saved it.

    Returns
    -------
    list of dict
        As from `_record`; anything else that stands in its place is passed over.

    Examples
    --------
    >>> from convnets.notebook.explain import answers_in
    >>> answered = {"question": "How often does line 3 run?", "answer": "3", "right": True}
    >>> record = {"explain": "convolve", "code": "1a2b3c4d5e6f7a8b", "answers": [answered]}
    >>> outputs = [{"metadata": {"convnets": record}}, {"metadata": {"convnets": "something else"}}]
    >>> answers_in({"cells": [{"outputs": outputs}]}) == [record]
    True
    """
    found = []
    for cell in notebook.get("cells", []):
        for output in cell.get("outputs") or [] if isinstance(cell, dict) else []:
            metadata = output.get("metadata") if isinstance(output, dict) else None
            kept = metadata.get(KEY) if isinstance(metadata, dict) else None
            if isinstance(kept, dict) and isinstance(kept.get("explain"), str) and _is_whole(kept.get("answers")):
                found.append(kept)
    return found


def _is_whole(answers):
    wanted = {"question": str, "answer": str | None, "right": bool | None}
    return isinstance(answers, list) and all(
        isinstance(each, dict) and all(isinstance(each.get(key), kind) for key, kind in wanted.items())
        for each in answers
    )
