"""Convolutions that are touched show the numbers of NumPy and Keras."""

import io

import keras
import numpy as np
import pytest
from PIL import Image

from tests.figures.pages import displayed, tab_to

READ_CONVOLUTION = """(settings) => {
  const figure = document.querySelector("conv-explorer");
  const numbers = (cells) => [...cells].map((cell) => [Number(cell.dataset.value), cell.textContent]);
  return settings.map((setting) => {
    figure.set(figure.initial);
    figure.set(setting);
    figure.set({ step: 1000 });
    const output = [...figure.querySelectorAll(".fig-output table")].map((table) => ({
      rows: table.rows.length,
      columns: table.rows[0]?.cells.length ?? 0,
      numbers: numbers(table.querySelectorAll("td")),
    }));
    return {
      output,
      kernel: figure.weights(figure.shape),
      input: figure.numbers(figure.shape),
      sizes: [...figure.querySelectorAll("[data-axis]")].map((line) => Number(line.dataset.value)),
      cut: [...figure.querySelectorAll("[data-cut]")].map((line) => Number(line.dataset.cut)),
      sums: numbers(figure.querySelectorAll(".fig-result")),
      keras: figure.querySelector(".fig-code").textContent,
    };
  });
}"""


def random_convolutions(count):
    rng = np.random.default_rng(6)
    presets = ["identity", "blur", "sharpen", "horizontal", "vertical", "example"]
    for n in range(count):
        flat = n % 4 == 3
        height, width = (int(size) for size in rng.integers(1, 11, 2))
        channels, filters = int(rng.integers(1, 4)), int(rng.integers(1, 3))
        kh, kw = (int(size) for size in rng.integers(1, 6, 2))
        setting = {
            "dims": "1" if flat else "2",
            "height": height,
            "width": width,
            "kh": kh,
            "kw": kw,
            "channels": channels,
            "filters": filters,
            "stride": int(rng.integers(1, 5)),
            "dilation": int(rng.integers(1, 4)) if n % 2 else 1,
            "padding": str(rng.choice(["0", "1", "2", "3", "same"])),
            "flip": bool(rng.integers(2)),
            "bias": [float(b) for b in rng.integers(-3, 4, 2)],
        }
        if n % 5 == 4:
            setting["preset_1"] = str(rng.choice(presets[:3]))
        else:
            taps = (1 if flat else kh) * kw * channels * filters
            setting |= {"preset_1": "custom", "preset_2": "custom", "kernel": rng.normal(size=taps).round(3).tolist()}
        if n % 3:
            size = (1 if flat else height) * width * channels
            setting["input"] = rng.normal(size=size).round(3).tolist()
        yield setting


def numpy_convolution(setting, image, kernel):
    """The formula of chapter 2, with zeros put in for padding and dilation; None where the kernel does not fit."""
    if setting["flip"]:
        kernel = kernel[::-1, ::-1]
    stride, dilation = setting["stride"], setting["dilation"]
    kh, kw, depth, count = kernel.shape
    spread = np.zeros((dilation * (kh - 1) + 1, dilation * (kw - 1) + 1, depth, count))
    spread[::dilation, ::dilation] = kernel
    zeros = []
    for axis, (size, span) in enumerate(zip(image.shape, spread.shape, strict=False)):
        if axis == 2:
            break
        if axis == 0 and setting["dims"] == "1":
            zeros.append((0, 0))
        elif setting["padding"] == "same":
            total = max((-(-size // stride) - 1) * stride + span - size, 0)
            zeros.append((total // 2, total - total // 2))
        else:
            zeros.append((int(setting["padding"]),) * 2)
    image = np.pad(image, [*zeros, (0, 0)])
    rows, columns = ((image.shape[axis] - spread.shape[axis]) // stride + 1 for axis in (0, 1))
    if image.shape[0] < spread.shape[0] or image.shape[1] < spread.shape[1]:
        return None
    result = np.zeros((rows, columns, count))
    for i in range(rows):
        for j in range(columns):
            box = image[i * stride :, j * stride :][: spread.shape[0], : spread.shape[1]]
            result[i, j] = np.tensordot(box, spread, axes=3) + np.array(setting["bias"])[:count]
    return result


@pytest.fixture(scope="module")
def convolutions(opened):
    page = opened("conv-explorer")
    settings = list(random_convolutions(240))
    read = page.evaluate(READ_CONVOLUTION, settings)
    assert page.troubles == []
    for setting, shown in zip(settings, read, strict=True):
        flat = setting["dims"] == "1"
        shape = (1 if flat else setting["height"], setting["width"], setting["channels"])
        size = (1 if flat else setting["kh"], setting["kw"], setting["channels"], setting["filters"])
        shown["image"] = np.reshape(shown["input"], shape)
        shown["weights"] = np.reshape(shown["kernel"], size)
        if "input" in setting:
            np.testing.assert_array_equal(shown["input"], setting["input"])
        if "kernel" in setting:
            np.testing.assert_array_equal(shown["kernel"], setting["kernel"])
    return list(zip(settings, read, strict=True))


def test_convolution_shows_the_numbers_of_numpy(convolutions):
    fitting = 0
    for setting, shown in convolutions:
        expected = numpy_convolution(setting, shown["image"], shown["weights"])
        if expected is None:
            assert shown["output"][0]["rows"] == 0 or shown["output"][0]["columns"] == 0
            continue
        fitting += 1
        for f, map_shown in enumerate(shown["output"]):
            numbers = [number for number, _ in map_shown["numbers"]]
            found = np.reshape(numbers, (map_shown["rows"], map_shown["columns"]))
            np.testing.assert_allclose(found, expected[:, :, f], rtol=0, atol=1e-5)
        for number, text in [pair for one in shown["output"] for pair in one["numbers"]] + shown["sums"]:
            seen = displayed(text)
            assert seen is None or abs(seen - number) <= 0.005 + 1e-9
        np.testing.assert_allclose([number for number, _ in shown["sums"]], expected[-1, -1], rtol=0, atol=1e-5)
        sizes = expected.shape[1:2] if setting["dims"] == "1" else expected.shape[:2]
        assert shown["sizes"] == list(sizes)
    assert fitting >= 200


def test_the_line_of_keras_makes_the_same_layer(convolutions):
    tried = 0
    for setting, shown in convolutions:
        expected = numpy_convolution(setting, shown["image"], shown["weights"])
        if shown["keras"].startswith("#") or expected is None or tried == 60:
            assert tried == 60 or expected is None or (setting["stride"] > 1 and setting["dilation"] > 1)
            continue
        tried += 1
        layer = eval(shown["keras"], {"keras": keras})
        flat = setting["dims"] == "1"
        image = shown["image"][0] if flat else shown["image"]
        layer.build((1, *image.shape))
        weights = shown["weights"][0] if flat else shown["weights"]
        if setting["flip"]:
            weights = weights[::-1] if flat else weights[::-1, ::-1]
        bias = np.array(setting["bias"])[: setting["filters"]]
        layer.set_weights([weights, bias][: len(layer.get_weights())])
        result = np.asarray(layer(image[np.newaxis].astype(np.float32)))[0]
        np.testing.assert_allclose(result, expected[0] if flat else expected, rtol=0, atol=1e-5)
    assert tried == 60


def test_convolution_on_a_photo(opened):
    page = opened("conv-explorer", "photo=cat channels=3 preset_1=sharpen padding=same stride=2")
    page.wait_for_selector("conv-explorer canvas:nth-of-type(1)")
    found = page.evaluate(
        """() => {
          const figure = document.querySelector("conv-explorer");
          return [figure.photo.height, figure.photo.width, [...figure.photo.colours], [...figure.map.values]];
        }"""
    )
    height, width, colours, values = found
    image = np.reshape(colours, (height, width, 3))
    layer = {"dims": "2", "padding": "same", "stride": 2, "dilation": 1, "flip": False, "bias": [0.0]}
    sharpen = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])[:, :, None, None].repeat(3, axis=2)
    expected = numpy_convolution(layer, image, sharpen)
    np.testing.assert_allclose(np.reshape(values, expected.shape), expected, rtol=0, atol=1e-5)


def test_convolution_on_a_photo_of_ones_own(opened):
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "png")
    page = opened("conv-explorer", "channels=3 preset_1=vertical")
    page.get_by_text("On a photo").click()
    chosen = page.locator("conv-explorer input[type=file]")
    chosen.set_input_files({"name": "own.png", "mimeType": "image/png", "buffer": file.getvalue()})
    page.wait_for_selector("conv-explorer figure canvas")
    found = page.evaluate("[...document.querySelector('conv-explorer').map.values]")
    layer = {"dims": "2", "padding": "0", "stride": 1, "dilation": 1, "flip": False, "bias": [0.0]}
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])[:, :, None, None].repeat(3, axis=2)
    expected = numpy_convolution(layer, image / 255, sobel)
    np.testing.assert_allclose(np.reshape(found, expected.shape), expected, rtol=0, atol=1e-5)
    chosen.set_input_files({"name": "own.txt", "mimeType": "text/plain", "buffer": b"no picture"})
    page.wait_for_function("document.querySelector('.fig-say').textContent.startsWith('This file could not be read')")
    assert page.locator("conv-explorer figure").count() == 2, "what was there stays"
    assert page.troubles == []


def test_convolution_by_keyboard_alone(opened):
    page = opened("conv-explorer")
    press = page.keyboard.press
    say = lambda: page.inner_text("conv-explorer .fig-say")  # noqa: E731
    tab_to(page, "One step on")
    press("Enter")
    assert say() == "Place 2 of 9: y[0, 1] = 0."
    tab_to(page, "Input")
    press("ArrowRight")
    assert "x[0, 1] = 0 takes part in 2 numbers of the output" in say()
    press("Enter")
    page.keyboard.type("9")
    press("Enter")
    assert page.evaluate("document.querySelector('conv-explorer').state.input[1]") == 9
    tab_to(page, "Kernel", role="grid")
    page.keyboard.type("3")
    press("Enter")
    assert page.input_value("conv-explorer select >> nth=1") == "custom"
    tab_to(page, "Output")
    press("ArrowDown")
    assert say().startswith("Place 4 of 9: y[1, 0] = ")
    tab_to(page, "Reset")
    press("Enter")
    assert page.evaluate("document.querySelector('conv-explorer').differences()") == {}
    assert page.troubles == []


def test_cell_that_is_opened_and_left_keeps_its_number(opened):
    page = opened("conv-explorer", "preset_1=blur")
    state = "document.querySelector('conv-explorer').state"
    exact = page.evaluate("document.querySelector('conv-explorer').layer.kernel")
    for leave in ("Enter", "Tab", "Escape"):
        tab_to(page, "Kernel", role="grid")
        page.keyboard.press("Enter")
        assert page.input_value(":focus") == "0.111111"
        page.keyboard.press(leave)
        assert page.evaluate("document.querySelector('conv-explorer').layer.kernel") == exact == [1 / 9] * 9
        assert page.evaluate(f"{state}.preset_1") == "blur"
    tab_to(page, "Kernel", role="grid")
    page.keyboard.press("Enter")
    page.keyboard.type("0.111111")
    page.keyboard.press("Enter")
    assert page.evaluate(f"{state}.kernel[0]") == 0.111111
    assert page.troubles == []


@pytest.mark.parametrize("state", ["", "height=6 width=8 stride=2 padding=1"])
def test_explorer_fits_a_screen(opened, state):
    page = opened("conv-explorer", state, width=1280)
    page.evaluate("document.querySelector('main').style.width = '46rem'")  # of a page of the book
    assert page.evaluate("document.querySelector('conv-explorer').getBoundingClientRect().height") < 800
