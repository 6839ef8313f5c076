"""``convnets.warm_up``: put the lines of an answer in order; the visible tests say whether it works."""

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
def warm_up(exercise, order=None):
    """Put the lines of an exercise's answer in order, before you write one of your own.

    Some of the lines do not belong to it. An order is right when the visible tests pass with it, whichever order that
    is. It is no answer yet, and earns no points.

    Parameters
    ----------
    exercise : str or callable
        The exercise's name, or its function.
    order : str, optional
        The letters of the lines in order, such as ``"CADB"``.

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
    if order is None:
        _task(found.name, given).show()
    else:
        _judged(found, given, _places(order, given), names).show()


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
    after = f"Write their letters, as in `{example}`. Each line keeps the indentation that it has here."
    html = [paragraph(f"<b>{marked(title)}</b>"), block(f"   {given['head']}\n{listed}"), paragraph(marked(after))]
    return Panel(box(UNDECIDED, *html), "\n".join([plain(title), f"   {given['head']}", listed, plain(after)]))


def _judged(exercise, given, order, names):
    """Run an order against the visible tests."""
    source = assembled(given["head"], given["lines"], order)
    space = {"__name__": "__main__", **names}
    try:
        import numpy as np

        space.setdefault("np", np)
        exec(compile(source, "<your order>", "exec"), space)
        verdict = try_tests(exercise, {**names, exercise.name: space[exercise.name]})
        state, said = (RIGHT if verdict.state == PASSED else WRONG), verdict.message
    except SyntaxError as error:
        state, said = WRONG, f"This is no Python yet: {error.msg}, line {error.lineno}."
    if state == RIGHT:
        said = f"The visible tests pass. Now write your own `{exercise.name}`, without looking here."
    html = [block(source), paragraph(f"{sign(state)} {escape(said) if state == WRONG else marked(said)}")]
    return Panel(box(state, *html), f"{source}\n{plain_sign(state)} {said if state == WRONG else plain(said)}")
