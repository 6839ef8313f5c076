"""Say what wrong results have in common, where no catalogued mistake explains them."""

import itertools

import numpy as np

RTOL, ATOL = 1e-4, 1e-5
ENOUGH = 3  # pairs that must show a pattern before it is believed


def recognise(pairs):
    """Find what sets wrong results apart from right ones.

    Parameters
    ----------
    pairs : iterable of (object, object)
        What a function returned and what it should have, for some inputs on which the two differ.

    Returns
    -------
    str or None
        What is true of all pairs of arrays that are large enough to tell, at least three of them; of tuples, what is
        true of each item.
    """
    pairs = list(pairs)
    if pairs and all(type(each) is tuple and len(each) == len(pairs[0][1]) for pair in pairs for each in pair):
        parts = (_recognise_part(pairs, place) for place in range(len(pairs[0][1])))
        return ", and ".join(f"in item {place} {said}" for place, said in enumerate(parts) if said) or None
    arrays = [(np.asarray(ours), np.asarray(right)) for ours, right in pairs if _are_arrays(ours, right)]
    if len(arrays) < ENOUGH:
        return None
    same_shape = [pair for pair in arrays if pair[0].shape == pair[1].shape]
    if not same_shape:
        return _common(arrays, _SHAPES)
    return _common(same_shape, _VALUES) if len(same_shape) == len(arrays) else None


def _recognise_part(pairs, place):
    """Find what sets one item of wrong results apart, in those in which it is wrong."""
    parts = [(ours[place], right[place]) for ours, right in pairs]
    return recognise([pair for pair in parts if not (_are_arrays(*pair) and _close(*pair))])


def _are_arrays(*values):
    return all(isinstance(value, np.ndarray) and value.dtype.kind in "biuf" and value.size for value in values)


def _common(arrays, looks):
    """Return the first sentence that holds for every pair; a look returns None where a pair cannot tell."""
    for look in looks:
        said = [sentence for sentence in itertools.starmap(look, arrays) if sentence is not None]
        if len(said) >= ENOUGH and len(set(said)) == 1 and said[0]:
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
    if not np.isfinite(factor) or abs(factor) < 1e-6 or not _close(ours, factor * right):
        return ""
    return (
        "all signs are turned round" if abs(factor + 1) < 1e-6 else f"every element is {factor:.4g} times the right one"
    )


def _offset(ours, right):
    if _is_plain(right):
        return None
    offset = float(np.mean(ours.astype(float) - right))
    if not np.isfinite(offset) or not _close(ours.astype(float), right + offset):
        return ""
    return f"every element is {abs(offset):.4g} too {'large' if offset > 0 else 'small'}"


def _axes(right):
    """Name the axes of an image, whatever stands before and behind: ``{axis: name}``."""
    if right.ndim == 1:
        return {0: "element"}
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
            if _close(late[1:], early[:-1]) and not _is_plain(early[:-1]):
                return f"everything stands one {name} {where} than it should"
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


def _rounding(ours, right):
    scale = np.abs(right).max(initial=0)
    if scale == 0:
        return None
    error = np.abs(ours.astype(float) - right).max() / scale
    whole = _close(ours.astype(float), np.round(right)) or _close(ours.astype(float), np.trunc(right))
    if whole and error < 1:
        return "the fractions are lost: is something turned into integers?"
    return "the values are nearly right: is something rounded, or kept with too few digits?" if error < 2e-2 else ""


def _larger(ours, right):
    if ours.ndim != right.ndim:
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


def _shape_swapped(ours, right):
    if len(_axes(right)) < 2 or ours.ndim != right.ndim:
        return ""
    return "height and width are swapped" if ours.shape == np.swapaxes(right, *_axes(right)).shape else ""


_SHAPES = (_axes_missing, _shape_swapped, _larger)
_VALUES = (_nan, _factor, _offset, _swapped, _reversed, _shifted, _one_line, _border, _rounding)
