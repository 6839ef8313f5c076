"""Every exercise's tests are tested: right answers pass, catalogued wrong ones do not, and every check is needed.

The catalogue's page in the book holds what the sealed grader made of every answer. Where an exercise and its checks are
as they were then, one right and one wrong answer are tried here, others after each commit, and nothing is trained. All
are tried where something has changed, and everywhere by ``make test-all``.
"""

import functools
import inspect
import traceback
import tracemalloc
import types
import zlib

import pytest

from autograder.course.reference import reference
from autograder.course.source import assignment_names, hint_of, read_assignment
from convnets import CheckFailed
from convnets.checks import agreement
from convnets.checks.calls import first_called, perform
from convnets.checks.catalogue import hiding
from convnets.checks.outcomes import Rules, is_repeatable, same_outcome
from convnets.checks.rehearsal import without_shrinking
from tests import matrix, pasting
from tests.matrix import EXERCISES, NAMES_MISTAKES, catalogued, checks_of, failure, rehearsed, verdict, verdicts
from tests.nightly import turn

# Submissions that are written elsewhere against the syllabus call the functions by these names.
SYLLABUS = {
    "01-convolution": "convolve convolve2d true_convolution2d sobel convolve2d_fast",
    "02-conv-layer": "pad conv_output_size same_padding conv_forward conv_backward conv_parameters dense_parameters "
    "receptive_field numeric_gradient",
    "03-keras": "trace_shapes flatten build_convnet sobel_layer forward_by_hand",
    "04-lenet": "max_pool avg_pool max_pool_backward build_lenet train_lenet",
    "05-adam": "sgd_step momentum_step rmsprop_step adam_step minimize compile_with_adam",
    "06-loaders": "dataset_bytes list_images split batches make_flows make_datasets",
    "07-augmentation": "flip_horizontal flip_vertical rotate90 adjust_brightness adjust_contrast blur sharpen stretch "
    "add_noise augment make_augmented_flows build_augmenter",
    "08-transfer": "residual_block global_average_pool build_classifier trainable_parameters unfreeze_top "
    "cache_features train_head",
    "09-project": "train_classifier predict",
}

# An exercise has its turn with every third commit (tests/nightly.py); each time it is another answer's turn.
TURN = turn() // 3

each_exercise = pytest.mark.parametrize(
    ("name", "exercise"), [pytest.param(*pair, id="-".join(pair)) for pair in EXERCISES]
)


@pytest.fixture
def is_whole(request, name, exercise):
    """Whether all of the catalogue is tried, trainings included."""
    return request.config.getoption("--nightly") or not matrix.is_proved(name, exercise)


@pytest.mark.parametrize("name", assignment_names())
def test_every_function_of_the_syllabus_is_asked_for(name):
    assert set(SYLLABUS.get(name, "").split()) <= {exercise.name for exercise in read_assignment(name).exercises}


@each_exercise
def test_ladder_of_hints_ends_with_a_worked_example(name, exercise):
    nudge, *_way, example = (len(cell.source.split()) for cell in read_assignment(name).exercise(exercise).hints)
    assert nudge < 80 <= example <= 160


@each_exercise
def test_right_answers_of_many_kinds_are_known(name, exercise):
    assert len(read_assignment(name).exercise(exercise).alternatives) >= 3


@each_exercise
def test_reference_passes(name, exercise, is_whole):
    for position, check in enumerate(checks_of(name, exercise)):
        if is_whole or not check.trains:
            assert rehearsed(name, exercise, position)[1] is None, check.text


@each_exercise
def test_alternatives_pass(name, exercise, is_whole):
    count = len(read_assignment(name).exercise(exercise).alternatives)
    for number in range(count) if is_whole else [TURN % count]:
        function = catalogued(name, exercise, "alternatives", number)
        for position, check in enumerate(checks_of(name, exercise)):
            if is_whole or not check.trains:
                assert verdict(name, exercise, function, position) is None, (number, check.text)


def _tried(name, exercise, is_whole):
    """Numbers of the misconceptions to try, with their verdicts."""
    count = len(read_assignment(name).exercise(exercise).misconceptions)
    if is_whole:
        return {number: verdicts(name, exercise, number, True) for number in range(count)}
    for number in ((TURN + step) % count for step in range(count)):
        row = verdicts(name, exercise, number, False)
        if any(row) or not any(check.trains for check in checks_of(name, exercise)):
            return {number: row}
    raise AssertionError("no wrong answer fails without a training")


@each_exercise
def test_misconceptions_lose_points(name, exercise, is_whole):
    for number, row in _tried(name, exercise, is_whole).items():
        assert any(row), number
        for check, error in zip(checks_of(name, exercise), row, strict=True):
            assert not check.hidden or error is None or _is_told(error), (number, check.text)
        assert not all(_WRONG_ANYWAY in str(error) for error in row if error), number  # nothing says what is wrong


_WRONG_ANYWAY = agreement._WRONG_ANYWAY.partition("}")[2]  # what `keeps_input` says of it, behind the call


def _is_told(error):
    """Whether a check says what is wrong, or leaves it to an error of the answer's own code, which the grader words."""
    return isinstance(error, CheckFailed) or any(
        frame.filename == "answer" for frame in traceback.extract_tb(error.__traceback__)
    )


@each_exercise
def test_mistake_that_a_library_makes_is_one_that_a_check_finds(name, exercise):
    """It is never run to be recognised, so a symptom that no check names would leave it without its hint."""
    for number, cell in enumerate(read_assignment(name).exercise(exercise).misconceptions):
        if cell.metadata.get("symptom", "").startswith("hands work to"):
            found = {getattr(error, "symptom", None) for error in verdicts(name, exercise, number, False)}
            assert cell.metadata["symptom"] in found, number


@each_exercise
def test_misconceptions_get_their_own_hint(name, exercise, is_whole):
    """From every hidden check that knows the catalogue and fails; of a single answer from the first."""
    for number, row in _tried(name, exercise, is_whole).items():
        own = hint_of(read_assignment(name).exercise(exercise).misconceptions[number])
        checks = checks_of(name, exercise)
        telling = [
            position
            for position, check in enumerate(checks)
            if row[position] is not None and check.hidden and check.function in NAMES_MISTAKES
        ]
        for position in telling if is_whole else telling[:1]:
            with rehearsed(name, exercise, position)[0].playing():
                error = failure(exercise, catalogued(name, exercise, "misconceptions", number), checks[position])
            assert str(error).endswith(f"\n  Hint: {own}"), str(error)


@each_exercise
def test_mistake_that_nobody_thought_of_gets_no_hint_on_another(name, exercise, is_whole):
    """Leave a misconception out of the catalogue: then it is an unknown one, and what is known of others is untrue."""
    for number, row in _tried(name, exercise, is_whole).items():
        own = hint_of(read_assignment(name).exercise(exercise).misconceptions[number])
        function, checks = catalogued(name, exercise, "misconceptions", number), checks_of(name, exercise)
        telling = [position for position, error in enumerate(row) if error is not None and checks[position].hidden]
        for position in telling if is_whole else telling[:1]:
            if not checks[position].trains:
                with rehearsed(name, exercise, position)[0].playing(), without_shrinking(), hiding(own):
                    error = failure(exercise, function, checks[position])
                assert getattr(error, "hint", None) is None, checks[position].text


def mixture(first, second):
    """Make an answer of two wrong ones: what the arguments are decides which of the two it does."""

    @functools.wraps(first)
    def mixed(*arguments, **keywords):
        chosen = (first, second)[zlib.crc32(repr((arguments, sorted(keywords.items()))).encode()) % 2]
        return chosen(*arguments, **keywords)

    # `wraps` has given it the attribute of the first, which would make the first alone of it
    mixed.before_any_call = lambda: mixture(first_called(first), first_called(second))
    return mixed


@pytest.mark.parametrize(
    ("name", "exercise"),
    [
        pytest.param(*pair, id="-".join(pair))
        for pair in EXERCISES
        if any(check.function == "agrees" for check in checks_of(*pair))
    ],
)
def test_two_mistakes_in_one_answer_get_a_hint_only_where_it_is_true_of_all_it_does(name, exercise, is_whole):
    """One of the two may show on no input that is tried: then the other is the truth."""
    mistakes = read_assignment(name).exercise(exercise).misconceptions
    count = len(mistakes)
    checks = [position for position, check in enumerate(checks_of(name, exercise)) if check.function == "agrees"]
    turns = range(count) if is_whole else [TURN % count]
    for number, other in [(each, (each + 1 + TURN % (count - 1)) % count) for each in turns]:
        pair = {hint_of(mistakes[each]): catalogued(name, exercise, "misconceptions", each) for each in (number, other)}
        mixed = mixture(*pair.values())
        for position in checks:
            rehearsal = rehearsed(name, exercise, position)[0]
            with rehearsal.playing(), without_shrinking():
                hint = getattr(failure(exercise, mixed, checks_of(name, exercise)[position]), "hint", None)
            with rehearsal.playing():
                tried = rehearsal.next_part(getattr(reference(name), exercise))
            assert hint is None or _is_true_of(mixed, pair[hint], tried), (number, other)


def _is_true_of(answer, mistaken, tried):
    """Whether an answer does what a mistake does on all inputs; one that remembers its calls does it in its own way."""
    if not all(is_repeatable(mistaken, each.drawn, Rules()) for each in tried):
        return not all(is_repeatable(answer, each.drawn, Rules()) for each in tried)
    rules = Rules(still=False, fresh=False)  # what shares memory is told by a check of its own
    return all(same_outcome(perform(answer, *each.drawn), perform(mistaken, *each.drawn), rules) for each in tried)


@each_exercise
def test_hidden_checks_catch_what_visible_ones_let_through(name, exercise, is_whole):
    """Each catches some misconception; and one of them catches what the visible checks of its cell do not."""
    checks = checks_of(name, exercise)
    assert any(check.hidden for check in checks)
    if not is_whole:
        return
    rows = list(_tried(name, exercise, is_whole).values())
    hidden = [(place, check) for place, check in enumerate(checks) if check.hidden]
    for place, check in hidden:
        assert any(row[place] for row in rows), f"catches nothing: {check.text}"
    seen = [
        [at for at, each in enumerate(checks) if each.test == check.test and not each.hidden] for _, check in hidden
    ]
    escapes = [
        row
        for (place, _), visible in zip(hidden, seen, strict=True)
        for row in rows
        if row[place] and not any(row[at] for at in visible)
    ]
    assert escapes, "nothing is lost without what is hidden"


@each_exercise
def test_hidden_checks_vary_every_option(name, exercise):
    """Visible checks show a few values of an option; a function that takes no notice of it must fail elsewhere too."""
    right = getattr(reference(name), exercise)
    signature = inspect.signature(right)
    checks = checks_of(name, exercise)
    hidden = [
        position
        for position, check in enumerate(checks)
        if check.hidden and check.function in NAMES_MISTAKES - {"rejects"}
    ]
    hidden.sort(key=lambda position: checks[position].function != "agrees")  # the quick ones first
    for option in (each.name for each in signature.parameters.values() if each.default is not each.empty):

        def deaf(*arguments, option=option, **keywords):
            bound = signature.bind(*arguments, **keywords)
            bound.arguments.pop(option, None)
            return right(*bound.args, **bound.kwargs)

        deaf.__name__ = exercise
        assert not hidden or any(verdict(name, exercise, deaf, position) for position in hidden), option


@each_exercise
def test_stub_scores_nothing_and_keeps_the_docstring(name, exercise, is_whole):
    function = matrix.stub(name, exercise)
    assert isinstance(function, types.FunctionType)
    assert function.__doc__ == getattr(reference(name), exercise).__doc__
    checks = checks_of(name, exercise)
    tried = [position for position, check in enumerate(checks) if is_whole or not check.trains]
    for test, hidden in {(checks[position].test, checks[position].hidden) for position in tried}:
        of_test = [at for at in tried if (checks[at].test, checks[at].hidden) == (test, hidden)]
        assert any(verdict(name, exercise, function, position) for position in of_test)


# What an assignment may begin with although the chapter has shown it, one a chapter.
WARM_UPS = {"01-convolution": "convolve", "05-adam": "sgd_step", "08-transfer": "trainable_parameters"}


@each_exercise
def test_no_function_of_a_chapter_earns_more_than_half_the_points(name, exercise, request):
    """By day those that are nearest to the exercise; at night all that can be called."""
    if WARM_UPS.get(name) == exercise:
        return
    right, tests = getattr(reference(name), exercise), read_assignment(name).exercise(exercise).tests
    half = sum(test.metadata.nbgrader.points for test in tests) / 2
    earned = {}
    for function in pasting.candidates(name, exercise, right, request.config.getoption("--nightly")):
        answer = pasting.as_answer(function, right, pasting.is_numpy_only(name, exercise))
        earned[function.page, function.name] = _earned(name, exercise, answer, half)
        tracemalloc.stop()  # one of them starts it, and from then on all that allocates memory would be slow
    assert [function for function, points in earned.items() if points > half] == []


def test_function_that_a_chapter_prints_is_graded_as_it_is():
    """The warm-up is printed, and earns what its values are worth; lists are lent, checks of arguments are not."""
    right = reference("01-convolution").convolve
    shown = [each for each in pasting.printed() if (each.page, each.name) == ("01-convolution", "convolve")]
    answer = pasting.as_answer(shown[0], right, numpy_only=True)
    assert list(answer([1, 2, 3], [1, 1])) == [3, 5]
    tests = read_assignment("01-convolution").exercise("convolve").tests
    of = sum(test.metadata.nbgrader.points for test in tests)
    assert of / 2 < _earned("01-convolution", "convolve", answer) < of


def _earned(name, exercise, function, enough=0):
    """Add up the points of the test cells that a function passes; stop where no more than enough can be left.

    What is cheap comes first, a training where nothing else has failed.
    """
    checks = checks_of(name, exercise)
    points = {check.test: check.points for check in checks}
    for position in sorted(range(len(checks)), key=lambda n: (checks[n].trains, checks[n].hidden, n)):
        if sum(points.values()) <= enough:
            break
        if checks[position].test in points and _fails(name, exercise, function, position):
            del points[checks[position].test]
    return sum(points.values())


def _fails(name, exercise, function, position):
    """Run a check with a function that may do anything; what takes long fails."""
    with pasting.limited(seconds=5):
        return verdict(name, exercise, function, position) is not None
    return True
