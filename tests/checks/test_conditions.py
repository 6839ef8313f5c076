"""On which inputs a function is right that is wrong on others."""

import numpy as np
import pytest

from convnets.checks.conditions import right_where
from convnets.checks.draws import call

RNG = np.random.default_rng(0)


def windows(images, size=2, stride=None):
    return images, size, stride


def calls():
    for number in range(60):
        images = RNG.integers(-9, 9, (1 + number % 3, 2 + number % 4, 5, 1 + number % 7 % 2))
        yield call(images if number % 5 else images.tolist(), **({} if number % 2 else {"stride": 1 + number % 3}))


CALLS = list(calls())


@pytest.mark.parametrize(
    ("is_right", "said"),
    [
        (lambda images, stride: stride is None, "`stride` is None"),
        (lambda images, stride: images.shape[3] == 1, "`images` has one channel"),
        (lambda images, stride: len(images) == 1, "`images` has one image"),
        (lambda images, stride: images.shape[1] == 5, "`images` is as high as it is wide"),
    ],
)
def test_the_property_is_found(is_right, said):
    wrong = [not is_right(np.asarray(each.arguments[0]), each.keywords.get("stride")) for each in CALLS]
    assert right_where(windows, CALLS, wrong) == said


def test_even_and_odd_numbers():
    wrong = [number % 2 == 0 for number in range(2, 42)]
    sizes = [call(number) for number in range(2, 42)]
    assert right_where(lambda size: size, sizes, wrong) == "`size` is odd"
    images = [call(np.zeros((2 + number % 3, number))) for number in range(2, 42)]
    assert right_where(lambda image: image, images, wrong) == "`image` has an odd number of columns"


def test_whether_an_argument_is_given_and_arrays_of_one_size():
    def slide(sequence, weights, bias=True):
        return sequence, weights, bias

    slides = [
        call([1.5] * (1 + number % 4), [2.5] * (1 + number % 3), *([True] if number % 2 else []))
        for number in range(60)
    ]
    assert right_where(slide, slides, [len(each.arguments) == 2 for each in slides]) == "`bias` is given"
    alike = [len(each.arguments[0]) == len(each.arguments[1]) for each in slides]
    assert right_where(slide, slides, [not same for same in alike]) == "`weights` is as large as `sequence`"


def test_a_property_that_does_not_help_a_wrong_call_is_not_said():
    """Whether a rate was drawn and whether the gradient is zero went together by chance."""

    def step(gradient, rate=0.1):
        return gradient, rate

    steps = [call([0.0]) if number % 3 else call([1.0], rate=0.5) for number in range(60)]
    wrong = [each.arguments[0] == [0.0] for each in steps]
    assert right_where(step, steps, wrong) == "`rate` is 0.5"
    assert right_where(step, steps, wrong, lambda each: each.arguments[0] == [0.0]) is None


def test_pairs():
    def field(layers):
        return layers

    stacks = [call([(1 + number % 3, 1 + number % 2), [3, 1 + number % 2]]) for number in range(40)]
    wrong = [number % 2 == 1 for number in range(40)]
    assert right_where(field, stacks, wrong) == "the second number of every pair in `layers` is 1"


def test_pairs_may_be_lists():
    """A list of lists could be an array, but not where the same argument holds tuples in another call."""

    def field(layers):
        return layers

    as_lists, as_tuples = (
        [[[1 + n % 3, 1]] * (1 + n % 4) for n in range(40)],
        [[(2, 1)] * (2 + n % 3) for n in range(40)],
    )
    drawn = [*map(call, as_lists), *map(call, as_tuples)]
    assert right_where(field, drawn, [len(each.arguments[0]) != 1 for each in drawn]) == "`layers` has one item"
    lists = [type(each.arguments[0][0]) is list for each in drawn]
    assert right_where(field, drawn, lists) == "every item of `layers` is a tuple"


def test_what_chance_brings_about_is_not_said():
    assert right_where(windows, CALLS, [number % 7 == 0 for number in range(60)]) is None
    assert right_where(windows, CALLS[:4], [each.keywords != {} for each in CALLS[:4]]) is None
    assert right_where(windows, CALLS, [True] * 60) is None


def test_layers_written_as_dicts():
    def trace(layers):
        return layers

    kinds = [{"type": "dense"}, {"type": "flatten"}, {"type": "max_pool"}, {"type": "max_pool", "strides": 2}]
    stacks = [call([kinds[first], kinds[second]]) for first in range(4) for second in range(4)] * 4
    wrong = [
        any(layer["type"] == "max_pool" and "strides" not in layer for layer in each.arguments[0]) for each in stacks
    ]
    assert right_where(trace, stacks, wrong) == "every pooling in `layers` has its 'strides'"
