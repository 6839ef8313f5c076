"""The words of all checks: how values, calls, differences and errors are written."""

import base64
import re

import numpy as np

_WRITTEN_OUT = 64  # the largest number of elements shown in full


_NEXT_LINE = ",\n"


_LONGEST = 500  # characters of an error's text; Keras writes whole arrays into some


NOTHING_RETURNED = "The function returned None: is a `return` missing?"


HINT = "\n  Hint: "  # in a message, before the hint


def sentence(text):
    """End a sentence, which may be a question."""
    return text if text.endswith("?") else f"{text}."


def join_hint(said, hint=None):
    """Write a message and its hint as one text; what looks like a hint in the message itself is none any more.

    Parameters
    ----------
    said : object
        The message; ``str`` makes it text.
    hint : str, optional

    Returns
    -------
    str

    Examples
    --------
    >>> from convnets.checks.words import join_hint
    >>> print(join_hint("double(3) is 9; it should be 6.", "Doubling is not squaring."))
    double(3) is 9; it should be 6.
      Hint: Doubling is not squaring.
    """
    said = str(said).replace(HINT, "\n  hint: ")
    return f"{said}{HINT}{hint}" if hint else said


def split_hint(text):
    """Take what `join_hint` has written apart.

    Parameters
    ----------
    text : str

    Returns
    -------
    (str, str or None)
        The message, and the hint where there is one.

    Examples
    --------
    >>> from convnets.checks.words import join_hint, split_hint
    >>> split_hint(join_hint("It should be 6.", "Doubling is not squaring."))
    ('It should be 6.', 'Doubling is not squaring.')
    >>> split_hint("It should be 6.")
    ('It should be 6.', None)
    """
    said, _, hint = text.partition(HINT)
    return said, hint or None


class CheckFailed(AssertionError):
    """A learner's answer is not what was asked for; the message is written for the learner.

    Parameters
    ----------
    said : str
        What is wrong.
    hint : str, optional
        Which mistake it is; the message ends with it.

    Attributes
    ----------
    said : str
    hint : str or None
    arrays : tuple or None
        A result, what it should be, and perhaps a title: arguments of `convnets.checks.pictures.comparison`.
    details : sequence of str
        What the message does not say, but tells one mistake from another.
    symptom : str or None
        What is wrong, in the words by which the catalogue of mistakes may know it; see
        `convnets.checks.catalogue.symptoms`.
    is_diagnosed : bool
        Whether the check's hint, or that it has none, is the last word: it has looked through the catalogue itself, or
        sees too little to tell one mistake from another.
    is_drawn : bool
        Whether the arrays have been shown; a notebook shows them once.

    Examples
    --------
    >>> from convnets.checks.words import CheckFailed
    >>> print(CheckFailed("double(3)", hint="Doubling is not squaring."))
    double(3)
      Hint: Doubling is not squaring.
    """

    arrays = None
    details = ()
    symptom = None
    is_diagnosed = False
    is_drawn = False

    def __init__(self, said="", hint=None):
        super().__init__(join_hint(said, hint))
        self.said, self.hint = said, hint

    def picture(self):
        """Draw the arrays; return what `convnets.checks.pictures.comparison` does, or None."""
        if self.arrays is None:
            return None
        from convnets.checks.pictures import comparison

        return comparison(*self.arrays)

    def _render_traceback_(self):
        # IPython calls this in place of its own traceback: the message alone is what helps.
        drawn = None if self.is_drawn else self.picture()
        if drawn:
            self.is_drawn = True  # IPython 9 asks twice
            from IPython.display import display

            data, text = drawn
            display({"image/png": base64.b64encode(data).decode(), "text/plain": text}, raw=True)
        return [f"{type(self).__name__}: {self}"]


class Words(str):
    """Text that messages show without quotation marks."""

    __slots__ = ()

    def __repr__(self):
        return str(self)


def show_value(value):
    """Write a value the way it reads best in a message.

    Parameters
    ----------
    value : object
        Anything a learner's function takes or returns.

    Returns
    -------
    str
        ``repr`` for small values; shape, dtype and range for large arrays.
    """
    if isinstance(value, np.ndarray):
        if value.size <= _WRITTEN_OUT:
            return _written_out(value)
        if value.dtype.kind in "biuf":
            low, high = f"{np.nanmin(value):.6g}", f"{np.nanmax(value):.6g}"
            values = f"all {low}" if low == high else f"values {low} to {high}"
            return f"array of shape {value.shape}, {value.dtype}, {values}"
        return f"array of shape {value.shape}, {value.dtype}"
    if isinstance(value, tuple):
        items = [show_value(item) for item in value]
        if any("\n" in item for item in items):
            return f"({indented(_NEXT_LINE.join(items), 1)})"
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if isinstance(value, np.generic):
        return repr(value.item())
    text = repr(value)
    return text if len(text) <= 600 else f"{text[:600]}… ({type(value).__name__})"


def _written_out(value):
    """Write a small array; one whose last axis has one element by its rows, and not a number on each line."""
    rows = value
    if value.ndim > 2 and value.shape[-1] == 1 and value.size > 1:
        rows = value.reshape([size for size in value.shape if size > 1])
    # The prefix makes every row start below the first one.
    text = np.array2string(rows, separator=", ", precision=6, suppress_small=True, max_line_width=88, prefix="array(")
    kind = "" if value.dtype in (np.dtype(float), np.dtype(int)) else f", dtype={value.dtype}"
    shape = f", shape={value.shape}" if value.size == 0 or value.ndim == 0 else ""
    return f"array({text}{shape}{kind}){'' if rows is value else f'.reshape{value.shape}'}"


def show_call(function, arguments, keywords=None):
    """Write a call as the learner would type it: ``convolve([1, 2, 3], [1, 0])``.

    Parameters
    ----------
    function : callable
        Its ``__name__`` is shown.
    arguments : tuple
        Positional arguments.
    keywords : dict, optional
        Keyword arguments.

    Returns
    -------
    str

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.words import show_call
    >>> print(show_call(np.pad, ([1, 2], 1), {"mode": "edge"}))
    pad([1, 2], 1, mode='edge')
    >>> print(show_call(np.dot, (np.eye(2), [3, 4])))
    dot(
        array([[1., 0.],
               [0., 1.]]),
        [3, 4],
    )
    """
    parts = [show_value(argument) for argument in arguments]
    parts += [f"{name}={show_value(value)}" for name, value in (keywords or {}).items()]
    name = getattr(function, "__name__", "function")
    if any("\n" in part for part in parts):
        return f"{name}(\n    {indented(_NEXT_LINE.join(parts), 4)},\n)"
    return f"{name}({', '.join(parts)})"


def type_name(value):
    """Name the type of a value, also where it is a stand-in for an object in another process.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
    """
    return getattr(value, "type_name", type(value).__name__)


def kind_of_value(value):
    return "a NumPy array" if type(value) is np.ndarray else with_article(type_name(value))


def with_article(noun):
    return f"an {noun}" if noun[:1].lower() in "aeiou" else f"a {noun}"


def describe(function, arguments, keywords, result, expected, said):
    """Put a mismatch into the words every check uses.

    Parameters
    ----------
    function : callable
    arguments : tuple
    keywords : dict
    result, expected : object
        What came back and what should have.
    said : str
        One sentence on how they differ.

    Returns
    -------
    str

    Examples
    --------
    >>> from convnets.checks.words import describe
    >>> print(describe(max, [1, 2], {}, 1, 2, "It is 1; it should be 2."))
    max(1, 2)
      returned: 1
      expected: 2
      It is 1; it should be 2.
    """
    return (
        f"{show_call(function, arguments, keywords)}\n"
        f"  returned: {indented(show_value(result), 12)}\n"
        f"  expected: {indented(show_value(expected), 12)}\n"
        f"  {said}"
    )


def describe_error(function, arguments, keywords, error, expected):
    """Put an error where a value was expected into the words every check uses.

    Parameters
    ----------
    function : callable
    arguments : tuple
    keywords : dict
    error : Exception
        What came.
    expected : str
        What should have, in words.

    Returns
    -------
    str
    """
    return f"{show_call(function, arguments, keywords)}\n  {error_lines(error, expected)}"


def error_lines(error, expected):
    """Write what was raised, and what was expected, below a call."""
    text = str(error) if len(str(error)) <= _LONGEST else f"{str(error)[:_LONGEST]}…"
    said = f"{type(error).__name__}: {text}" if text.strip() else f"{type(error).__name__} without a message"
    place = getattr(error, "place", None)  # known where the grader brought the error from the learner's process
    if place:
        said += f"\nat {place}"
    return f"raised:   {indented(said, 12)}\n  expected: {indented(expected, 12)}"


def said_of_error(error):
    """Say in a sentence what a call raised, and where."""
    place = getattr(error, "place", None)  # known where it came from the learner's process
    return f"It raised {type(error).__name__}: {error}" + (f"\n  at {place}" if place else "")


def indented(text, columns):
    return re.sub(r"\n(?=[^\n])", "\n" + " " * columns, text)
