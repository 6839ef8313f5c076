"""The interactive figures in a browser without a network: numbers, keyboard, accessibility, speed, size."""

import html
import shutil
import statistics

import keras
import numpy as np
import pytest

from autograder.paths import PROJECT
from convnets import figures

FOLDER = PROJECT / "book" / "_static" / "figures"
PAGE = """<!doctype html><html lang="en" data-theme="{scheme}"><meta charset="utf-8"><title>A figure</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/figures/figures.css">
<body style="background: {ground}"><main><h1 style="color: {ink}">A figure</h1><{name} {state}></{name}></main>
<script type="module" src="/figures/index.js"></script></body></html>"""


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    """A folder with the figures as the built book has them."""
    folder = tmp_path_factory.mktemp("static")
    shutil.copytree(FOLDER, folder / "figures")
    for name in figures.code():
        (folder / "figures" / name).write_text(figures.delivered(name), encoding="utf-8")
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


# What holds for all of them

LARGEST = {
    "conv-explorer": {
        "height": 10, "width": 10, "kh": 5, "kw": 5, "padding": "3", "channels": 3, "filters": 2, "preset_1": "blur",
        "flip": True,
    },
    "optimizer-race": {"steps": 300, "uncorrected": True},
    "receptive-field": {"size": 40, "layers": [3, 1, 2, 3] * 8},
    "pool-explorer": {"height": 10, "width": 10, "size": 2, "stride": "1", "preset": "ties"},
}  # fmt: skip


def tab_to(page, name, role=None):
    """Press Tab until the control of this name has the focus."""
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


# In the book


def test_every_page_with_a_figure_is_accessible_and_works_from_the_disk(book, browser, serve):
    from axe_playwright_python.sync_playwright import Axe

    for name in figures.code():
        assert (book / "_static" / "figures" / name).read_text(encoding="utf-8") == figures.delivered(name)
    site = serve(book)
    pages = [path for path in sorted(book.rglob("*.html")) if 'class="convnets-figure"' in path.read_text()]
    assert {"figures", "01-convolution", "02-conv-layer", "05-adam"} <= {path.stem for path in pages}
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
