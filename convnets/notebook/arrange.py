"""``convnets.warm_up``: order the lines of an answer, or fill its gaps; the visible tests say whether it works."""

from html import escape

from convnets.notebook.check import Refused, find, speaking
from convnets.notebook.exercises import PASSED, try_tests
from convnets.notebook.panels import (
    RIGHT,
    UNDECIDED,
    WRONG,
    Panel,
    block,
    box,
    marked,
    names_here,
    paragraph,
    plain,
    plain_sign,
    sign,
)
from convnets.notebook.practice import practice


@speaking
def warm_up(exercise, order=None, blanks=None):
    """Put the lines of an exercise's answer in order, or fill in its gaps, before you write one of your own.

    Some of the lines to be ordered do not belong to it. What you have made is right when the visible tests pass with
    it, whatever it looks like. It is no answer yet, and earns no points.

    Parameters
    ----------
    exercise : str or callable
        The exercise's name, or its function.
    order : str, optional
        The letters of the lines in order, such as ``"CADB"``.
    blanks : bool, str or list of str, optional
        True shows the answer with gaps instead; a line of code for each gap, from the top, fills them.

    Examples
    --------
    >>> import convnets
    >>> convnets.warm_up("train_lenet")
    There is no warm-up for train_lenet. convnets.hint("train_lenet") helps.
    """
    names = names_here()
    found = find(exercise, names)
    given = practice()["exercises"].get(found.name, {}).get("warm_up")
    if not given:
        raise Refused(f'There is no warm-up for `{found.name}`. `convnets.hint("{found.name}")` helps.')
    if blanks is not None and blanks is not False:
        _with_gaps(found, given, blanks, names).show()
    elif order is None:
        _task(found.name, given).show()
    else:
        _judged(found, assembled(given["head"], given["lines"], _places(order, given)), names).show()


def letters(given):
    """Name the lines of a warm-up: A, B, C …"""
    return [chr(ord("A") + number) for number in range(len(given["lines"]))]


def _places(order, given):
    there, wanted = letters(given), [each for each in order.upper() if not each.isspace() and each != ","]
    for letter in wanted:
        if letter not in there:
            raise Refused(f"The lines are called A to {there[-1]}, and `{letter}` is none of them.")
        if wanted.count(letter) > 1:
            raise Refused(f"`{letter}` is there twice. Each line is used once at most.")
    return [there.index(letter) for letter in wanted]


def assembled(head, lines, order):
    """Write a function of lines in an order.

    Examples
    --------
    >>> from convnets.notebook.arrange import assembled
    >>> print(assembled("def twice(x):", ["return y", "y = 2 * x"], [1, 0]))
    def twice(x):
        y = 2 * x
        return y
    """
    return "\n".join([head, *(f"    {lines[place]}" for place in order)])


def _task(name, given):
    listed = "\n".join(f"{letter}  {line}" for letter, line in zip(letters(given), given["lines"], strict=True))
    title = f"{given['count']} of these lines make a `{name}` that works. In which order?"
    example = f'convnets.warm_up("{name}", "{"".join(letters(given)[: given["count"]])}")'
    after = (
        f"Write their letters, as in `{example}`. Each line keeps the indentation that it has here. "
        f'`convnets.warm_up("{name}", blanks=True)` shows an answer with gaps instead.'
    )
    html = [paragraph(f"<b>{marked(title)}</b>"), block(f"   {given['head']}\n{listed}"), paragraph(marked(after))]
    return Panel(box(UNDECIDED, *html), "\n".join([plain(title), f"   {given['head']}", listed, plain(after)]))


def _with_gaps(exercise, given, filled, names):
    """Show an answer with gaps, or run what they have been filled with."""
    lines, gaps = [given["lines"][place] for place in given["answer"]], given["blanks"]
    if filled is not True:
        filled = [filled] if isinstance(filled, str) else list(filled)
        if len(filled) != len(gaps):
            raise Refused(
                f"There are {len(gaps)} gaps, and you fill {len(filled)}. Write a list of lines, one for each."
            )
        for place, line in zip(gaps, filled, strict=True):
            lines[place] = indentation(lines[place]) + str(line).strip()
        return _judged(exercise, assembled(given["head"], lines, range(len(lines))), names)
    for number, place in enumerate(gaps, start=1):
        lines[place] = f"{indentation(lines[place])}____  # {number}"
    source = assembled(given["head"], lines, range(len(lines)))
    title = f"This `{exercise.name}` works once its {'gap is' if len(gaps) == 1 else 'gaps are'} filled."
    example = ", ".join(f'"line {number}"' for number in range(1, len(gaps) + 1))
    after = f'Fill them as in `convnets.warm_up("{exercise.name}", blanks=[{example}])`, each with a line of code.'
    html = [paragraph(f"<b>{marked(title)}</b>"), block(source), paragraph(marked(after))]
    return Panel(box(UNDECIDED, *html), "\n".join([plain(title), source, plain(after)]))


def indentation(line):
    """Return the spaces with which a line begins."""
    return line[: len(line) - len(line.lstrip())]


def _judged(exercise, source, names):
    """Run a function against the visible tests."""
    space = {"__name__": "__main__", **names}
    try:
        import numpy as np

        space.setdefault("np", np)
        exec(compile(source, "<your warm-up>", "exec"), space)
        verdict = try_tests(exercise, {**names, exercise.name: space[exercise.name]})
        state, said = (RIGHT if verdict.state == PASSED else WRONG), verdict.message
    except SyntaxError as error:
        state, said = WRONG, f"This is no Python yet: {error.msg}, line {error.lineno}."
    if state == RIGHT:
        said = f"The visible tests pass. Now write your own `{exercise.name}`, without looking here."
    html = [block(source), paragraph(f"{sign(state)} {escape(said) if state == WRONG else marked(said)}")]
    return Panel(box(state, *html), f"{source}\n{plain_sign(state)} {said if state == WRONG else plain(said)}")
