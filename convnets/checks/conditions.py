"""Say on which inputs a function is right, where it is wrong on others and no catalogued mistake explains it."""

import inspect
import math
from itertools import combinations

import numpy as np

from convnets.checks.draws import Call

_UNLIKELY = 1e-5  # so seldom may chance alone bring one property about; some fifty are looked at
_AXES = {
    1: ("element",),
    2: ("row", "column"),
    3: ("row", "column", "channel"),
    4: ("image", "row", "column", "channel"),
}
_OF_FILTERS = ("row", "column", "channel", "filter")


def right_where(function, calls, wrong, is_wrong=None):
    """Find a property of its arguments with which a function is right every time.

    Parameters
    ----------
    function : callable
        The reference function, which names the parameters and has their defaults.
    calls : sequence of convnets.checks.draws.Call
    wrong : sequence of bool
        For each call, whether the result is wrong.
    is_wrong : callable, optional
        Says of a further call whether its result is wrong, and False of one that makes no sense. Wrong calls are then
        given the arguments of right ones that have the property, and a property that does not help them is no answer.

    Returns
    -------
    str or None
        The property that chance is the least likely to have brought about; None where it could have.

    Examples
    --------
    >>> from convnets.checks.conditions import right_where
    >>> from convnets.checks.draws import call
    >>> def places(size, stride=1):
    ...     return (size - 1) // stride + 1
    >>> calls = [call(size, stride) for size in range(1, 9) for stride in (1, 2, 3)]
    >>> right_where(places, calls, [each.arguments[1] > 1 for each in calls])
    '`stride` is 1'
    """
    signature = _signature(function)
    right = len(wrong) - sum(wrong)
    if signature is None or not 0 < right < len(wrong):
        return None
    records = {name for each in calls for name, value in _given(signature, each).items() if _is_record_list(value)}
    properties = [set(_properties(signature, each, records)) for each in calls]
    holding = {}
    for told, is_one in zip(properties, wrong, strict=True):
        for said in told:
            holding.setdefault(said, []).append(is_one)
    found = {}
    for said, seen in holding.items():
        if not any(seen):
            # How likely it is that all of them are right if they are so no more often than the others.
            others = (right - len(seen) + 1) / (len(wrong) - len(seen) + 1)
            found[said] = len(seen) * math.log(others)
    failing = [each for each, is_one in zip(calls, wrong, strict=True) if is_one]
    for said in sorted(found, key=lambda said: (round(found[said], 6), len(said))):
        if found[said] >= math.log(_UNLIKELY):
            return None
        with_it = [each for each, told in zip(calls, properties, strict=True) if said in told]
        if not is_wrong or not any(map(is_wrong, _mixed(signature, with_it, failing, said, records))):
            return said
    return None


_MIXED = 12  # calls, made of a wrong one and an argument of a right one


def _mixed(signature, with_it, failing, said, records):
    """Make calls with a property of wrong ones without it, by the argument that has it in right ones."""
    names = [name for name in signature.parameters if f"`{name}`" in said]
    if len(names) != 1:
        return
    for number, each in enumerate(with_it[:_MIXED]):
        arguments = _given(signature, failing[number % len(failing)])
        arguments.pop(names[0], None)
        arguments |= {key: value for key, value in _given(signature, each).items() if key == names[0]}
        bound = inspect.BoundArguments(
            signature, {key: arguments[key] for key in signature.parameters if key in arguments}
        )
        call = Call(bound.args, bound.kwargs)
        if said in set(_properties(signature, call, records)):
            yield call


def _signature(function):
    while hasattr(function, "function"):  # a stand-in
        function = function.function
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _given(signature, call):
    return signature.bind(*call.arguments, **call.keywords).arguments


def _properties(signature, call, records):
    """Go through what can be said of a call's arguments; those in ``records`` are lists of items, and no arrays."""
    bound = signature.bind(*call.arguments, **call.keywords)
    for name, parameter in signature.parameters.items():
        if parameter.default is not parameter.empty:
            yield f"`{name}` is {'given' if name in bound.arguments else 'left out'}"
    bound.apply_defaults()
    lengths = {name: _shape(value) for name, value in bound.arguments.items() if isinstance(value, list | np.ndarray)}
    for (first, shape), (second, other) in combinations(lengths.items(), 2):
        if shape and shape == other:
            yield f"`{second}` is as large as `{first}`"
    for name, value in bound.arguments.items():
        if value is None or isinstance(value, bool | int | float | str):
            yield f"`{name}` is {value!r}"
            yield from _of_number(name, value)
        elif isinstance(value, list | tuple | np.ndarray):
            yield from _of_items(f"`{name}`", value) if name in records else _of_array(name, value)


def _of_number(name, value):
    if isinstance(value, int | float) and not isinstance(value, bool):
        for least in (0, 1):
            yield f"`{name}` is {'above' if value > least else 'at most'} {least}"
    if isinstance(value, int) and not isinstance(value, bool):
        yield f"`{name}` is {'odd' if value % 2 else 'even'}"


def _shape(value):
    try:
        return np.shape(value)
    except ValueError:  # rows of different lengths
        return ()


def _is_record_list(value):
    pairs = isinstance(value, list) and all(isinstance(item, dict | tuple | str | list) for item in value)
    return pairs and not all(isinstance(item, list) for item in value)


def _of_items(name, items):
    for count, number in enumerate(("no items", "one item", "two items")):
        if len(items) == count:
            yield f"{name} has {number}"
    if items and all(isinstance(item, dict) for item in items):
        held = {(key, str(item[key])) for item in items for key in item}
        for key, value in (("type", "dense"), ("type", "flatten"), ("type", "conv2d"), ("padding", "same")):
            if (key, value) not in held:
                yield f"{name} holds no '{key}': '{value}'"
        if not any(item.get("type", "").endswith("pool") for item in items):
            yield f"{name} holds no pooling"
        for key in ("strides", "pool_size"):
            if not any(key in item for item in items):
                yield f"{name} holds no '{key}'"
            if not any(item.get("type", "").endswith("pool") and key not in item for item in items):
                yield f"every pooling in {name} has its '{key}'"
    for kind in (tuple, list):
        if items and all(isinstance(item, kind) for item in items):
            yield f"every item of {name} is a {kind.__name__}"
    if items and all(isinstance(item, tuple | list) and len(item) == 2 for item in items):
        for place, which in enumerate(("first", "second")):
            if all(item[place] == 1 for item in items):
                yield f"the {which} number of every pair in {name} is 1"


def _of_array(name, value):
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        return
    if array.dtype.kind not in "biuf":
        return
    axes = _OF_FILTERS if name == "filters" and array.ndim == 4 else _AXES.get(array.ndim, ())
    yield f"`{name}` has {array.ndim} {'axis' if array.ndim == 1 else 'axes'}"
    for axis, size in zip(axes, array.shape, strict=False):
        if size == 1:
            yield f"`{name}` has one {axis}"
        if axis in ("row", "column"):
            yield f"`{name}` has an {'odd' if size % 2 else 'even'} number of {axis}s"
    if array.ndim < 3:
        yield f"`{name}` has at most 2 axes"
    if array.ndim == 1 and array.size in (2, 3):
        yield f"`{name}` has {('two', 'three')[array.size - 2]} elements"
    if array.size and array.min() >= 0:
        yield f"`{name}` holds no negative number"
    if array.size and array.max() <= 1:
        yield f"`{name}` holds no number above 1"
    sides = [size for axis, size in zip(axes, array.shape, strict=False) if axis in ("row", "column")]
    if len(sides) == 2 and sides[0] == sides[1]:
        yield f"`{name}` is as high as it is wide"
    if array.size == 1:
        yield f"`{name}` has one number"
    yield f"`{name}` holds {'fractions' if array.dtype.kind == 'f' else 'whole numbers'}"
    if array.dtype.itemsize == 1:
        yield f"`{name}` holds numbers of 8 bits"
