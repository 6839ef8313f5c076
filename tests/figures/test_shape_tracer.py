"""What the tracer says of a stack of layers is what Keras says."""

import keras
import numpy as np
from keras import layers

from tests.figures.pages import tab_to

KINDS = ["Conv2D", "MaxPooling2D", "AveragePooling2D", "Flatten", "Dense"]
READ = """(settings) => {
  const figure = document.querySelector("shape-tracer");
  return settings.map((setting) => {
    figure.set(setting);
    const [, ...lines] = figure.querySelector(".fig-code").textContent.split("\\n");
    const rows = [...figure.querySelectorAll("tbody tr")];
    const cells = rows.map((row) => [...row.cells].slice(-3).map((cell) => cell.textContent));
    return { cells, lines: lines.slice(0, -1), said: figure.querySelector(".fig-say").textContent };
  });
}"""


def drawn_stack(rng):
    """A random image's shape, and numbers for one to six random layers, in the order in which networks have them."""
    flat_from = rng.integers(1, 7)
    stack = []
    for place in range(rng.integers(1, 7)):
        kind = int(rng.integers(0, 3)) if place < flat_from else 3 if place == flat_from else 4
        kind = 0 if rng.random() < 0.03 else kind  # a convolution after Flatten, too
        window = rng.integers(1, 6, size=2).tolist()
        stack += [kind, int(rng.integers(1, 9)), *window, int(rng.integers(1, 4)), int(rng.integers(0, 2))]
    height, width, channels = rng.integers(4, 40), rng.integers(4, 40), rng.integers(1, 5)
    return {"height": int(height), "width": int(width), "channels": int(channels), "layers": stack}


def products_of(layer, before):
    """The multiplications of a layer, counted from its own weights and output."""
    if not layer.weights:
        return 0
    places = layer.compute_output_shape((None, *before))[1:]
    return int(np.prod(places) * np.prod(layer.kernel.shape[:-1]))


def test_shapes_parameters_and_multiplications_are_those_of_keras(opened):
    page = opened("shape-tracer")
    rng = np.random.default_rng(7)
    settings = [drawn_stack(rng) for _ in range(300)]
    refused = 0
    for setting, shown in zip(settings, page.evaluate(READ, settings), strict=True):
        shape = tuple(setting[name] for name in ("height", "width", "channels"))
        assert shown["lines"][0].strip() == f"keras.Input({shape}),"
        for line, cells in zip(shown["lines"][1:], shown["cells"], strict=True):
            layer = eval(line.strip().rstrip(","), {"layers": layers})
            try:
                after = layer.compute_output_shape((None, *shape))[1:]
                layer.build((None, *shape))
                assert min(after) > 0
            except (AssertionError, ValueError, TypeError, IndexError):
                refused += 1
                assert "does not fit into" in shown["said"] or "after Flatten" in shown["said"]
                assert cells == ["–", "–", "–"]
                break
            expected = [layer.count_params(), products_of(layer, shape)]
            assert cells == [" × ".join(map(str, after)), *(f"{number:,}" for number in expected)]
            shape = after
        else:
            assert shown["said"].startswith(f"What comes out: {' × '.join(map(str, shape))}.")
    assert 30 < refused < 200
    assert page.troubles == []


def test_lines_of_keras_are_a_network(opened):
    page = opened("shape-tracer", "preset=lenet")
    code = page.inner_text("shape-tracer .fig-code")
    space = {"keras": keras, "layers": layers}
    exec(code, space)
    assert space["model"].count_params() == 61_706
    assert "61,706 parameters" in page.inner_text("shape-tracer .fig-say")


def test_tracer_by_keyboard_alone(opened):
    page = opened("shape-tracer")
    press = page.keyboard.press
    said = lambda: page.inner_text("shape-tracer .fig-say")  # noqa: E731
    assert said().startswith("What comes out: 10. Together 36,122 parameters")
    tab_to(page, "Layer 1, stride")
    press("ArrowUp")
    assert "9,122 parameters" in said()
    tab_to(page, "Layer 1, padding")
    press("ArrowDown")
    assert "10,362 parameters" in said()
    tab_to(page, "Add a layer")
    press("Enter")
    assert said() == "Layer 4, Conv2D: after Flatten there is no height and no width left for a window to slide over."
    tab_to(page, "Remove the last layer")
    press("Enter")
    tab_to(page, "Explain layer (0: all)")
    press("ArrowUp")
    assert said() == "Layer 1, Conv2D: ⌈32 / 2⌉ = 16 down, ⌈32 / 2⌉ = 16 across. Parameters: (3 · 3 · 3 + 1) · 4 = 112."
    assert page.troubles == []


def test_window_larger_than_its_input_is_said_in_words(opened):
    page = opened("shape-tracer", "preset=toofar")
    said = page.inner_text("shape-tracer .fig-say")
    assert said.startswith("Layer 5, Conv2D: a window of 5 × 5 does not fit into 2 × 2.")
    page.get_by_label("Layer 5, padding").select_option("same")
    assert page.inner_text("shape-tracer .fig-say").startswith("What comes out: 2 × 2 × 32.")
    page.get_by_role("button", name="Reset").click()
    assert page.inner_text("shape-tracer .fig-say") == said
