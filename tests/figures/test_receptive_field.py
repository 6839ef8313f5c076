"""What one number sees is what it depends on."""

import numpy as np

from tests.figures.pages import tab_to

READ_FIELD = """(settings) => {
  const figure = document.querySelector("receptive-field");
  return settings.map((setting) => {
    figure.set(figure.initial);
    figure.set(setting);
    const frame = figure.querySelector(".fig-frame");
    return {
      rows: [...figure.querySelectorAll("tbody tr")].map((row) =>
        [...row.querySelectorAll("td[data-value]")].map((cell) => Number(cell.textContent))),
      said: figure.querySelector(".fig-say").textContent,
      state: { ...figure.state },
      counts: figure.counts.map((levels) => [...levels[0]]),
      frame: frame && ["y", "x", "height", "width"].map((name) => Number(frame.getAttribute(name))),
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
        corner = [shown["state"][name] for name in ("row", "column")]
        for _kernel, stride, _dilation, padding in np.reshape(setting["layers"], (-1, 4)).tolist()[::-1]:
            corner = [stride * place - padding for place in corner]
        assert shown["frame"] == [*corner, field, field]
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
    tab_to(page, "Output row 3")
    press("ArrowLeft")
    assert said().startswith("Number (2, 3)")
    tab_to(page, "One step on")
    press("Enter")
    assert said().startswith("Number (3, 0)")
    assert page.troubles == []
