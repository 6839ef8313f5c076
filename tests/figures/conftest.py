"""Figures in a browser without a network."""

import json
import shutil

import keras
import numpy as np
import pytest

from convnets.figures import embed, lenet, numbers
from tests.figures.pages import RUNS

PAGE = """<!doctype html><html lang="en" data-theme="{scheme}"><meta charset="utf-8"><title>A figure</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/figures/figures.css">
<body style="background: {ground}"><main><h1 style="color: {ink}">A figure</h1><{name} {state}></{name}></main>
<script type="module" src="/figures/index.js"></script></body></html>"""


@pytest.fixture(scope="session")
def network():
    """A LeNet with large random weights, so that its numbers are not all alike."""
    keras.utils.set_random_seed(6)
    model = lenet.build()
    model.set_weights([np.random.normal(scale=0.3, size=each.shape) for each in model.get_weights()])
    return model


@pytest.fixture(scope="session")
def static(tmp_path_factory, network):
    """A folder with the figures as the built book has them, and data that no page has computed."""
    folder = tmp_path_factory.mktemp("static")
    shutil.copytree(embed.FOLDER, folder / "figures")
    for name in embed.code():
        (folder / "figures" / name).write_text(embed.delivered(name), encoding="utf-8")
    runs = [
        {**run, "trainable": 1000 + n, "unseen": np.array([0.2, 0.3]) + n / 4, "known": [0.9, 1], "seconds": 7 + n}
        for n, run in enumerate(RUNS)
    ]
    told = {"lenet-tour": numbers.lenet_tour(network), "freeze-board": numbers.freeze_board(runs=runs)}
    for name, each in told.items():
        (folder / "figures" / f"{name}.json").write_text(json.dumps(each), encoding="utf-8")
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
