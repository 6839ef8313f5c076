"""What the course says in a notebook: as HTML where it is shown, as plain text everywhere else.

Styles stand in the elements themselves and use the page's own colours, so that a panel looks right in Jupyter, Colab,
Kaggle and VS Code, light or dark.
"""

import base64
import os
import sys
from dataclasses import dataclass
from html import escape

RIGHT, WRONG, UNDECIDED = "right", "wrong", "undecided"
LETTERS = "ABCDE"  # of the answers to choose from
_SIGNS = {RIGHT: "✓", WRONG: "✗", UNDECIDED: "○"}
# Each has a contrast of at least 3 to white and to black; the words beside a sign say the same.
_COLOURS = {RIGHT: "#2a9d4a", WRONG: "#e5534b", UNDECIDED: "#888888"}

_BOX = "border-left: 4px solid {}; padding: 2px 0 2px 12px; margin: 6px 0; max-width: 60em; line-height: 1.45"
_PRE = (
    "margin: 6px 0; padding: 8px 10px; overflow-x: auto; background: rgba(128,128,128,.12); "
    "font-family: monospace; font-size: .92em; line-height: 1.35; white-space: pre"
)
_CELL = "padding: 3px 14px 3px 0; text-align: {}; vertical-align: top; background: transparent; white-space: {}"


@dataclass
class Panel:
    """The same thing said twice.

    Attributes
    ----------
    html, text : str
    """

    html: str
    text: str

    def show(self, instead_of=None, metadata=None):
        """Show it below the cell, or print it where there is no notebook.

        Parameters
        ----------
        instead_of : IPython.display.DisplayHandle, optional
            Show it in place of an earlier panel.
        metadata : dict, optional
            Kept with it in the notebook's file.

        Returns
        -------
        IPython.display.DisplayHandle or None
            To be given to the next panel that takes its place.
        """
        shell = shell_here()
        if shell is None:
            print(self.text)
            return None
        from IPython.display import display

        data = {"text/html": self.html, "text/plain": self.text}
        if instead_of is not None:
            instead_of.update(data, raw=True, metadata=metadata)
            return instead_of
        return display(data, raw=True, metadata=metadata, display_id=True)


def shell_here():
    """Return the IPython that runs this, or None in a plain Python."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    return get_ipython()


def is_read():
    """Say whether anybody reads what is shown.

    While a submission is graded nobody does. Stock nbgrader says so in the environment; in the sealed grader and in the
    session that `convnets.hand_in` makes, there is an IPython without a kernel and without a terminal.
    """
    shell = shell_here()
    if os.environ.get("NBGRADER_EXECUTION"):
        return False
    if shell is None or getattr(shell, "kernel", None) is not None:
        return True
    return any(kind.__name__ == "TerminalInteractiveShell" for kind in type(shell).__mro__)


def in_a_notebook():
    """Say whether somebody reads what is shown, in an IPython.

    Returns
    -------
    bool

    Examples
    --------
    >>> from convnets.notebook.panels import in_a_notebook
    >>> in_a_notebook()  # in plain Python
    False
    """
    return shell_here() is not None and is_read()


def show_buttons(rows, take):
    """Show rows of buttons with letters; each row is answered once. Without ipywidgets there is nothing to see.

    Parameters
    ----------
    rows : dict of str to int
        By what is written before a row: how many buttons it has.
    take : callable
        ``take(row, button)`` is called with both numbers, from 0.
    """
    try:
        import ipywidgets as widgets
    except ImportError:
        return
    from IPython.display import display

    made = []
    for number, (words, count) in enumerate(rows.items()):
        options = [(letter, place) for place, letter in enumerate(LETTERS[:count])]
        row = widgets.ToggleButtons(options=options, description=words, index=None, style={"button_width": "3em"})

        def chosen(change, number=number, row=row):
            row.disabled = True
            take(number, change["new"])

        row.observe(chosen, "value")
        made.append(row)
    display(widgets.VBox(made))


def names_here():
    """Return what the notebook has defined: the very dict, so that code which runs in it can be recognised."""
    shell = shell_here()
    return vars(sys.modules["__main__"]) if shell is None else shell.user_ns


def marked(text):
    """Set what stands between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


def plain(text):
    """The same without backticks."""
    return text.replace("`", "")


def sign(state):
    """A coloured sign: right, wrong or undecided."""
    return f'<span style="color: {_COLOURS[state]}; font-weight: bold">{_SIGNS[state]}</span>'


def plain_sign(state):
    """The same without colour."""
    return _SIGNS[state]


def box(state, *parts):
    """Put HTML behind a coloured bar."""
    return f'<div style="{_BOX.format(_COLOURS[state])}">{"".join(parts)}</div>'


def paragraph(html):
    """A paragraph."""
    return f'<p style="margin: 4px 0">{html}</p>'


def block(text):
    """Text with its own line breaks."""
    return f'<pre style="{_PRE}">{escape(text)}</pre>'


def folded(summary, *parts):
    """What is shown when it is clicked; ``summary`` is HTML."""
    return (
        f'<details style="margin: 4px 0"><summary style="cursor: pointer">{summary}</summary>{"".join(parts)}</details>'
    )


def image(data, words):
    """A PNG with its description."""
    address = base64.b64encode(data).decode()
    return f'<img style="max-width: 100%" src="data:image/png;base64,{address}" alt="{escape(words)}">'


def table(heads, rows):
    """A table of HTML cells; all columns but the first two are set to the right.

    Parameters
    ----------
    heads : list of str
    rows : list of list of str

    Returns
    -------
    str
    """

    def line(cells, tag):
        looks = [("left", "nowrap"), ("left", "nowrap"), *[("right", "nowrap")] * len(cells)]
        return "".join(
            f'<{tag} style="{_CELL.format(*look)}">{cell}</{tag}>' for cell, look in zip(cells, looks, strict=False)
        )

    body = "".join(f"<tr>{line(cells, 'td')}</tr>" for cells in rows)
    return (
        '<div style="overflow-x: auto">'
        '<table style="border-collapse: collapse; margin: 6px 0; border: none; font-size: inherit">'
        f"<thead><tr>{line(heads, 'th')}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def number(points):
    """Write points without a needless decimal: 2, 1.5."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def worth(points):
    """The same with its unit: 1 point, 2 points."""
    return f"{number(points)} point{'' if points == 1 else 's'}"
