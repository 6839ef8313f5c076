"""Windows keep, and hand back, the numbers of NumPy and Keras."""

import keras
import numpy as np
import pytest

from tests.figures.pages import tab_to

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
