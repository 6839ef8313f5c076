"""Pictures of a wrong result beside the right one."""

import io

import numpy as np
import pytest
from PIL import Image

from convnets import check_equal
from convnets.checks.pictures import comparison
from convnets.checks.words import CheckFailed


@pytest.mark.parametrize("shape", [(3, 4), (30, 20), (5, 4, 3), (2, 5, 4, 3), (1, 9)])
def test_arrays_are_drawn(shape):
    rng = np.random.default_rng(0)
    data, said = comparison(rng.normal(size=shape), rng.normal(size=shape))
    picture = Image.open(io.BytesIO(data))
    assert picture.width > picture.height > 200
    assert "what was returned" in said
    assert "difference" in said


def test_the_channel_that_differs_most_is_drawn():
    right = np.zeros((2, 3, 3, 4))
    wrong = right.copy()
    wrong[1, 0, 0, 2] = 5
    assert "(image 1, channel 2)" in comparison(wrong, right)[1]


def test_a_title_is_part_of_the_words():
    assert comparison(np.zeros((3, 3)), np.ones((3, 3)), "On a larger input")[1].startswith("On a larger input: ")


def test_other_shapes_are_drawn_without_a_difference():
    assert "difference" not in comparison(np.ones((3, 3)), np.ones((4, 4)))[1]


@pytest.mark.parametrize(("result", "expected"), [(None, np.ones((3, 3))), (np.ones(3), np.ones(3)), (1.0, 2.0)])
def test_where_numbers_say_all_there_is_no_picture(result, expected):
    assert comparison(result, expected) is None


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf, 1e308, -np.finfo(float).max, 5e-324])
@pytest.mark.parametrize("other", [1, np.nan, 1e308])
def test_strange_numbers_do_no_harm(strange, other):
    wrong = np.array([[strange, other], [1, 2.0]])
    assert comparison(wrong, np.ones((2, 2))) is not None
    assert comparison(wrong, np.ones((3, 3))) is not None


def test_of_very_large_arrays_there_is_no_picture():
    assert comparison(np.zeros((3000, 4)), np.ones((4, 4))) is None


def test_a_failed_check_carries_its_picture():
    with pytest.raises(CheckFailed) as failed:
        check_equal(lambda: np.zeros((2, 2)), expected=[[1, 2], [3, 4]])
    assert failed.value.picture() is not None
