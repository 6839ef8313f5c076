"""Leave out of the pages what would only be loaded to fail.

Jupyter Book puts Thebe's scripts on every page, also where nothing uses Thebe, and inline scripts twice. Browsers
refuse the second declaration of a constant and log an error.
"""


def tidy(app, pagename, templatename, context, doctree):
    """Drop Thebe's scripts and what is there already from the scripts of a page."""
    kept = {}
    for script in context.get("script_files", []):
        source = str(script.filename), script.attributes.get("body", "")
        if not any("thebe" in text.lower() for text in source):
            kept.setdefault(source, script)
    context["script_files"] = list(kept.values())


def setup(app):
    """Tell Sphinx; by priority 900 every extension has added its scripts."""
    app.connect("html-page-context", tidy, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
