"""Say what wrong results have in common, where no catalogued mistake explains them."""

import itertools
from contextvars import ContextVar
from functools import partial

import numpy as np

from convnets.checks.compare import difference

RTOL, ATOL = 1e-4, 1e-5
ENOUGH = 3  # pairs that must show a pattern before it is believed
_LARGE = 16  # elements
_MANY = 6  # of which a pattern must hold that chance brings about now and then
_batches = ContextVar("whether arrays of four axes are batches of images", default=True)


def recognise(pairs, batches=True):
    """Find what sets wrong results apart from right ones.

    Parameters
    ----------
    pairs : iterable of (object, object)
        What a function returned and what it should have, for some inputs on which the two differ.
    batches : bool
        Whether an array of four axes is a batch of images. What filters or items of a tuple are is not known here.

    Returns
    -------
    str or None
        What is true of all pairs of numbers or of arrays that are large enough to tell, at least three of them; of
        tuples and dicts, what is true of each item wherever it is wrong, or which items are wrong at all.
    """
    token = _batches.set(batches)
    try:
        return _recognise(list(pairs))
    finally:
        _batches.reset(token)


def _recognise(pairs):
    if len(pairs) >= ENOUGH and all(_are_exchanged(*pair) for pair in pairs):
        return "the values are the right ones, but stand at other keys"
    names = _items(pairs[0][1]) if pairs else None
    if names and all(_items(each) == names and type(each) is type(pairs[0][1]) for pair in pairs for each in pair):
        return _recognise_items(pairs, names)
    if pairs and all(type(each) is list for pair in pairs for each in pair):
        return _of_lists(pairs) if len(pairs) >= ENOUGH else None
    if len(pairs) >= ENOUGH and all(type(each) in (str, bool) for pair in pairs for each in pair):
        return _of_words(pairs)
    if pairs and all(_is_number(each) for pair in pairs for each in pair):
        return _of_numbers(*np.array(pairs, dtype=float).T)
    arrays = [(np.asarray(ours), np.asarray(right)) for ours, right in pairs if _are_arrays(ours, right)]
    arrays = [pair for pair in arrays if not _close(*pair)]  # of those only the type is wrong
    if len(arrays) < ENOUGH:
        return None
    same_shape = [pair for pair in arrays if pair[0].shape == pair[1].shape]
    if not same_shape:
        return _common(arrays, _SHAPES)
    if len(same_shape) < len(arrays):
        return None
    return _common(same_shape, _VALUES) or _common(same_shape, _WEAK, _MANY)


def recognise_large(ours, right, batches=True):
    """Find what sets one wrong array apart that is large enough to tell by itself, or None."""
    if not _are_arrays(ours, right) or ours.shape != right.shape or right.size < _LARGE:
        return None
    return recognise([(ours, right)] * _MANY, batches)


def _items(value):
    """Name the items of a tuple or a dict, by what stands in brackets behind it."""
    if type(value) is tuple:
        return dict(enumerate(f"item {place}" for place in range(len(value))))
    return {key: f"[{key!r}]" for key in value} if type(value) is dict else None


def _recognise_items(pairs, names):
    """Find what sets each item of wrong results apart, in those in which it is wrong; else which ones are wrong."""
    wrong, told = [], []
    for key, name in names.items():
        parts = [(ours[key], right[key]) for ours, right in pairs]
        parts = [pair for pair in parts if not _is_right(*pair)]
        said = recognise(parts, batches=False)
        wrong += [name] if parts else []
        where = name if len(parts) == len(pairs) else f"{name}, where it is wrong,"
        told += [f"in {where} {said}"] if said else []
    if told or len(wrong) == len(names) or len(pairs) < ENOUGH:
        return ", and ".join(told) or None
    return f"only {' and '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} wrong" if wrong else None


def _are_exchanged(ours, right):
    """Whether two dicts have the same keys, and the same values at other keys."""
    if type(ours) is not dict or type(right) is not dict or ours.keys() != right.keys():
        return False
    return sorted(map(repr, ours.values())) == sorted(map(repr, right.values()))


def _of_lists(pairs):
    """Find what sets wrong lists apart: how many items there are, in which places, and which of them are wrong."""
    if all(sorted(map(repr, ours)) == sorted(map(repr, right)) for ours, right in pairs):
        return "the items are the right ones, but stand in other places"
    more = [len(ours) - len(right) for ours, right in pairs]
    if len(set(np.sign(more))) > 1:
        return None
    if any(more):
        count = f"{abs(more[0])} item{'s' if abs(more[0]) > 1 else ''}" if len(set(more)) == 1 else "items"
        return f"the list has {count} too {'many' if more[0] > 0 else 'few'}"
    wrong = [pair for lists in pairs for pair in zip(*lists, strict=True) if not _is_right(*pair)]
    kind = {tuple: "tuple", list: "list", dict: "dict"}.get(type(wrong[0][1]))
    said = _recognise(wrong)
    if said:
        said = f"in each wrong {kind}, {said}" if kind else said.replace("it is", "each wrong item is", 1)
    return ", and ".join(filter(None, (_common(pairs, [_place]), said))) or None


def _place(ours, right):
    wrong = [place for place, pair in enumerate(zip(ours, right, strict=True)) if not _is_right(*pair)]
    if len(right) < 2:
        return None
    if wrong == [0] or wrong == [len(right) - 1]:
        return f"only the {'first' if wrong == [0] else 'last'} item is wrong"
    return "the first item is right, and the others are not" if wrong == list(range(1, len(right))) else ""


def _of_words(pairs):
    """Say which words, or which of True and False, stand for which others, where that is always the same."""
    said = sorted({f"{ours!r} where it should be {right!r}" for ours, right in pairs})
    return f"it is {' and '.join(said)}" if len(said) == 1 or (len(said) == 2 and len(pairs) >= _MANY) else None


def _is_right(ours, right):
    return _close(ours, right) if _are_arrays(ours, right) else difference(ours, right) is None


def _is_number(value):
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _of_numbers(ours, right):
    """Find what sets wrong numbers apart."""
    if ours.size < ENOUGH:
        return None
    said = _factor(ours, right) or _offset(ours, right)
    if not said and ours.size >= _MANY and len(set(np.sign(ours - right))) == 1:
        return f"it is too {'large' if ours[0] > right[0] else 'small'}"
    return said and said.replace("every element is", "it is").replace("all signs are", "its sign is")


def _are_arrays(*values):
    return all(isinstance(value, np.ndarray) and value.dtype.kind in "biuf" and value.size for value in values)


def _common(arrays, looks, enough=ENOUGH):
    """Return the first sentence that holds for every pair; a look returns None where a pair cannot tell."""
    for look in looks:
        said = [sentence for sentence in itertools.starmap(look, arrays) if sentence is not None]
        if len(said) >= enough and len(set(said)) == 1 and said[0]:
            return said[0]
    return None


def _close(first, second):
    return first.shape == second.shape and np.allclose(first, second, RTOL, ATOL)


def _is_plain(right):
    """Whether an array says little: fewer than two different elements."""
    return right.size < 2 or np.ptp(right) == 0


def _nan(ours, _right):
    return "some elements are NaN" if ours.dtype.kind == "f" and np.isnan(ours).any() else ""


def _factor(ours, right):
    ours, right = ours.astype(float), right.astype(float)
    if _is_plain(right) or not right.any():
        return None
    factor = float((ours * right).sum() / (right * right).sum())
    if not np.isfinite(factor) or abs(factor) < 1e-6 or abs(factor - 1) < 1e-3 or not _close(ours, factor * right):
        return ""
    return (
        "all signs are turned round" if abs(factor + 1) < 1e-6 else f"every element is {factor:.4g} times the right one"
    )


def _offset(ours, right):
    if _is_plain(right):
        return None
    offset = float(np.mean(ours.astype(float) - right))
    if not np.isfinite(offset) or abs(offset) < ATOL or not _close(ours.astype(float), right + offset):
        return ""
    return f"every element is {abs(offset):.4g} too {'large' if offset > 0 else 'small'}"


def _axes(right):
    """Name the axes of an image, whatever stands before and behind: ``{axis: name}``."""
    if right.ndim == 1:
        return {0: "element"}
    if right.ndim == 4 and not _batches.get():
        return {}
    first = 1 if right.ndim == 4 else 0
    return {first: "row", first + 1: "column"}


def _swapped(ours, right):
    axes = list(_axes(right))
    if len(axes) < 2 or right.shape[axes[0]] != right.shape[axes[1]]:
        return None
    turned = np.swapaxes(right, *axes)
    if _close(turned, right):
        return None
    return "rows and columns are swapped" if _close(ours, turned) else ""


def _reversed(ours, right):
    names = _axes(right)
    undecided = False
    for count in range(1, len(names) + 1):
        for axes in itertools.combinations(names, count):
            turned = np.flip(right, axes)
            if _close(turned, right):
                undecided = True
            elif _close(ours, turned):
                return f"the order of the {' and the '.join(f'{names[axis]}s' for axis in axes)} is reversed"
    return None if undecided else ""


def _shifted(ours, right):
    long = {axis: name for axis, name in _axes(right).items() if right.shape[axis] >= 3}
    if not long or _is_plain(right):
        return None
    for axis, name in long.items():
        mine, its = np.moveaxis(ours, axis, 0), np.moveaxis(right, axis, 0)
        for where, late, early in (("later", mine, its), ("earlier", mine[::-1], its[::-1])):
            for steps, count in enumerate(("one", "two"), start=1):
                if _close(late[steps:], early[:-steps]) and not _is_plain(early[:-steps]):
                    return f"everything stands {count} {name}{'s' if steps > 1 else ''} {where} than it should"
    if len(long) == 2:
        first, second = long
        rows, columns = (np.moveaxis(array, (first, second), (0, 1)) for array in (ours, right))
        if _close(rows[1:, 1:], columns[:-1, :-1]) and not _is_plain(columns[:-1, :-1]):
            return "everything stands one row and one column later than it should"
        if _close(rows[:-1, :-1], columns[1:, 1:]) and not _is_plain(columns[1:, 1:]):
            return "everything stands one row and one column earlier than it should"
    return ""


def _wrong(ours, right):
    return ~np.isclose(ours, right, RTOL, ATOL)


def _one_line(ours, right):
    wrong = _wrong(ours, right)
    undecided = True
    for axis, name in _axes(right).items():
        if right.shape[axis] < 3:
            continue
        undecided = False
        others = tuple(other for other in range(wrong.ndim) if other != axis)
        lines = np.flatnonzero(wrong.any(axis=others))
        if lines.size == 1 and lines[0] in (0, right.shape[axis] - 1):
            return f"only the {'first' if lines[0] == 0 else 'last'} {name} is wrong"
    return None if undecided else ""


def _border(ours, right):
    axes = _axes(right)
    if any(right.shape[axis] < 3 for axis in axes):
        return None
    inside = tuple(slice(1, -1) if axis in axes else slice(None) for axis in range(right.ndim))
    return "" if _wrong(ours, right)[inside].any() else "only the border is wrong, the inside is right"


def _to_places(ours, right, places):
    return f"every element is rounded to {places} decimals" if _close(ours, np.round(right, places)) else ""


def _rounding(ours, right):
    scale = np.abs(right).max(initial=0)
    if scale == 0:
        return None
    error = np.abs(ours.astype(float) - right).max() / scale
    whole = _close(ours.astype(float), np.round(right)) or _close(ours.astype(float), np.trunc(right))
    if whole and error < 1:
        return "the fractions are lost: is something turned into integers?"
    if not 0 < error < 2e-2:
        return ""
    short = any(np.array_equal(ours, each) for each in (ours.astype(np.float16), *map(ours.round, range(4))))
    return f"the values are nearly right{': is something rounded, or kept with too few digits?' if short else ''}"


def _cut(ours, right):
    if not (right < 0).any():
        return None
    return "what should be negative is 0" if _close(ours, np.maximum(right, 0)) else ""


def _signs(ours, right):
    return "only signs are wrong" if _close(np.abs(ours.astype(float)), np.abs(right.astype(float))) else ""


def _elsewhere(ours, right):
    if _is_plain(right):
        return None
    return (
        "the numbers are the right ones, but stand in other places" if _close(_ordered(ours), _ordered(right)) else ""
    )


def _ordered(array):
    return np.sort(array.astype(float), axis=None)


def _first_lines(ours, right):
    if right.ndim == 4 and right.shape[0] > 1 and _batches.get():
        wrong = _wrong(ours, right).any(axis=(1, 2, 3))
        return "" if wrong[0] or not wrong[1:].all() else "the first image is right, and the others are not"
    return None if right.ndim == 4 and _batches.get() else ""


def _one_sided(ours, right):
    wrong = _wrong(ours, right)
    signs = set(np.sign((ours.astype(float) - right)[wrong]).tolist())
    return (
        {1.0: "what is wrong is too large", -1.0: "what is wrong is too small"}.get(*signs) if len(signs) == 1 else ""
    )


def _larger(ours, right):
    if ours.ndim != right.ndim or not _axes(right):
        return ""
    names = _axes(right)
    parts = []
    for axis, (mine, its) in enumerate(zip(ours.shape, right.shape, strict=True)):
        if mine != its:
            name = names.get(axis, "channel" if axis == right.ndim - 1 else "image")
            more = abs(mine - its)
            parts.append(f"{more} {name}{'s' if more > 1 else ''} too {'many' if mine > its else 'few'}")
    return f"the result has {' and '.join(parts)}"


def _axes_missing(ours, right):
    if ours.ndim == right.ndim:
        return ""
    return f"the result has {ours.ndim} {'axis' if ours.ndim == 1 else 'axes'} where it should have {right.ndim}"


def _only_shape(ours, right):
    if ours.size != right.size:
        return ""
    if _is_plain(right):
        return None
    is_right = _close(ours.ravel(), right.ravel())
    return "the numbers are the right ones in the right order, and only their shape is wrong" if is_right else ""


def _shape_swapped(ours, right):
    if len(_axes(right)) < 2 or ours.ndim != right.ndim:
        return ""
    return "height and width are swapped" if ours.shape == np.swapaxes(right, *_axes(right)).shape else ""


def _sizes(ours, right):
    if ours.ndim != right.ndim or not _axes(right):
        return ""
    names = _axes(right)
    said = {True: [], False: []}
    for axis, (mine, its) in enumerate(zip(ours.shape, right.shape, strict=True)):
        if mine != its:
            said[mine > its].append(f"{names.get(axis, 'channel' if axis == right.ndim - 1 else 'image')}s")
    parts = [f"too {word} {' and '.join(said[key])}" for key, word in ((True, "many"), (False, "few")) if said[key]]
    return f"the result has {' and '.join(parts)}"


def _too_large(ours, right):
    if ours.ndim != right.ndim:
        return ""
    signs = {mine > its for mine, its in zip(ours.shape, right.shape, strict=True) if mine != its}
    return f"the result is too {'large' if True in signs else 'small'}" if len(signs) == 1 else ""


_SHAPES = (_axes_missing, _only_shape, _shape_swapped, _larger, _sizes, _too_large)
_VALUES = (
    _nan,
    _factor,
    _offset,
    _swapped,
    _reversed,
    _shifted,
    _one_line,
    _border,
    *(partial(_to_places, places=places) for places in range(2, 7)),
    _rounding,
    _cut,
    _signs,
    _elsewhere,
)
_WEAK = (_first_lines, _one_sided)
