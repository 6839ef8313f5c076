"""What hidden tests are written with: compare a learner's function with the reference on many inputs."""

import io
import math
import pickle
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from contextvars import ContextVar
from functools import cache
from itertools import islice
from typing import NamedTuple

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.control import current_build_context
from hypothesis.database import ExampleDatabase, choices_to_bytes
from hypothesis.errors import Flaky

from autograder.diagnosis import recognise
from autograder.following import follows_through
from autograder.lending import ModelOf
from autograder.reference import misconceptions, reference
from convnets.calls import perform, same_plain
from convnets.checks import (
    ABSOLUTE_TOLERANCE,
    RELATIVE_TOLERANCE,
    CheckFailed,
    check_equal,
    check_raises,
    check_unchanged,
    describe,
    describe_error,
    difference,
    is_followed,
    said_of_acceptance,
    said_of_changes,
    show_call,
    show_value,
)
from convnets.formula import Formula
from convnets.networks import small_convnet

__all__ = [
    "KERAS_COMPUTES",
    "Call",
    "adam_steps",
    "agrees",
    "array_likes",
    "call",
    "check_equal",
    "check_raises",
    "check_unchanged",
    "convolutions",
    "descents",
    "does_not_loop",
    "image_batches",
    "images",
    "images_with_kernels",
    "layer_stacks",
    "networks_with_images",
    "optimiser_steps",
    "pictures",
    "poolings",
    "quick_verdicts",
    "reference",
    "rejects",
    "sequences_with_weights",
    "stretches",
    "uses_only",
]

_SETTINGS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=False,
    verbosity=Verbosity.quiet,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


_SHRINKING = settings(_SETTINGS, derandomize=False, phases=[Phase.reuse, Phase.shrink])
_SEED = 4  # else the draws would depend on the words in which the functions that collect them are written


class Call(NamedTuple):
    """The arguments of one call."""

    arguments: tuple
    keywords: dict


def call(*arguments, **keywords):
    """Write the arguments of a call down the way one would type them."""
    return Call(arguments, keywords)


@cache
def array_likes(shape, low=-9, high=9):
    """Draw what a caller may pass for an array: arrays of floats or integers of two sizes each, or nested lists.

    Parameters
    ----------
    shape : tuple of int
    low, high : int
        Smallest and largest element. Elements are whole or half numbers, so that float32 sums stay exact.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
    """
    whole = _whole_numbers(shape, low, high)
    halves = _whole_numbers(shape, 2 * low, 2 * high).map(lambda array: array / 2)
    # Images are stored in small integers, whose sums wrap around.
    smallest = next(
        kind
        for kind in (np.uint8, np.int8, np.uint16, np.int16, np.int64)
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max
    )
    return st.one_of(
        whole.map(np.ndarray.tolist),  # first, for shrinking ends there: lists are the easiest to read and to copy
        halves.map(np.ndarray.tolist),
        halves,
        whole,
        whole.map(lambda array: array.astype(smallest)),
        halves.map(lambda array: array.astype(np.float32)),
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
    """
    shape = tuple(draw(st.integers(small, large)) for small, large in zip(minimum, maximum, strict=True))
    return draw(array_likes(shape, low, high))


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
    """
    shape = tuple(draw(st.integers(1, side)) for side in maximum)
    kernel = tuple(draw(st.one_of(st.integers(1, side), st.sampled_from([1, side]))) for side in shape)
    return draw(array_likes(shape, low, high)), draw(array_likes(kernel, low, high))


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
    return draw(array_likes(shape, low, high))


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
    """
    count, *sides, depth = (draw(st.integers(1, largest)) for largest in maximum)
    stride, padding = (1, 0) if plain else (draw(st.integers(1, 3)), draw(st.integers(0, 2)))
    filters = draw(st.integers(1, 3))
    kernel = [draw(st.integers(1, min(side + 2 * padding, 4))) for side in sides]
    output = [(side + 2 * padding - k) // stride + 1 for side, k in zip(sides, kernel, strict=True)]
    by_position = draw(st.booleans())
    images = draw(array_likes((count, *sides, depth), low, high))
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
    """
    count, *sides, channels = (draw(st.integers(1, largest)) for largest in maximum)
    size, given = draw(st.integers(1, min(*sides, 4))), None if plain else draw(st.sampled_from([None, 1, 2, 3]))
    output = [(side - size) // (given or size) + 1 for side in sides]
    images = draw(array_likes((count, *sides, channels), low, high))
    images = images if dtype is None else np.asarray(images).astype(dtype)
    arrays = (draw(array_likes((count, *output, channels))), images) if gradient else (images,)
    way = draw(st.integers(0, 2))
    if way == 0:
        return Call((*arrays, size, given), {})
    return Call(arrays, {"size": size} | ({} if way == 1 and given is None else {"stride": given}))


@st.composite
def pictures(draw, *values, minimum=(1, 1, 1), maximum=(4, 5, 3), **options):
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
def stretches(draw, maximum=(3, 6, 3)):
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


_NETWORKS = [
    ModelOf(small_convnet, (3, 3, 1), 2),
    ModelOf(small_convnet, (3, 5, 1), 4, seed=1),
    ModelOf(small_convnet, (4, 3, 2), 3, seed=2),
    ModelOf(small_convnet, (5, 4, 3), 3, seed=3),
    ModelOf(small_convnet, (3, 4, 2), 3, seed=4, scale=16),
]


@st.composite
def networks_with_images(draw):
    """Draw a small convolutional network and images that fit it.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Draws tuples of a `autograder.lending.ModelOf` and a batch of images.
    """
    network = draw(st.sampled_from(_NETWORKS))
    shape = network.arguments[0]
    ends = draw(st.sampled_from([(-9, 9), (0, 255)]))
    return network, draw(image_batches((1, *shape), (3, *shape), *ends))


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
    t = draw(st.sampled_from([0, 1, 2, 5, 300]))
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
    """
    size = draw(st.integers(1, 3))
    terms = []
    for axis in range(size):
        slope, goal = draw(st.sampled_from([2, 10, 0.5])), draw(st.sampled_from([1, -2, 3]))
        term = draw(st.sampled_from(_TERMS)).format(a=slope, c=goal, i=axis, j=axis - 1)
        terms.append(term.replace("- -", "+ "))
    listed = f"[{', '.join(terms)}]"
    text = draw(st.sampled_from([listed, f"np.array({listed})"]))
    start = draw(array_likes((size,)))
    start = np.array(start, dtype=float) if draw(st.booleans()) else start
    steps, rate = draw(st.integers(0, 9)), draw(st.sampled_from([0.1, 1.0, 0.5, 0.01]))
    return Call((Formula(f"lambda p: {text}"), start, steps, rate), {})


def agrees(
    function,
    expected,
    calls,
    *,
    examples=100,
    rtol=RELATIVE_TOLERANCE,
    atol=ABSOLUTE_TOLERANCE,
    fresh=True,
    built_on=(),
):
    """Check that a function does what the reference does, on many drawn inputs.

    Each call must return what the reference returns, leave its arguments alone, and (unless ``fresh`` is False)
    return memory of its own. The first failure is shrunk to the smallest input that still fails.

    Parameters
    ----------
    function : callable
        The learner's function.
    expected : callable
        The reference function.
    calls : hypothesis.strategies.SearchStrategy
        Draws tuples of positional arguments, or `Call`.
    examples : int
        How many inputs to draw.
    rtol, atol : float
        Tolerances as in `numpy.isclose`.
    fresh : bool
        Whether the result must share no memory with the arguments or with an earlier result.
    built_on : sequence of str
        Names of earlier exercises that this one may call. When it fails, it is also compared with the reference
        built on the learner's own answers to these, so that a mistake in them costs its points only once. The checks
        behind this one in the same test then follow the same rule.

    Raises
    ------
    CheckFailed
        With the smallest failing call, both results, where they differ, and a hint where the mistake is known, or
        else what the wrong results have in common.
    """

    rehearsal = _rehearsal.get()
    with _quiet():
        tried = rehearsal.next_part(expected) if rehearsal else None
        if tried is None:
            tried = [_Tried(drawn, _right(expected, drawn), choices) for drawn, choices in _draw(calls, examples)]
        failure = _first_failure(function, tried, rtol, atol, fresh)
        if failure is None:
            if rehearsal:
                rehearsal.keep(expected, tried)
            return
        # First of all, for every further call may change what a function remembers.
        remembers = not _is_repeatable(function, failure[0], rtol, atol)
        draws = [failure[0], *(each.drawn for each in tried)]
        followed = built_on and not remembers and follows_through(function, expected, built_on, draws, rtol, atol)
        if not followed:
            if _shrinks.get():
                failure, remembers = _smallest_failure(function, expected, calls, tried, failure, rtol, atol, fresh)
            raise _explained(function, expected, tried, failure, remembers, rtol, atol, fresh)
    print(followed)


class _Tried(NamedTuple):
    """An input that was drawn.

    Attributes
    ----------
    drawn : Call
    right : convnets.calls.Outcome
        What the reference does.
    choices : bytes
        Those that make it, in Hypothesis's words.
    """

    drawn: Call
    right: object
    choices: bytes


def _first_failure(function, tried, rtol, atol, fresh):
    """Return the first input on which a function fails, and what is wrong with it, or None."""
    for drawn, right, _choices in tried:
        said = _compare(function, drawn, right, rtol, atol, fresh)
        if said:
            return drawn, said
    return None


_WAYS = 3  # of searching for a small input, each from another draw


def _smallest_failure(function, expected, calls, tried, failure, rtol, atol, fresh):
    """Look for the smallest input on which a function fails.

    Parameters
    ----------
    tried : list of _Tried
        All draws.
    failure : (Call, str)
        The first that fails.

    Returns
    -------
    ((Call, str), bool)
        The input, and what is wrong with it; whether the function remembers earlier calls.
    """
    rules = rtol, atol, fresh
    found = []
    for each in islice(_failing(function, tried, failure[0], *rules), _WAYS):
        smallest, remembers = _shrunk(function, expected, calls, each.choices, failure, *rules)
        if remembers:
            return smallest, True
        found.append(_with_smaller_numbers(function, expected, tried, smallest, *rules))
        drawn = found[-1][0]
        if _size(drawn)[0] <= len(drawn.arguments) + len(drawn.keywords) + 1:
            break  # hardly more than one number for each argument
    return min(found, key=lambda each: _size(each[0])), False


def _failing(function, tried, first, rtol, atol, fresh):
    """Go through the draws on which a function fails: the smallest, the first, the next smallest ones.

    From a small one it is not far to the end, but all small ones may be alike.
    """
    small = (
        each
        for each in sorted(tried, key=lambda each: _size(each.drawn))
        if _compare(function, each.drawn, each.right, rtol, atol, fresh)
    )
    first = next(each for each in tried if each.drawn is first)
    smallest = next(small, first)
    yield smallest
    if first is not smallest:
        yield first
    yield from (each for each in small if each is not first)


def _with_smaller_numbers(function, expected, tried, failure, rtol, atol, fresh):
    """Try smaller numbers that were drawn, where shrinking steps by one or halves and may be stuck."""
    drawn, _said = failure
    for place, value in [*enumerate(drawn.arguments), *drawn.keywords.items()]:
        if type(value) is int:
            known = {number for each in tried if type(number := _argument(each.drawn, place)) is int}
            for smaller in sorted(number for number in known if 0 <= number < value):
                other = _replaced(failure[0], place, smaller)
                right = perform(expected, *other)
                said = right.error is None and _compare(function, other, right, rtol, atol, fresh)
                if said:
                    failure = other, said
                    break
    return failure


def _argument(drawn, place):
    if isinstance(place, str):
        return drawn.keywords.get(place)
    return drawn.arguments[place] if place < len(drawn.arguments) else None


def _replaced(drawn, place, value):
    if isinstance(place, str):
        return Call(drawn.arguments, {**drawn.keywords, place: value})
    return Call((*drawn.arguments[:place], value, *drawn.arguments[place + 1 :]), drawn.keywords)


def _size(drawn):
    """Measure an input: how many numbers it holds, and how large they are."""
    numbers = np.abs([number for value in (*drawn.arguments, *drawn.keywords.values()) for number in _numbers(value)])
    return numbers.size, numbers.sum()


def _numbers(value):
    if isinstance(value, np.ndarray):
        yield from value.ravel().tolist()
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, dict):
        yield from _numbers(list(value.values()))
    else:
        yield value if isinstance(value, int | float) else 1


def _shrunk(function, expected, calls, choices, failure, rtol, atol, fresh):
    """Shrink an input on which a function fails.

    Parameters
    ----------
    choices : bytes
        Those that made the input, as from `_draw`.
    failure : (Call, str)
        What to return if it does not fail again.

    Returns
    -------
    ((Call, str), bool)
        The smallest input, and what is wrong with it; whether the function remembers earlier calls.
    """
    found = [failure]

    @settings(_SHRINKING, database=_OneInput(choices))
    @seed(_SEED)
    @given(calls)
    def compare(drawn):
        drawn = _as_call(drawn)
        said = _compare(function, drawn, _right(expected, drawn), rtol, atol, fresh)
        if said:
            found[0] = drawn, said
            raise CheckFailed(said)

    try:
        compare()
    except CheckFailed:
        return found[0], not _is_repeatable(function, found[0][0], rtol, atol)
    except Flaky:
        pass
    return found[0], True


class _OneInput(ExampleDatabase):
    """Hands an input to Hypothesis, as one that has failed before."""

    def __init__(self, choices):
        # One choice too many: what is just as it is now made would pass for shrunk already.
        self._choices = choices + choices_to_bytes([0])

    def fetch(self, key):
        yield self._choices

    def save(self, key, value):
        pass

    def delete(self, key, value):
        pass


@contextmanager
def quick_verdicts():
    """Let `agrees` and `rejects` say only whether a function passes, in this ``with`` block.

    They do not name the mistake, and the first failing input is not shrunk. Where a `Rehearsal` is played back, nothing
    is drawn at all.
    """
    with without_shrinking():
        token = _names.set(False)
        try:
            yield
        finally:
            _names.reset(token)


@contextmanager
def without_shrinking():
    """Let `agrees` explain the first failing input, whatever its size, in this ``with`` block."""
    token = _shrinks.set(False)
    try:
        yield
    finally:
        _shrinks.reset(token)


_names = ContextVar("whether mistakes are named", default=True)
_shrinks = ContextVar("whether inputs are shrunk", default=True)


class Rehearsal:
    """What the `agrees` of one test draw, and what the reference returns for it.

    Drawing takes far longer than calling, and it draws the same for every right answer. So an examiner runs each test
    once with the reference itself, and plays the draws back to learners' functions; only for a function that fails on
    one of them is anything drawn, and shrunk, afresh.
    """

    def __init__(self):
        self._parts = []
        self._position = None  # None while recording
        self.known = {}  # what checks have found out of the catalogued mistakes; whatever they like, plain data

    @property
    def is_recording(self):
        """Whether the test is run with the reference now."""
        return self._position is None

    @contextmanager
    def recording(self):
        """Keep what is drawn in this ``with`` block."""
        with self._in_use(None):
            yield

    @contextmanager
    def playing(self):
        """Play it back in this ``with`` block."""
        with self._in_use(0):
            yield

    @contextmanager
    def _in_use(self, position):
        self._position = position
        token = _rehearsal.set(self)
        try:
            yield
        finally:
            _rehearsal.reset(token)

    def keep(self, expected, tried):
        """Keep the draws of one `agrees`."""
        if self._position is None:
            self._parts.append((expected.__name__, tried))

    def dump(self):
        """Turn what was kept into bytes for `load`; draws that hold more than plain data are left out."""
        try:
            return pickle.dumps((self._parts, self.known))
        except Exception:  # Keras objects refuse in many ways
            return pickle.dumps(([], {}))

    def load(self, dumped):
        """Take over what another process of the grader's own kept."""
        self._parts, self.known = pickle.loads(dumped)

    def next_part(self, expected):
        """Give the draws of the next `agrees`, if it compares with the same reference."""
        if self._position is None or self._position >= len(self._parts):
            return None
        name, tried = self._parts[self._position]
        self._position += 1
        return tried if name == expected.__name__ else None


_rehearsal = ContextVar("rehearsal", default=None)


def rehearsal_now():
    """Return the `Rehearsal` that is in use, or None."""
    return _rehearsal.get()


_CHANGEABLE = (
    "{call}\n  gives different results when it is called again. "
    "A result must depend on the arguments alone, not on what earlier calls left behind."
)


def _as_call(drawn):
    return drawn if isinstance(drawn, Call) else Call(tuple(drawn), {})


@contextmanager
def _quiet():
    """Keep what a function prints out of the test's output: it is called a hundred times."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield


def _right(expected, drawn):
    right = perform(expected, *drawn)
    if right.error is not None:
        raise RuntimeError(f"the reference raises {right.error!r} for {show_call(expected, *drawn)}")
    return right


def _compare(function, drawn, right, rtol, atol, fresh):
    outcome = perform(function, *drawn)
    if isinstance(outcome.error, NotImplementedError):
        raise outcome.error  # the exercise is not answered yet, and that is all there is to say
    if outcome.error is not None:
        return describe_error(function, *drawn, outcome.error, show_value(right.value))
    said = difference(outcome.value, right.value, rtol, atol)
    if said:
        return describe(function, *drawn, outcome.value, right.value, said)
    said = said_of_changes(outcome)
    if not said and fresh and outcome.shares:
        said = "The result shares memory with an argument: changing one would change the other. Return a new array."
    if not said and fresh and outcome.reused:
        said = "The result shares memory with the result of the call before: each call must return a new array."
    return f"{show_call(function, *drawn)}\n  {said}" if said else None


def _is_repeatable(function, drawn, rtol, atol):
    return _same(perform(function, *drawn), perform(function, *drawn), rtol, atol)


def with_hint(said, hint):
    """Add a hint to a message, if there is one."""
    return f"{said}\n  Hint: {hint}" if hint else said


def diagnosed(said, hint, expected):
    """Make the failure of a check that has compared an answer with all catalogued mistakes: nobody need do it again."""
    failed = CheckFailed(with_hint(said, hint))
    failed.is_diagnosed = bool(misconceptions(expected))
    return failed


_PROBES = 20  # inputs on which a learner's function is compared with the catalogued mistakes


def _explained(function, expected, tried, failure, remembers, rtol, atol, fresh):
    """Make the failure of a function: what is wrong, and what is known of the mistake."""
    failing, said = failure
    if remembers:
        said = _CHANGEABLE.format(call=show_call(function, *failing))
    if not _names.get():
        return CheckFailed(said)
    probes = [failing, *(each.drawn for each in tried[:: -(-len(tried) // _PROBES)])]
    if remembers:
        return diagnosed(said, _hint_on_memory(expected, probes, rtol, atol), expected)
    return _explain(function, expected, tried, probes, said, rtol, atol, fresh)


def _explain(function, expected, tried, probes, said, rtol, atol, fresh):
    """Add to a message which mistake it is, or what the wrong results have in common, and a picture of one of them."""
    right = [perform(expected, *probe) for probe in probes]
    ours = [perform(function, *probe) for probe in probes]
    wrong = [_goes_wrong(*pair, rtol, atol, fresh) for pair in zip(ours, right, strict=True)]
    alike = _alike(expected, probes, ours, right, wrong, rtol, atol, fresh) if wrong[0] else []
    hint = _only_one(alike, function, tried, rtol, atol)
    values = [
        (mine.value, its.value)
        for mine, its, is_wrong in zip(ours, right, wrong, strict=True)
        if is_wrong and mine.error is None and difference(mine.value, its.value, rtol, atol)
    ]
    common = None if hint or len(values) < sum(wrong) else recognise(values)
    failed = diagnosed(
        f"{said}\n  Wherever the input is large enough to tell, {common}." if common else said, hint, expected
    )
    arrays = [pair for pair in values if all(isinstance(value, np.ndarray) for value in pair)]
    if arrays:
        failed.arrays = (*max(arrays, key=lambda pair: pair[1].size), "The same function on a larger input")
    return failed


def _alike(expected, probes, ours, right, ours_wrong, rtol, atol, fresh):
    """List the catalogued mistakes that do what the learner's function does.

    The smallest failing input is the least telling one: a zero image hides most differences. So the two are compared
    on more inputs too. Mistakes that are the same on all of them are preferred; else the one that is the same most
    often, if that is on at least half of the inputs where one of the two is wrong.

    Returns
    -------
    list of (str, callable)
        Hints and wrong functions.
    """
    same, best, best_share = [], [], 0.5
    for hint, mistaken in misconceptions(expected):
        first = perform(mistaken, *probes[0])
        if not _same(ours[0], first, rtol, atol):
            continue
        theirs = [first, *(perform(mistaken, *probe) for probe in probes[1:])]
        theirs_wrong = [_goes_wrong(*pair, rtol, atol, fresh) for pair in zip(theirs, right, strict=True)]
        telling = [number for number in range(len(probes)) if ours_wrong[number] or theirs_wrong[number]]
        share = sum(_same(ours[number], theirs[number], rtol, atol) for number in telling) / len(telling)
        if share == 1:
            same.append((hint, mistaken))
        elif share >= best_share and theirs_wrong[0]:
            best, best_share = [(hint, mistaken)], share
    return same or best


def _only_one(alike, function, tried, rtol, atol):
    """Choose one of several mistakes by all inputs that were drawn; return its hint, None where there is none."""
    if len(alike) > 1:
        ours = [perform(function, *each.drawn) for each in tried]
        alike = [
            (hint, mistaken)
            for hint, mistaken in alike
            if all(
                _same(outcome, perform(mistaken, *each.drawn), rtol, atol)
                for outcome, each in zip(ours, tried, strict=True)
            )
        ] or alike
    return alike[0][0] if alike else None


def _hint_on_memory(expected, probes, rtol, atol):
    """Name the catalogued mistake that remembers earlier calls too, if there is only one."""
    hints = [
        hint
        for hint, mistaken in misconceptions(expected)
        if not all(_is_repeatable(mistaken, probe, rtol, atol) for probe in probes)
    ]
    return hints[0] if len(hints) == 1 else None


def _draw(calls, count):
    """Draw inputs.

    Returns
    -------
    list of (Call, bytes)
        With the choices that make each.
    """
    drawn = []

    @seed(_SEED)
    @settings(_SETTINGS, max_examples=count, phases=[Phase.generate])
    @given(calls)
    def collect(example):
        drawn.append((_as_call(example), choices_to_bytes(current_build_context().data.choices)))

    collect()
    return drawn


def _same(first, second, rtol, atol):
    """Say whether two calls did the same: values, kinds of error, changed and shared arguments."""
    if first.error is not None or second.error is not None:
        return _kind(first.error) == _kind(second.error)
    return (
        difference(first.value, second.value, rtol, atol) is None
        and difference(second.value, first.value, rtol, atol) is None
        and same_plain(_after(first), _after(second))
        and first.shares == second.shares
    )


def _kind(error):
    # A learner's error may have crossed from another process as the built-in class it derives from.
    return next((kind for kind in type(error).__mro__ if kind.__module__ == "builtins"), None)


def _after(outcome):
    return {name: after for name, (_before, after) in outcome.changed.items()}


def _goes_wrong(outcome, right, rtol, atol, fresh):
    return bool(
        outcome.error is not None
        or outcome.changed
        or (fresh and (outcome.shares or outcome.reused))
        or difference(outcome.value, right.value, rtol, atol)
    )


def rejects(function, expected, *arguments, **keywords):
    """Check that a function refuses senseless arguments as the reference does.

    Parameters
    ----------
    function : callable
        The learner's function.
    expected : callable
        The reference function; its own message is shown as an example.
    *arguments, **keywords
        Arguments that make no sense.

    Raises
    ------
    CheckFailed
        When no error of that class comes, or one without a message.
    """
    with _quiet():
        right = perform(expected, arguments, keywords)
        if not isinstance(right.error, ValueError):
            raise RuntimeError(f"the reference does not refuse {show_call(expected, arguments, keywords)}")
        outcome = perform(function, arguments, keywords)
        said = said_of_acceptance(function, arguments, keywords, outcome, ValueError, str(right.error))
        if not said or is_followed(function, arguments, keywords, outcome):
            return
        hint = _hint_on_acceptance(outcome, expected, arguments, keywords) if _names.get() else None
    raise diagnosed(said, hint, expected)


def _hint_on_acceptance(outcome, expected, arguments, keywords):
    """Name the catalogued mistake that lets the same arguments through: the only one, or the one that does the same."""
    candidates = []
    for hint, mistaken in misconceptions(expected):
        theirs = perform(mistaken, arguments, keywords)
        if isinstance(theirs.error, ValueError) or _kind(theirs.error) != _kind(outcome.error):
            continue
        candidates.append((hint, _same(outcome, theirs, RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE)))
    alike = [hint for hint, same in candidates if same]
    if len(alike) == 1 or (alike and len(candidates) == len(alike)):
        return alike[0]
    return candidates[0][0] if len(candidates) == 1 else None


def does_not_loop(function, small, large):
    """Check that the work done in Python does not grow with the input.

    Counts bytecode instructions, not seconds, so the answer does not depend on the machine. Under the sealed grader
    the processor time of a much larger call is looked at too, from outside the learner's process: code that hides
    its instructions from the count cannot hide the time they take.

    Parameters
    ----------
    function : callable
        The learner's function.
    small, large : Call
        Two calls that differ in the size of array arguments; use `call`.

    Raises
    ------
    CheckFailed
        When the large call executes over half as many instructions again as the small one.
    """
    steps = []
    with _quiet():
        perform(function, *small)  # what the first call imports and sets up is not counted
        for arguments in (small, large):
            outcome = perform(function, *arguments, watch=True)
            if outcome.error is not None:
                raise CheckFailed(describe_error(function, *arguments, outcome.error, "a result"))
            steps.append(outcome.steps)
    if steps[1] - steps[0] > steps[0] // 2 + 100:
        raise CheckFailed(
            f"{show_call(function, *small)}\n  executes {steps[0]:,} Python instructions, and\n"
            f"{show_call(function, *large)}\n  executes {steps[1]:,}.\n"
            "  The number should stay the same, but it grows with the input: a Python loop runs over its elements, "
            "openly or inside something like `np.vectorize`. Let NumPy do that loop."
        )
    measure = getattr(function, "processor_seconds", None)
    if measure:
        huge, elements = _enlarged(small, large)
        allowed = _STEPS_PER_ELEMENT * elements * _seconds_of_a_step()
        if all(measure(*huge) > allowed for _ in range(_MEASUREMENTS)):
            raise CheckFailed(
                f"{show_call(function, *huge)}\n  takes as long as a Python loop over {elements:,} elements does.\n"
                "  Let NumPy do that loop."
            )


# A loop over elements with anything in its body takes some fifty times as long as an empty one; array operations take
# about as long for each element as one turn of an empty loop.
_STEPS_PER_ELEMENT = 15
_ENLARGED = 200_000
_MEASUREMENTS = 3  # at most: on a busy machine, array operations too take several times as long now and then


def _enlarged(small, large):
    """Repeat the arrays that differ between two calls along their longest axis; return the call and their elements."""
    arguments, elements = [], 0
    for few, many in zip(small.arguments, large.arguments, strict=True):
        if isinstance(many, np.ndarray) and np.shape(few) != many.shape:
            times = max(1, _ENLARGED // many.size)
            many = np.concatenate([many] * times, axis=int(np.argmax(many.shape)))
            elements += many.size
        arguments.append(many)
    return Call(tuple(arguments), large.keywords), elements


def _seconds_of_a_step():
    """Time one turn of an empty loop on this machine, now."""
    times = []
    for _ in range(5):
        began = time.thread_time()
        for _ in range(100_000):
            pass
        times.append(time.thread_time() - began)
    return min(times) / 100_000


KERAS_COMPUTES = frozenset(
    {
        "keras.src.backend.tensorflow.nn",
        "keras.src.backend.tensorflow.numpy",
        "keras.src.backend.tensorflow.trainer",
        "keras.src.ops.nn",
        "keras.src.ops.numpy",
        "tensorflow.python.eager.polymorphic_function",
        "tensorflow.python.ops.gen_linalg_ops",
        "tensorflow.python.ops.gen_math_ops",
        "tensorflow.python.ops.gen_nn_ops",
    }
)
"""The modules of Keras and TensorFlow that compute. Reading a model's weights and configuration runs none of them."""


def uses_only(function, arguments, forbidden):
    """Check that a call does not hand its work to a library that already does it.

    Sees Python code of a package run; a compiled function that is called without any is not seen.

    Parameters
    ----------
    function : callable
        The learner's function.
    arguments : Call
        What to call it with; use `call`.
    forbidden : collection of str
        Names of packages or modules, for instance ``{"scipy", "tensorflow", "keras"}``; `KERAS_COMPUTES` where reading
        a model's weights is allowed.

    Raises
    ------
    CheckFailed
        When Python code of a forbidden package runs during the call.
    """
    with _quiet():
        perform(function, *arguments)  # importing a package is not using it
        outcome = perform(function, *arguments, watch=True)
    used = sorted({name.partition(".")[0] for name in outcome.packages & set(forbidden)})
    if used:
        failed = CheckFailed(
            f"{show_call(function, *arguments)}\n  hands work to {' and '.join(used)}. "
            "Here the task is to write the computation yourself, with NumPy."
        )
        failed.details = sorted(outcome.packages & set(forbidden))
        raise failed
