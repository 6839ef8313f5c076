"""Changed pictures have the numbers of assignment 7."""

import base64

import numpy as np
import pytest

from autograder.course.reference import reference
from tests.figures.pages import tab_to

KNOBS = {
    "flip_horizontal": None,
    "flip_vertical": None,
    "rotate90": ("turns", lambda rng: int(rng.integers(1, 4))),
    "brightness": ("delta", lambda rng: float(rng.uniform(-1, 1))),
    "contrast": ("factor", lambda rng: float(rng.uniform(0.1, 4))),
    "blur": ("around", lambda rng: int(rng.integers(1, 8))),
    "sharpen": ("amount", lambda rng: float(rng.uniform(0, 4))),
    "stretch": ("wide", lambda rng: float(rng.choice([rng.uniform(0.5, 2), rng.integers(4, 17) / 8]))),  # 24.5 columns
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


def changes_of_the_course():
    """The changes as assignment 7 asks for them, by name."""
    return dict(vars(reference("07-augmentation")))


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


def test_augmentation_shows_the_numbers_of_the_assignment(changes):
    settings, read, befores = changes
    functions = changes_of_the_course()
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
    functions, (_, _, befores) = changes_of_the_course(), changes
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
