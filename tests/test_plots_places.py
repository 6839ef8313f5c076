import pytest
from matplotlib.colors import to_hex

from convnets import plots


def weights(ax):
    """Where weights are drawn, row by row: the numbers they lie on."""
    found = {}
    for patch in ax.patches:
        if to_hex(patch.get_facecolor()).upper() == plots.BLUE:
            found.setdefault(round(patch.get_y(), 3), []).append(int(patch.get_x()) if patch.get_x() > 0 else -1)
    return [sorted(row) for _, row in sorted(found.items())]


def hatched(ax):
    return [int(patch.get_x()) for patch in ax.patches if patch.get_hatch()]


def test_one_row_for_each_place(ax):
    plots.show_places(ax, 5, 3)
    assert weights(ax) == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    assert [text.get_text() for text in ax.texts] == ["0", "1", "2", "3", "4"]


def test_what_the_stride_leaves_over_is_hatched(ax):
    plots.show_places(ax, 6, 3, stride=2, title="six numbers")
    assert weights(ax) == [[0, 1, 2], [2, 3, 4]]
    assert hatched(ax) == [5]
    assert ax.get_title() == "six numbers"


def test_dilation_spreads_the_weights(ax):
    plots.show_places(ax, 6, 3, dilation=2)
    assert weights(ax) == [[0, 2, 4], [1, 3, 5]]


def test_padding_makes_room_for_a_large_kernel(ax):
    plots.show_places(ax, 2, 4, padding=1)
    assert weights(ax) == [[-1, 0, 1, 2]]
    assert [text.get_text() for text in ax.texts] == ["0", "0", "1", "0"]


def test_a_kernel_that_does_not_fit_is_refused(ax):
    with pytest.raises(ValueError, match="spans 5"):
        plots.show_places(ax, 4, 3, dilation=2)
