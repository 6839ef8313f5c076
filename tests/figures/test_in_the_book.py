"""Figures on the pages of the book, and what the pages have computed for them."""

import base64
import html
import importlib.util
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from autograder.course.paths import PROJECT
from convnets.data.images import digits
from convnets.figures import embed, lenet, numbers

COMPUTING = ("04-what-lenet-sees", "08-transfer-in-practice")
"""Pages that compute what a figure shows."""

WHOLE = SimpleNamespace(config=SimpleNamespace(only_pages=[]))  # a build of all pages


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
    shown = embed.show("lenet-tour", model=network)
    page = extension.read("book/4", shown, "<b>a table</b>", placed=["lenet-tour"])
    assert "<b>a table</b>" in page.astext()
    assert "lenet-tour detached" not in page.astext(), "the figure stands where the directive is"
    kept = json.loads(extension.module.computed(extension.env)["lenet-tour"])
    assert kept == numbers.lenet_tour(network)
    extension.module.check(WHOLE, extension.env)
    assert extension.warned == []


def test_book_warns_of_a_figure_whose_data_no_page_computes(extension, network):
    extension.read("book/4", embed.show("lenet-tour", model=network), placed=["lenet-tour"])
    extension.read("book/gallery", placed=["lenet-tour", "conv-explorer", "freeze-board"])
    extension.module.check(WHOLE, extension.env)
    assert extension.warned == [("freeze-board", "book/gallery")]
    extension.read("book/4", placed=["lenet-tour"])  # the cell is gone
    extension.warned.clear()
    extension.module.check(WHOLE, extension.env)
    assert ("lenet-tour", "book/4") in extension.warned


def test_book_takes_over_what_another_process_has_read(extension, network):
    extension.read("book/4", embed.show("lenet-tour", model=network), placed=["lenet-tour"])
    here = SimpleNamespace()
    extension.module.merge(None, here, ["book/4"], extension.env)
    assert set(extension.module.computed(here)) == {"lenet-tour"}


def test_role_links_to_a_figure_with_its_settings(extension):
    from docutils import nodes

    def linked(text):
        role = extension.module.Try()
        role.text, role.get_location = text, lambda: "here"
        (link,), _ = role.run()
        return link

    link = linked("a stride of 3 <conv-explorer stride=3 input=1,2>")
    assert link.astext() == "a stride of 3"
    assert link["refuri"] == "?conv-explorer.stride=3&conv-explorer.input=1%2C2#conv-explorer"
    assert extension.warned == []
    for text in ("no figure", "x <no-figure stride=3>", "x <conv-explorer strides=3>"):
        linked(text)
        assert extension.warned.pop() == (text, "here")
    page = extension.read("book/2", placed=["pool-explorer"])
    page += nodes.paragraph("", "", link)
    extension.module.keep(SimpleNamespace(env=extension.env), page)
    assert [name for name, _ in extension.warned] == ["conv-explorer"]


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
    assert f"right, of digits never shown:    {right:.1%}" in words["04-what-lenet-sees"]
    board = json.loads((folder / "freeze-board.json").read_text())
    assert {**board, "runs": []} == numbers.freeze_board()
    assert [run["name"] for run in board["runs"]] == ["from scratch", "frozen", "fine-tuned"]
    for run in board["runs"]:
        cells = [f"{share:.0%}" for share in [*run["unseen"], np.mean(run["unseen"]), np.mean(run["known"])]]
        row = r"\s+".join([run["name"], *cells, f"{run['seconds']:.0f}"])
        assert re.search(row, words["08-transfer-in-practice"]), row
    every = ["stem", "block1", "block2", "block3", "block4"]
    assert [run["free"] for run in board["runs"]] == [every, [], every]
    assert [run["trainable"] for run in board["runs"]] == [309_084, 1_548, 307_644]


PAGES = sorted(
    path.stem
    for path in (PROJECT / "book").glob("*.md")
    if "```{interactive} " in path.read_text(encoding="utf-8") and path.stem != "index"
)


@pytest.mark.parametrize("name", PAGES)
def test_page_with_a_figure_is_accessible_and_works_from_the_disk(book, browser, serve, name):
    from axe_playwright_python.sync_playwright import Axe

    path = book / "book" / f"{name}.html"
    placed = path.read_text(encoding="utf-8").count('class="convnets-figure"')
    assert placed
    served = f"{serve(book)}/book/{name}.html"
    dark = [(served, "dark")] if name == "figures" else []  # the gallery, where all of them are
    for address, scheme in ((served, "light"), *dark, (path.as_uri(), "light")):
        page = browser.new_page(color_scheme=scheme)
        page.goto(address)
        page.wait_for_function(f"document.querySelectorAll('.convnets-figure > .fig-say').length === {placed}")
        if address == served:
            found = Axe().run(page).response["violations"]
            assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
        page.close()


def test_figures_are_delivered_as_they_are_and_have_stills_where_scripts_are_off(book, browser, serve):
    assert {"figures", "01-convolution", "02-conv-layer", "05-adam", *COMPUTING} <= set(PAGES)
    for name in embed.code():
        assert (book / "_static" / "figures" / name).read_text(encoding="utf-8") == embed.delivered(name)
    site = serve(book)
    with_scripts_off = browser.new_context(java_script_enabled=False)
    page = with_scripts_off.new_page()
    page.goto(f"{site}/book/figures.html")
    stills = page.locator(".convnets-figure img")
    assert stills.count() == len(embed.names())
    assert all(stills.nth(n).get_attribute("alt") for n in range(stills.count()))
    with_scripts_off.close()
