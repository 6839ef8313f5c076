"""``convnets.predict``: what will a call return? The wrong results are those of mistakes that people make."""

from difflib import get_close_matches
from html import escape

from convnets.notebook.check import Refused, speaking
from convnets.notebook.panels import (
    LETTERS,
    RIGHT,
    UNDECIDED,
    WRONG,
    Panel,
    block,
    box,
    in_a_notebook,
    marked,
    paragraph,
    plain,
    plain_sign,
    show_buttons,
    sign,
)
from convnets.notebook.practice import practice

KEY = "convnets"


@speaking
def predict(name, answer=None):
    """Ask what a call returns, before the chapter says it.

    Parameters
    ----------
    name : str
        Which of the chapters' questions.
    answer : str, optional
        The letter of a result. With ipywidgets there are buttons as well.

    Examples
    --------
    >>> import convnets
    >>> convnets.predict("xyz")
    There is nothing to predict that is called xyz.
    """
    known = practice()["predictions"]
    if name not in known:
        near = get_close_matches(str(name), known, 1, 0.5)
        raise Refused(
            f"There is nothing to predict that is called `{name}`." + (f" Did you mean `{near[0]}`?" if near else "")
        )
    asked = known[name]
    there = LETTERS[: len(asked["options"])]
    if answer is not None and (len(answer) != 1 or answer.upper() not in there):
        raise Refused(f"The results are called A to {there[-1]}, and `{answer}` is none of them.")
    given = None if answer is None else there.index(answer.upper())
    handle = panel(name, asked, given).show(metadata=_kept(name, asked, given))
    if given is None and in_a_notebook():

        def take(_row, chosen):
            panel(name, asked, chosen).show(instead_of=handle, metadata=_kept(name, asked, chosen))

        show_buttons({"My guess": len(there)}, take)


def _kept(name, asked, given):
    """Say for the metadata of the output what was chosen."""
    if given is None:
        return None
    chosen = asked["options"][given]
    return {KEY: {"predict": name, "answer": chosen["text"], "right": chosen["hint"] is None}}


def panel(name, asked, given):
    """Show a question, and what there is to say of the result that was chosen.

    Parameters
    ----------
    name : str
    asked : dict
        From `convnets.notebook.practice.practice`.
    given : int or None
        Which result was chosen.

    Returns
    -------
    convnets.notebook.panels.Panel
    """
    title = asked["question"]
    options = [
        f"{letter}. <code>{escape(each['text'])}</code>"
        for letter, each in zip(LETTERS, asked["options"], strict=False)
    ]
    html = [paragraph(f"<b>{marked(title)}</b>"), block(asked["call"]), paragraph("<br>".join(options))]
    lines = [plain(title), asked["call"]]
    lines += [f"{letter}. {each['text']}" for letter, each in zip(LETTERS, asked["options"], strict=False)]
    if given is None:
        state, said = UNDECIDED, f'Choose before you read on: `convnets.predict("{name}", "A")`.'
    else:
        hint = asked["options"][given]["hint"]
        state = RIGHT if hint is None else WRONG
        said = f"{LETTERS[given]} is right." if hint is None else f"{LETTERS[given]} comes of a mistake. {hint}"
    mark = "" if given is None else f"{sign(state)} "
    html.append(paragraph(mark + marked(said)))
    lines.append((f"{plain_sign(state)} " if given is not None else "") + plain(said))
    return Panel(box(state, *html), "\n".join(lines))
