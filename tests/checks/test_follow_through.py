"""Follow-through: a mistake in an earlier exercise costs its points once."""

from contextlib import nullcontext

import nbformat
import numpy as np
import pytest

from autograder.course.reference import reference
from autograder.course.source import read_assignment
from autograder.exam.limits import Rules
from convnets.checks.chance.hidden import changes_some
from convnets.checks.draws import images
from convnets.checks.follow_through import followed_rules, follows_through, rebuilt
from convnets.checks.hidden import agrees, call, keeps_input, rejects, uses_only
from convnets.checks.values import check_equal
from convnets.checks.words import CheckFailed
from tests.conftest import SLIDING, SOLUTIONS
from tests.submissions import cells, perfect

EARLIER = "def convolve2d(image, kernel):\n    return {}"
EXERCISES = read_assignment(SLIDING, SOLUTIONS).exercises
SOBEL = next(each.answer.source for each in EXERCISES if each.name == "sobel")
FLIPPED = (
    "def convolve2d(image, kernel):\n"
    "    image, kernel = np.asarray(image, dtype=float), np.asarray(kernel, dtype=float)[::-1, ::-1]\n"
    "    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)\n"
    "    return np.einsum('ijkl,kl->ij', windows, kernel)\n"
)


@pytest.fixture(autouse=True)
def _forget():
    token = followed_rules.set({})
    yield
    followed_rules.reset(token)


@pytest.fixture(scope="module")
def graded(sliding_kit, sliding_room):
    """A function that grades the reference with some answers exchanged: points, and what the test of sobel printed."""
    from nbgrader.utils import determine_grade

    tests = {each.name: [test.metadata.nbgrader.grade_id for test in each.tests] for each in EXERCISES}

    def grade(**answers):
        notebook = perfect(SLIDING, sliding_kit, SOLUTIONS, **answers)
        made = cells(sliding_room.examine(nbformat.writes(notebook).encode(), Rules()))
        got = {name: sum(determine_grade(made[test])[0] for test in each) for name, each in tests.items()}
        return got, "".join(out.text for out in made["test_sobel"].outputs if out.output_type == "stream")

    return grade


def test_an_earlier_mistake_costs_its_points_once(graded):
    got, printed = graded(convolve2d=FLIPPED)
    assert got == {"convolve": 2, "convolve2d": 0, "sobel": 2, "convolve2d_fast": 2}
    assert "Follow-through: `sobel`" in printed
    assert "`convolve2d`" in printed


def test_without_a_mistake_nothing_is_said(graded):
    got, printed = graded()
    assert set(got.values()) == {2}
    assert printed == ""


def test_a_function_that_returns_a_constant_carries_nobody(graded):
    wrong = "def sobel(image):\n    flat = np.zeros((1, 1))\n    return flat, flat, flat"
    got, _ = graded(convolve2d=EARLIER.format("np.zeros((1, 1))"), sobel=wrong)
    assert (got["convolve2d"], got["sobel"]) == (0, 0)


def test_a_mistake_of_ones_own_still_counts(graded):
    got, _ = graded(convolve2d=FLIPPED, sobel=SOBEL.replace("np.sqrt", "np.abs"))
    assert got["sobel"] == 0


# ---------------------------------------------------------------- in one process, as under stock nbgrader


def tripled(image):
    return 3 * doubled(image) / 2


def doubled(image):
    """The reference."""
    image = np.asarray(image, dtype=float)
    if image.ndim != 2:
        raise ValueError("two axes, please")
    return 2 * image


def learners(source):
    space = {"np": np}
    exec(source, space)
    return space


WRONG_EARLIER = """
def doubled(image):
    return 4 * np.asarray(image, dtype=float)

def tripled(image):
    return 3 * doubled(image) / 2
"""


def one_image():
    return images().map(lambda image: (image,))


def test_checks_behind_follow_the_same_rule(capsys):
    function = learners(WRONG_EARLIER)["tripled"]
    agrees(function, tripled, one_image(), built_on=["doubled"])
    assert "Follow-through" in capsys.readouterr().out
    rejects(function, tripled, np.ones(3))  # nor does the earlier function refuse it
    check_equal(function, [[1, 2]], expected=[[3.0, 6.0]])


def test_what_an_earlier_mistake_makes_wrong_costs_no_points_for_the_arguments_either(capsys):
    function = learners(WRONG_EARLIER)["tripled"]
    keeps_input(function, tripled, one_image(), built_on=["doubled"])
    assert "Follow-through" in capsys.readouterr().out
    with pytest.raises(CheckFailed, match="gives a wrong result"):
        keeps_input(function, tripled, one_image())


AUGMENT = """
def add_noise(image, sigma, rng):
    return np.asarray(image, dtype=float) + rng.normal(0, sigma, np.shape(image))

def augment(images, rng, probability=0.5):
    images = np.array(images, dtype=float)
    for number in np.flatnonzero({draws} < probability):
        images[number] = add_noise(images[number], 0.1, rng)
    return images
"""


@pytest.mark.parametrize(
    ("draws", "is_carried"), [("rng.random(len(images))", True), ("rng.random(1).repeat(len(images))", False)]
)
def test_augmenting_with_an_earlier_mistake_costs_its_points_once_and_one_of_its_own_still_counts(
    draws, is_carried, capsys
):
    function, right = learners(AUGMENT.format(draws=draws))["augment"], reference("07-augmentation").augment
    with pytest.raises(CheckFailed):
        changes_some(function, right)
    with nullcontext() if is_carried else pytest.raises(CheckFailed):
        changes_some(function, right, built_on=["flip_horizontal", "add_noise"])
    assert ("wrong with those of your own `add_noise` too" in capsys.readouterr().out) == is_carried


WITH_SCIPY = """
def doubled(image):
    import scipy.signal
    return scipy.signal.convolve2d(image, [[2.0]])

def tripled(image):
    return 3 * doubled(image) / 2

def tripled_with_scipy(image):
    import scipy.signal
    return scipy.signal.convolve2d(doubled(image), [[1.5]])
"""


def test_a_library_in_an_earlier_answer_is_not_held_against_the_function_that_calls_it():
    space, image = learners(WITH_SCIPY), call([[1.0, 2.0]])
    uses_only(space["tripled"], image, {"scipy"}, built_on=["doubled"])
    with pytest.raises(CheckFailed, match="hands work to scipy"):
        uses_only(space["tripled"], image, {"scipy"})
    with pytest.raises(CheckFailed, match="hands work to scipy"):
        uses_only(space["tripled_with_scipy"], image, {"scipy"}, built_on=["doubled"])


def test_it_has_to_be_asked_for():
    with pytest.raises(CheckFailed):
        agrees(learners(WRONG_EARLIER)["tripled"], tripled, one_image())


def test_a_wrong_answer_is_not_called_more_than_it_takes():
    calls = []

    def tripled_wrongly(image):
        calls.append(image)
        return np.asarray(image, dtype=float)

    draws = [((np.full((2, 2), number),), {}) for number in range(50)]
    tripled_wrongly.__name__ = "tripled"
    assert follows_through(tripled_wrongly, tripled, ["doubled"], draws, 1e-4, 1e-5) is None
    assert len(calls) <= 2
    assert followed_rules.get() == {}


def test_the_reference_is_rebuilt_on_other_functions():
    assert rebuilt(tripled, [learners(WRONG_EARLIER)["doubled"]])(np.ones((1, 1))) == 6
    assert tripled(np.ones((1, 1))) == 3
