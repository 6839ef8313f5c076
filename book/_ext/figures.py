"""Place an interactive figure on a page, with a still picture and words where scripts are off and in print.

In a page's text::

    ```{interactive} conv-explorer
    :alt: What the still picture shows.
    :state: stride=2 padding=1

    What the figure shows, for those who cannot play with it.
    ```

The still picture is ``book/_static/stills/<figure>.png``. The element replaces it, and the words, when it comes to
life.
"""

import html
import re

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from convnets import figures


class interactive(nodes.General, nodes.Element):  # noqa: N801 docutils finds a node's visitors by this name
    """A figure; its children are what stands in for it."""


class Interactive(SphinxDirective):
    """The directive ``interactive``."""

    required_arguments = 1
    has_content = True
    option_spec = {"alt": directives.unchanged_required, "state": directives.unchanged}  # noqa: RUF012

    def run(self):
        name = self.arguments[0]
        if name not in figures.names():
            raise self.error(f"there is no interactive figure {name}; there are: {', '.join(figures.names())}")
        if not self.options.get("alt") or not self.content:
            raise self.error(
                f"the interactive figure {name} needs an :alt: and words for those who cannot play with it"
            )
        state = dict(re.findall(r"(\w+)=(\S+)", self.options.get("state", "")))
        strange = set(state) - set(figures.settings(name))
        if strange:
            raise self.error(f"the interactive figure {name} has no setting {', '.join(sorted(strange))}")
        node = interactive(figure=name, state=state, ids=[name])
        node += nodes.image(uri=f"/book/_static/stills/{name}.png", alt=self.options["alt"], width="100%")
        self.state.nested_parse(self.content, self.content_offset, node)
        self.set_source_info(node)
        return [node]


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


def deliver(app, exception):
    """Write the figures' code as browsers get it, and all of it into one script, for a book opened from the disk."""
    target = app.outdir / "_static" / "figures"
    if exception is None and app.builder.format == "html" and target.is_dir():
        for name in figures.code():
            (target / name).write_text(figures.delivered(name), encoding="utf-8")
        (target / "bundle.js").write_text(figures.script(figures.names()), encoding="utf-8")


def setup(app):
    """Tell Sphinx."""
    app.add_node(
        interactive,
        html=(open_element, close_element),
        **dict.fromkeys(("latex", "text", "man", "texinfo"), (nothing, nothing)),
    )
    app.add_directive("interactive", Interactive)
    app.connect("html-page-context", load)
    app.connect("build-finished", deliver)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
