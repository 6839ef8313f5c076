"""Checks for the visible tests: each says what was called, what came back and what was expected.

They are asserts with better messages. A check takes the learner's function itself, not its result, so that it
can name the call; that also lets the grader pass a stand-in for a function that lives in another process.
"""

import base64
import re

import numpy as np

from convnets.calls import Performed, perform

# float32 keeps about seven digits; sums of a few hundred products lose two of them.
RELATIVE_TOLERANCE = 1e-4
ABSOLUTE_TOLERANCE = 1e-5

_WRITTEN_OUT = 64  # the largest number of elements shown in full
_NEXT_LINE = ",\n"
_LONGEST = 500  # characters of an error's text; Keras writes whole arrays into some


class CheckFailed(AssertionError):
    """A learner's answer is not what was asked for; the message is written for the learner.

    Attributes
    ----------
    arrays : tuple or None
        A result, what it should be, and perhaps a title: arguments of `convnets.pictures.comparison`.
    details : sequence of str
        What the message does not say, but tells one mistake from another.
    symptom : str or None
        What is wrong, in the words by which the catalogue of mistakes may know it; see `autograder.reference.symptoms`.
    is_diagnosed : bool
        Whether the check has looked through the catalogue itself, and its hint, or that it has none, is the last word.
    """

    arrays = None
    details = ()
    symptom = None
    is_diagnosed = False

    def picture(self):
        """Draw the arrays; return what `convnets.pictures.comparison` does, or None."""
        if self.arrays is None:
            return None
        from convnets.pictures import comparison

        return comparison(*self.arrays)

    def _render_traceback_(self):
        # IPython calls this in place of its own traceback: the message alone is what helps.
        drawn = self.picture()
        if drawn:
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
            # The prefix makes every row start below the first one.
            text = np.array2string(
                value, separator=", ", precision=6, suppress_small=True, max_line_width=88, prefix="array("
            )
            kind = "" if value.dtype in (np.dtype(float), np.dtype(int)) else f", dtype={value.dtype}"
            shape = f", shape={value.shape}" if value.size == 0 or value.ndim == 0 else ""
            return f"array({text}{shape}{kind})"
        if value.dtype.kind in "biuf":
            low, high = f"{np.nanmin(value):.6g}", f"{np.nanmax(value):.6g}"
            values = f"all {low}" if low == high else f"values {low} to {high}"
            return f"array of shape {value.shape}, {value.dtype}, {values}"
        return f"array of shape {value.shape}, {value.dtype}"
    if isinstance(value, tuple):
        items = [show_value(item) for item in value]
        if any("\n" in item for item in items):
            return f"({_indented(_NEXT_LINE.join(items), 1)})"
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if isinstance(value, np.generic):
        return repr(value.item())
    text = repr(value)
    return text if len(text) <= 600 else f"{text[:600]}… ({type(value).__name__})"


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
    """
    parts = [show_value(argument) for argument in arguments]
    parts += [f"{name}={show_value(value)}" for name, value in (keywords or {}).items()]
    name = getattr(function, "__name__", "function")
    if any("\n" in part for part in parts):
        return f"{name}(\n    {_indented(_NEXT_LINE.join(parts), 4)},\n)"
    return f"{name}({', '.join(parts)})"


def difference(result, expected, rtol=RELATIVE_TOLERANCE, atol=ABSOLUTE_TOLERANCE):
    """Say how a result differs from what was expected.

    Parameters
    ----------
    result, expected : object
        Arrays, numbers, strings, tuples, lists, dicts or None. A list is accepted where ``expected`` is a list,
        not where an array is expected; an array of integers not where an array of floats is; a float not where an
        int is.
    rtol, atol : float
        Tolerances as in `numpy.isclose`. NaN equals NaN.

    Returns
    -------
    str or None
        One sentence, or None when the two agree.
    """
    if result is None and expected is not None:
        return "The function returned None: is a `return` missing?"
    if isinstance(expected, np.ndarray):
        if not isinstance(result, np.ndarray):
            if isinstance(result, np.generic) and expected.ndim == 0:
                result = np.asarray(result)
            else:
                return f"A NumPy array is expected, not {_kind(result)}."
        if result.shape != expected.shape:
            return f"The shape is {result.shape}; it should be {expected.shape}."
        if expected.dtype.kind not in "biufc":  # names, as a catalogued mistake may return them
            same = np.array_equal(result, expected)
            return None if same else f"It is {show_value(result)}; it should be {show_value(expected)}."
        if result.dtype.kind not in "biufc":
            return f"The elements should be numbers; their dtype is {result.dtype}."
        if expected.dtype.kind == "f" and result.dtype.kind != "f":
            return (
                f"The dtype is {result.dtype}; it should be a floating-point one. "
                "Turn the input into floats before you compute."
            )
        close = np.isclose(result, expected, rtol=rtol, atol=atol, equal_nan=True)
        if close.all():
            return None
        wrong = np.argwhere(~close)
        first = tuple(int(i) for i in wrong[0])
        here = f"result[{', '.join(map(str, first))}]" if first else "The value"
        count = f"{len(wrong)} of {expected.size} elements differ. " if expected.size > 1 else ""
        return f"{count}{here} is {result[first]:.6g}; it should be {expected[first]:.6g}."
    if isinstance(expected, tuple | list):
        kind = type(expected)
        if not isinstance(result, kind):
            return f"{_a(kind.__name__).capitalize()} is expected, not {_kind(result)}."
        if len(result) != len(expected):
            return f"The {kind.__name__} has {len(result)} items; it should have {len(expected)}."
        for position, (ours, theirs) in enumerate(zip(result, expected, strict=True)):
            said = difference(ours, theirs, rtol, atol)
            if said:
                return f"Item {position}: {said}"
        return None
    if isinstance(expected, dict):
        if not isinstance(result, dict):
            return f"A dict is expected, not {_kind(result)}."
        if set(result) != set(expected):
            return f"The keys are {sorted(map(str, result))}; they should be {sorted(map(str, expected))}."
        for key, theirs in expected.items():
            said = difference(result[key], theirs, rtol, atol)
            if said:
                return f"[{key!r}]: {said}"
        return None
    if isinstance(expected, bool | np.bool_):
        agrees = isinstance(result, bool | np.bool_) and bool(result) == bool(expected)
    elif isinstance(expected, int | float | np.number):
        if isinstance(result, np.ndarray) and result.ndim == 0:
            result = result[()]
        if isinstance(result, bool | np.bool_) or not isinstance(result, int | float | np.number):
            return f"A number is expected, not {_kind(result)}."
        if isinstance(expected, int | np.integer) and isinstance(result, float | np.floating):
            return f"A whole number is expected, not {show_value(result)}."
        agrees = bool(np.isclose(result, expected, rtol=rtol, atol=atol, equal_nan=True))
    else:
        if type(result) is np.str_:  # an element of an array of names is a string like any other
            result = str(result)
        agrees = type(result) is type(expected) and result == expected
    return None if agrees else f"It is {show_value(result)}; it should be {show_value(expected)}."


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


def _kind(value):
    return "a NumPy array" if isinstance(value, np.ndarray) else _a(type_name(value))


def _a(noun):
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
    """
    return (
        f"{show_call(function, arguments, keywords)}\n"
        f"  returned: {_indented(show_value(result), 12)}\n"
        f"  expected: {_indented(show_value(expected), 12)}\n"
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
    text = str(error) if len(str(error)) <= _LONGEST else f"{str(error)[:_LONGEST]}…"
    said = f"{type(error).__name__}: {text}" if text.strip() else f"{type(error).__name__} without a message"
    place = getattr(error, "place", None)  # known where the grader brought the error from the learner's process
    if place:
        said += f"\nat {place}"
    return (
        f"{show_call(function, arguments, keywords)}\n"
        f"  raised:   {_indented(said, 12)}\n"
        f"  expected: {_indented(expected, 12)}"
    )


def _indented(text, columns):
    return re.sub(r"\n(?=[^\n])", "\n" + " " * columns, text)


def as_expected(value):
    """Turn a list of numbers into the array that a function should return.

    Parameters
    ----------
    value : object
        What a test gives as ``expected=``.

    Returns
    -------
    object
        Lists become arrays, also inside a tuple, but for lists of tuples or of strings; the rest stays as it is.
    """
    if isinstance(value, list) and not any(isinstance(item, tuple | str) for item in value):
        return np.asarray(value)
    if isinstance(value, tuple):
        return tuple(as_expected(item) for item in value)
    return value


FOLLOWED = {}
"""``{name: (function, rtol, atol)}``: what a function should do, given the mistakes in earlier ones that it calls.

The grader fills it in (see `autograder.following`); in a learner's notebook it stays empty.
"""


def is_followed(function, arguments, keywords, outcome):
    """Say whether a wrong call is right but for mistakes in earlier functions.

    Parameters
    ----------
    function : callable
    arguments : tuple
    keywords : dict
    outcome : convnets.calls.Outcome
        What the call did.

    Returns
    -------
    bool
    """
    if getattr(function, "__name__", None) not in FOLLOWED:
        return False
    rebuilt, rtol, atol = FOLLOWED[function.__name__]
    theirs = perform(rebuilt, arguments, keywords)
    if theirs.error is not None or outcome.error is not None:
        return type(theirs.error) is type(outcome.error)
    return not outcome.changed and difference(outcome.value, theirs.value, rtol, atol) is None


def check_equal(function, *arguments, expected, rtol=RELATIVE_TOLERANCE, atol=ABSOLUTE_TOLERANCE, **keywords):
    """Check that a call returns the expected value.

    Parameters
    ----------
    function : callable
        The function under test.
    *arguments, **keywords
        What it is called with.
    expected : object
        What it should return. Lists stand for arrays.
    rtol, atol : float
        Tolerances as in `numpy.isclose`.

    Raises
    ------
    CheckFailed
        When the result differs; the message shows the call, both values and the first difference.
    Exception
        Whatever the function raises.
    """
    expected = as_expected(expected)
    outcome = perform(function, arguments, keywords)
    if outcome.error is not None and not is_followed(function, arguments, keywords, outcome):
        raise outcome.error
    said = difference(outcome.value, expected, rtol, atol)
    if said and not is_followed(function, arguments, keywords, outcome):
        failed = CheckFailed(describe(function, arguments, keywords, outcome.value, expected, said))
        failed.arrays = outcome.value, expected
        raise failed


class shape_of(Performed):  # noqa: N801 - it is used as a function
    """Make a function of one that returns an array: it returns the shape of that array.

    Parameters
    ----------
    function : callable
        The function, or the grader's stand-in for it.
    """

    def __init__(self, function):
        self.function = function
        self.__name__ = f"shape of {getattr(function, '__name__', 'function')}"

    def through(self, other):
        """Make the same of another function."""
        return type(self)(other)

    def perform_call(self, arguments, keywords, watch):
        """Do what `convnets.calls.perform` does, and take the shape."""
        outcome = perform(self.function, arguments, keywords, watch)
        if isinstance(outcome.value, np.ndarray):
            outcome.value = outcome.value.shape
        elif outcome.error is None:
            value, outcome.value = outcome.value, None
            outcome.error = TypeError(f"A NumPy array is expected, not {_kind(value)}.")
        return outcome


def check_raises(function, *arguments, error=ValueError, **keywords):
    """Check that a call with senseless arguments raises an error that says what is wrong.

    Parameters
    ----------
    function : callable
        The function under test.
    *arguments, **keywords
        What it is called with.
    error : type
        The exception it should raise.

    Raises
    ------
    CheckFailed
        When nothing or something else is raised, or when the error carries no message.
    """
    outcome = perform(function, arguments, keywords)
    said = said_of_acceptance(function, arguments, keywords, outcome, error)
    if said and not is_followed(function, arguments, keywords, outcome):
        raise CheckFailed(said)


def said_of_acceptance(function, arguments, keywords, outcome, error=ValueError, such_as=None):
    """Say how a call with senseless arguments went wrong.

    Parameters
    ----------
    function : callable
    arguments : tuple
    keywords : dict
    outcome : convnets.calls.Outcome
        What the call did.
    error : type
        The exception it should raise.
    such_as : str, optional
        A message the exception could carry.

    Returns
    -------
    str or None
        None when it raised the exception, with a message.
    """
    if isinstance(outcome.error, error) and str(outcome.error).strip():
        return None
    if isinstance(outcome.error, NotImplementedError):
        raise outcome.error  # the exercise is not answered yet, and that is all there is to say
    wanted = f"{_a(error.__name__)} with a sentence that says what is wrong" + (
        f", such as: {such_as}" if such_as else ""
    )
    if outcome.error is not None:
        return describe_error(function, arguments, keywords, outcome.error, wanted)
    return (
        f"{show_call(function, arguments, keywords)}\n"
        f"  returned: {_indented(show_value(outcome.value), 12)}\n"
        f"  expected: {wanted}"
    )


def check_unchanged(function, *arguments, **keywords):
    """Check that a call leaves its arguments as they were.

    Parameters
    ----------
    function : callable
        The function under test.
    *arguments, **keywords
        What it is called with; arrays, lists and dicts are compared before and after.

    Raises
    ------
    CheckFailed
        When an argument is different after the call.
    Exception
        Whatever the function raises.
    """
    outcome = perform(function, arguments, keywords)
    if outcome.error is not None:
        raise outcome.error
    said = said_of_changes(outcome)
    if said:
        raise CheckFailed(f"{show_call(function, arguments, keywords)}\n  {said}")


def said_of_changes(outcome):
    """Say which argument a call changed.

    Parameters
    ----------
    outcome : convnets.calls.Outcome

    Returns
    -------
    str or None
    """
    for name, (before, after) in outcome.changed.items():
        which = f"argument {name + 1}" if isinstance(name, int) else f"argument {name!r}"
        return (
            f"The call changed its {which}. Work on a copy, or on a new array.\n"
            f"  before:   {_indented(show_value(before), 12)}\n"
            f"  after:    {_indented(show_value(after), 12)}"
        )
    return None
