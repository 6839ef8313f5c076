"""Leave out of the pages what nobody needs, load pictures when they come into view, and describe each page.

Jupyter Book puts Thebe's scripts on every page, also where nothing uses Thebe, and inline scripts twice. Browsers
refuse the second declaration of a constant and log an error. The theme loads a script of 1.5 MB that draws its icons;
its style draws them as well, from a font that is a tenth as large.
"""

import html
import re

from docutils import nodes

_ICON_SCRIPT = re.compile(r'\s*<script [^>]*src="[^"]*/fontawesome\.js[^"]*"></script>')
_ICON = re.compile(r'<i (?=class="[^"]*\bfa-)')
_EAGER_IMAGE = re.compile(r"<img (?![^>]*\bloading=)")
_LONGEST = 300  # characters of a description; search engines show fewer


def tidy(app, pagename, templatename, context, doctree):
    """Drop Thebe's scripts and what is there already from the scripts of a page, and describe it."""
    kept = {}
    for script in context.get("script_files", []):
        source = str(script.filename), script.attributes.get("body", "")
        if not any("thebe" in text.lower() for text in source):
            kept.setdefault(source, script)
    context["script_files"] = list(kept.values())
    if app.builder.name == "html" and doctree is not None:
        context["body"] = _EAGER_IMAGE.sub('<img loading="lazy" ', context["body"])
        first = next(doctree.findall(nodes.paragraph), None)
        if first is not None and 'name="description"' not in context["metatags"]:
            said = html.escape(" ".join(first.astext().split())[:_LONGEST])
            context["metatags"] += f'<meta name="description" content="{said}">\n'


def draw_icons_from_the_font(app, exception):
    """Take the icons' script out of the pages, and the icons out of what screen readers say."""
    if exception is not None or app.builder.name != "html":
        return
    for path in app.outdir.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        lighter = _ICON.sub('<i aria-hidden="true" ', _ICON_SCRIPT.sub("", text))
        if lighter != text:
            path.write_text(lighter, encoding="utf-8")
    for path in (app.outdir / "_static" / "scripts").glob("fontawesome.js*"):
        path.unlink()


def setup(app):
    """Tell Sphinx; by priority 900 every extension has added its scripts."""
    app.connect("html-page-context", tidy, priority=900)
    app.connect("build-finished", draw_icons_from_the_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
