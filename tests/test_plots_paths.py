import numpy as np
import pytest
from matplotlib.colors import to_hex

from convnets import plots


def bowl(point):
    x, y = point
    return x**2 + 4 * y**2


def test_paths_are_drawn_with_their_names_and_colours(ax):
    first, second = [[3, 1], [2, 0.5], [1, 0]], [[3, 1], [0, 0]]
    plots.show_paths(ax, bowl, {"slow": first, "fast": second}, (-4, 4), (-2, 2))
    drawn = {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}
    assert list(drawn) == ["slow", "fast"]
    np.testing.assert_array_equal(np.transpose(drawn["slow"].get_data()), first)
    assert to_hex(drawn["slow"].get_color()).upper() == plots.BLUE
    # not by colour alone
    assert drawn["slow"].get_linestyle() != drawn["fast"].get_linestyle()
    assert ax.get_xlim() == (-4, 4)
    assert ax.get_ylim() == (-2, 2)


def test_starts_and_goals_are_marked(ax):
    plots.show_paths(ax, bowl, {"a": [[3, 1], [1, 0]], "b": [[3, 1], [2, 0]]}, (-4, 4), (-2, 2), goals=[(0, 0)])
    marks = [(line.get_marker(), *line.get_xydata()[0]) for line in ax.lines if len(line.get_xydata()) == 1]
    assert sorted(marks) == [("*", 0, 0), ("o", 3, 1)]


def test_levels_follow_the_surface(ax):
    plots.show_paths(ax, bowl, {"a": [[1, 1]]}, (-4, 4), (-2, 2))
    (lines,) = ax.collections
    low, *_, high = lines.levels
    assert 0 < low < 1
    assert high == pytest.approx(bowl((4, 2)))


def test_a_path_may_end_in_infinity(ax):
    plots.show_paths(ax, bowl, {"a": [[1, 1], [np.inf, 3], [np.nan, -np.inf]]}, (-4, 4), (-2, 2))
    ax.figure.canvas.draw()
    line = next(line for line in ax.lines if line.get_label() == "a")
    assert np.isfinite(line.get_xydata()).all()


def test_other_shapes_are_refused(ax):
    with pytest.raises(ValueError, match=r"wide has \(4, 3\)"):
        plots.show_paths(ax, bowl, {"wide": np.zeros((4, 3))}, (-4, 4), (-2, 2))
