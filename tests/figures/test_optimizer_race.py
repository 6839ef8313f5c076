"""Methods in the race walk as in chapter 5 and as in Keras."""

import re

import keras
import numpy as np

from tests.conftest import PROJECT
from tests.figures.pages import tab_to

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
    keys = "Arrow keys move the start, with Shift further; a click puts it there and starts the race."
    tab_to(page, f"Landscape with level lines. {keys}")
    press("ArrowRight")
    press("Shift+ArrowUp")
    assert (state("x"), state("y"), state("step")) == (-7.84, 2.4, 0)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("optimizer-race .fig-say").startswith("Step 1: ")
    assert page.locator("optimizer-race .fig-table tbody tr").count() == 5
    assert page.troubles == []


def test_click_on_the_landscape_starts_the_race_from_there(opened):
    page = opened("optimizer-race", "steps=20 speed=120")
    page.locator("optimizer-race .fig-map").click(position={"x": 100, "y": 60})
    state = "document.querySelector('optimizer-race').state"
    assert page.evaluate(f"{state}.x") < -5
    page.wait_for_function(f"{state}.step === 20")
    assert page.troubles == []


def test_adam_settles_where_the_gallery_says_so(opened):
    text = (PROJECT / "book" / "figures.md").read_text(encoding="utf-8")
    state = re.search(r"\{interactive\} optimizer-race\n.*\n:state: (.*)\n", text)[1]
    page = opened("optimizer-race", re.sub(r"=(\S+)", r'="\1"', state))
    (last,) = page.evaluate(READ_RACE, [{}])
    losses = {name: cells[2][0] for name, cells in last.items()}
    assert min(losses["sgd"], losses["momentum"]) > 0.99
    assert losses["adam"] < 1e-5
    assert 1e-5 < losses["rmsprop"] < 1e-2
