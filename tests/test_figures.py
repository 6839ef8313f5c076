"""The interactive figures in a browser without a network: numbers, keyboard, accessibility, speed, size."""

import ast
import base64
import html
import importlib.util
import json
import re
import shutil
import statistics
from types import SimpleNamespace

import jupytext
import keras
import numpy as np
import pytest

from autograder.paths import PROJECT
from convnets import figure_data, figures, lenet
from convnets.backbone import residual_network
from convnets.data import digits

FOLDER = PROJECT / "book" / "_static" / "figures"
PAGE = """<!doctype html><html lang="en" data-theme="{scheme}"><meta charset="utf-8"><title>A figure</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/figures/figures.css">
<body style="background: {ground}"><main><h1 style="color: {ink}">A figure</h1><{name} {state}></{name}></main>
<script type="module" src="/figures/index.js"></script></body></html>"""


@pytest.fixture(scope="module")
def network():
    """A LeNet with large random weights, so that its numbers are not all alike."""
    keras.utils.set_random_seed(6)
    model = lenet.build()
    model.set_weights([np.random.normal(scale=0.3, size=each.shape) for each in model.get_weights()])
    return model


RUNS = [
    {"name": "all", "random": True, "free": ["stem", "block1", "block2", "block3", "block4"], "classes": 12},
    {"name": "none", "random": False, "free": [], "classes": 12},
    {"name": "last", "random": False, "free": ["block4"], "classes": 12},
]


@pytest.fixture(scope="module")
def static(tmp_path_factory, network):
    """A folder with the figures as the built book has them, and data that no page has computed."""
    folder = tmp_path_factory.mktemp("static")
    shutil.copytree(FOLDER, folder / "figures")
    for name in figures.code():
        (folder / "figures" / name).write_text(figures.delivered(name), encoding="utf-8")
    runs = [
        {**run, "trainable": 1000 + n, "unseen": np.array([0.2, 0.3]) + n / 4, "known": [0.9, 1], "seconds": 7 + n}
        for n, run in enumerate(RUNS)
    ]
    data = {"lenet-tour": figure_data.lenet_tour(network), "freeze-board": figure_data.freeze_board(runs=runs)}
    for name, told in data.items():
        (folder / "figures" / f"{name}.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def opened(browser, serve, static):
    """A function that opens a page with one figure and returns the page; nothing but this machine can be reached."""
    site = serve(static)
    contexts = []

    def go(name, state="", scheme="light", width=900, query="", **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        page.troubles = []
        page.on("pageerror", lambda error: page.troubles.append(str(error)))
        ground, ink = ("#fff", "#000") if scheme == "light" else ("#14181e", "#fff")
        text = PAGE.format(name=name, state=state, scheme=scheme, ground=ground, ink=ink)

        def answer(route):
            address = route.request.url
            if "/page.html" in address:
                route.fulfill(body=text, content_type="text/html")
            elif address.startswith((site, "data:", "blob:")):
                route.continue_()
            else:
                page.troubles.append(f"leaves this machine: {address}")
                route.abort()

        context.route("**/*", answer)
        page.goto(f"{site}/page.html{query}")
        page.wait_for_selector(f"{name} .fig-foot")
        return page

    yield go
    for context in contexts:
        context.close()


def displayed(number, digits=2):
    """The number as a reader sees it, for a check of what stands on the page; None for fractions."""
    return None if "/" in number or "e" in number else float(number.replace("−", "-").replace("∞", "inf"))


# conv-explorer

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


# optimizer-race

METHODS = ["sgd", "momentum", "rmsprop", "adam", "uncorrected"]
READ_RACE = """(settings) => {
  const figure = document.querySelector("optimizer-race");
  return settings.map((setting) => {
    figure.set({ ...figure.initial, ...setting });
    return Object.fromEntries([...figure.querySelectorAll(".fig-table tbody tr")].map((row) => [
      row.dataset.name, [...row.querySelectorAll("td")].map((cell) => [Number(cell.dataset.value), cell.textContent]),
    ]));
  });
}"""


def landscape(name):
    """Height and gradient as chapter 5 has them, and the fifth landscape, which is the figure's own."""
    return {
        "ravine": (lambda x, y: (x**2 + 25 * y**2) / 2, lambda x, y: (x, 25 * y)),
        "valley": (
            lambda x, y: (1 - x) ** 2 + 10 * (y - x**2) ** 2,
            lambda x, y: (-2 * (1 - x) - 40 * x * (y - x**2), 20 * (y - x**2)),
        ),
        "saddle": (
            lambda x, y: 2 * x**2 - y**2 / 20 + y**4 / 40 + 1 / 40,
            lambda x, y: (4 * x, -y / 10 + y**3 / 10),
        ),
        "hollows": (
            lambda x, y: 2 - np.exp(-(x**2) / 2) - np.exp(-(y**2) / 2),
            lambda x, y: (x * np.exp(-(x**2) / 2), y * np.exp(-(y**2) / 2)),
        ),
        "waves": (
            lambda x, y: (x**2 + y**2) / 20 + (2 - np.cos(2 * x) - np.cos(2 * y)) / 2,
            lambda x, y: (x / 10 + np.sin(2 * x), y / 10 + np.sin(2 * y)),
        ),
    }[name]


def chapter_walk(method, setting):
    """Walk as chapter 5 does, with its formulas; with Keras's place for epsilon where the setting says so."""
    gradient = landscape(setting["surface"])[1]
    point, a, b = np.array([setting["x"], setting["y"]]), np.zeros(2), np.zeros(2)
    rate, epsilon = setting[f"rate_{method}"], setting["epsilon"]
    path = [point]
    for t in range(1, setting["step"] + 1):
        g = np.array(gradient(*point))
        if method == "sgd":
            change = -rate * g
        elif method == "momentum":
            change = a = setting["mu"] * a - rate * g
        elif method == "rmsprop":
            b = setting["rho"] * b + (1 - setting["rho"]) * g**2
            change = -rate * g / (np.sqrt(b + epsilon) if setting["keras"] else np.sqrt(b) + epsilon)
        else:
            a = setting["beta_1"] * a + (1 - setting["beta_1"]) * g
            b = setting["beta_2"] * b + (1 - setting["beta_2"]) * g**2
            first, second = 1 - setting["beta_1"] ** t, 1 - setting["beta_2"] ** t
            if method == "uncorrected":
                change = -rate * a / (np.sqrt(b) + epsilon)
            elif setting["keras"]:
                change = -rate * np.sqrt(second) / first * a / (np.sqrt(b) + epsilon)
            else:
                change = -rate * (a / first) / (np.sqrt(b / second) + epsilon)
        point = point + change
        path.append(point)
    return np.array(path)


def random_races(count):
    rng = np.random.default_rng(5)
    surfaces = {"ravine": (8, 3, 0.07), "valley": (1.5, 2, 0.01), "saddle": (1.8, 1.4, 0.3), "hollows": (4, 4, 0.5)}
    surfaces["waves"] = (5, 4, 0.3)
    for n in range(count):
        surface = list(surfaces)[n % 5]
        across, up, highest = surfaces[surface]
        setting = {
            "surface": surface,
            "x": float(rng.uniform(-across, across)),
            "y": float(rng.uniform(-up, up)),
            "step": int(rng.integers(1, 61)),
            "rate_sgd": float(highest * rng.uniform(0.01, 1)),
            "rate_momentum": float(highest * rng.uniform(0.01, 0.5)),
            **{f"rate_{name}": float(10 ** rng.uniform(-3, -0.5)) for name in METHODS[2:]},
            "mu": float(rng.uniform(0, 0.95)),
            "rho": float(rng.uniform(0.5, 0.99)),
            "beta_1": float(rng.uniform(0, 0.95)),
            "beta_2": float(rng.uniform(0.5, 0.9995)),
            "epsilon": float(10 ** rng.uniform(-8, -2)),
            "keras": bool(n % 2),
            "uncorrected": True,
        }
        # Keras turns its betas into single precision on the way; numbers that fit there stay what they are.
        yield {key: float(np.float32(value)) if type(value) is float else value for key, value in setting.items()}


def test_race_shows_the_numbers_of_the_chapter_and_of_keras(opened):
    page = opened("optimizer-race")
    settings = list(random_races(220))
    read = page.evaluate(READ_RACE, settings)
    assert page.troubles == []
    by_keras = 0
    for n, (setting, shown) in enumerate(zip(settings, read, strict=True)):
        height = landscape(setting["surface"])[0]
        assert list(shown) == METHODS
        for method, cells in shown.items():
            path = chapter_walk(method, setting)
            end = path[-1]
            expected = [*end, height(*end), np.linalg.norm(end - path[-2])]
            np.testing.assert_allclose([number for number, _ in cells], expected, rtol=1e-5, atol=1e-5)
            for number, text in cells:
                seen = float(text.replace("−", "-"))
                assert abs(seen - number) <= 0.0051 * abs(number) + 1e-12
        if setting["keras"] and n < 50:
            by_keras += 1
            x, y = keras_adam(setting)
            np.testing.assert_allclose([number for number, _ in shown["adam"][:2]], [x, y], rtol=0, atol=1e-5)
    assert by_keras == 25


def keras_adam(setting):
    """Where keras.optimizers.Adam ends, in double precision."""
    gradient = landscape(setting["surface"])[1]
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        optimizer = keras.optimizers.Adam(
            setting["rate_adam"], beta_1=setting["beta_1"], beta_2=setting["beta_2"], epsilon=setting["epsilon"]
        )
        point = keras.Variable(np.array([setting["x"], setting["y"]]), dtype="float64")
        for _ in range(setting["step"]):
            slope = np.array(gradient(*point.numpy()))
            optimizer.apply([keras.ops.convert_to_tensor(slope)], [point])
        return point.numpy()
    finally:
        keras.config.set_floatx(before)


def test_race_by_keyboard_alone(opened):
    page = opened("optimizer-race", reduced_motion="reduce")
    press = page.keyboard.press
    state = lambda name: page.evaluate(f"document.querySelector('optimizer-race').state.{name}")  # noqa: E731
    tab_to(page, "Adam, not corrected")
    press("Space")
    tab_to(page, "Play")
    press("Enter")
    assert state("step") == 100, "who wants nothing to move gets the end at once"
    tab_to(page, "Landscape with level lines. Arrow keys move the start, with Shift further; a click puts it there.")
    press("ArrowRight")
    press("Shift+ArrowUp")
    assert (state("x"), state("y"), state("step")) == (-7.84, 2.4, 0)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("optimizer-race .fig-say").startswith("Step 1: ")
    assert page.locator("optimizer-race .fig-table tbody tr").count() == 5
    assert page.troubles == []


# receptive-field

READ_FIELD = """(settings) => {
  const figure = document.querySelector("receptive-field");
  return settings.map((setting) => {
    figure.set(figure.initial);
    figure.set(setting);
    return {
      rows: [...figure.querySelectorAll("tbody tr")].map((row) =>
        [...row.querySelectorAll("td[data-value]")].map((cell) => Number(cell.textContent))),
      said: figure.querySelector(".fig-say").textContent,
      state: { ...figure.state },
      counts: figure.counts.map((levels) => [...levels[0]]),
    };
  });
}"""


def test_receptive_field_is_what_numpy_measures(opened):
    page = opened("receptive-field")
    rng = np.random.default_rng(2)
    settings = []
    for _ in range(220):
        layers = [
            [int(rng.integers(1, 6)), int(rng.integers(1, 4)), int(rng.integers(1, 3)), int(rng.integers(0, 3))]
            for _ in range(rng.integers(1, 6))
        ]
        settings.append(
            {
                "size": int(rng.integers(10, 41)),
                "layers": np.ravel(layers).tolist(),
                "row": int(rng.integers(0, 41)),
                "column": int(rng.integers(0, 41)),
            }
        )
    read = page.evaluate(READ_FIELD, settings)
    assert page.troubles == []
    coming_out = 0
    for setting, shown in zip(settings, read, strict=True):
        matrix = np.eye(setting["size"])  # how often each number depends on each pixel
        field, step, fits = 1, 1, True
        for (kernel, stride, dilation, padding), row in zip(
            np.reshape(setting["layers"], (-1, 4)).tolist(), shown["rows"], strict=True
        ):
            field += dilation * (kernel - 1) * step
            step *= stride
            reach = dilation * (kernel - 1) + 1
            padded = np.pad(matrix, ((padding, padding), (0, 0)))
            fits = fits and len(padded) >= reach
            places = range(0, len(padded) - reach + 1, stride) if fits else []
            matrix = np.array([padded[at : at + reach : dilation].sum(axis=0) for at in places])
            matrix = matrix.reshape(len(places), setting["size"])
            assert row == [len(places), field, step]
        if not len(matrix):
            assert "too small" in shown["said"]
            continue
        coming_out += 1
        for name, counts in zip(("row", "column"), shown["counts"], strict=True):
            index = min(setting[name], len(matrix) - 1)
            assert shown["state"][name] == index
            np.testing.assert_array_equal(counts, matrix[index])
            seen = np.flatnonzero(matrix[index])
            words = "none" if not len(seen) else f"{seen[0]} to {seen[-1]}" if len(seen) > 1 else f"{seen[0]}"
            assert f"{name}s {words}" in shown["said"]
        assert f"field of {field} × {field} pixels" in shown["said"]
    assert coming_out >= 100


def test_receptive_field_by_keyboard_alone(opened):
    page = opened("receptive-field")
    press = page.keyboard.press
    said = lambda: page.inner_text("receptive-field .fig-say")  # noqa: E731
    assert "field of 5 × 5 pixels" in said()
    tab_to(page, "Layer 1, stride")
    press("ArrowUp")
    assert "field of 7 × 7 pixels" in said()
    tab_to(page, "Add a layer")
    press("Enter")
    assert "field of 11 × 11 pixels" in said()
    tab_to(page, "Row of the output 3")
    press("ArrowLeft")
    assert said().startswith("Number (2, 3)")
    tab_to(page, "One step on")
    press("Enter")
    assert said().startswith("Number (3, 0)")
    assert page.troubles == []


# pool-explorer

READ_POOLING = """(settings) => {
  const figure = document.querySelector("pool-explorer");
  return settings.map((setting) => {
    figure.set(figure.initial);
    figure.set(setting);
    const grids = {};
    for (const box of figure.querySelectorAll(".fig-gridbox:not([hidden])")) {
      const name = box.querySelector(".fig-caption").textContent.split(",")[0];
      const numbers = (row) => [...row.cells].map((cell) => Number(cell.dataset.value));
      grids[name] = [...box.querySelectorAll("tr")].map(numbers);
    }
    return {
      grids,
      step: figure.state.step,
      hatched: figure.querySelectorAll(".fig-gridbox")[0].querySelectorAll(".fig-cut").length,
      written: [...figure.querySelectorAll(".fig-result")].map((one) => Number(one.dataset.value)),
      sizes: [...figure.querySelectorAll("[data-axis]")].map((line) => Number(line.dataset.value)),
      cut: [...figure.querySelectorAll("[data-cut]")].map((line) => Number(line.dataset.cut)),
      keras: figure.querySelector(".fig-code").textContent,
    };
  });
}"""
POOLINGS = {"Max": np.max, "Average": np.mean}


def random_poolings(count):
    rng = np.random.default_rng(4)
    for n in range(count):
        height, width = (int(size) for size in rng.integers(1, 11, 2))
        size = int(rng.integers(1, min(5, height, width) + 2)) if n % 2 else int(rng.integers(1, 4))
        size = min(size, 5)
        stride = "size" if n % 3 == 0 else str(rng.integers(1, 6))
        step = size if stride == "size" else int(stride)
        # With few different numbers many windows have several largest.
        numbers = rng.integers(-2, 3, height * width) if n % 4 else rng.normal(size=height * width).round(3)
        rows, columns = (max(0, (length - size) // step + 1) for length in (height, width))
        yield {
            "how": ["both", "max", "average"][n % 5 % 3],
            "height": height,
            "width": width,
            "size": size,
            "stride": stride,
            "input": numbers.astype(float).tolist(),
            "gradient": rng.integers(-9, 10, rows * columns).astype(float).tolist(),
            "step": 100 if n % 2 else int(rng.integers(1, 30)),
        }


def numpy_pooling(setting, image, name, gradient, steps):
    """What comes out, and what comes back from the first windows, with the loops of chapter 4."""
    size = setting["size"]
    stride = size if setting["stride"] == "size" else int(setting["stride"])
    rows, columns = (max(0, (length - size) // stride + 1) for length in image.shape)
    result, back = np.zeros((rows, columns)), np.zeros(image.shape)
    for n, (i, j) in enumerate(np.ndindex(rows, columns)):
        box = np.s_[i * stride : i * stride + size, j * stride : j * stride + size]
        result[i, j] = POOLINGS[name](image[box])
        if n >= steps:
            continue
        if name == "Max":
            u, v = np.unravel_index(image[box].argmax(), (size, size))
            back[i * stride + u, j * stride + v] += gradient[n]
        else:
            back[box] += gradient[n] / size**2
    return result, back


@pytest.fixture(scope="module")
def poolings(opened):
    page = opened("pool-explorer")
    settings = list(random_poolings(280))
    read = page.evaluate(READ_POOLING, settings)
    assert page.troubles == []
    return list(zip(settings, read, strict=True))


def test_pooling_shows_the_numbers_of_numpy(poolings):
    fitting, tied = 0, 0
    for setting, shown in poolings:
        image = np.reshape(setting["input"], (setting["height"], setting["width"]))
        np.testing.assert_array_equal(shown["grids"]["Input"], image)
        names = [name for name in POOLINGS if setting["how"] in ("both", name.lower())]
        assert len(shown["grids"]) == 2 + 2 * len(names)
        size = setting["size"]
        stride = size if setting["stride"] == "size" else int(setting["stride"])
        rows, columns = ((length - size) // stride + 1 if length >= size else 0 for length in image.shape)
        assert shown["sizes"] == [rows, columns]
        if not rows * columns:
            assert shown["step"] == 0
            continue
        fitting += 1
        assert shown["step"] == min(setting["step"], rows * columns)
        gone = [(length - size) % stride for length in image.shape]
        assert shown["cut"] == [count for count in gone if count]
        looked = np.zeros(image.shape)
        for i, j in np.ndindex(rows, columns):
            looked[i * stride : i * stride + size, j * stride : j * stride + size] = 1
        assert shown["hatched"] == np.sum(looked == 0)
        for n, name in enumerate(names):
            result, back = numpy_pooling(setting, image, name, setting["gradient"], shown["step"])
            found = np.array(shown["grids"][name], dtype=float).ravel()[: shown["step"]]
            np.testing.assert_allclose(found, result.ravel()[: shown["step"]], rtol=0, atol=1e-5)
            through = shown["grids"][f"Through {name.lower()}"]
            np.testing.assert_allclose(through, back, rtol=0, atol=1e-5)
            assert abs(shown["written"][n] - result.ravel()[shown["step"] - 1]) < 1e-5
        tied += "Max" in names and len(set(setting["input"])) < 6
    assert fitting >= 200
    assert tied >= 50


def test_the_lines_of_keras_pool_the_same_and_send_the_gradient_to_the_same_place(poolings):
    import tensorflow as tf

    tried = 0
    for setting, shown in poolings:
        if shown["step"] == 0 or setting["step"] != 100 or tried == 60:
            continue
        tried += 1
        image = tf.reshape(tf.constant(setting["input"], tf.float32), (1, setting["height"], setting["width"], 1))
        for line in shown["keras"].splitlines():
            layer = eval(line, {"keras": keras})
            name = "Max" if "Max" in line else "Average"
            with tf.GradientTape() as tape:
                tape.watch(image)
                pooled = layer(image)
                loss = tf.reduce_sum(pooled * tf.reshape(tf.constant(setting["gradient"]), pooled.shape))
            np.testing.assert_allclose(shown["grids"][name], pooled[0, :, :, 0], rtol=0, atol=1e-5)
            back = tape.gradient(loss, image)[0, :, :, 0]
            np.testing.assert_allclose(shown["grids"][f"Through {name.lower()}"], back, rtol=0, atol=1e-5)
    assert tried == 60


def test_pooling_follows_the_pointer(opened):
    page = opened("pool-explorer")
    say = lambda: page.inner_text("pool-explorer .fig-say")  # noqa: E731
    cell = lambda grid, n: page.locator(f"pool-explorer .fig-gridbox >> nth={grid}").locator(f"td >> nth={n}")  # noqa: E731
    cell(1, 3).hover()
    assert say() == "Window 4 of 4: max 9 and average 5. Back: 40 to x[2, 3] and 10 to each of its cells."
    cell(0, 4).hover()
    assert say() == "x[0, 4] = 5 lies in no window: it plays no part, and no gradient comes back to it."
    cell(0, 13).hover()
    assert say() == "x[2, 3] = 9 lies in one window: y[1, 1]. One of these windows is still to come."
    page.mouse.move(0, 0)
    assert say().startswith("Window 1 of 4")
    page.get_by_role("button", name="To the end").click()
    cell(4, 13).hover()
    assert say() == "x[2, 3] = 9 lies in one window: y[1, 1]. Through max it gets 40. Through average it gets 10."


def test_pooling_by_keyboard_alone(opened):
    page = opened("pool-explorer")
    press = page.keyboard.press
    say = lambda: page.inner_text("pool-explorer .fig-say")  # noqa: E731
    assert say() == "Window 1 of 4: max 4 and average 0.75. Back: 10 to x[1, 0] and 2.5 to each of its cells."
    tab_to(page, "Window")
    press("ArrowUp")
    tab_to(page, "Stride")
    press("ArrowDown")
    assert "Window 1 of 6: " in say()
    tab_to(page, "To the end")
    press("Enter")
    assert "Window 6 of 6: max 9 " in say()
    tab_to(page, "Input")
    press("ArrowDown")
    press("ArrowRight")
    press("Enter")
    page.keyboard.type("9")
    press("Enter")
    assert say() == (
        "x[1, 1] = 9 lies in 4 windows: y[0, 0], y[0, 1], y[1, 0] and y[1, 1]. "
        "Through max it gets 10 + 20 + 40 + 50 = 120. Through average it gets 1.11 + 2.22 + 4.44 + 5.56 = 13.33."
    )
    tab_to(page, "Max")
    press("ArrowDown")
    press("ArrowRight")
    assert "x[1, 1] and x[2, 3] are equally large" in page.inner_text("pool-explorer .fig-sum")
    assert page.locator("pool-explorer .fig-tie").count() == 1
    tab_to(page, "Gradient handed back")
    page.keyboard.type("7")
    press("Enter")
    tab_to(page, "Through max")
    assert say().startswith("x[0, 0] = 1 lies in one window: y[0, 0].")
    tab_to(page, "Reset")
    press("Enter")
    assert page.evaluate("document.querySelector('pool-explorer').differences()") == {}
    assert page.troubles == []


# augment-lab

KNOBS = {
    "flip_horizontal": None,
    "flip_vertical": None,
    "rotate90": ("turns", lambda rng: int(rng.integers(1, 4))),
    "brightness": ("delta", lambda rng: float(rng.uniform(-1, 1))),
    "contrast": ("factor", lambda rng: float(rng.uniform(0.1, 4))),
    "blur": ("around", lambda rng: int(rng.integers(1, 8))),
    "sharpen": ("amount", lambda rng: float(rng.uniform(0, 4))),
    "stretch": ("wide", lambda rng: float(rng.uniform(0.5, 2))),
    "noise": ("sigma", lambda rng: float(rng.uniform(0, 0.5))),
}
PICTURES = ["6", "b", "3", "stop", "9", "left", "0", "7", "1", "cat", "2", "coffee", "4", "camera", "5", "8"]
# Playwright takes long over many numbers, and no time over one text.
PACK = """const pack = (values) => {
  const bytes = new Uint8Array(Float64Array.from(values).buffer);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
};"""
READ_CHANGES = """async (settings) => {
  PACK
  const figure = document.querySelector("augment-lab");
  const until = async (there) => {
    while (!there()) await new Promise((done) => setTimeout(done, 5));
  };
  const read = [], befores = {};
  for (const setting of settings) {
    figure.after = null;
    figure.set({ ...figure.initial, ...setting });
    await until(() => figure.after);
    const { after } = figure;
    const cells = [...figure.querySelectorAll("tbody td")];
    const canvas = figure.querySelectorAll(".fig-pictures canvas")[1];
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    read.push({
      shape: [after.height, after.width, after.channels], values: pack(after.values),
      cells: cells.map((cell) => [Number(cell.dataset.value), cell.textContent]), bytes: pack(data),
      python: figure.querySelector(".fig-code").textContent,
    });
    if (setting.change === "flip_horizontal") befores[setting.picture] = [read.at(-1).shape, read.at(-1).values];
  }
  return [read, befores];
}""".replace("PACK", PACK)


def unpacked(text, shape):
    return np.frombuffer(base64.b64decode(text)).reshape(shape)


def chapter_changes():
    """The changes as chapter 7 defines them, by name."""
    notebook = jupytext.read(PROJECT / "book" / "07-augmentation.md")
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    nodes = [node for cell in cells for node in ast.parse(cell).body]
    wanted = [*KNOBS, "adjust_brightness", "adjust_contrast", "add_noise"]
    found = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name in wanted]
    space = {"np": np}
    exec(compile(ast.Module(found, []), "chapter 7", "exec"), space)
    return space


class FiguresDraws:
    """The figure's random numbers: mulberry32, and Box and Muller's normal distribution of two at a time."""

    def __init__(self, seed):
        self.state = np.uint32(seed)

    def random(self, count):
        """Numbers from 0 to 1, shape (count,)."""
        with np.errstate(over="ignore"):
            states = self.state + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
            self.state = states[-1] if count else self.state
            mixed = (states ^ (states >> 15)) * (states | 1)
            mixed ^= mixed + (mixed ^ (mixed >> 7)) * (mixed | 61)
        return (mixed ^ (mixed >> 14)) / 2**32

    def normal(self, mean, sigma, shape):
        """As NumPy's generators have it."""
        first, second = self.random(int(np.prod(shape))).reshape(-1, 2).T
        both = np.stack([np.cos(2 * np.pi * second), np.sin(2 * np.pi * second)], axis=1)
        drawn = np.sqrt(-2 * np.log(1 - first))[:, None] * both
        return mean + sigma * drawn.reshape(shape)


def random_changes(count):
    rng = np.random.default_rng(7)
    for picture in PICTURES:
        yield {"picture": picture, "change": "flip_horizontal"}
    for n in range(count - len(PICTURES)):
        change = list(KNOBS)[n % len(KNOBS)]
        setting = {"picture": PICTURES[n % len(PICTURES)], "change": change}
        if KNOBS[change]:
            name, draw = KNOBS[change]
            setting[name] = draw(rng)
        yield setting


@pytest.fixture(scope="module")
def changes(opened):
    """Settings of augment-lab, what it shows of each, and the pictures as they are before any change."""
    page = opened("augment-lab")
    settings = list(random_changes(240))
    read, befores = page.evaluate(READ_CHANGES, settings)
    assert page.troubles == []
    befores = {name: unpacked(values, shape)[:, ::-1] for name, (shape, values) in befores.items()}
    return settings, read, befores


def test_augmentation_shows_the_numbers_of_the_chapter(changes):
    settings, read, befores = changes
    functions = chapter_changes()
    for setting, shown in zip(settings, read, strict=True):
        image = befores[setting["picture"]]
        assert image.min() >= 0
        assert 0.5 < image.max() <= 1
        space = {**functions, "image": image, "rng": FiguresDraws(0)}
        expected = eval(shown["python"], space)
        assert shown["shape"] == list(expected.shape)
        found = unpacked(shown["values"], expected.shape)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
        for array, cells in ((image, shown["cells"][:5]), (expected, shown["cells"][5:])):
            ends = np.mean((array < 1e-9) | (array > 1 - 1e-9))
            assert cells[0][1].split() == [str(array.shape[0]), "×", str(array.shape[1])]
            numbers = [array.mean(), array.min(), array.max(), ends]
            np.testing.assert_allclose([number for number, _ in cells[1:]], numbers, rtol=0, atol=1e-5)
            assert [float(text.removesuffix(" %")) for _, text in cells[1:]] == [
                *(pytest.approx(number, rel=0.005, abs=5e-4) for number in numbers[:3]),
                pytest.approx(100 * ends, abs=0.5),
            ]
        colours = unpacked(shown["bytes"], (*expected.shape[:2], 4))[..., :3]
        assert np.abs(colours - 255 * expected).max() <= 0.5 + 1e-5


def test_random_draws_leave_each_picture_alone_with_the_other_probability(opened, changes):
    page = opened("augment-lab", "part=draws picture=6")
    page.wait_for_selector("augment-lab canvas")
    rng = np.random.default_rng(3)
    settings = []
    for n in range(200):
        change = list(KNOBS)[n % len(KNOBS)]
        setting = {"change": change, "probability": float(rng.uniform()), "step": int(rng.integers(1, 101))}
        if KNOBS[change]:
            name, draw = KNOBS[change]
            setting[name] = draw(rng)
        settings.append(setting)
    read = page.evaluate(
        """(settings) => {
          PACK
          const figure = document.querySelector("augment-lab");
          return settings.map((setting) => {
            figure.set({ ...figure.initial, ...setting });
            const drawn = figure.drawn.map(({ changed, strength, picture: { height, width, values } }, n) =>
              ({ changed, strength, shape: [height, width, 1], values: n < 4 ? pack(values) : null }));
            return {
              drawn,
              said: figure.querySelector(".fig-say").textContent,
              framed: [...figure.querySelectorAll("figure")].filter((one) => one.offsetParent)
                .map((one) => one.classList.contains("fig-changed")),
            };
          });
        }""".replace("PACK", PACK),
        settings,
    )
    assert page.troubles == []
    functions, (_, _, befores) = chapter_changes(), changes
    image, shares = befores["6"], []
    for setting, shown in zip(settings, read, strict=True):
        draws = FiguresDraws(setting["step"])
        chosen = draws.random(12) < setting["probability"]
        assert [one["changed"] for one in shown["drawn"]] == shown["framed"] == chosen.tolist()
        assert shown["said"].startswith(f"Draw {setting['step']}: {sum(chosen)} of 12 pictures are changed.")
        shares.append(np.mean(chosen) - setting["probability"])
        most = setting.get(KNOBS[setting["change"]][0]) if KNOBS[setting["change"]] else None
        for one in shown["drawn"]:
            expected = image
            if one["changed"]:
                share = draws.random(1)[0] if most is not None else 0
                strength, expected = chapter_draw(functions, setting["change"], image, most, share, draws)
                assert one["strength"] == pytest.approx(strength)
            if one["values"]:
                found = unpacked(one["values"], one["shape"])
                np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    assert abs(np.mean(shares)) < 0.03


def chapter_draw(functions, change, image, most, share, draws):
    """Draw a strength up to the one that is set, and change an image by it; both are returned."""
    if change == "rotate90":
        turns = 1 + int(share * most)
        return turns, np.rot90(image, turns)
    if change == "brightness":
        return (2 * share - 1) * most, functions["adjust_brightness"](image, (2 * share - 1) * most)
    if change in ("contrast", "stretch"):
        factor = 1 / most + share * (most - 1 / most)
        return factor, functions["adjust_contrast" if change == "contrast" else "stretch"](image, factor)
    if change == "blur":
        around = 1 + int(share * most)
        return around, functions["blur"](image, 2 * around + 1)
    if change == "sharpen":
        return share * most, functions["sharpen"](image, share * most)
    if change == "noise":
        return share * most, functions["add_noise"](image, share * most, draws)
    return None, functions[change](image)


def test_augmentation_by_keyboard_alone(opened):
    from axe_playwright_python.sync_playwright import Axe

    page = opened("augment-lab")
    press = page.keyboard.press
    say = lambda: page.inner_text("augment-lab .fig-say")  # noqa: E731
    tab_to(page, "Change")
    for _ in range(3):
        press("ArrowDown")
    assert say() == "cat: brightness, δ = 0.25."
    press("Tab")
    press("ArrowRight")
    assert say() == "cat: brightness, δ = 0.26."
    page.wait_for_selector("augment-lab canvas")
    tab_to(page, "Random draws", begin="Reset")
    press("Enter")
    tab_to(page, "Probability 0.5")
    press("End")
    assert say() == "Draw 1: 12 of 12 pictures are changed. On average it is 12."
    tab_to(page, "One step on")
    press("Enter")
    assert say().startswith("Draw 2: ")
    tab_to(page, "Does the label survive?", begin="Reset")
    press("Enter")
    survives = [True, False, False, True, False, False, True, False, True, False, True]
    for n, is_so in enumerate(survives, 1):
        tab_to(page, "Yes, it survives" if is_so else "No, it does not", begin="Reset" if n > 1 else None)
        press("Space")
        assert say().startswith(f"Question {n} of 11. Right: ")
        assert say().endswith(f"{n} of {n} right so far.")
        tab_to(page, "Next question")
        press("Enter")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
    tab_to(page, "Question before")
    press("Enter")
    tab_to(page, "Yes, it survives", begin="Reset")
    press("Space")
    assert "Not so: next to nothing is left" in say()
    assert say().endswith("10 of 11 right so far.")
    tab_to(page, "Reset")
    press("Enter")
    assert page.evaluate("document.querySelector('augment-lab').differences()") == {}
    assert page.troubles == []


# lenet-tour

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


# freeze-board

READ_BOARD = """(settings) => {
  const figure = document.querySelector("freeze-board");
  return settings.map((setting) => {
    figure.set({ ...figure.initial, ...setting });
    return {
      said: figure.querySelector(".fig-say").textContent,
      keras: figure.querySelector(".fig-code").textContent,
      counts: figure.counts,
      pressed: [...figure.querySelectorAll("button.fig-block")].map((one) => one.getAttribute("aria-pressed")),
    };
  });
}"""


def test_board_counts_what_keras_counts(opened):
    """The lines of Keras on the board, run on the network: what trains then is what the board says."""
    rng = np.random.default_rng(8)
    names = ["stem", "block1", "block2", "block3", "block4"]
    settings = [
        {
            "start": str(rng.choice(["trained", "random"])),
            "classes": int(rng.integers(2, 200)) if n % 3 else 12,
            "free": [block for block in range(5) if rng.integers(2)],
        }
        for n in range(200)
    ] + [{"step": step} for step in range(6)]
    page = opened("freeze-board")
    read = page.evaluate(READ_BOARD, settings)
    assert page.troubles == []
    body = residual_network((64, 64, 3))
    model = keras.Sequential([body, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(12)])
    size = lambda weights: sum(int(np.prod(weight.shape)) for weight in weights)  # noqa: E731
    measured = 0
    for setting, shown in zip(settings, read, strict=True):
        free = setting.get("free", list(range(5))[5 - setting.get("step", 0) :])
        head = keras.layers.Dense(setting.get("classes", 12))
        head.build((None, 128))
        body.trainable = bool(rng.integers(2))
        space = {"keras": keras, "body": body, "model": model, "residual_network": lambda shape: body}
        exec(shown["keras"], space)
        trainable = size(model.trainable_weights) - size(model.layers[-1].weights) + head.count_params()
        frozen = body.count_params() + head.count_params() - trainable
        assert shown["counts"] == {"trainable": trainable, "frozen": frozen}, setting
        assert f" {trainable:,} of {trainable + frozen:,} parameters train" in shown["said"]
        assert shown["pressed"] == [str(block in free).lower() for block in range(5)]
        same = [
            run["name"]
            for run in RUNS
            if run["free"] == [names[block] for block in free]
            and run["random"] == (setting.get("start") == "random")
            and setting.get("classes", 12) == 12
        ]
        measured += len(same)
        expected = f"This is “{same[0]}” of chapter 8" if same else "No run with this setting has been measured"
        assert expected in shown["said"]
    assert measured >= 3


def test_board_by_keyboard_alone(opened):
    page = opened("freeze-board")
    press = page.keyboard.press
    say = lambda: page.inner_text("freeze-board .fig-say")  # noqa: E731
    assert "This is “none” of chapter 8: 50 % of the images never shown are right." in say()
    tab_to(page, "Free at the end")
    press("ArrowUp")
    assert say().startswith("Free: block 4, head. 230,924 of 310,524 parameters train, 74 %. This is “last”")
    press("Tab")
    press("Tab")
    press("Space")
    assert say().startswith("Free: stem, block 4, head.")
    assert "No run with this setting" in say()
    tab_to(page, "all")
    press("Enter")
    assert "This is “all” of chapter 8: 25 % of the images" in say()
    assert page.evaluate("document.activeElement.innerText") == "all"
    assert 'layer.name.startswith(("stem_", "block1_"' in page.inner_text("freeze-board .fig-code")
    tab_to(page, "Reset")
    press("Enter")
    assert page.evaluate("document.querySelector('freeze-board').differences()") == {}
    assert page.troubles == []


def test_number_can_be_typed_though_its_first_digit_is_no_setting(opened):
    page = opened("freeze-board")
    classes = page.get_by_label("Classes")
    state = lambda: page.evaluate("document.querySelector('freeze-board').state.classes")  # noqa: E731
    for typed, kept in (("100", 100), ("12", 12), ("1", 2), ("4000", 1000)):
        classes.click()
        page.keyboard.press("Control+a")
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
        assert (state(), classes.input_value()) == (kept, str(kept))
    assert page.troubles == []


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


# What holds for all of them

LARGEST = {
    "conv-explorer": {
        "height": 10, "width": 10, "kh": 5, "kw": 5, "padding": "3", "channels": 3, "filters": 2, "preset_1": "blur",
        "flip": True,
    },
    "optimizer-race": {"steps": 300, "uncorrected": True},
    "receptive-field": {"size": 40, "layers": [3, 1, 2, 3] * 8},
    "augment-lab": {"part": "draws", "change": "noise", "probability": 1},
    "pool-explorer": {"height": 10, "width": 10, "size": 2, "stride": "1", "preset": "ties"},
    "lenet-tour": {"ink": [178956970] * 28, "step": 20},
    "freeze-board": {"start": "random", "classes": 1000, "step": 5},
}  # fmt: skip


def tab_to(page, name, role=None, begin=None):
    """Press Tab until the control of this name has the focus; if asked, from the end of the figure on, in a circle."""
    if begin:
        tab_to(page, begin, role)
    for _ in range(120):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
              const one = document.activeElement;
              const table = one.localName === "td" ? one.closest("table") : null;
              const named = table ?? one;
              const label = named.closest("label");
              const words = label?.querySelector("span")?.textContent ?? (label ?? named).textContent;
              const outline = getComputedStyle(one).outlineStyle;
              return [named.getAttribute("aria-label") ?? words, table ? "grid" : null, outline];
            }"""
        )
        if found[0].strip() == name and (role is None or role == found[1]):
            assert found[2] != "none", f"nobody sees where the focus is: {name}"
            return
    raise AssertionError(f"Tab does not reach {name}")


@pytest.mark.parametrize("name", figures.names())
def test_it_says_its_state_and_keeps_it_in_the_address(opened, name):
    page = opened(name)
    change = page.evaluate(
        """(name) => {
          const figure = document.querySelector(name);
          figure.set({ step: 3 });
          return [figure.link(), figure.querySelector(".fig-say").textContent];
        }""",
        name,
    )
    assert change[1]
    page.wait_for_timeout(300)
    assert page.url == change[0]
    again = opened(name, query="?" + change[0].split("?")[1] if "?" in change[0] else "")
    assert again.inner_text(f"{name} .fig-say") == change[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", figures.names())
def test_axe_finds_nothing_and_a_phone_is_wide_enough(opened, name, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(name, scheme=scheme, width=360)
    page.evaluate("([name, state]) => document.querySelector(name).set(state)", [name, LARGEST[name]])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []


@pytest.mark.parametrize("name", figures.names())
def test_first_paint_and_step(opened, name, record_property):
    """Times go into the report, where somebody can look at them; a busy machine must not fail a test."""
    page = opened(name)
    times = page.evaluate(
        """async ([name, state]) => {
          const text = (value) => (typeof value === "boolean" ? Number(value) : value);
          const written = Object.entries(state).map(([key, value]) => `${key}="${text(value)}"`);
          const paints = [], steps = [];
          for (let n = 0; n < 9; n++) {
            document.querySelector(name).remove();
            performance.mark("begin");
            document.querySelector("main").insertAdjacentHTML("beforeend", `<${name} ${written.join(" ")}></${name}>`);
            await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            paints.push(performance.measure("first paint", "begin").duration);
          }
          const figure = document.querySelector(name);
          for (let n = 1; n <= 30; n++) {
            performance.mark("begin");
            figure.set({ step: n });
            figure.getBoundingClientRect(); // style and layout are part of a step
            steps.push(performance.measure("step", "begin").duration);
          }
          return [paints, steps];
        }""",
        [name, LARGEST[name]],
    )
    for what, measured in zip(("first paint", "step"), times, strict=True):
        record_property(f"{name}: {what}, median in ms", round(statistics.median(measured), 1))
        print(f"{name}: {what} {statistics.median(measured):.1f} ms")
    assert page.troubles == []


def test_code_of_all_figures_is_small():
    """Counted is what a browser gets, in the book as in a notebook."""
    if not figures.minify:
        pytest.skip("there is no minifier for this machine")
    sizes = {name: len(figures.delivered(name).encode()) for name in figures.code()}
    assert sum(sizes.values()) < 120_000, sizes


def test_without_the_minifier_only_comments_and_blanks_are_left_out(monkeypatch):
    monkeypatch.setattr(figures, "minify", None)
    for name in figures.code():
        kept, comment = [], False
        for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
            assert line.count("`") % 2 == 0, f"{name}: a text over several lines would lose its indentation: {line}"
            comment = comment or line.lstrip().startswith("/*")
            if line.strip() and not comment and not line.lstrip().startswith("//"):
                kept.append(line.lstrip())
            comment = comment and not line.endswith("*/")
        assert figures.delivered(name).splitlines() == kept, name
    assert figures.delivered("figure.js").startswith("const SVG")


# In notebooks


@pytest.mark.parametrize("minifier", ["minified", "not minified"])
def test_show_brings_a_figure_to_life_without_any_file(browser, tmp_path, monkeypatch, minifier):
    if minifier == "not minified":
        monkeypatch.setattr(figures, "minify", None)
    shown = figures.show("conv-explorer", stride=2, kernel=[1, 2.5, -1], kh=1, preset_1="custom", flip=True)
    assert shown._repr_html_() == shown
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    path = tmp_path / "output.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{shown}")
    page.goto(path.as_uri())
    page.wait_for_selector("conv-explorer .fig-foot")
    state = page.evaluate("document.querySelector('conv-explorer').state")
    assert state["stride"] == 2
    assert state["kernel"] == [1, 2.5, -1]
    assert state["flip"] is True
    page.evaluate("document.querySelector('conv-explorer').set({photo: 'camera'})")
    page.wait_for_selector("conv-explorer canvas", state="attached")
    assert page.url == path.as_uri(), "a notebook's address is not the figure's to change"
    assert [address for address in asked if not address.startswith(("file:", "data:", "blob:"))] == []
    page.close()


@pytest.mark.parametrize("name", sorted(set(figures.names()) - set(figure_data.MAKERS)))
def test_every_figure_can_be_shown_in_a_notebook(browser, tmp_path, name):
    page = browser.new_page()
    troubles = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    path = tmp_path / "output.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{figures.show(name)}")
    page.goto(path.as_uri())
    page.wait_for_selector(f"{name} .fig-foot")
    if name == "augment-lab":
        page.wait_for_selector("augment-lab canvas")  # its photos came along
    assert page.inner_text(f"{name} .fig-say")
    assert troubles == []
    page.close()


def test_show_names_what_there_is():
    with pytest.raises(ValueError, match="There are: augment-lab, conv-explorer"):
        figures.show("conv-explore")
    with pytest.raises(ValueError, match=r"has no setting 'strides'\. It has: dims"):
        figures.show("conv-explorer", strides=2)
    assert html.escape('"') not in figures.show("conv-explorer", padding="same").split("<script")[0]


def test_released_notebook_says_how_to_have_the_figure(opened):
    notebook = (PROJECT / "notebooks" / "chapters" / "02-conv-layer.ipynb").read_text(encoding="utf-8")
    call = 'figures.show("conv-explorer", height=6, width=8, stride=2, padding=1)'
    assert call.replace('"', '\\"') in notebook
    assert "02-conv-layer.html#conv-explorer" in notebook
    assert eval(call, {"figures": figures}).startswith("<style>")


def test_released_notebook_shows_the_learners_own_network():
    notebook = jupytext.read(PROJECT / "notebooks" / "chapters" / "04-lenet.ipynb")
    place = next(n for n, cell in enumerate(notebook.cells) if 'show("lenet-tour", model=lenet)' in cell.source)
    assert notebook.cells[place].cell_type == "code"
    assert "by the cell above" in notebook.cells[place + 1].source
    assert "04-lenet.html#lenet-tour" in notebook.cells[place + 1].source


def test_show_takes_a_trained_network(browser, tmp_path, network, monkeypatch):
    page = browser.new_page()
    path = tmp_path / "output.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{figures.show('lenet-tour', model=network, digit=3)}")
    page.goto(path.as_uri())
    page.wait_for_selector("lenet-tour .fig-foot")
    found = page.evaluate("[...document.querySelector('lenet-tour').found.output.values]")
    _, (images, labels) = digits(train=4000, seed=4)
    first = images[np.flatnonzero(labels == 3)[:1]]
    np.testing.assert_allclose(found, np.asarray(network(first))[0], rtol=0, atol=1e-5)
    page.close()
    monkeypatch.setattr(lenet, "trained", lambda: network)
    assert figures.show("lenet-tour", digit=3) == figures.show("lenet-tour", model=network, digit=3)
    other = keras.Sequential([keras.Input((28, 28, 1)), *(keras.layers.MaxPooling2D() for _ in range(2))])
    with pytest.raises(ValueError, match="shows LeNet-5 as chapter 4 builds it"):
        figures.show("lenet-tour", model=other)
    with pytest.raises(ValueError, match=r"It has: digit, ink, rub, step, row, column, model\."):
        figures.show("lenet-tour", network=network)


def test_lenet_of_the_package_is_that_of_the_chapter():
    cells = jupytext.read(PROJECT / "book" / "04-lenet.md").cells
    source = next(cell.source for cell in cells if cell.source.startswith("def build_lenet"))
    space = {"keras": keras, "layers": keras.layers}
    exec(source, space)
    ours, theirs = lenet.build(), space["lenet"]
    assert [layer.get_config() for layer in ours.layers] == [layer.get_config() for layer in theirs.layers]
    assert ours.count_params() == theirs.count_params() == 61_706


# In the book

COMPUTING = ("04-lenet", "08-transfer")
"""Pages that compute what a figure shows."""


@pytest.fixture
def extension(monkeypatch):
    """The book's extension, and a function that lets it read a page; it returns the page."""
    from docutils import nodes
    from docutils.utils import new_document

    spec = importlib.util.spec_from_file_location("book_figures", PROJECT / "book" / "_ext" / "figures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    warned = []
    monkeypatch.setattr(module.logger, "warning", lambda words, name, location: warned.append((name, location)))
    env = SimpleNamespace()

    def read(docname, *outputs, placed=()):
        page = new_document(docname)
        page += [module.interactive(figure=name) for name in placed]
        for output in outputs:
            cell = nodes.container(nb_element="cell_code_output")
            cell += nodes.raw("", output, format="html")
            page += cell
        env.docname = docname
        module.forget(None, env, docname)
        module.keep(SimpleNamespace(env=env), page)
        return page

    return SimpleNamespace(read=read, env=env, module=module, warned=warned)


def test_book_keeps_what_a_page_has_computed(extension, network):
    shown = figures.show("lenet-tour", model=network)
    page = extension.read("book/4", shown, "<b>a table</b>", placed=["lenet-tour"])
    assert "<b>a table</b>" in page.astext()
    assert "lenet-tour detached" not in page.astext(), "the figure stands where the directive is"
    kept = json.loads(extension.module.computed(extension.env)["lenet-tour"])
    assert kept == figure_data.lenet_tour(network)
    extension.module.check(None, extension.env)
    assert extension.warned == []


def test_book_warns_of_a_figure_whose_data_no_page_computes(extension, network):
    extension.read("book/4", figures.show("lenet-tour", model=network), placed=["lenet-tour"])
    extension.read("book/gallery", placed=["lenet-tour", "conv-explorer", "freeze-board"])
    extension.module.check(None, extension.env)
    assert extension.warned == [("freeze-board", "book/gallery")]
    extension.read("book/4", placed=["lenet-tour"])  # the cell is gone
    extension.warned.clear()
    extension.module.check(None, extension.env)
    assert ("lenet-tour", "book/4") in extension.warned


def test_figures_show_what_their_pages_have_computed(book):
    """The tour's network is right as often as the page says of its own; the board's runs stand in the page's table."""
    folder = book / "_static" / "figures"
    words = {
        name: html.unescape(re.sub("<[^>]+>", "", (book / "book" / f"{name}.html").read_text())) for name in COMPUTING
    }
    model, at = lenet.build(), 0
    weights = np.frombuffer(base64.b64decode(json.loads((folder / "lenet-tour.json").read_text())["weights"]), "<f4")
    shaped = []
    for weight in model.get_weights():
        shaped.append(weights[at : at + weight.size].reshape(weight.shape))
        at += weight.size
    assert at == len(weights)
    model.set_weights(shaped)
    _, (images, labels) = digits(train=4000, seed=4)
    right = np.mean(np.argmax(model(images), axis=1) == labels)
    assert f"right, of digits never shown:    {right:.1%}" in words["04-lenet"]
    board = json.loads((folder / "freeze-board.json").read_text())
    assert {**board, "runs": []} == figure_data.freeze_board()
    assert [run["name"] for run in board["runs"]] == ["from scratch", "frozen", "fine-tuned"]
    for run in board["runs"]:
        cells = [f"{share:.0%}" for share in [*run["unseen"], np.mean(run["unseen"]), np.mean(run["known"])]]
        row = r"\s+".join([run["name"], *cells, f"{run['seconds']:.0f}"])
        assert re.search(row, words["08-transfer"]), row
    assert [run["free"] for run in board["runs"]] == [["stem", "block1", "block2", "block3", "block4"], [], ["block4"]]
    assert [run["trainable"] for run in board["runs"]] == [309_084, 1_548, 230_924]


def test_every_page_with_a_figure_is_accessible_and_works_from_the_disk(book, browser, serve):
    from axe_playwright_python.sync_playwright import Axe

    for name in figures.code():
        assert (book / "_static" / "figures" / name).read_text(encoding="utf-8") == figures.delivered(name)
    site = serve(book)
    pages = [path for path in sorted(book.rglob("*.html")) if 'class="convnets-figure"' in path.read_text()]
    assert {"figures", "01-convolution", "02-conv-layer", "05-adam", *COMPUTING} <= {path.stem for path in pages}
    for path in pages:
        placed = path.read_text().count('class="convnets-figure"')
        for address in (f"{site}/{path.relative_to(book)}", path.as_uri()):
            page = browser.new_page()
            page.goto(address)
            page.wait_for_function(f"document.querySelectorAll('.convnets-figure > .fig-say').length === {placed}")
            if address.startswith(site):
                found = Axe().run(page).response["violations"]
                assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == [], path.stem
            page.close()
    with_scripts_off = browser.new_context(java_script_enabled=False)
    page = with_scripts_off.new_page()
    page.goto(f"{site}/book/figures.html")
    stills = page.locator(".convnets-figure img")
    assert stills.count() == len(figures.names())
    assert all(stills.nth(n).get_attribute("alt") for n in range(stills.count()))
    with_scripts_off.close()
