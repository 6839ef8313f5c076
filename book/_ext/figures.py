"""Place an interactive figure on a page, with a still picture and words where scripts are off and in print.

In a page's text::

    ```{interactive} conv-explorer
    :alt: What the still picture shows.
    :state: stride=2 padding=1

    What the figure shows, for those who cannot play with it.
    ```

The still picture is ``book/_static/stills/<figure>.png``. The element replaces it, and the words, when it comes to
life.

A link in the text sets a figure of the same page, with the other settings as they are at first::

    {try}`a stride of 3 <conv-explorer stride=3>`

Some figures show what a page has computed, for instance a network that it has trained. Such a page calls
`show` in a cell, as a notebook does, and the directive after it has the option ``:cell:``. What the cell gives is not
shown where it stands: the data in it are kept with what Sphinx knows of the page, and written into a
file that the figure reads on every page.
"""

import base64
import html
import json
import re
import shutil
from urllib.parse import urlencode

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from convnets.figures import embed
from convnets.figures.numbers import MAKERS

logger = logging.getLogger(__name__)

SETTING = re.compile(r"(\w+)=(\S+)")


class interactive(nodes.General, nodes.Element):  # noqa: N801 docutils finds a node's visitors by this name
    """A figure; its children are what stands in for it."""


class Interactive(SphinxDirective):
    """The directive ``interactive``."""

    required_arguments = 1
    has_content = True
    option_spec = {"alt": directives.unchanged_required, "state": directives.unchanged, "cell": directives.flag}  # noqa: RUF012

    def run(self):
        name = self.arguments[0]
        if name not in embed.names():
            raise self.error(f"there is no interactive figure {name}; there are: {', '.join(embed.names())}")
        if not self.options.get("alt") or not self.content:
            raise self.error(
                f"the interactive figure {name} needs an :alt: and words for those who cannot play with it"
            )
        state = dict(SETTING.findall(self.options.get("state", "")))
        strange = set(state) - set(embed.settings(name))
        if strange:
            raise self.error(f"the interactive figure {name} has no setting {', '.join(sorted(strange))}")
        node = interactive(figure=name, state=state, ids=[name])
        node += nodes.image(uri=f"/book/_static/stills/{name}.png", alt=self.options["alt"], width="100%")
        self.state.nested_parse(self.content, self.content_offset, node)
        self.set_source_info(node)
        return [node]


class Try(SphinxRole):
    """The role ``try``: a link that sets a figure of its page."""

    def run(self):
        found = re.fullmatch(r"(.+?)\s*<([\w-]+)((?:\s+\w+=\S+)+)>", self.text, re.DOTALL)
        words, name, settings = found.groups() if found else ("", "", "")
        state = dict(SETTING.findall(settings))
        if name not in embed.names() or not set(state) <= set(embed.settings(name)):
            logger.warning(
                "{try}`%s` names no figure and settings that there are", self.text, location=self.get_location()
            )
        address = urlencode({f"{name}.{key}": value for key, value in state.items()})
        link = nodes.reference("", words, refuri=f"?{address}#{name}", internal=True, classes=["fig-set"], sets=name)
        return [link], []


def open_element(translator, node):
    """Begin the element; its state is in its attributes."""
    state = " ".join(f'{key}="{html.escape(value)}"' for key, value in node["state"].items())
    translator.body.append(f'<{node["figure"]} id="{node["figure"]}" class="convnets-figure" {state}>\n')


def close_element(translator, node):
    """End it."""
    translator.body.append(f"</{node['figure']}>\n")


def nothing(translator, node):
    """Elsewhere the children speak for themselves."""


def load(app, pagename, templatename, context, doctree):
    """Let pages with a figure, and only those, load the figures' script and style."""
    if doctree is not None and next(doctree.findall(interactive), None) is not None:
        app.add_css_file("figures/figures.css")
        app.add_js_file("figures/load.js", loading_method="defer")


def pages(env):
    """By page: which figures stand on it (``placed``), and the data that its cells have made, as JSON by figure."""
    if not hasattr(env, "figure_pages"):
        env.figure_pages = {}
    return env.figure_pages


def computed(env):
    """Return the data by figure."""
    return {name: data for _, page in sorted(pages(env).items()) for name, data in page["data"].items()}


def keep(app, doctree):
    """Take the figures that cells have made out of a page, and keep their data."""
    page = {"placed": [node["figure"] for node in doctree.findall(interactive)], "data": {}}
    for link in doctree.findall(nodes.reference):
        if "sets" in link and link["sets"] not in page["placed"]:
            logger.warning("no figure %s stands on this page to be set", link["sets"], location=link)
    for output in [node for node in doctree.findall(nodes.container) if node.get("nb_element") == "cell_code_output"]:
        for raw in output.findall(nodes.raw):
            made = re.search(r'<([\w-]+) detached [^>]*\bdata="([^"]*)"', raw.astext())
            if made:
                page["data"][made[1]] = html.unescape(made[2])
                output.parent.remove(output)
                break
    pages(app.env)[app.env.docname] = page


def forget(app, env, docname):
    """Forget a page that is gone, or is going to be read again."""
    pages(env).pop(docname, None)


def merge(app, env, docnames, other):
    """Take over what another process has read."""
    pages(env).update({docname: pages(other)[docname] for docname in docnames})


def check(app, env):
    """Warn of figures that would stay still, because no page computes what they show; a single page need not."""
    if getattr(app.config, "only_pages", None):  # see chapters.py
        return
    for docname, page in pages(env).items():
        for name in set(page["placed"]) & set(MAKERS) - set(computed(env)):
            logger.warning("no page computes what the figure %s shows", name, location=docname)


def deliver_code(app):
    """Write the figures' files as browsers get them, before any page: a page names its scripts with their checksums."""
    if app.builder.format != "html":
        return
    target = app.outdir / "_static" / "figures"
    shutil.copytree(embed.FOLDER, target, dirs_exist_ok=True)
    for name in embed.code():
        (target / name).write_text(embed.delivered(name), encoding="utf-8")


def deliver_data(app, exception):
    """Write what pages have computed, and all in one script for a book that is opened from the disk."""
    if exception is not None or app.builder.format != "html":
        return
    target = app.outdir / "_static" / "figures"
    addresses = {}
    for name, data in computed(app.env).items():
        (target / f"{name}.json").write_text(data, encoding="utf-8")
        addresses[f"{name}.json"] = f"data:application/json;base64,{base64.b64encode(data.encode()).decode()}"
    with_data = f"globalThis.convnetsFiles = {json.dumps(addresses)};\n{embed.script(embed.names())}"
    (target / "bundle.js").write_text(with_data, encoding="utf-8")


def setup(app):
    """Tell Sphinx."""
    app.add_node(
        interactive,
        html=(open_element, close_element),
        **dict.fromkeys(("latex", "text", "man", "texinfo"), (nothing, nothing)),
    )
    app.add_directive("interactive", Interactive)
    app.add_role("try", Try())
    app.connect("doctree-read", keep)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-check-consistency", check)
    app.connect("html-page-context", load)
    app.connect("builder-inited", deliver_code)
    app.connect("build-finished", deliver_data)
    return {"env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
