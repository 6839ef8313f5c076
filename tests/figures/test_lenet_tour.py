"""Feature maps and probabilities are those of Keras."""

import base64
import re
import statistics

import keras
import numpy as np
import pytest

from convnets.data.images import digits
from tests.figures.pages import tab_to

READ_LENET = """(settings) => {
  const figure = document.querySelector("lenet-tour");
  return settings.map((setting) => {
    figure.set({ ...figure.initial, ...setting });
    const layers = Object.values(figure.found).map(({ values }) => values);
    const numbers = [figure.picture, ...layers].flatMap((one) => [...one]);
    const bytes = new Uint8Array(Float32Array.from(numbers).buffer);
    let text = "";
    for (let n = 0; n < bytes.length; n += 8192) text += String.fromCharCode(...bytes.subarray(n, n + 8192));
    return {
      numbers: btoa(text),
      shares: [...figure.querySelectorAll("[data-value]")].map((one) => [Number(one.dataset.value), one.textContent]),
      said: figure.querySelector(".fig-say").textContent,
      sum: figure.querySelector(".fig-sum").textContent,
    };
  });
}"""
SHAPES = {
    "C1": (28, 28, 6), "S2": (14, 14, 6), "C3": (10, 10, 16), "S4": (5, 5, 16), "C5": (8, 15, 1), "F6": (7, 12, 1),
}  # fmt: skip


START = 14, 15
"""Where the tour begins; in each map it means the same part of the picture."""


def random_drawings(count):
    """Strokes of a pen, digits of MNIST, and places in maps."""
    rng = np.random.default_rng(4)
    for n in range(count):
        setting = {"step": int(rng.integers(46)), "row": int(rng.integers(28)), "column": int(rng.integers(28))}
        if n % 5 == 4:
            yield {**setting, "digit": str(n % 10 if n % 2 else rng.integers(10))}
            continue
        cells = np.zeros((28, 28), int)
        at = rng.integers(4, 24, 2)
        for _ in range(rng.integers(0, 60)):
            at = np.clip(at + rng.integers(-2, 3, 2), 0, 27)
            cells[at[0] : at[0] + 2, at[1] : at[1] + 2] = 1
        yield {**setting, "digit": "own", "ink": [int("".join(map(str, row)), 2) for row in cells]}


def as_mnist(ink):
    """A drawing made to fit 20 × 20 with its centre of mass in pixel (14, 14), by sums over areas."""
    cells = np.array([[int(bit) for bit in f"{row:028b}"] for row in ink] or np.zeros((28, 28)))
    if not cells.any():
        return cells
    rows, columns = np.nonzero(cells)
    scale = 20 / (max(np.ptp(rows), np.ptp(columns)) + 1)
    # The sum over everything above and left of a point; between the cells' corners it is linear in each direction.
    summed = np.pad(cells.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    for axis, at in enumerate((rows, columns)):
        edges = (np.arange(29) - 14.5) / scale + at.mean() + 0.5
        summed = np.apply_along_axis(lambda line: np.interp(edges, np.arange(29), line), axis, summed)  # noqa: B023
    return np.diff(np.diff(summed, axis=0), axis=1) * scale**2


@pytest.fixture(scope="module")
def drawings(opened, network):
    """Settings, what is shown, and what Keras makes of the picture that is shown."""
    page = opened("lenet-tour")
    settings = list(random_drawings(220))
    read = page.evaluate(READ_LENET, settings)
    assert page.troubles == []
    for shown in read:
        numbers = np.frombuffer(base64.b64decode(shown["numbers"]), np.float32)
        shown["picture"], shown["layers"] = numbers[:784].reshape(28, 28), numbers[784:]
    inside = keras.Model(
        network.inputs[0], [layer.output for layer in network.layers if layer.name in (*SHAPES, "output")]
    )
    pictures = np.stack([shown["picture"] for shown in read])[..., np.newaxis]
    return settings, read, [np.asarray(maps) for maps in inside(pictures)]


def test_tour_shows_the_numbers_of_keras(drawings):
    settings, read, expected = drawings
    assert len(settings) >= 200
    together = np.concatenate([maps.reshape(len(maps), -1) for maps in expected], axis=1)
    found = np.stack([shown["layers"] for shown in read])
    assert found.shape == together.shape == (len(settings), 8094)
    np.testing.assert_allclose(found, together, rtol=0, atol=1e-5)
    for shown, probabilities in zip(read, expected[-1], strict=True):
        np.testing.assert_allclose([share for share, _ in shown["shares"]], probabilities, rtol=0, atol=1e-5)
        for share, text in shown["shares"]:
            assert text == f"{100 * share:.1f} %" or abs(float(text[:-2]) - 100 * share) <= 0.0501
        if shown["picture"].any():
            assert f"reads {probabilities.argmax()}, with " in shown["said"]
        else:
            assert "Nothing is drawn" in shown["said"]


def test_tour_makes_a_drawing_ready_as_mnist_was(drawings):
    settings, read, _ = drawings
    _, (images, labels) = digits(train=4000, seed=4)
    own = 0
    for setting, shown in zip(settings, read, strict=True):
        if setting["digit"] == "own":
            own += 1
            np.testing.assert_allclose(shown["picture"], as_mnist(setting["ink"]), rtol=0, atol=1e-6)
        else:
            first = images[np.flatnonzero(labels == int(setting["digit"]))[0], :, :, 0]
            np.testing.assert_allclose(shown["picture"], first, rtol=0, atol=1e-6)
    assert own >= 150


def test_tour_says_what_a_place_is_and_sees(drawings, network):
    import tensorflow as tf

    settings, read, expected = drawings
    maps = [(name, n) for name, shape in SHAPES.items() for n in range(shape[2])]
    for setting, shown, *values in zip(settings, read, *expected[:-1], strict=True):
        name, n = maps[setting["step"]]
        found = re.search(r"place \((\d+), (\d+)\): ([^ ]+)\.", shown["said"])
        row, column = int(found[1]), int(found[2])
        height, width, _ = SHAPES[name]
        if (setting["row"], setting["column"]) != START:
            assert (row, column) == (min(setting["row"], height - 1), min(setting["column"], width - 1))
        value = values[list(SHAPES).index(name)].reshape(SHAPES[name])[row, column, n]
        assert shown["sum"].split(" = ")[1].split(".  ")[0].startswith(found[3])
        if "/" not in found[3] and "e" not in found[3]:
            assert abs(float(found[3].replace("−", "-")) - value) <= 0.000501
    for name in ("C1", "S2", "C3", "S4"):  # which pixels it depends on, by its gradient
        inside = keras.Model(network.inputs[0], network.get_layer(name).output)
        looked = [k for k, one in enumerate(settings) if maps[one["step"]][0] == name][:8]
        assert looked
        for k in looked:
            row, column = map(int, re.search(r"place \((\d+), (\d+)\)", read[k]["said"]).groups())
            picture = tf.Variable(np.random.default_rng(k).normal(size=(1, 28, 28, 1)) / 9, dtype=tf.float32)
            with tf.GradientTape() as tape:
                number = inside(picture)[0, row, column, maps[settings[k]["step"]][1]]
            rows, columns = np.nonzero(tape.gradient(number, picture).numpy()[0, :, :, 0])
            seen = f"rows {rows.min()} to {rows.max()} and columns {columns.min()} to {columns.max()}"
            assert seen in read[k]["said"]


def test_tour_draws_its_maps(opened):
    """The colour of each pixel of each small map is that of its number: blue, white, red."""
    page = opened("lenet-tour", "digit=7")
    for painted, values in page.evaluate(
        """() => {
          const figure = document.querySelector("lenet-tour");
          return [...figure.querySelectorAll("[role=option] canvas")].map((canvas, n) => {
            const { width, height } = canvas;
            const image = canvas.getContext("2d").getImageData(0, 0, width, height).data;
            const layers = ["C1", "S2", "C3", "S4", "C5", "F6"];
            const sizes = [6, 6, 16, 16, 1, 1];
            let layer = 0;
            while (n >= sizes[layer]) n -= sizes[layer++];
            const values = figure.found[layers[layer]].values;
            return [[...image], [...values].filter((_, place) => place % sizes[layer] === n)];
          });
        }"""
    ):
        colours = np.reshape(painted, (-1, 4))[:, :3]
        ends = np.where(np.array(values)[:, np.newaxis] < 0, [33, 102, 172], [178, 24, 43])
        expected = 255 + (ends - 255) * np.abs(values)[:, np.newaxis]
        assert np.abs(colours - expected).max() <= 0.51


def test_tour_by_keyboard_alone(opened):
    page = opened("lenet-tour")
    press = page.keyboard.press
    say = lambda: page.inner_text("lenet-tour .fig-say")  # noqa: E731
    state = lambda name: page.evaluate(f"document.querySelector('lenet-tour').state.{name}")  # noqa: E731
    tab_to(page, "Clear")
    press("Enter")
    assert "Nothing is drawn" in say()
    press("Shift+Tab")
    tab_to(page, "Rub out")
    press("Tab")
    assert say().startswith("Pen up at row 6, column 9.")
    press("Space")
    for _ in range(3):
        press("ArrowDown")
    assert say().startswith("Pen down at row 9, column 9.")
    drawn = np.array([[int(bit) for bit in f"{row:028b}"] for row in state("ink")])
    assert (drawn.sum(), drawn[5:11, 9].sum(), drawn[6:10, 8:11].sum()) == (14, 6, 12)
    press("Space")
    press("ArrowRight")
    assert state("ink")[6] == 0b111 << 17
    press("Shift+Tab")
    press("Space")
    press("Tab")
    press("Space")
    assert np.binary_repr(state("ink")[9]) == f"{1 << 19:b}", "a pen that rubs out"
    tab_to(page, "Feature maps")
    press("ArrowDown")
    press("ArrowRight")
    assert say().startswith("S2, map 2 of 6, place (7, 7): ")
    assert page.locator("lenet-tour .fig-reads").count() == 1
    press("End")
    assert "It sees the whole picture" in say()
    tab_to(page, "To the start")
    press("Enter")
    tab_to(page, "The map, large. Arrow keys move the place.")
    before = state("row")
    press("ArrowUp")
    assert say().startswith(f"C1, map 1 of 6, place ({before - 1}, ")
    tab_to(page, "Reset")
    press("Enter")
    assert page.evaluate("document.querySelector('lenet-tour').differences()") == {}
    assert page.troubles == []


def test_tour_by_pointer(opened):
    """A real digit can be drawn on: the network gets another picture then, its own made ready as MNIST was."""
    page = opened("lenet-tour", "digit=1")
    board = page.locator("lenet-tour .fig-board").bounding_box()
    place = lambda share: board["x"] + share * board["width"], board["y"] + board["height"] / 2
    across, middle = place
    page.mouse.move(across(0.1), middle)
    page.mouse.down()
    page.mouse.move(across(0.9), middle)
    page.mouse.up()
    state = page.evaluate("document.querySelector('lenet-tour').state")
    assert state["digit"] == "own"
    bits = f"{state['ink'][14]:028b}"
    assert bits[2:26] == "1" * 24
    assert sum(row > 0 for row in state["ink"]) > 10, "the 1 that was there is gone"
    page.wait_for_timeout(300)
    again = opened("lenet-tour", "digit=1", query="?" + page.url.split("?")[1])
    assert again.evaluate("document.querySelector('lenet-tour').state.ink") == state["ink"], "a link shows the drawing"


def test_tour_draws_a_stroke_in_time(opened, record_property):
    page = opened("lenet-tour")
    times = page.evaluate(
        """() => Array.from({ length: 30 }, (_, n) => {
          const figure = document.querySelector("lenet-tour");
          const begin = performance.now();
          figure.set({ ink: Array(28).fill(n * 7 + 1) });
          figure.getBoundingClientRect();
          return performance.now() - begin;
        })"""
    )
    record_property("lenet-tour: a stroke, median in ms", round(statistics.median(times), 1))
    print(f"lenet-tour: a stroke {statistics.median(times):.1f} ms")


def test_board_of_the_tour_draws_only_what_was_begun_on_it(opened):
    page = opened("lenet-tour")
    box = page.locator("lenet-tour .fig-board").bounding_box()
    ink = lambda: page.evaluate("document.querySelector('lenet-tour').state.ink.length")  # noqa: E731
    page.mouse.move(box["x"] - 5, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 50, box["y"] + 40)
    page.mouse.up()
    assert ink() == 0
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60)
    assert "Pen down" in page.inner_text("lenet-tour .fig-say")
    page.mouse.up()
    assert ink() == 28
    before = page.evaluate("document.querySelector('lenet-tour').state.ink")
    page.mouse.move(box["x"] + 20, box["y"] + 90)
    assert page.evaluate("document.querySelector('lenet-tour').state.ink") == before
    assert page.troubles == []


@pytest.mark.parametrize(
    ("state", "place"), [("", "C1, map 1 of 6, place (14, 15)"), ("step=30", "S4, map 3 of 16, place (2, 2)")]
)
def test_reset_leads_back_to_the_place_that_the_tour_began_at(opened, state, place):
    page = opened("lenet-tour", state)
    say = lambda: page.inner_text("lenet-tour .fig-say")  # noqa: E731
    assert say().startswith(place)
    for key in ("ArrowRight", "ArrowDown"):
        tab_to(page, "Feature maps")
        page.keyboard.press(key)
        assert not say().startswith(place)
        tab_to(page, "Reset")
        page.keyboard.press("Enter")
        assert say().startswith(place)
    assert page.troubles == []
