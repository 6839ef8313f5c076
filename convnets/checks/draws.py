"""What hidden tests call functions with: inputs that are drawn, the same ones each time."""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.control import current_build_context
from hypothesis.database import choices_to_bytes

from convnets.checks.formula import Formula

SETTINGS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=False,
    verbosity=Verbosity.quiet,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


SEED = 4  # else the draws would depend on the words in which the functions that collect them are written


class Call(NamedTuple):
    """The arguments of one call."""

    arguments: tuple
    keywords: dict


def call(*arguments, **keywords):
    """Write the arguments of a call down the way one would type them.

    Examples
    --------
    >>> from convnets.checks.draws import call
    >>> call([1, 2, 3], stride=2)
    Call(arguments=([1, 2, 3],), keywords={'stride': 2})
    """
    return Call(arguments, keywords)


def similar_calls(arguments, keywords):
    """List calls that a function which refuses this one may refuse too, or not.

    Parameters
    ----------
    arguments : sequence
    keywords : dict

    Returns
    -------
    list of Call
        Each number one larger and one smaller; all images, kernels and shapes on their sides, so that what was too
        high is too wide; and each of them twice as high, and twice as wide, so that one side may fit as it is.

    Examples
    --------
    >>> from convnets.checks.draws import similar_calls
    >>> [each.arguments for each in similar_calls(([[1, 2]], -2), {})]
    [([[1, 2]], -1), ([[1, 2]], -3), ([[1], [2]], -2), ([[1, 2], [1, 2]], -2), ([[1, 2, 1, 2]], -2)]
    """
    named = {**dict(enumerate(arguments)), **keywords}
    changed = [{key: value + step} for key, value in named.items() if type(value) in (int, float) for step in (1, -1)]
    sided = {key: value for key, value in named.items() if _has_sides(value)}
    turned = {key: _on_its_side(value, key) for key, value in sided.items()}
    doubled = [{key: _doubled(value, key, side)} for key, value in sided.items() for side in (0, 1)]
    calls = [{**named, **other} for other in (*changed, turned, *doubled) if other]
    return [
        Call(tuple(each[place] for place in range(len(arguments))), {name: each[name] for name in keywords})
        for each in calls
    ]


def _has_sides(value):
    if type(value) is tuple:
        return len(value) == 3 and all(type(side) is int for side in value)
    if not isinstance(value, list | np.ndarray):
        return False
    try:
        return np.ndim(value) in (2, 4) and np.asarray(value).dtype.kind in "biuf"
    except ValueError:  # rows of different lengths
        return False


def _on_its_side(value, place):
    if type(value) is tuple:
        return (value[1], value[0], *value[2:])
    turned = np.swapaxes(value, *_sides(value, place))
    return turned.tolist() if isinstance(value, list) else np.ascontiguousarray(turned)


def _doubled(value, place, side):
    if type(value) is tuple:
        return tuple(2 * size if axis == side else size for axis, size in enumerate(value))
    doubled = np.concatenate([value, value], axis=_sides(value, place)[side])
    return doubled.tolist() if isinstance(value, list) else doubled


def _sides(value, place):
    """Name the axes of rows and columns: images, the first argument, have them in the middle, and filters in front."""
    return (0, 1) if np.ndim(value) == 2 or place not in (0, "images") else (1, 2)


@cache
def array_likes(shape, low=-9, high=9, byte=None):
    """Draw what a caller may pass for an array: arrays of floats or integers of two sizes each, or nested lists.

    Parameters
    ----------
    shape : tuple of int
    low, high : int
        Smallest and largest element. Elements are whole numbers or eighths: float32 sums stay exact, and products have
        too many digits to be rounded unseen.
    byte : int, optional
        Largest element of arrays of bytes without a sign, where others may be negative; ``high`` when left out.

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.draws import array_likes, drawn_inputs
    >>> arrays = [drawn.arguments[0] for drawn, _ in drawn_inputs(array_likes((2, 3)).map(lambda array: (array,)), 20)]
    >>> {np.shape(array) for array in arrays}
    {(2, 3)}
    >>> {type(array).__name__ for array in arrays} == {"list", "ndarray"}
    True
    """
    whole = _whole_numbers(shape, low, high)
    eighths = _whole_numbers(shape, 2 * low, 2 * high).map(lambda array: array / 8)
    # Images are stored in small integers, whose sums wrap around.
    smallest = next(
        kind
        for kind in (np.uint8, np.int8, np.uint16, np.int16, np.int64)
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max
    )
    return st.one_of(
        whole.map(np.ndarray.tolist),  # first, for shrinking ends there: lists are the easiest to read and to copy
        eighths.map(np.ndarray.tolist),
        eighths,
        whole,
        whole.map(lambda array: array.astype(smallest)),
        eighths.map(lambda array: array.astype(np.float32)),
        *([] if low >= 0 else [_whole_numbers(shape, 0, byte or high).map(lambda array: array.astype(np.uint8))]),
    )


_BYTES = 16  # in one draw; more would make shrinking slow, which looks at each by itself


def _whole_numbers(shape, low, high):
    # Draws of many bytes for an array: drawing it element by element takes several times as long. Hypothesis makes
    # new draws out of parts of old ones, and puts zeros where a part has another length. So all lengths are alike.
    # It shrinks bytes by moving the larger ones to the end. Read backwards they are the first elements, and what lies
    # behind them can be left out.
    simplest_first = np.array(sorted(range(low, high + 1), key=lambda number: (abs(number), number < 0)))
    code = np.dtype(np.uint8) if simplest_first.size <= 256 else np.dtype(">u2")
    size = math.prod(shape)
    count = -(-size * code.itemsize // _BYTES)
    return st.tuples(*[st.binary(min_size=_BYTES, max_size=_BYTES)] * count).map(
        lambda drawn: simplest_first[
            np.frombuffer(b"".join(drawn), code)[::-1][:size].reshape(shape).astype(int) % simplest_first.size
        ]
    )


@st.composite
def images(draw, minimum=(1, 1), maximum=(7, 7), low=-9, high=9):
    """Draw a (height, width) image, seldom square.

    Parameters
    ----------
    minimum, maximum : (int, int)
        Smallest and largest (height, width).
    low, high : int
        Smallest and largest element.

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.draws import drawn_inputs, images
    >>> drawn = drawn_inputs(images(minimum=(2, 2)).map(lambda image: (image,)), 20)
    >>> all(min(np.shape(each.arguments[0])) >= 2 for each, _ in drawn)
    True
    """
    shape = tuple(draw(st.integers(small, large)) for small, large in zip(minimum, maximum, strict=True))
    return draw(array_likes(shape, low, high, 255))


@st.composite
def images_with_kernels(draw, maximum=(7, 7), low=-20, high=20):
    """Draw the arguments of a 2-D convolution: an image and a kernel that fits into it, both seldom square.

    Often the kernel is as high or as wide as the image, or is a single row, column or element.

    Parameters
    ----------
    maximum : (int, int)
        Largest (height, width) of the image.
    low, high : int
        Smallest and largest element.

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.draws import drawn_inputs, images_with_kernels
    >>> drawn = [each.arguments for each, _ in drawn_inputs(images_with_kernels(), 20)]
    >>> all(np.all(np.shape(kernel) <= np.array(np.shape(image))) for image, kernel in drawn)
    True
    """
    shape = tuple(draw(st.integers(1, side)) for side in maximum)
    kernel = tuple(draw(st.one_of(st.integers(1, side), st.sampled_from([1, side]))) for side in shape)
    return draw(array_likes(shape, low, high, 255)), draw(array_likes(kernel, low, high))


@st.composite
def image_batches(draw, minimum=(1, 1, 1, 1), maximum=(3, 6, 6, 3), low=-9, high=9):
    """Draw images of shape (images, height, width, channels), seldom square.

    Parameters
    ----------
    minimum, maximum : (int, int, int, int)
        Smallest and largest shape.
    low, high : int
        Smallest and largest element.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
    """
    shape = tuple(draw(st.integers(small, large)) for small, large in zip(minimum, maximum, strict=True))
    return draw(array_likes(shape, low, high, 255))


@st.composite
def convolutions(draw, gradient=False, plain=False, maximum=(2, 6, 6, 3), low=-9, high=9):
    """Draw the arguments of a convolutional layer, forward or backward, that belong together.

    Strides often leave rows or columns over, and padding may make room for a kernel larger than the image. Half of the
    calls give stride and padding by position, the others by name and only where they are not 1 and 0.

    Parameters
    ----------
    gradient : bool
        Draw ``(grad_output, images, filters)`` instead of ``(images, filters, bias)``.
    plain : bool
        Leave stride and padding at 1 and 0.
    maximum : (int, int, int, int)
        Largest shape of the images: images, height, width, channels.
    low, high : int
        Smallest and largest element.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Of `Call`.

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.draws import convolutions, drawn_inputs
    >>> drawn = [each for each, _ in drawn_inputs(convolutions(plain=True), 20)]
    >>> all(np.shape(each.arguments[0])[3] == np.shape(each.arguments[1])[2] for each in drawn)
    True
    """
    count, *sides, depth = (draw(st.integers(1, largest)) for largest in maximum)
    stride, padding = (1, 0) if plain else (draw(st.integers(1, 3)), draw(st.integers(0, 2)))
    filters = draw(st.integers(1, 3))
    kernel = [draw(st.integers(1, min(side + 2 * padding, 4))) for side in sides]
    output = [(side + 2 * padding - k) // stride + 1 for side, k in zip(sides, kernel, strict=True)]
    by_position = draw(st.booleans())
    images = draw(array_likes((count, *sides, depth), low, high, 255))
    weights = draw(array_likes((*kernel, depth, filters), low, high))
    if gradient:
        arrays = draw(array_likes((count, *output, filters), low, high)), images, weights
    else:
        arrays = images, weights, draw(array_likes((filters,), low, high))
    if by_position:
        return Call((*arrays, stride, padding), {})
    names = {"stride": (stride, 1), "padding": (padding, 0)}
    return Call(arrays, {name: value for name, (value, default) in names.items() if value != default})


@st.composite
def poolings(draw, gradient=False, plain=False, maximum=(2, 6, 6, 3), low=-9, high=9, dtype=None):
    """Draw the arguments of a pooling layer, forward or backward, that belong together.

    Windows overlap, touch or leave gaps, and rows or columns are often left over. The stride is left out, None, given
    by position or by name.

    Parameters
    ----------
    gradient : bool
        Draw ``grad_output`` ahead of the images. Its elements are from -9 to 9.
    plain : bool
        Leave the stride out.
    maximum : (int, int, int, int)
        Largest shape of the images: images, height, width, channels.
    low, high : int
        Smallest and largest element of the images; close together they make ties.
    dtype : numpy.dtype, optional
        Of the images. When left out, all that `array_likes` draws.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Of `Call`.

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.draws import drawn_inputs, poolings
    >>> drawn = [each for each, _ in drawn_inputs(poolings(plain=True), 20)]
    >>> all(np.ndim(each.arguments[0]) == 4 for each in drawn)
    True
    """
    count, *sides, channels = (draw(st.integers(1, largest)) for largest in maximum)
    size, given = draw(st.integers(1, min(*sides, 4))), None if plain else draw(st.sampled_from([None, 1, 2, 3]))
    output = [(side - size) // (given or size) + 1 for side in sides]
    images = draw(array_likes((count, *sides, channels), low, high, 255))
    images = images if dtype is None else np.asarray(images).astype(dtype)
    arrays = (draw(array_likes((count, *output, channels))), images) if gradient else (images,)
    way = draw(st.integers(0, 2))
    if way == 0:
        return Call((*arrays, size, given), {})
    return Call(arrays, {"size": size} | ({} if way == 1 and given is None else {"stride": given}))


@st.composite
def pictures(draw, *values, minimum=(1, 1, 1), maximum=(4, 5, 4), **options):
    """Draw a picture, grey or coloured, with values in 0…1, and what else is asked for.

    Parameters
    ----------
    *values : list
        Values of each further positional argument.
    minimum, maximum : (int, int, int)
        Smallest and largest height, width and number of channels.
    **options : list
        Values of each keyword, which is left out or given by position now and then.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Draws `Call`. Half of the pictures have two axes.
    """
    shape = tuple(draw(st.integers(*ends)) for ends in zip(minimum, maximum, strict=True))
    picture = draw(_picture(shape[: draw(st.sampled_from([2, 3]))]))
    given = [draw(st.sampled_from(choices)) for choices in values]
    named = {name: draw(st.sampled_from(choices)) for name, choices in options.items() if draw(st.integers(0, 3))}
    if len(named) == len(options) and draw(st.booleans()):
        return Call((picture, *given, *named.values()), {})
    return Call((picture, *given), named)


@st.composite
def stretches(draw, maximum=(3, 6, 4)):
    """Draw a picture and the factor by which to stretch it; the new width is never halfway between two numbers.

    Parameters
    ----------
    maximum : (int, int, int)
        Largest height, width and number of channels.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Draws tuples.
    """
    shape = tuple(draw(st.integers(1, largest)) for largest in maximum)
    picture = draw(_picture(shape[: draw(st.sampled_from([2, 3]))]))
    wanted = draw(st.integers(1, 2 * shape[1])) + draw(st.sampled_from([0, 0.25, -0.25, 0.375]))
    return picture, wanted / shape[1]


@cache
def _picture(shape):
    bits, eighths = _whole_numbers(shape, 0, 1), _whole_numbers(shape, 0, 8).map(lambda array: array / 8)
    return st.one_of(
        bits.map(np.ndarray.tolist),
        eighths.map(np.ndarray.tolist),
        eighths,
        bits.map(lambda array: array.astype(np.uint8)),
        eighths.map(lambda array: array.astype(np.float32)),
    )


@st.composite
def sequences_with_weights(draw, maximum=9, low=-20, high=20):
    """Draw the arguments of a 1-D convolution: a sequence and weights that fit into it.

    Parameters
    ----------
    maximum : int
        Largest length of the sequence.
    low, high : int
        Smallest and largest element.

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Examples
    --------
    >>> from convnets.checks.draws import drawn_inputs, sequences_with_weights
    >>> drawn = [each.arguments for each, _ in drawn_inputs(sequences_with_weights(), 20)]
    >>> all(len(weights) <= len(sequence) for sequence, weights in drawn)
    True
    """
    size = draw(st.integers(1, maximum))
    weights = draw(st.one_of(st.integers(1, size), st.sampled_from([1, size])))
    return draw(array_likes((size,), low, high)), draw(array_likes((weights,), low, high))


@st.composite
def optimiser_steps(draw, *others, low=-20, high=20, **options):
    """Draw the arguments of one step of an optimiser: weights, their gradient, what else it remembers, and options.

    Parameters
    ----------
    *others : (int, int)
        Smallest and largest element of each further array, which has the shape of the weights.
    low, high : int
        Smallest and largest element of weights and gradient.
    **options : list
        Values of each keyword, which is left out now and then.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Draws `Call`.

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.draws import drawn_inputs, optimiser_steps
    >>> drawn = [each for each, _ in drawn_inputs(optimiser_steps(learning_rate=[0.1, 1.0]), 20)]
    >>> all(np.shape(each.arguments[0]) == np.shape(each.arguments[1]) for each in drawn)
    True
    """
    shape = draw(st.sampled_from([(2,), (1,), (3,), (2, 3), (3, 1), (2, 1, 3), (3, 2, 1, 2)]))
    arrays = [draw(array_likes(shape, *ends)) for ends in ((low, high), (low, high), *others)]
    if draw(st.booleans()):  # only an array of floats can be changed by accident
        arrays = [np.array(array, dtype=float) for array in arrays]
    given = {name: draw(st.sampled_from(values)) for name, values in options.items() if draw(st.integers(0, 3))}
    return Call(tuple(arrays), given)


@st.composite
def layer_stacks(draw, expected, maximum=(12, 12, 3)):
    """Draw layers written as dicts, and the shape of an input that fits through them.

    Parameters
    ----------
    expected : callable
        ``expected([layer], shape)`` gives a list with the shape behind a layer.
    maximum : (int, int, int)
        Largest height, width and number of channels.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Draws tuples of a list of dicts and a shape, a tuple or a list.

    Examples
    --------
    >>> from convnets.checks.draws import drawn_inputs, layer_stacks
    >>> def same_shape(layers, shape):
    ...     return [tuple(shape)] * len(layers)
    >>> drawn = [each.arguments for each, _ in drawn_inputs(layer_stacks(same_shape), 20)]
    >>> sorted({layer["type"] for layers, _shape in drawn for layer in layers})
    ['avg_pool', 'conv2d', 'dense', 'flatten', 'max_pool']
    """
    start = shape = tuple(draw(st.integers(1, largest)) for largest in maximum)
    layers = []
    for _ in range(draw(st.integers(1, 4))):
        sliding = ["conv2d", "max_pool", "avg_pool"] * 2 if len(shape) == 3 else []
        kind = draw(st.sampled_from([*sliding, "flatten", "dense"]))
        if kind in sliding:
            layers.append(_sliding_layer(draw, kind, shape))
        elif kind == "dense":
            layers.append({"type": kind, "units": draw(st.integers(1, 9))})
        else:
            layers.append({"type": kind})
        (shape,) = expected(layers[-1:], shape)
    return layers, draw(st.sampled_from([start, list(start)]))


def _sliding_layer(draw, kind, shape):
    padding = draw(st.sampled_from([None, "same", "valid"]))
    size = [draw(st.integers(1, 4 if padding == "same" else min(side, 4))) for side in shape[:2]]
    layer = {"type": kind} | ({"filters": draw(st.integers(1, 5))} if kind == "conv2d" else {})
    default_fits = kind != "conv2d" and (padding == "same" or min(shape[:2]) > 1)
    if not default_fits or draw(st.booleans()):
        layer["kernel_size" if kind == "conv2d" else "pool_size"] = _one_or_two(draw, size)
    if draw(st.booleans()):
        layer["strides"] = _one_or_two(draw, [draw(st.integers(1, 3)) for _ in "hw"])
    return layer | ({"padding": padding} if padding else {})


def _one_or_two(draw, pair):
    one = [pair[0]] if pair[0] == pair[1] else []
    return draw(st.sampled_from([*one, tuple(pair), pair]))


@st.composite
def adam_steps(draw, **options):
    """Draw the arguments of one step of Adam: weights, their gradient, a state or None, and options.

    Parameters
    ----------
    **options : list
        Values of each keyword, which is left out now and then.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Draws `Call`.
    """
    (weights, gradient, m, v), given = draw(optimiser_steps((-9, 9), (0, 40), **options))
    t = draw(st.sampled_from([0, 1, 2, 5, 12, 300]))
    state = {"m": np.array(m, dtype=float), "v": np.array(v, dtype=float), "t": t} if t else None
    return Call((weights, gradient, state), given)


_TERMS = ["{a} * (p[{i}] - {c})", "{a} * (p[{i}] + 0.5 * p[{j}] - {c})", "{a} * p[{i}] ** 3"]


@st.composite
def descents(draw):
    """Draw the arguments of a descent: the gradient of a surface, a start, a number of steps, a learning rate.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Draws `Call`. The gradient is a `convnets.Formula`, and returns a list or an array.

    Examples
    --------
    >>> from convnets.checks.draws import descents, drawn_inputs
    >>> ((gradient, start, steps, rate), _), *_ = [each for each, _ in drawn_inputs(descents(), 1)]
    >>> len(gradient(start)) == len(start)
    True
    """
    size = draw(st.integers(1, 3))
    terms = []
    for axis in range(size):
        slope, goal = draw(st.sampled_from([2, 10, 0.5])), draw(st.sampled_from([1, -2, 3]))
        term = draw(st.sampled_from(_TERMS)).format(a=slope, c=goal, i=axis, j=axis - 1)
        terms.append(term.replace("- -", "+ "))
    listed = f"[{', '.join(terms)}]"
    whole = f"{draw(st.sampled_from([2, 10, 0.5]))} * p"  # of all numbers at once, for which the point is an array
    text = draw(st.sampled_from([listed, f"np.array({listed})", whole]))
    start = draw(array_likes((size,)))
    start = np.array(start, dtype=float) if draw(st.booleans()) else start
    steps, rate = draw(st.integers(0, 9)), draw(st.sampled_from([0.1, 1.0, 0.5, 0.01]))
    return Call((Formula(f"lambda p: {text}"), start, steps, rate), {})


def as_call(drawn):
    return drawn if isinstance(drawn, Call) else Call(tuple(drawn), {})


def drawn_inputs(calls, count):
    """Draw inputs.

    Returns
    -------
    list of (Call, bytes)
        With the choices that make each.
    """
    drawn = []

    @seed(SEED)
    @settings(SETTINGS, max_examples=count, phases=[Phase.generate])
    @given(calls)
    def collect(example):
        drawn.append((as_call(example), choices_to_bytes(current_build_context().data.choices)))

    collect()
    return drawn
