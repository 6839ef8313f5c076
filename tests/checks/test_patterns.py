"""What wrong results have in common, in words."""

import numpy as np
import pytest

from convnets.checks.patterns import recognise, recognise_large

RNG = np.random.default_rng(0)
IMAGES = [RNG.normal(size=(6, 6)) for _ in range(5)]
BATCHES = [RNG.normal(size=(2, 5, 5, 3)) for _ in range(5)]


def wrong_row(image):
    image = image.copy()
    image[-1] += 1
    return image


def turned_second(batch):
    return np.concatenate([batch[:1], -(batch[1:] ** 3)])


def wrong_border(image):
    return np.pad(image[1:-1, 1:-1], 1)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda image: image * 0.5, "every element is 0.5 times the right one"),
        (lambda image: -image, "all signs are turned round"),
        (lambda image: image + 2, "every element is 2 too large"),
        (lambda image: image.T, "rows and columns are swapped"),
        (lambda image: image[::-1], "the order of the rows is reversed"),
        (lambda image: image[:, ::-1], "the order of the columns is reversed"),
        (lambda image: image[::-1, ::-1], "the order of the rows and the columns is reversed"),
        (lambda image: np.roll(image, 1, 0), "everything stands one row later than it should"),
        (lambda image: np.roll(image, -1, 1), "everything stands one column earlier than it should"),
        (lambda image: np.roll(image, -2, 0), "everything stands two rows earlier than it should"),
        (lambda image: np.roll(image, (1, 1), (0, 1)), "everything stands one row and one column later than it should"),
        (lambda image: np.maximum(image, 0), "what should be negative is 0"),
        (np.abs, "only signs are wrong"),
        (lambda image: np.roll(image, 3, 1), "the numbers are the right ones, but stand in other places"),
        (wrong_row, "only the last row is wrong"),
        (wrong_border, "only the border is wrong, the inside is right"),
        (lambda image: np.round(image, 2), "every element is rounded to 2 decimals"),
        (lambda image: image.astype(np.float16), "the values are nearly right: is something rounded"),
        (lambda image: np.trunc(image), "the fractions are lost"),
        (lambda image: np.where(image > 0, image, np.nan), "some elements are NaN"),
        (lambda image: image[:-1], "the result has 1 row too few"),
        (lambda image: image[:4, :3].T, "height and width are swapped"),
        (lambda image: image.ravel(), "the result has 1 axis where it should have 2"),
    ],
)
def test_a_pattern_is_named(mistake, said):
    right = [image[:4, :3] for image in IMAGES] if "height" in said else IMAGES
    assert recognise((mistake(image), its) for image, its in zip(IMAGES, right, strict=True)).startswith(said)


def test_values_that_are_nearly_right_with_many_digits_are_not_called_rounded():
    assert recognise((image + 0.004 * np.sin(7 * image), image) for image in IMAGES) == "the values are nearly right"


def test_of_right_values_of_another_type_nothing_is_said():
    assert recognise((image, image) for image in IMAGES) is None


def test_axes_of_a_batch_are_those_of_its_images():
    assert recognise((batch[:, ::-1], batch) for batch in BATCHES) == "the order of the rows is reversed"
    assert recognise((batch[..., :2], batch) for batch in BATCHES) == "the result has 1 channel too few"


def test_axes_of_filters_are_not_called_those_of_images():
    assert recognise(((batch[:, ::-1], batch) for batch in BATCHES), batches=False) == (
        "the numbers are the right ones, but stand in other places"
    )
    assert recognise(((batch[..., :2], batch) for batch in BATCHES), batches=False) == "the result is too small"
    assert recognise(((turned_second(batch), batch) for batch in BATCHES * 2), batches=False) is None
    both = [((batch, batch[:, ::-1]), (batch, batch)) for batch in BATCHES]
    assert "rows" not in recognise(both)


def test_what_is_seldom_the_same_by_chance_must_be_so_often():
    pairs = [(image + np.abs(image), image) for image in (np.abs(each) ** 0.5 for each in IMAGES)]
    pairs = [(ours + each, its) for (ours, its), each in zip(pairs, map(np.abs, IMAGES), strict=True)]
    assert recognise(pairs) is None
    assert recognise(pairs * 2) == "what is wrong is too large"
    assert (
        recognise((turned_second(batch), batch) for batch in BATCHES * 2)
        == "the first image is right, and the others are not"
    )


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda number: 2 * number, "it is 2 times the right one"),
        (lambda number: number - 3, "it is 3 too small"),
        (lambda number: number * number, "it is too large"),
    ],
)
def test_numbers(mistake, said):
    pairs = [(mistake(number), number) for number in range(2, 10)]
    assert recognise(pairs) == said
    assert recognise([({"t": ours, "m": 1}, {"t": right, "m": 1}) for ours, right in pairs]) == f"in ['t'] {said}"
    assert recognise(pairs[:2]) is None


def test_what_is_no_pattern_is_not_named():
    assert recognise((RNG.normal(size=(6, 6)), image) for image in IMAGES) is None


def test_a_pattern_must_hold_everywhere():
    pairs = [(image * 0.5, image) for image in IMAGES]
    assert recognise([*pairs, (IMAGES[0] * 0.25, IMAGES[0])]) is None


def test_sizes_that_are_wrong_by_another_number_each_time():
    pairs = [(image[: number + 1, :5], image) for number, image in enumerate(IMAGES)]
    assert recognise(pairs) == "the result has too few rows and columns"


def test_a_large_array_is_enough():
    assert recognise_large(BATCHES[0] / 2, BATCHES[0]) == "every element is 0.5 times the right one"
    assert recognise_large(IMAGES[0][:2, :2] / 2, IMAGES[0][:2, :2]) is None
    assert recognise_large(None, IMAGES[0]) is None


def test_few_or_flat_results_prove_nothing():
    assert recognise([(IMAGES[0] / 2, IMAGES[0])] * 2) is None
    assert recognise([(np.full((3, 3), 2.0), np.full((3, 3), 4.0))] * 5) is None


def test_what_is_no_array_is_left_alone():
    assert recognise([(None, IMAGES[0]), ("text", IMAGES[0]), (IMAGES[0], None)] * 3) is None


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (
            [([1, 2, 4], [1, 2, 3]), ([5, 6], [5, 5]), ([2, 3], [2, 2])],
            "only the last item is wrong, and each wrong item is 1 too large",
        ),
        ([([1, 2], [1, 2, 3]), ([5], [5, 5]), ([], [2])], "the list has 1 item too few"),
        ([([1, 2], [1]), ([5, 5, 5], [5]), ([2, 2], [2])], "the list has items too many"),
        (
            [([3, 1, 2], [1, 2, 3]), ([2, 1], [1, 2]), ([9, 4], [4, 9])],
            "the items are the right ones, but stand in other places",
        ),
        (
            [([1, 1, 1], [1, 2, 3]), ([5, 9, 1], [5, 2, 7]), ([2, 1, 3], [2, 8, 4])],
            "the first item is right, and the others are not",
        ),
        (
            [([(8, 8, 5)], [(8, 8, 3)]), ([(4, 4, 9)], [(4, 4, 7)]), ([(2, 6, 3)], [(2, 6, 1)])],
            "in each wrong tuple, in item 2 it is 2 too large",
        ),
        ([("no", "yes")] * 3, "it is 'no' where it should be 'yes'"),
        ([(True, False)] * 3, "it is True where it should be False"),
        (
            [("no", "yes"), ("no", "perhaps")] * 3,
            "it is 'no' where it should be 'perhaps' and 'no' where it should be 'yes'",
        ),
        ([({"a": "no"}, {"a": "yes"})] * 3, "in ['a'] it is 'no' where it should be 'yes'"),
    ],
)
def test_lists_and_words(pairs, said):
    assert recognise(pairs) == said


def test_lists_and_words_that_differ_in_more_than_one_way_are_left_alone():
    assert recognise([([1, 2], [1]), ([5], [5, 5]), ([2, 2], [2])]) is None
    assert recognise([("no", "yes"), ("no", "perhaps"), ("yes", "no")] * 3) is None
    assert recognise([("no", "yes"), ("no", "perhaps")]) is None


def test_results_that_are_too_large_now_in_one_way_now_in_another():
    right = np.ones((4, 4))
    taller, wider = np.ones((5, 4)), np.ones((4, 6))
    assert recognise([(taller, right), (wider, right), (taller, right)]) == "the result is too large"
    assert recognise([(taller, right), (right, wider), (taller, right)]) is None


def test_an_item_that_is_right_now_and_then_is_told_of_where_it_is_wrong():
    pairs = [((image * (1 + place % 2), -image), (image, image)) for place, image in enumerate(IMAGES * 2)]
    assert recognise(pairs) == (
        "in item 0, where it is wrong, every element is 2 times the right one, and in item 1 all signs are turned round"
    )


def test_of_dicts_values_at_other_keys_are_told():
    right = {"a": "kiwi", "b": "plum", "c": "kiwi"}
    other = {"d": "pear", "e": "plum"}
    pairs = [({"a": "plum", "b": "kiwi", "c": "kiwi"}, right), ({"d": "plum", "e": "pear"}, other)]
    assert recognise(pairs * 2) == "the values are the right ones, but stand at other keys"
    assert recognise([*pairs * 2, ({"d": "plum", "e": "kiwi"}, other)]) is None


def test_numbers_in_the_right_order_in_another_shape():
    pairs = [(image.ravel(), image) for image in (*IMAGES[:3], *BATCHES[:3])]
    assert recognise(pairs) == "the numbers are the right ones in the right order, and only their shape is wrong"
    assert recognise((-ours, right) for ours, right in pairs) is None


def test_of_tuples_each_item_is_told_by_itself():
    pairs = [((image, -image, image + 2), (image, image, image)) for image in IMAGES]
    assert recognise(pairs) == "in item 1 all signs are turned round, and in item 2 every element is 2 too large"
    unlike = [((image, image**3), (image, image)) for image in IMAGES]
    assert recognise(unlike) == "only item 1 is wrong"
