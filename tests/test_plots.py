import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from convnets import plots


@pytest.fixture(autouse=True)
def _close_figures():
    with matplotlib.rc_context():
        yield
    plt.close("all")


def grid(numbers, **how):
    figure, ax = plt.subplots(figsize=(3, 3))
    plots.show_numbers(ax, numbers, **how)
    figure.canvas.draw()
    return ax


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_images_share_one_scale():
    axes = plots.show_images([np.full((4, 5), 0.2), np.array([[0.0, 3.0]])])
    assert [ax.images[0].get_clim() for ax in axes] == [(0, 3), (0, 3)]


def test_signed_scale_is_centred_at_zero():
    (ax,) = plots.show_images([np.array([[-1.0, 5.0]])], signed=True)
    assert ax.images[0].get_clim() == (-5, 5)
    red, green, blue, _ = ax.images[0].cmap(0.5)
    assert min(red, green, blue) > 0.95  # zero is white


def test_signed_scale_of_bytes_does_not_wrap_round():
    (ax,) = plots.show_images([np.array([[0, 200]], np.uint8)], signed=True)
    assert ax.images[0].get_clim() == (-200, 200)


def test_signed_scale_of_nothing_but_zeros_is_not_empty():
    (ax,) = plots.show_images([np.zeros((2, 2))], signed=True)
    low, high = ax.images[0].get_clim()
    assert low == -high < 0


def test_limits_are_used():
    (ax,) = plots.show_images([np.zeros((2, 2))], limits=(-2, 7))
    assert ax.images[0].get_clim() == (-2, 7)


def test_images_are_drawn_in_order_with_their_titles():
    images = [np.full((2, 2), value) for value in (1.0, 2.0, 3.0)]
    axes = plots.show_images(images, titles=["a", "b", "c"], columns=2)
    assert [ax.get_title() for ax in axes] == ["a", "b", "c"]
    assert [ax.images[0].get_array()[0, 0] for ax in axes] == [1, 2, 3]
    rows = [ax.get_subplotspec().rowspan.start for ax in axes]
    assert rows == [0, 0, 1]
    assert all(not ax.axison for ax in plt.gcf().axes)  # the empty place too


def test_one_channel_and_three_channels():
    grey, colour = plots.show_images([np.zeros((3, 4, 1)), np.zeros((3, 4, 3))])
    assert grey.images[0].get_array().shape == (3, 4)
    assert colour.images[0].get_array().shape == (3, 4, 3)


@pytest.mark.parametrize("shape", [(3,), (2, 2, 2), (1, 3, 3, 1)])
def test_what_is_no_image_is_refused(shape):
    with pytest.raises(ValueError, match="An image has shape"):
        plots.show_images([np.zeros(shape)])


def test_nothing_to_show_and_missing_titles_are_refused():
    with pytest.raises(ValueError, match="no image"):
        plots.show_images([])
    with pytest.raises(ValueError, match="2 images but 1 titles"):
        plots.show_images([np.zeros((2, 2))] * 2, titles=["only one"])


def test_numbers_stand_where_they_are_in_the_array():
    ax = grid([[1, -2, 3], [4, 5, 0.5]])
    at = {tuple(text.get_position()): text.get_text() for text in ax.texts}
    assert at == {(0, 0): "1", (1, 0): "−2", (2, 0): "3", (0, 1): "4", (1, 1): "5", (2, 1): "0.5"}
    assert ax.yaxis_inverted()  # row 0 is on top


def test_blank_cells_have_no_number():
    assert texts(grid([[1, 2], [3, 4]], blank=[[False, True], [True, False]])) == ["1", "4"]


def test_window_frames_exactly_its_cells():
    ax = grid(np.zeros((5, 4)), window=(1, 2, 3, 2))
    (frame,) = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert frame.get_xy() == (1.5, 0.5)
    assert (frame.get_width(), frame.get_height()) == (2, 3)
    assert not frame.get_fill()


@pytest.mark.parametrize("window", [(-1, 0, 2, 2), (0, -1, 2, 2), (4, 0, 2, 2), (0, 3, 2, 2), (0, 0, 0, 2)])
def test_window_outside_is_refused(window):
    with pytest.raises(ValueError, match="does not lie inside"):
        grid(np.zeros((5, 4)), window=window)


def test_grid_wants_two_axes():
    with pytest.raises(ValueError, match="two axes"):
        grid([1, 2, 3])


def test_numbers_fit_their_cells():
    for shape in [(3, 3), (5, 5), (8, 8)]:
        ax = grid(np.full(shape, 12))
        cell = ax.get_window_extent().width / shape[1]
        assert all(text.get_window_extent().width < cell for text in ax.texts)


def linear(colour):
    channels = np.array(matplotlib.colors.to_rgb(colour))
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """Contrast ratio as WCAG 2 defines it."""
    light, dark = sorted((linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("signed", [True, False])
def test_numbers_are_readable_on_their_cells(signed):
    numbers = np.arange(-8, 8).reshape(4, 4)
    ax = grid(numbers, signed=signed)
    picture = ax.images[0]
    for text, value in zip(ax.texts, numbers.ravel(), strict=True):
        assert contrast(text.get_color(), picture.cmap(picture.norm(value))) > 4.5, value


def seen_by(kind, colour):
    """What a reader without the green ("deutan") or red ("protan") cones sees (Viénot, Brettel and Mollon, 1999)."""
    matrix = {
        "deutan": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
        "protan": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    }[kind]
    seen = np.clip(np.array(matrix) @ linear(colour), 0, 1)
    return np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("kind", ["deutan", "protan"])
def test_colour_blind_readers_can_tell_the_colours_apart(kind):
    seen = [seen_by(kind, colour) for colour in (plots.BLUE, plots.ORANGE, plots.GREEN, plots.PURPLE)]
    assert min(np.linalg.norm(one - other) for number, one in enumerate(seen) for other in seen[:number]) > 0.25
    # The measure can fail: to these readers a pure red and a fitting green are nearly the same.
    assert np.linalg.norm(seen_by("deutan", "#b00000") - seen_by("deutan", "#7a6a00")) < 0.25


def test_colours_stand_out_from_white():
    assert all(contrast(colour, "white") > 3 for colour in (plots.BLUE, plots.ORANGE, plots.GREEN, plots.PURPLE))


def test_signals_are_drawn_over_one_axis():
    axes = plots.show_signals([[1, 2, 3], [4, 5]], ["first", "second"])
    assert [ax.get_title(loc="left") for ax in axes] == ["first", "second"]
    assert axes[0].get_xlim() == axes[1].get_xlim()
    np.testing.assert_array_equal(axes[0].containers[0].markerline.get_ydata(), [1, 2, 3])
    np.testing.assert_array_equal(axes[1].containers[0].markerline.get_ydata(), [4, 5])
    colours = {to_hex(ax.containers[0].markerline.get_color()) for ax in axes}
    assert len(colours) == 2


def test_signals_and_titles_have_to_match():
    with pytest.raises(ValueError, match="1 signals but 2 titles"):
        plots.show_signals([[1, 2]], ["a", "b"])


def test_style_gives_pictures_a_white_ground():
    plots.use_style()
    figure, _ = plt.subplots()
    assert to_hex(figure.get_facecolor()) == "#ffffff"
    assert to_hex(plt.rcParams["axes.prop_cycle"].by_key()["color"][0]) == plots.BLUE.lower()


def test_shapes_are_drawn_as_sheets_and_bars():
    ax = plots.show_shapes([(32, 32, 3), (30, 15, 20), (3600,), (10,)], ["Conv2D", "Flatten", "Dense"])
    written = [text for text in texts(ax) if text]
    assert written == ["32 × 32 × 3", "30 × 15 × 20", "Conv2D", "3,600", "Flatten", "10", "Dense"]
    sizes = [(patch.get_width(), patch.get_height()) for patch in ax.patches if isinstance(patch, Rectangle)]
    assert sizes[:3] == [(1, 1)] * 3
    assert sizes[3:-2] == [pytest.approx((15 / 32, 30 / 32))] * 8  # never more than eight sheets
    (_, long), (_, short) = sizes[-2:]
    assert long > short > 0


@pytest.mark.parametrize(
    ("shapes", "layers", "said"),
    [
        ([(4, 4, 1), (16,)], [], "there are 1 layers, not 0"),
        ([(4, 4), (16,)], ["Flatten"], "one number or three"),
    ],
)
def test_shapes_that_make_no_sense_are_refused(shapes, layers, said):
    with pytest.raises(ValueError, match=said):
        plots.show_shapes(shapes, layers)
