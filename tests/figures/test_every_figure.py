"""What holds for every figure: state, address, accessibility, speed."""

import re
import statistics
from urllib.parse import urlencode

import pytest

from autograder.course.paths import PROJECT
from convnets.figures import embed
from tests.figures.pages import tab_to

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
    "shape-tracer": {"layers": [0, 4096, 15, 15, 8, 1] * 10},
    "freeze-board": {"start": "random", "classes": 1000, "step": 5},
}  # fmt: skip
"""The largest setting of each figure."""


@pytest.mark.parametrize("name", embed.names())
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


@pytest.mark.parametrize(
    "name", [name for name in embed.names() if "player(" in (embed.FOLDER / f"{name}.js").read_text()]
)
def test_it_plays_until_it_is_paused(opened, name):
    page = opened(name, "part=draws")  # the part of augment-lab that plays; the others have no parts
    figure = f"document.querySelector('{name}')"
    begun = page.evaluate(f"{figure}.state.step")
    tab_to(page, "Play")
    page.keyboard.press("Enter")
    page.wait_for_function(f"{figure}.state.step > {begun} + 1")
    assert page.get_attribute(f"{name} .fig-say", "aria-live") == "off", "it would never stop talking"
    page.keyboard.press("Enter")
    paused = page.evaluate(f"{figure}.state.step")
    page.wait_for_timeout(700)
    assert page.evaluate(f"{figure}.state.step") == paused
    assert page.get_attribute(f"{name} .fig-say", "aria-live") == "polite"
    assert page.evaluate("document.activeElement.ariaLabel") == "Play"
    assert page.troubles == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", embed.names())
def test_axe_finds_nothing_and_a_phone_is_wide_enough(opened, name, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(name, scheme=scheme, width=360)
    page.evaluate("([name, state]) => document.querySelector(name).set(state)", [name, LARGEST[name]])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []


@pytest.mark.parametrize("name", embed.names())
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


def test_link_in_the_text_sets_a_figure(opened):
    page = opened("pool-explorer", query="?pool-explorer.size=3")
    page.evaluate(
        """() => {
          document.querySelector("pool-explorer").id = "pool-explorer";
          const link = '<a class="fig-set" href="?pool-explorer.stride=1#pool-explorer">try it</a>';
          document.querySelector("h1").insertAdjacentHTML("afterend", link);
        }"""
    )
    said = page.inner_text(".fig-say")
    tab_to(page, "try it")
    page.keyboard.press("Enter")
    state = page.evaluate("document.querySelector('pool-explorer').state")
    assert (state["size"], state["stride"]) == (2, "1"), "what the link does not name is as it was at first"
    assert page.inner_text(".fig-say") != said
    assert page.get_attribute(".fig-say", "role") == "status"
    assert page.evaluate("document.activeElement.textContent") == "try it", "the next link is near"
    page.wait_for_timeout(300)
    assert page.url.endswith("?pool-explorer.stride=1")
    assert page.troubles == []


LINKS = sorted(
    {
        (name, settings)
        for path in (PROJECT / "book").glob("*.md")
        for name, settings in re.findall(r"\{try\}`[^`]*?<([\w-]+) ([^>]+)>`", path.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize(("name", "settings"), LINKS)
def test_links_of_the_chapters_ask_for_what_a_figure_can_show(opened, name, settings):
    asked = dict(each.split("=") for each in settings.split())
    page = opened(name, query="?" + urlencode({f"{name}.{key}": value for key, value in asked.items()}))
    read = """([name, keys]) => {
      const { state, constructor: { schema } } = document.querySelector(name);
      return keys.map((key) => schema[key].write(state[key]));
    }"""
    assert page.evaluate(read, [name, list(asked)]) == list(asked.values())
    assert page.troubles == []
