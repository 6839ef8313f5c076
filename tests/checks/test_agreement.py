"""What hidden tests are written with."""

import numpy as np
import pytest
from hypothesis import strategies as st

from autograder.course.reference import reference
from autograder.course.source import hint_of, read_assignment
from autograder.exam.learner import Proxy
from convnets import CheckFailed
from convnets.checks.agreement import _once, _right_where
from convnets.checks.calls import Outcome, perform, same_plain
from convnets.checks.catalogue import register
from convnets.checks.cost import does_not_loop, uses_only
from convnets.checks.draws import array_likes, call, drawn_inputs, images, images_with_kernels, sequences_with_weights
from convnets.checks.hidden import agrees, keeps_input, rejects
from convnets.checks.outcomes import Rules
from convnets.checks.rehearsal import Rehearsal, Tried, is_rehearsed, quick_verdicts, without_shrinking
from convnets.checks.shrinking import _failing
from tests.conftest import SLIDING, SOLUTIONS

RIGHT = reference(SLIDING, SOLUTIONS)
VECTORS = st.integers(1, 5).flatmap(lambda size: array_likes((size,))).map(lambda values: (values,))


def doubled(values):
    return 2.0 * np.asarray(values)


def failure(check, *arguments, **keywords):
    with pytest.raises(CheckFailed) as caught:
        check(*arguments, **keywords)
    return str(caught.value)


# ---------------------------------------------------------------- drawing inputs


def draws(strategy, count=300):
    return [drawn.arguments for drawn, _choices in drawn_inputs(strategy, count)]


def test_array_likes_draws_every_kind():
    drawn = [values for (values,) in draws(array_likes((2, 3)).map(lambda values: (values,)))]
    kinds = {type(values) if isinstance(values, list) else values.dtype.name for values in drawn}
    assert kinds == {list, "float64", "float32", "int64", "int8", "uint8"}
    assert all(np.shape(values) == (2, 3) for values in drawn)
    assert any(isinstance(values, list) and isinstance(values[0][0], float) for values in drawn)


@pytest.mark.parametrize(
    ("low", "high", "smallest"), [(0, 255, "uint8"), (-128, 127, "int8"), (0, 256, "uint16"), (-200, 200, "int16")]
)
def test_array_likes_keeps_to_its_range(low, high, smallest):
    drawn = [np.asarray(values) for (values,) in draws(array_likes((4,), low, high).map(lambda values: (values,)))]
    assert all(low <= values.min() and values.max() <= high for values in drawn)
    assert {values.dtype.name for values in drawn} == {
        "float64",
        "float32",
        "int64",
        smallest,
        *(["uint8"] if low else []),
    }
    assert max(values.max() for values in drawn) > high * 0.9
    assert min(values.min() for values in drawn) <= low * 0.9


def test_images_are_of_many_shapes():
    shapes = {np.shape(image) for (image,) in draws(images((2, 3), (4, 6)).map(lambda image: (image,)))}
    assert shapes == {(height, width) for height in range(2, 5) for width in range(3, 7)}


def test_kernels_fit_their_images():
    shapes = [(np.shape(image), np.shape(kernel)) for image, kernel in draws(images_with_kernels())]
    assert all(kh <= height and kw <= width for (height, width), (kh, kw) in shapes)
    assert any(height != width for (height, width), _ in shapes)
    assert any(kh != kw for _, (kh, kw) in shapes)
    assert any(image == kernel != (1, 1) for image, kernel in shapes)
    assert any(kernel == (1, 1) for image, kernel in shapes if 1 not in image)
    assert any(kh == 1 < kw for _, (kh, kw) in shapes)
    assert any(kw == 1 < kh for _, (kh, kw) in shapes)


def test_weights_fit_their_sequences():
    sizes = [(len(sequence), len(weights)) for sequence, weights in draws(sequences_with_weights())]
    assert all(1 <= n <= m <= 9 for m, n in sizes)
    assert any(1 < n == m for m, n in sizes)
    assert any(n == 1 < m for m, n in sizes)
    assert any(1 < n < m for m, n in sizes)


# ---------------------------------------------------------------- agrees


def test_agreement():
    agrees(lambda values: np.asarray(values) + np.asarray(values, dtype=float), doubled, VECTORS)


def test_smallest_failing_call_is_shown():
    def answer(values):
        return np.where(np.asarray(values) > 2, 0.0, doubled(values))

    assert failure(agrees, answer, doubled, VECTORS) == (
        "answer([3])\n  returned: array([0.])\n  expected: array([6.])\n  result[0] is 0; it should be 6."
        "\n  Of 100 inputs that were tried, those where `values` holds no number above 1 give the right result."
    )


def test_wrong_answer_is_called_once_on_each_input_to_explain_it():
    """A learner's function may take long, and what is known of a call need not be asked again."""
    calls = []

    def answer(values):
        calls.append(values)
        return doubled(values) + 1

    with without_shrinking():
        said = failure(agrees, answer, doubled, VECTORS)
    assert "every element is 1 too large" in said
    assert len(calls) == 1 + 2 + 100, "the first that fails, twice more for its memory, and all that were drawn"


def test_no_condition_is_told_that_the_call_that_is_shown_contradicts():
    """The smallest failing call was found by shrinking and is not among those that were drawn."""

    def right(length, pad=0):
        return length

    def answer(length, pad=0):
        return length + (length > 3)

    tried = [Tried(call(length, pad=pad), perform(right, (length,)), None) for length, pad in [(5, 1), (2, 0)] * 40]
    assert _right_where(_once(answer), right, call(9), tried, Rules()) == "`length` is 2"
    assert _right_where(_once(answer), right, call(5, pad=1), tried, Rules()) == "`length` is 2", (
        "whatever the padding is"
    )


def test_smallest_number_is_found_where_halves_and_the_next_one_are_right():
    def places(size, stride=1):
        return size // stride

    def answer(size, stride=1):
        return size // stride + (size % stride == stride - 1 > 1)

    calls = st.integers(1, 20).flatmap(lambda size: st.integers(1, 3).map(lambda stride: call(size, stride=stride)))
    assert failure(agrees, answer, places, calls).startswith("answer(2, stride=3)\n  returned: 1\n  expected: 0")


def test_arrays_that_belong_together_stay_so_when_numbers_are_made_smaller():
    def spread(gradient, image, size):
        return np.zeros(np.shape(image)) + np.repeat(np.asarray(gradient, dtype=float), size)

    def answer(gradient, image, size):
        return spread(gradient, image, size) + 1

    windows = st.sampled_from([3, 1]).flatmap(
        lambda size: st.tuples(array_likes((1,)), array_likes((size,)), st.just(size))
    )
    assert failure(agrees, answer, spread, windows).startswith("answer([0], [0, 0, 0], 3)\n")


def test_shrinking_begins_at_the_smallest_draw_then_at_the_first():
    def answer(values):
        return doubled(values) + (len(values) > 1)

    drawn = [call([0]), call([4, 5, 6]), call([8, 9]), call([-1, 1]), call([0, 0, 0])]
    tried = [Tried(each, perform(doubled, *each), b"") for each in drawn]
    for first, order in ((1, [3, 1, 2, 4]), (3, [3, 2, 4, 1])):
        assert list(_failing(answer, tried, drawn[first], Rules())) == [tried[position] for position in order]


def test_same_failure_every_time():
    messages = {failure(agrees, lambda values: doubled(values)[::-1].copy(), doubled, VECTORS) for _ in range(2)}
    assert len(messages) == 1


def test_error_of_the_function_is_shown():
    def answer(values):
        return values.mean()

    message = failure(agrees, answer, doubled, VECTORS)
    assert message.startswith("answer([0])\n  raised:   AttributeError: 'list' object has no attribute 'mean'\n")
    assert "  expected: array([0.])" in message


def test_changed_argument_is_shown():
    def answer(values):
        result = doubled(values)
        values[0] = 7
        return result

    message = failure(agrees, answer, doubled, VECTORS)
    assert "The call changed its argument 1." in message
    assert "after:    [7]" in message


def kept(values):
    return np.asarray(values, dtype=float)


def test_shared_memory_fails_unless_allowed():
    def copied(values):
        return np.array(values, dtype=float)

    assert "shares memory with an argument" in failure(agrees, kept, copied, VECTORS)
    agrees(kept, copied, VECTORS, fresh=False)


def test_changed_and_shared_arguments_are_judged_apart_from_values():
    def doubles_in_place(values):
        values = np.asarray(values, dtype=float)
        values *= 2
        return values

    agrees(doubles_in_place, doubled, VECTORS, values_only=True)
    assert "The call changed its argument 1" in failure(keeps_input, doubles_in_place, doubled, VECTORS)
    keeps_input(doubled, doubled, VECTORS)
    tripled = lambda values: 3.0 * np.asarray(values)  # noqa: E731
    said = failure(keeps_input, tripled, doubled, VECTORS)
    assert said.endswith("gives a wrong result. What it does with its arguments counts once the result is right.")


def test_result_must_not_depend_on_how_an_array_lies_in_memory():
    def flattened(image):
        return np.asarray(image, dtype=float).reshape(-1)

    def as_in_memory(image):
        return np.array(image, dtype=float).ravel(order="K")

    calls = images(minimum=(2, 2)).map(lambda image: (image,))
    agrees(as_in_memory, flattened, calls, values_only=True)
    keeps_input(lambda image: flattened(image).copy(), flattened, calls)
    said = failure(keeps_input, as_in_memory, flattened, calls)
    assert said.startswith("as_in_memory(\n    array(")
    assert "lies in memory column by column" in said


@pytest.mark.parametrize(
    ("kernel", "answer", "said"),
    [
        (
            [[2, 3]],
            lambda image, kernel, times: image if np.size(kernel) == np.sum(kernel) == 1 else None,
            "shares memory",
        ),
        (5, lambda image, kernel, times: image if times == 0 else None, "shares memory"),
        (
            5,
            lambda image, kernel, times: [image.copy(), image.sort()][0] if times == 0 else None,
            "changed its argument 1",
        ),
    ],
)
def test_an_argument_that_comes_back_where_there_is_nothing_to_do(kernel, answer, said):
    def scaled(image, kernel, times=1):
        return np.array(image, dtype=float) * np.sum(kernel) ** times

    def with_shortcut(image, kernel, times=1):
        own = answer(image, kernel, times) if isinstance(image, np.ndarray) and image.dtype == float else None
        return scaled(image, kernel, times) if own is None else own

    drawn = st.sampled_from([call([[2, 1], [3, 4]], kernel, times=2), call(np.ones((3, 2)), kernel, times=3)])
    keeps_input(scaled, scaled, drawn)
    agrees(with_shortcut, scaled, drawn)
    assert said in failure(keeps_input, with_shortcut, scaled, drawn)


def test_arguments_of_one_shape_keep_it_where_there_is_nothing_to_do():
    def step(weights, gradient):
        return np.asarray(weights, dtype=float) - np.asarray(gradient, dtype=float)

    def strict(weights, gradient):
        assert np.shape(weights) == np.shape(gradient)
        return step(weights, gradient)

    keeps_input(strict, step, st.sampled_from([call([1, 2], [3.0, 4.0]), call(np.ones((2, 2)), np.ones((2, 2)))]))


def test_whole_numbers_stay_so_where_there_is_nothing_to_do():
    def counts(labels, least=2):
        return np.flatnonzero(np.bincount(labels) >= least)

    keeps_input(counts, counts, st.sampled_from([call([1, 1, 2], least=2), call(np.array([0, 3, 3]), least=1)]))


def test_reused_memory_fails_unless_allowed():
    memory = np.zeros(5)

    def answer(values):
        memory[: len(values)] = doubled(values)
        return memory[: len(values)]

    assert "the result of the call before" in failure(agrees, answer, doubled, VECTORS)
    agrees(answer, doubled, VECTORS, fresh=False)


def test_state_between_calls_fails():
    def answer(values, seen=[]):  # noqa: B006 - the mistake that is tested
        seen.append(values)
        return doubled(values) + len(seen) - 1

    assert "gives different results when it is called again" in failure(agrees, answer, doubled, VECTORS)


LEARNERS_CODE = """
import numpy as np
kept = []

def doubled(values):
    kept.append(2.0 * np.asarray(values))
    return kept[0].copy()
"""


def test_what_is_kept_from_the_first_call_is_told_as_a_memory_and_not_as_wrong_values(learner):
    """It is the same at every call after the first, so calling once more does not show it; another process does."""
    said = failure(agrees, Proxy(learner, "doubled"), doubled, VECTORS)
    assert "gives another result than as the first call" in said
    assert "should be" not in said


def counting(step):
    """A function that adds what it has counted of its own calls, and can be had as it is before the first of them."""
    calls = []

    def answer(values):
        calls.append(values)
        return doubled(values) + step * (len(calls) - 1)

    answer.before_any_call = lambda: counting(step)
    return answer


def test_a_memory_is_named_only_where_the_same_is_remembered():
    def right(values):
        return doubled(values)

    register(right, [("It counts its calls.", counting(1))])
    assert failure(agrees, counting(1), right, VECTORS).endswith("\n  Hint: It counts its calls.")
    other = failure(agrees, counting(2), right, VECTORS)
    assert "gives different results when it is called again" in other
    assert "Hint" not in other


def test_integers_fail_where_floats_are_expected():
    assert "dtype" in failure(agrees, lambda values: np.asarray(values) * 2, doubled, VECTORS)


def test_unanswered_exercise_says_so_itself():
    def answer(values):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        agrees(answer, doubled, VECTORS)


def test_reference_that_raises_is_the_authors_mistake():
    with pytest.raises(RuntimeError, match="the reference raises"):
        agrees(RIGHT.convolve, RIGHT.convolve, st.just(([1], [1, 2])))


def test_keywords_can_be_drawn():
    def scaled(values, factor=1):
        return factor * np.asarray(values, dtype=float)

    def without_factor(values, factor=1):
        return scaled(values)

    calls = st.integers(1, 3).map(lambda factor: call([1, 2], factor=factor))
    agrees(scaled, scaled, calls)
    assert failure(agrees, without_factor, scaled, calls).startswith("without_factor([1, 2], factor=2)")


def test_tolerances():
    def nearly(values):
        return doubled(values) * 1.01

    assert failure(agrees, nearly, doubled, VECTORS)
    agrees(nearly, doubled, VECTORS, rtol=0.02)
    agrees(nearly, doubled, VECTORS, atol=0.5)


def test_number_of_examples():
    calls = []
    agrees(lambda values: calls.append(1) or doubled(values), doubled, VECTORS, examples=17)
    assert len(calls) == 17


def test_prints_do_not_reach_the_output(capfd):
    agrees(lambda values: print("here") or doubled(values), doubled, VECTORS)
    assert capfd.readouterr() == ("", "")


def test_stand_ins_are_called_through_perform_call():
    class StandIn:
        __name__ = "convolve"

        def perform_call(self, arguments, keywords, watch):
            outcome = perform(RIGHT.convolve, arguments, keywords, watch)
            return Outcome(**vars(outcome))

    agrees(StandIn(), RIGHT.convolve, sequences_with_weights())
    rejects(StandIn(), RIGHT.convolve, [1], [])


# ---------------------------------------------------------------- hints


def hint(beginning):
    """The hint of the catalogued mistake in `convolve` that begins with these words."""
    hints = map(hint_of, read_assignment(SLIDING, SOLUTIONS).exercise("convolve").misconceptions)
    return next(hint for hint in hints if hint.startswith(beginning))


def test_known_mistake_written_otherwise_gets_its_hint():
    def convolve(sequence, weights):
        sequence, weights = np.array(sequence, dtype=float), np.array(weights, dtype=float)
        return np.array(
            [sequence[k : k + weights.size] @ weights[::-1] for k in range(sequence.size - weights.size + 1)]
        )

    assert failure(agrees, convolve, RIGHT.convolve, sequences_with_weights()).endswith(
        f"\n  Hint: {hint('The weights are reversed')}"
    )


def test_known_mistake_that_sometimes_shows_otherwise_gets_no_hint():
    """As above, and another mistake in long sequences: what is said of one is not all that is wrong."""

    def convolve(sequence, weights):
        result = np.convolve(np.array(sequence, dtype=float), np.array(weights, dtype=float), mode="valid")
        return result + 1 if len(sequence) > 8 else result

    assert "Hint" not in failure(agrees, convolve, RIGHT.convolve, sequences_with_weights())


def test_inputs_that_are_right_are_told():
    def places(size, stride=1):
        return (size - 1) // stride + 1

    def answer(size, stride=1):
        return places(size) + stride - 1

    calls = st.integers(1, 20).flatmap(lambda size: st.integers(1, 3).map(lambda stride: call(size, stride=stride)))
    said = failure(agrees, answer, places, calls)
    assert said.endswith("Of 60 inputs that were tried, those where `stride` is 1 give the right result.")


def test_rounded_results_are_wrong():
    def rounded(*both):
        return np.round(RIGHT.convolve(*both), 2)

    assert "rounded" in failure(agrees, rounded, RIGHT.convolve, sequences_with_weights())


def test_a_cell_about_arguments_names_no_mistake_in_values():
    with pytest.raises(CheckFailed, match="gives a wrong result") as caught:
        keeps_input(lambda *both: RIGHT.convolve(*both) + 1, RIGHT.convolve, sequences_with_weights())
    assert caught.value.is_diagnosed
    assert caught.value.hint is None


def test_unknown_mistake_gets_no_hint():
    assert "Hint" not in failure(
        agrees, lambda *both: RIGHT.convolve(*both) + 1, RIGHT.convolve, sequences_with_weights()
    )


def test_unknown_mistake_is_described_and_drawn():
    def half(image):
        return np.asarray(image, dtype=float) / 2

    with pytest.raises(CheckFailed) as failed:
        agrees(half, lambda image: np.asarray(image, dtype=float), images().map(lambda image: (image,)))
    assert str(failed.value).endswith("every element is 0.5 times the right one.")
    ours, right, title = failed.value.arrays
    np.testing.assert_allclose(ours, right / 2)
    assert "larger input" in title


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (lambda values: np.matrix(values, dtype=float), "a matrix"),
        (lambda values: (2 * value for value in values), "a generator"),
        (lambda values: (np.float64, object()), "a tuple"),
    ],
)
def test_another_type_is_told_as_that_and_not_as_a_memory(made, kind):
    def answer(values):
        return made(values)

    message = failure(agrees, answer, doubled, VECTORS)
    assert f"A NumPy array is expected, not {kind}." in message


def test_errors_of_libraries_tell_mistakes_apart_and_learners_own_words_do_not():
    def doubles(values):
        if len(values) == 0:
            raise ValueError("There is nothing.")
        return 2 * np.array(values, dtype=float)

    def stacks(values):
        return np.stack([])

    def reshapes(values):
        return np.zeros(3).reshape(2)

    def refuses(values):
        raise ValueError("No, thanks.")

    def says_no(values):
        raise ValueError("I will not.")

    register(doubles, [("It stacks.", stacks), ("It refuses.", refuses)])
    calls = st.just(call([1, 2]))
    assert failure(agrees, stacks, doubles, calls, examples=3).endswith("Hint: It stacks.")
    assert failure(agrees, says_no, doubles, calls, examples=3).endswith("Hint: It refuses.")
    assert "Hint" not in failure(agrees, reshapes, doubles, calls, examples=3)


def test_twins_on_a_few_inputs_are_told_apart_by_all_that_were_drawn():
    """Two mistakes of the catalogue that differ only where a division leaves just over a half."""
    right = reference("02-conv-layer").conv_output_size

    def rounded(size, kernel, padding=0, stride=1, dilation=1):
        return round((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1

    sizes = st.tuples(st.integers(3, 20), st.integers(1, 3), st.integers(0, 1), st.integers(1, 3))
    assert "rounded to the nearest whole number" in failure(agrees, rounded, right, sizes)


def test_mistake_that_only_looks_like_a_known_one_gets_no_hint():
    """On the smallest failing input the result is None, as where `return` is missing, but seldom elsewhere."""

    def convolve(sequence, weights):
        result = RIGHT.convolve(sequence, weights)
        return None if len(result) == 1 and not result.any() else result

    assert "Hint" not in failure(agrees, convolve, RIGHT.convolve, sequences_with_weights())


# ---------------------------------------------------------------- rehearsals and quick verdicts


def turned(sequence, weights):
    """A catalogued mistake: the weights are turned round."""
    sequence, weights = np.array(sequence, dtype=float), np.array(weights, dtype=float)
    return np.convolve(sequence, weights, mode="valid")


@pytest.fixture
def rehearsal():
    kept = Rehearsal()
    with kept.recording():
        agrees(RIGHT.convolve, RIGHT.convolve, sequences_with_weights())
    again = Rehearsal()
    again.load(kept.dump())
    return again


def test_every_rehearsed_input_is_compared_and_nothing_is_drawn(rehearsal):
    def convolve(*drawn):
        calls.append(drawn)
        return RIGHT.convolve(*drawn)

    calls = []
    with rehearsal.playing():
        agrees(convolve, RIGHT.convolve, st.nothing())
    assert len(calls) == 100


def test_failure_after_a_rehearsal_reads_as_without_one(rehearsal):
    with rehearsal.playing():
        played = failure(agrees, turned, RIGHT.convolve, sequences_with_weights())
    assert played == failure(agrees, turned, RIGHT.convolve, sequences_with_weights())
    assert played.endswith(f"\n  Hint: {hint('The weights are reversed')}")


def test_quick_verdict_is_given_at_the_first_failing_input(rehearsal):
    def convolve(*drawn):
        calls.append(drawn)
        return turned(*drawn)

    calls = []
    with rehearsal.playing(), quick_verdicts():
        message = failure(agrees, convolve, RIGHT.convolve, st.nothing())
    wrong = [not np.array_equal(turned(*drawn), RIGHT.convolve(*drawn)) for drawn in calls]
    first, again = calls[wrong.index(True)], calls[wrong.index(True) + 1 :]
    assert 0 < len(again) <= 2  # to see whether it remembers
    assert all(map(same_plain, again, [first] * len(again)))
    assert "it should be" in message
    assert "Hint" not in message


def test_without_shrinking_the_first_failing_input_is_explained(rehearsal):
    with rehearsal.playing(), without_shrinking():
        message = failure(agrees, turned, RIGHT.convolve, st.nothing())
    assert message.endswith(f"\n  Hint: {hint('The weights are reversed')}")
    with rehearsal.playing():
        assert len(message) > len(failure(agrees, turned, RIGHT.convolve, sequences_with_weights()))


def test_failure_says_whether_the_catalogue_was_searched():
    for check in (agrees, rejects):
        drawn = [sequences_with_weights()] if check is agrees else [[1, 2], []]
        with pytest.raises(CheckFailed) as failed:
            check(lambda *_: np.zeros(1), RIGHT.convolve, *drawn)
        assert failed.value.is_diagnosed
    with pytest.raises(CheckFailed) as failed:
        agrees(kept, doubled, VECTORS)
    assert not failed.value.is_diagnosed


def test_quick_verdict_without_a_rehearsal():
    with quick_verdicts():
        agrees(RIGHT.convolve, RIGHT.convolve, sequences_with_weights())
        assert "Hint" not in failure(agrees, turned, RIGHT.convolve, sequences_with_weights())
        assert "Hint" not in failure(rejects, lambda *_: np.zeros(1), RIGHT.convolve, [1, 2], [])
    assert "Hint" in failure(agrees, turned, RIGHT.convolve, sequences_with_weights())


# ---------------------------------------------------------------- rejects


def test_refusal():
    rejects(RIGHT.convolve, RIGHT.convolve, [1, 2], [])


@pytest.mark.parametrize(("size", "is_known"), [(3, True), (1, False)])
def test_acceptance_shows_what_came_and_an_example_and_names_what_does_the_same(size, is_known):
    def convolve(sequence, weights):
        return np.zeros(size)

    said = failure(rejects, convolve, RIGHT.convolve, [1, 2], [])
    assert said.startswith("convolve([1, 2], [])\n  returned: array([0.")
    assert "a ValueError with a sentence that says what is wrong, such as: There are no weights." in said
    assert said.endswith(f"\n  Hint: {hint('No weights at all')}") is is_known


def test_mistake_is_named_only_where_it_refuses_the_same_of_similar_calls():
    """ "One of −1 is refused" is no hint for an answer that refuses none."""
    right = reference("02-conv-layer").pad

    def absolute(images, padding):
        return np.pad(images, ((0, 0), (abs(padding),) * 2, (abs(padding),) * 2, (0, 0)))

    def but_for_one(images, padding):
        if padding == -1:
            raise ValueError("The padding cannot be negative.")
        return absolute(images, padding)

    image = np.ones((2, 5, 3, 1))
    assert "of −1 is refused" in failure(rejects, but_for_one, right, image, -2)
    assert "Hint" not in failure(rejects, absolute, right, image, -2)


def test_what_is_said_of_the_height_holds_for_the_width():
    right = reference("01-convolution").convolve2d

    def convolve2d(image, kernel, compared=slice(1, 2)):
        image, kernel = np.asarray(image, dtype=float), np.asarray(kernel, dtype=float)
        if (np.subtract(image.shape, kernel.shape)[compared] < 0).any():
            raise ValueError("too large")
        return np.zeros(np.maximum(np.subtract(image.shape, kernel.shape) + 1, 0))

    too_high = [[1, 2, 3], [4, 5, 6]], [[1], [1], [1]]
    assert "only the widths are compared" in failure(rejects, convolve2d, right, *too_high)
    assert "Hint" not in failure(rejects, lambda *both: convolve2d(*both, slice(0)), right, *too_high)


def test_shapes_compared_as_tuples_are_not_said_to_be_heights_alone():
    right = reference("01-convolution").true_convolution2d

    def true_convolution2d(image, kernel):
        height, width = np.subtract(np.shape(image), np.shape(kernel)) + 1
        if np.shape(kernel) > np.shape(image):
            raise ValueError("too large")
        return np.zeros((max(height, 0), max(width, 0)))

    said = failure(rejects, true_convolution2d, right, [[1, 2, 3], [4, 5, 6]], [[1, 1, 1, 1]])
    assert "Hint" not in said


def test_another_error_is_no_refusal():
    def convolve(sequence, weights):
        raise IndexError("list index out of range")

    message = failure(rejects, convolve, RIGHT.convolve, [1, 2], [])
    assert "raised:   IndexError: list index out of range" in message
    assert "Hint" not in message


def test_reference_that_accepts_is_the_authors_mistake():
    with pytest.raises(RuntimeError, match="the reference does not refuse"):
        rejects(RIGHT.convolve, RIGHT.convolve, [1, 2], [1])


# ---------------------------------------------------------------- does_not_loop, uses_only

SMALL, LARGE = call(np.ones(10)), call(np.ones(5000))


def test_vectorised_code_does_not_loop():
    does_not_loop(doubled, SMALL, LARGE)


def test_loop_is_told_with_both_counts():
    def answer(values):
        return np.array([2 * value for value in values])

    message = failure(does_not_loop, answer, SMALL, LARGE)
    assert message.startswith("answer(array([1., 1., 1., 1., 1., 1., 1., 1., 1., 1.]))\n  executes ")
    assert "answer(array of shape (5000,), float64, all 1)\n  executes " in message
    assert "Let NumPy do that loop." in message


def test_loop_over_a_few_elements_is_seen():
    assert failure(does_not_loop, lambda values: np.array([2 * value for value in values]), SMALL, call(np.ones(60)))


def test_setting_up_in_the_first_call_hides_no_loop():
    ready = []

    def answer(values):
        if not ready:
            ready.extend(number for number in range(100_000))
        return np.array([2 * value for value in values])

    assert failure(does_not_loop, answer, SMALL, LARGE)


def test_does_not_loop_passes_errors_on_as_a_failure():
    assert "raised:   ZeroDivisionError" in failure(does_not_loop, lambda values: 1 / 0, SMALL, LARGE)


def test_forbidden_package_is_told():
    def answer(values):
        from scipy import ndimage

        return ndimage.correlate1d(values, [2.0])

    assert "answer(array" in failure(uses_only, answer, SMALL, {"scipy", "tensorflow"})
    assert "hands work to scipy" in failure(uses_only, answer, SMALL, {"scipy", "tensorflow"})
    uses_only(answer, SMALL, {"tensorflow"})


def test_importing_is_not_using():
    def answer(values):
        import scipy.signal  # noqa: F401

        return doubled(values)

    uses_only(answer, SMALL, {"scipy"})


def test_a_test_is_rehearsed_where_its_check_says_so():
    assert is_rehearsed("from convnets.checks.hidden import agrees, call\nagrees(f, right, calls)")
    assert is_rehearsed("from convnets.checks.transfer.hidden import blocks_alike as alike")
    assert not is_rehearsed("from convnets.checks.hidden import rejects\nprint('agrees(')")
