"""Draw the still pictures of figures that have changed, or of all: ``python book/_ext/stills.py [figure …]``."""

import functools
import http.server
import json
import shutil
import sys
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

from convnets.figures import embed
from convnets.figures.numbers import MAKERS

STILLS = Path(__file__).resolve().parent.parent / "_static" / "stills"
STATES = {
    "augment-lab": "part=draws change=brightness delta=0.5 step=4",
    "conv-explorer": "step=5",
    "freeze-board": "free=4",
    "lenet-tour": "step=15",
    "optimizer-race": "step=60",
    "pool-explorer": "step=3",
    "shape-tracer": "step=1",
}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Still</title>
<link rel="stylesheet" href="/web/figures.css">
<style>.fig-foot, .fig-more, .fig-copy, .fig-caption:has(+ .fig-copy) {{ display: none !important }}</style>
<body><{name} {state} detached></{name}><script type="module" src="/web/{name}.js"></script></body></html>"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serve files without a word."""

    def log_message(self, *_):
        """Say nothing."""


def answer(text, route):
    """Answer a request with a page, or with data."""
    route.fulfill(body=text, content_type="text/html" if text.startswith("<") else "application/json")


def main():
    """Draw those that are named, or all of them."""
    served = functools.partial(Quiet, directory=str(embed.FOLDER.parent))
    server = http.server.ThreadingHTTPServer(("localhost", 0), served)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 760, "height": 900})
        for name in sys.argv[1:] or embed.names():
            text = PAGE.format(name=name, state=STATES.get(name, ""))
            address = f"http://localhost:{server.server_port}/{name}.html"
            page.route(address, functools.partial(answer, text))
            if name in MAKERS:  # a network as the chapter trains it; no run that a page has measured another time
                page.route(f"**/{name}.json", functools.partial(answer, json.dumps(MAKERS[name]())))
            page.goto(address)
            page.wait_for_selector(f"{name} .fig-foot", state="attached")
            page.wait_for_load_state("networkidle")
            page.locator(name).screenshot(path=STILLS / f"{name}.png")
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
