"""Values as options show them: plain data, and a text that is the same for values that look the same."""

import numpy as np

MOST_NUMBERS = 9


def plain(value):
    """Turn a value into what an option can show.

    Parameters
    ----------
    value : object

    Returns
    -------
    bool, int, float, str, tuple, list or None
        None where it is too large or of another kind.

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.notebook.questions.options import plain
    >>> plain(np.array([[1.0, 2.5]])), plain(np.zeros(100)) is None
    ([[1.0, 2.5]], True)
    """
    kind = type(value)
    if kind is np.ndarray:
        return _plain_array(value)
    if isinstance(value, np.generic) and kind.__module__ == "numpy":
        value = value.item()
        kind = type(value)
    if kind in (bool, int, float):
        return value if kind is bool or abs(value) < 1e9 else None
    if kind is str:
        return value if len(value) <= 30 and value.isprintable() else None
    if kind in (tuple, list) and 0 < len(value) <= MOST_NUMBERS:
        parts = [plain(each) for each in value]
        return None if any(part is None for part in parts) or count(parts) > MOST_NUMBERS else kind(parts)
    return None


def _plain_array(array):
    if array.dtype.kind not in "biuf" or not 0 < array.size <= MOST_NUMBERS:
        return None
    return None if not np.all(np.abs(array.astype(float)) < 1e9) else array.tolist()


def count(value):
    """Count the numbers in plain data."""
    return sum(map(count, value)) if isinstance(value, tuple | list) else 1


def text(value):
    """Write plain data.

    Examples
    --------
    >>> from convnets.notebook.questions.options import text
    >>> text([[1.0, 0.1 + 0.2], (2,)])
    '[[1, 0.3], (2,)]'
    """
    if isinstance(value, bool | str):
        return repr(value)
    if isinstance(value, int | float):
        return f"{0 if abs(value) < 1e-9 else value:.4g}" if isinstance(value, float) else str(value)
    inside = ", ".join(map(text, value))
    if isinstance(value, tuple):
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return f"[{inside}]"


def near(value):
    """List values that somebody could take for this one.

    Parameters
    ----------
    value : plain data

    Returns
    -------
    list of plain data

    Examples
    --------
    >>> from convnets.notebook.questions.options import near
    >>> near((2, 3))
    [(3, 2), (2, 4), (2, 2), (3, 3), (1, 3)]
    """
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1, value - 1, 2 * value, -value, value + 2]
    if isinstance(value, str):
        return [value[::-1], value + value[:1], value[1:]]
    kind, parts = type(value), list(value)
    made = [kind(reversed(parts))]
    for place in reversed(range(len(parts))):
        made += [kind([*parts[:place], other, *parts[place + 1 :]]) for other in near(parts[place])[:2]]
    return made
