"""Figures as notebooks get them: small, whole, and without any file."""

import html

import jupytext
import keras
import numpy as np
import pytest

from autograder.course.paths import PROJECT
from convnets import figures
from convnets.data.images import digits
from convnets.figures import embed, lenet, numbers


def test_code_of_all_figures_is_small():
    """Counted is what a browser gets, in the book as in a notebook."""
    if not embed.minify:
        pytest.skip("there is no minifier for this machine")
    sizes = {name: len(embed.delivered(name).encode()) for name in embed.code()}
    assert sum(sizes.values()) < 120_000, sizes


def test_without_the_minifier_only_comments_and_blanks_are_left_out(monkeypatch):
    monkeypatch.setattr(embed, "minify", None)
    for name in embed.code():
        kept, comment = [], False
        for line in (embed.FOLDER / name).read_text(encoding="utf-8").splitlines():
            assert line.count("`") % 2 == 0, f"{name}: a text over several lines would lose its indentation: {line}"
            comment = comment or line.lstrip().startswith("/*")
            if line.strip() and not comment and not line.lstrip().startswith("//"):
                kept.append(line.lstrip())
            comment = comment and not line.endswith("*/")
        assert embed.delivered(name).splitlines() == kept, name
    assert embed.delivered("figure.js").startswith("const SVG")


@pytest.mark.parametrize("minifier", ["minified", "not minified"])
def test_show_brings_a_figure_to_life_without_any_file(browser, tmp_path, monkeypatch, minifier):
    if minifier == "not minified":
        monkeypatch.setattr(embed, "minify", None)
    shown = embed.show("conv-explorer", stride=2, kernel=[1, 2.5, -1], kh=1, preset_1="custom", flip=True)
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


@pytest.mark.parametrize("name", sorted(set(embed.names()) - set(numbers.MAKERS)))
def test_every_figure_can_be_shown_in_a_notebook(browser, tmp_path, name):
    page = browser.new_page()
    troubles = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    path = tmp_path / "output.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{embed.show(name)}")
    page.goto(path.as_uri())
    page.wait_for_selector(f"{name} .fig-foot")
    if name == "augment-lab":
        page.wait_for_selector("augment-lab canvas")  # its photos came along
    assert page.inner_text(f"{name} .fig-say")
    assert troubles == []
    page.close()


def test_show_names_what_there_is():
    with pytest.raises(ValueError, match="There are: augment-lab, conv-explorer"):
        embed.show("conv-explore")
    with pytest.raises(ValueError, match=r"has no setting 'strides'\. It has: dims"):
        embed.show("conv-explorer", strides=2)
    assert html.escape('"') not in embed.show("conv-explorer", padding="same").split("<script")[0]


def test_released_notebook_says_how_to_have_the_figure(opened):
    notebook = (PROJECT / "notebooks" / "chapters" / "02-conv-layer.ipynb").read_text(encoding="utf-8")
    call = 'figures.show("conv-explorer", height=6, width=8, stride=2, padding=1)'
    assert call.replace('"', '\\"') in notebook
    assert "02-conv-layer.html#conv-explorer" in notebook
    assert eval(call, {"figures": figures}).startswith("<style>")


def test_released_notebook_shows_the_learners_own_network():
    notebook = jupytext.read(PROJECT / "notebooks" / "chapters" / "04-what-lenet-sees.ipynb")
    place = next(n for n, cell in enumerate(notebook.cells) if 'show("lenet-tour", model=lenet)' in cell.source)
    assert notebook.cells[place].cell_type == "code"
    assert "by the cell above" in notebook.cells[place + 1].source
    assert "04-what-lenet-sees.html#lenet-tour" in notebook.cells[place + 1].source


def test_show_takes_a_trained_network(browser, tmp_path, network, monkeypatch):
    page = browser.new_page()
    path = tmp_path / "output.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{embed.show('lenet-tour', model=network, digit=3)}")
    page.goto(path.as_uri())
    page.wait_for_selector("lenet-tour .fig-foot")
    found = page.evaluate("[...document.querySelector('lenet-tour').found.output.values]")
    _, (images, labels) = digits(train=4000, seed=4)
    first = images[np.flatnonzero(labels == 3)[:1]]
    np.testing.assert_allclose(found, np.asarray(network(first))[0], rtol=0, atol=1e-5)
    page.close()
    monkeypatch.setattr(lenet, "trained", lambda: network)
    assert embed.show("lenet-tour", digit=3) == embed.show("lenet-tour", model=network, digit=3)
    other = keras.Sequential([keras.Input((28, 28, 1)), *(keras.layers.MaxPooling2D() for _ in range(2))])
    with pytest.raises(ValueError, match="shows LeNet-5 as chapter 4 builds it"):
        embed.show("lenet-tour", model=other)
    with pytest.raises(ValueError, match=r"It has: digit, ink, rub, step, row, column, model\."):
        embed.show("lenet-tour", network=network)


def test_lenet_of_the_package_is_that_of_the_chapter():
    cells = jupytext.read(PROJECT / "book" / "04-lenet.md").cells
    source = next(cell.source for cell in cells if "lenet = keras.Sequential(" in cell.source)
    space = {"keras": keras, "layers": keras.layers}
    exec(source, space)
    ours, theirs = lenet.build(), space["lenet"]
    assert [layer.get_config() for layer in ours.layers] == [layer.get_config() for layer in theirs.layers]
    assert ours.count_params() == theirs.count_params() == 61_706
