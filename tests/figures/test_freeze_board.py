"""Parameters and lines of Keras belong together, and to what chapter 8 has measured."""

import keras
import numpy as np

from convnets.backbone import residual_network
from tests.figures.pages import RUNS, tab_to

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
