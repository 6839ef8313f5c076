"""Compare a result with what was expected."""

import numpy as np

from convnets.checks.words import NOTHING_RETURNED, kind_of_value, show_value, with_article

# float32 keeps about seven digits; sums of a few hundred products lose two of them.
RELATIVE_TOLERANCE = 1e-4


ABSOLUTE_TOLERANCE = 1e-5


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

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.compare import difference
    >>> difference(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    '1 of 2 elements differ. result[1] is 2; it should be 3.'
    >>> difference(np.array([1.0, 2.0]), np.array([1.0, 2.0])) is None
    True
    """
    if result is None and expected is not None:
        return NOTHING_RETURNED
    if isinstance(expected, np.ndarray):
        return _difference_of_arrays(result, expected, rtol, atol)
    if isinstance(expected, tuple | list):
        return _difference_of_items(result, expected, rtol, atol)
    if isinstance(expected, dict):
        return _difference_of_dicts(result, expected, rtol, atol)
    if isinstance(expected, bool | np.bool_):
        agrees = isinstance(result, bool | np.bool_) and bool(result) == bool(expected)
    elif isinstance(expected, int | float | np.number):
        if isinstance(result, np.ndarray) and result.ndim == 0:
            result = result[()]
        if isinstance(result, bool | np.bool_) or not isinstance(result, int | float | np.number):
            return f"A number is expected, not {kind_of_value(result)}."
        if isinstance(expected, int | np.integer) and isinstance(result, float | np.floating):
            return f"A whole number is expected, not {show_value(result)}."
        agrees = _close(result, expected, rtol, atol)
    else:
        if type(result) is np.str_:  # an element of an array of names is a string like any other
            result = str(result)
        agrees = type(result) is type(expected) and result == expected
    return None if agrees else f"It is {show_value(result)}; it should be {show_value(expected)}."


def _close(result, expected, rtol, atol):
    if isinstance(expected, int | np.integer):  # counts are exact, and may be larger than any float
        return bool(result == expected)
    try:
        return bool(np.isclose(result, expected, rtol=rtol, atol=atol, equal_nan=True))
    except (OverflowError, TypeError):  # a whole number that no float can hold
        return False


def _difference_of_arrays(result, expected, rtol, atol):
    if not isinstance(result, np.ndarray) or isinstance(result, np.matrix):  # which multiplies otherwise
        if not (isinstance(result, np.generic) and expected.ndim == 0):
            return f"A NumPy array is expected, not {kind_of_value(result)}."
        result = np.asarray(result)
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
    whole = result.dtype.kind in "biu" and expected.dtype.kind in "biu"
    alike = result == expected if whole else np.isclose(result, expected, rtol=rtol, atol=atol, equal_nan=True)
    wrong = np.argwhere(~alike)
    if not len(wrong):
        return None
    first = tuple(int(i) for i in wrong[0])
    here = f"result[{', '.join(map(str, first))}]" if first else "The value"
    count = f"{len(wrong)} of {expected.size} elements differ. " if expected.size > 1 else ""
    return f"{count}{here} is {result[first]:.6g}; it should be {expected[first]:.6g}."


def _difference_of_items(result, expected, rtol, atol):
    kind = type(expected)
    if not isinstance(result, kind):
        return f"{with_article(kind.__name__).capitalize()} is expected, not {kind_of_value(result)}."
    if len(result) != len(expected):
        return f"The {kind.__name__} has {len(result)} items; it should have {len(expected)}."
    for position, (ours, theirs) in enumerate(zip(result, expected, strict=True)):
        said = difference(ours, theirs, rtol, atol)
        if said:
            return f"Item {position}: {said}"
    return None


def _difference_of_dicts(result, expected, rtol, atol):
    if not isinstance(result, dict):
        return f"A dict is expected, not {kind_of_value(result)}."
    if set(result) != set(expected):
        return f"The keys are {sorted(map(str, result))}; they should be {sorted(map(str, expected))}."
    for key, theirs in expected.items():
        said = difference(result[key], theirs, rtol, atol)
        if said:
            return f"[{key!r}]: {said}"
    return None


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

    Examples
    --------
    >>> from convnets.checks.compare import as_expected
    >>> as_expected([[1, 2], [3, 4]]).shape
    (2, 2)
    >>> as_expected(["cat", "dog"])
    ['cat', 'dog']
    """
    if isinstance(value, list) and not any(isinstance(item, tuple | str) for item in value):
        return np.asarray(value)
    if isinstance(value, tuple):
        return tuple(as_expected(item) for item in value)
    return value
