"""Checks for the visible tests: each says what was called, what came back and what was expected.

They are asserts with better messages. A check takes the learner's function itself, not its result, so that it
can name the call; that also lets the grader pass a stand-in for a function that lives in another process.
"""

import numpy as np

from convnets.calls import perform

# float32 keeps about seven digits; sums of a few hundred products lose two of them.
RELATIVE_TOLERANCE = 1e-4
ABSOLUTE_TOLERANCE = 1e-5

_WRITTEN_OUT = 64  # the largest number of elements shown in full


class CheckFailed(AssertionError):
    """A learner's answer is not what was asked for; the message is written for the learner."""

    def _render_traceback_(self):
        # IPython calls this in place of its own traceback: the message alone is what helps.
        return [f"{type(self).__name__}: {self}"]


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
            text = np.array2string(value, separator=", ", precision=6, suppress_small=True, max_line_width=88)
            kind = "" if value.dtype in (np.dtype(float), np.dtype(int)) else f", dtype={value.dtype}"
            shape = f", shape={value.shape}" if value.size == 0 or value.ndim == 0 else ""
            return f"array({text}{shape}{kind})"
        if value.dtype.kind in "biuf":
            return (
                f"array of shape {value.shape}, {value.dtype}, values {np.nanmin(value):.6g} to {np.nanmax(value):.6g}"
            )
        return f"array of shape {value.shape}, {value.dtype}"
    if isinstance(value, tuple):
        inside = ", ".join(show_value(item) for item in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
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
    return f"{getattr(function, '__name__', 'function')}({', '.join(parts)})"


def difference(result, expected, rtol=RELATIVE_TOLERANCE, atol=ABSOLUTE_TOLERANCE):
    """Say how a result differs from what was expected.

    Parameters
    ----------
    result, expected : object
        Arrays, numbers, strings, tuples, lists, dicts or None. A list is accepted where ``expected`` is a list,
        not where an array is expected.
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
                return f"A NumPy array is expected, not {_a(type(result).__name__)}."
        if result.shape != expected.shape:
            return f"The shape is {result.shape}; it should be {expected.shape}."
        if result.dtype.kind not in "biufc":
            return f"The elements should be numbers; their dtype is {result.dtype}."
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
            return f"{_a(kind.__name__).capitalize()} is expected, not {_a(type(result).__name__)}."
        if len(result) != len(expected):
            return f"The {kind.__name__} has {len(result)} items; it should have {len(expected)}."
        for position, (ours, theirs) in enumerate(zip(result, expected, strict=True)):
            said = difference(ours, theirs, rtol, atol)
            if said:
                return f"Item {position}: {said}"
        return None
    if isinstance(expected, dict):
        if not isinstance(result, dict):
            return f"A dict is expected, not {_a(type(result).__name__)}."
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
            return f"A number is expected, not {_a(type(result).__name__)}."
        agrees = bool(np.isclose(result, expected, rtol=rtol, atol=atol, equal_nan=True))
    else:
        agrees = type(result) is type(expected) and result == expected
    return None if agrees else f"It is {show_value(result)}; it should be {show_value(expected)}."


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
        f"  returned: {_indented(show_value(result))}\n"
        f"  expected: {_indented(show_value(expected))}\n"
        f"  {said}"
    )


def _indented(text):
    return text.replace("\n", "\n            ")


def as_expected(value):
    """Turn a list of numbers into the array that a function should return.

    Parameters
    ----------
    value : object
        What a test gives as ``expected=``.

    Returns
    -------
    object
        Lists become arrays, also inside a tuple; the rest stays as it is.
    """
    if isinstance(value, list):
        return np.asarray(value)
    if isinstance(value, tuple):
        return tuple(as_expected(item) for item in value)
    return value


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
    if outcome.error is not None:
        raise outcome.error
    said = difference(outcome.value, expected, rtol, atol)
    if said:
        raise CheckFailed(describe(function, arguments, keywords, outcome.value, expected, said))


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
    wanted = f"{_a(error.__name__)} with a sentence that says what is wrong"
    if outcome.error is None:
        came = f"returned: {_indented(show_value(outcome.value))}"
    elif not isinstance(outcome.error, error):
        came = f"raised:   {type(outcome.error).__name__}: {outcome.error}"
    elif not str(outcome.error).strip():
        came = f"raised:   {error.__name__} without a message"
    else:
        return
    raise CheckFailed(f"{show_call(function, arguments, keywords)}\n  {came}\n  expected: {wanted}")


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
            f"The call changed its {which}: it was {show_value(before)}, now it is {show_value(after)}. "
            "Work on a copy, or on a new array."
        )
    return None
