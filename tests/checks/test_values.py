"""The checks of visible tests, and the words they use."""

import numpy as np
import pytest

from convnets import shape_of
from convnets.checks.calls import Outcome
from convnets.checks.compare import as_expected, difference
from convnets.checks.values import check_equal, check_raises, check_unchanged, said_of_acceptance
from convnets.checks.words import CheckFailed, describe, describe_error, show_call, show_value


def double(values):
    return 2.0 * np.asarray(values)


def failure(check, *arguments, **keywords):
    with pytest.raises(CheckFailed) as caught:
        check(*arguments, **keywords)
    return str(caught.value)


# ---------------------------------------------------------------- check_equal


def test_equal():
    check_equal(double, [1, 2], expected=[2.0, 4.0])


def test_equal_with_keywords():
    check_equal(double, values=[1], expected=[2.0])


def test_equal_within_what_float32_keeps():
    check_equal(lambda: np.float32([1 / 3]), expected=[1 / 3])


def test_unequal_names_call_result_expectation_and_place():
    assert failure(check_equal, double, [1, 2], expected=[2.0, 5.0]) == (
        "double([1, 2])\n"
        "  returned: array([2., 4.])\n"
        "  expected: array([2., 5.])\n"
        "  1 of 2 elements differ. result[1] is 4; it should be 5."
    )


def test_equal_passes_the_learners_own_error_on():
    with pytest.raises(ZeroDivisionError):
        check_equal(lambda: 1 / 0, expected=1)


def test_expected_tuples_hold_arrays():
    check_equal(lambda: (np.array([1.0]), np.array([2.0])), expected=([1.0], [2.0]))
    assert isinstance(as_expected(([1.0], 2))[0], np.ndarray)


def test_expected_lists_of_tuples_stay_lists():
    check_equal(lambda: [(1, 2), (3,)], expected=[(1, 2), (3,)])


def test_check_failed_shows_its_message_alone():
    assert CheckFailed("Mind the gap.")._render_traceback_() == ["CheckFailed: Mind the gap."]


# ---------------------------------------------------------------- check_raises


def refuse():
    raise ValueError("The kernel is empty.")


def test_raises():
    check_raises(refuse)


@pytest.mark.parametrize(
    ("error", "came"),
    [
        (None, "returned: None"),
        (TypeError("no"), "raised:   TypeError: no"),
        (ValueError(), "raised:   ValueError without a message"),
        (ValueError("  "), "raised:   ValueError without a message"),
    ],
)
def test_does_not_raise_as_it_should(error, came):
    def answer(_image):
        if error is not None:
            raise error

    message = failure(check_raises, answer, [1])
    assert message == f"answer([1])\n  {came}\n  expected: a ValueError with a sentence that says what is wrong"


def test_raises_another_error():
    with pytest.raises(CheckFailed, match="an IndexError"):
        check_raises(refuse, error=IndexError)


def test_unanswered_exercise_says_so_itself():
    def unanswered():
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        check_raises(unanswered)


def test_acceptance_can_give_an_example():
    said = said_of_acceptance(refuse, (), {}, Outcome(value=1), such_as="The kernel is empty.")
    assert said.endswith("that says what is wrong, such as: The kernel is empty.")


# ---------------------------------------------------------------- check_unchanged


def test_unchanged():
    check_unchanged(double, np.ones(2))


def test_changed_names_argument_before_and_after():
    def clear(values):
        values[:] = 0

    assert failure(check_unchanged, clear, np.ones(2)) == (
        "clear(array([1., 1.]))\n"
        "  The call changed its argument 1. Work on a copy, or on a new array.\n"
        "  before:   array([1., 1.])\n"
        "  after:    array([0., 0.])"
    )
    assert "its argument 'values'" in failure(check_unchanged, clear, values=np.ones(2))


def test_unchanged_passes_the_learners_own_error_on():
    with pytest.raises(ZeroDivisionError):
        check_unchanged(lambda: 1 / 0)


# ---------------------------------------------------------------- difference


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (np.array([1.0]), np.array([1.0])),
        (np.float32([0.1]), np.array([0.1])),
        (np.array([1.0]), np.array([1])),
        (np.array([np.nan]), np.array([np.nan])),
        (np.array([True]), np.array([True])),
        (np.float64(2), np.array(2.0)),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (1, 1.0),
        (np.float32(1), 1.0),
        (np.array(1.0), 1.0),
        (np.bool_(True), True),
        ("a", "a"),
        (None, None),
        ([1, 2], [1, 2]),
        ((np.array([1.0]), "a"), (np.array([1.0]), "a")),
        ({"a": 1.0}, {"a": 1.0}),
    ],
)
def test_no_difference(result, expected):
    assert difference(result, expected) is None


@pytest.mark.parametrize(
    ("result", "expected", "said"),
    [
        (None, np.array([1.0]), "The function returned None: is a `return` missing?"),
        (None, 1, "The function returned None: is a `return` missing?"),
        ([1.0], np.array([1.0]), "A NumPy array is expected, not a list."),
        (np.zeros((2, 1)), np.zeros(2), "The shape is (2, 1); it should be (2,)."),
        (np.zeros((0, 3)), np.zeros((3, 0)), "The shape is (0, 3); it should be (3, 0)."),
        (np.array(["a"]), np.array([1.0]), "The elements should be numbers; their dtype is <U1."),
        (np.array([None]), np.array([1.0]), "The elements should be numbers; their dtype is object."),
        (np.array(["a"]), np.array(["a"]), None),
        (np.array(["a"]), np.array(["b"]), "It is array(['a'], dtype=<U1); it should be array(['b'], dtype=<U1)."),
        (np.array([1.0]), np.array(["b"]), "It is array([1.]); it should be array(['b'], dtype=<U1)."),
        (np.array([1.0]), np.array([1.5]), "result[0] is 1; it should be 1.5."),
        (np.array([np.nan]), np.array([1.0]), "result[0] is nan; it should be 1."),
        (np.array(1.0), np.array(2.0), "The value is 1; it should be 2."),
        (np.array([[0, 1.0]]), np.array([[0, 2.0]]), "1 of 2 elements differ. result[0, 1] is 1; it should be 2."),
        ([1], (1,), "A tuple is expected, not a list."),
        (np.zeros(2), (1, 2), "A tuple is expected, not a NumPy array."),
        ((1,), (1, 2), "The tuple has 1 items; it should have 2."),
        ((1, 2), (1, 3), "Item 1: It is 2; it should be 3."),
        ([1], {"a": 1}, "A dict is expected, not a list."),
        ({"a": 1}, {"b": 1}, "The keys are ['a']; they should be ['b']."),
        ({"a": 1}, {"a": 2}, "['a']: It is 1; it should be 2."),
        ("1", 1, "A number is expected, not a str."),
        (True, 1, "A number is expected, not a bool."),
        (1, True, "It is 1; it should be True."),
        (1.0, 1.1, "It is 1.0; it should be 1.1."),
        (1.0, 1, "A whole number is expected, not 1.0."),
        (np.float32(1), 1, "A whole number is expected, not 1.0."),
        ([(1, 2), (3.0,)], [(1, 2), (3,)], "Item 1: Item 0: A whole number is expected, not 3.0."),
        (1, "1", "It is 1; it should be '1'."),
    ],
)
def test_difference(result, expected, said):
    assert difference(result, expected) == said


@pytest.mark.parametrize("result", [np.array([1]), np.array([True]), np.array([1 + 0j])])
def test_floats_are_expected(result):
    assert "it should be a floating-point one" in difference(result, np.array([1.0]))


# ---------------------------------------------------------------- how values and calls are written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array([1, 2]), "array([1, 2])"),
        (np.array([1.0, 0.5]), "array([1. , 0.5])"),
        (np.array([[1], [2]]), "array([[1],\n       [2]])"),
        (np.array([1], np.uint8), "array([1], dtype=uint8)"),
        (np.array([[[[1], [2]], [[3], [4]]]]), "array([[1, 2],\n       [3, 4]]).reshape(1, 2, 2, 1)"),
        (np.array([[[[1]]]]), "array([[[[1]]]])"),
        (np.zeros((2, 0)), "array([], shape=(2, 0))"),
        (np.array(3), "array(3, shape=())"),
        (np.ones((9, 9)), "array of shape (9, 9), float64, all 1"),
        (np.arange(100), "array of shape (100,), int64, values 0 to 99"),
        (np.full(100, "a"), "array of shape (100,), <U1"),
        (np.float64(0.5), "0.5"),
        ((1, "a"), "(1, 'a')"),
        ((1,), "(1,)"),
        (([1],), "([1],)"),
        ([1, [2]], "[1, [2]]"),
        (None, "None"),
    ],
)
def test_show_value(value, text):
    assert show_value(value) == text


def test_show_value_of_several_arrays_is_aligned():
    assert show_value((np.eye(2), np.zeros(1))) == "(array([[1., 0.],\n        [0., 1.]]),\n array([0.]))"


def test_show_value_is_cut_off():
    assert len(show_value(list(range(10_000)))) < 700


def test_show_call():
    assert show_call(double, ([1, 2],), {"size": 3}) == "double([1, 2], size=3)"


def test_show_call_gives_tall_arguments_lines_of_their_own():
    assert show_call(double, (np.eye(2), 1)) == ("double(\n    array([[1., 0.],\n           [0., 1.]]),\n    1,\n)")


def test_describe_aligns_tall_values():
    lines = describe(double, (1,), {}, np.eye(2), np.eye(2), "Said.").splitlines()
    assert lines[1].index("[1., 0.]") == lines[2].index("[0., 1.]") == lines[3].index("[1., 0.]")


def test_describe_error_names_the_place_when_it_is_known():
    error = ValueError("bad")
    assert describe_error(double, (1,), {}, error, "2.0") == ("double(1)\n  raised:   ValueError: bad\n  expected: 2.0")
    error.place = "line 3 of double: return values"
    assert "\n            at line 3 of double: return values\n" in describe_error(double, (1,), {}, error, "2.0")


def test_shapes_are_compared_without_the_values():
    def double(rows):
        return np.zeros((2 * len(rows), 3))

    check_equal(shape_of(double), [1, 2], expected=(4, 3))
    with pytest.raises(CheckFailed, match=r"shape of double\(\[1\]\)\n  returned: \(2, 3\)\n  expected: \(2, 4\)"):
        check_equal(shape_of(double), [1], expected=(2, 4))


def test_a_shape_itself_is_no_array_of_that_shape():
    with pytest.raises(TypeError, match="A NumPy array is expected, not a tuple"):
        check_equal(shape_of(lambda rows: (2, 3)), [1], expected=(2, 3))


def test_string_out_of_an_array_is_a_string():
    assert difference({"a": np.array(["kiwi"])[0]}, {"a": "kiwi"}) is None
    assert "it should be 'kiwi'" in difference(np.array(["plum"])[0], "kiwi")


def test_whole_numbers_that_no_float_can_hold_are_compared():
    for large in (10**400, 2**70):
        assert difference(large, 1.0)
        assert difference(large, large) is None
        assert difference(large, 3) == f"It is {large}; it should be 3."


def test_whole_numbers_are_counted_exactly():
    assert difference(27_012_000, 27_012_001)
    assert difference(np.array([16_777_216, 5]), np.array([16_777_217, 5])).startswith("1 of 2 elements differ")
    assert difference(np.array([2], np.uint8), np.array([2])) is None


def test_a_single_wrong_value_is_no_sign_of_one_mistake_rather_than_of_another():
    with pytest.raises(CheckFailed) as failed:
        check_equal(lambda values: np.zeros(2), [1, 2], expected=[1.0, 2.0])
    assert failed.value.is_diagnosed
