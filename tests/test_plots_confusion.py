import numpy as np
import pytest

from convnets import plots

COUNTS = np.array([[5, 0, 2], [1, 7, 0], [0, 3, 4]])


def test_every_count_but_zero_stands_at_its_class_and_answer(ax):
    plots.show_confusion(ax, COUNTS, ["cat", "dog", "owl"])
    drawn = {text.get_position(): text.get_text() for text in ax.texts}
    assert drawn == {(j, i): str(COUNTS[i, j]) for i in range(3) for j in range(3) if COUNTS[i, j]}
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cat", "dog", "owl"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("answer", "class")


def test_only_mistakes_are_coloured_and_more_of_them_darker(ax):
    plots.show_confusion(ax, COUNTS, range(3))
    shades = ax.images[0].get_array()
    assert np.ma.getmaskarray(shades).tolist() == [[True, True, False], [False, True, True], [True, False, True]]
    low, high = ax.images[0].get_clim()
    assert low == 0
    assert high > shades.max()


def test_without_a_mistake_there_is_no_colour(ax):
    plots.show_confusion(ax, np.diag([3, 2]), range(2))
    assert np.ma.getmaskarray(ax.images[0].get_array()).all()
    assert len(ax.texts) == 2


@pytest.mark.parametrize("counts", [np.zeros(3), np.zeros((2, 3))])
def test_a_matrix_that_is_not_square_is_refused(ax, counts):
    with pytest.raises(ValueError, match="is square"):
        plots.show_confusion(ax, counts, range(3))


def test_every_class_needs_a_name(ax):
    with pytest.raises(ValueError, match="3 classes but 2 names"):
        plots.show_confusion(ax, COUNTS, ["cat", "dog"])
