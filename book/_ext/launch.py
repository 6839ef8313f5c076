"""Let the Colab button and the download of a chapter give the notebook that the release step made of it.

The theme's Colab button of a text notebook leads to its ``.md`` file, which Colab cannot open, and its download is the
notebook in Sphinx's own words. The pages of assignments are notebooks already.
"""

from pathlib import Path, PurePosixPath
from shutil import copyfile


def notebook_of(page, root):
    """Find the notebook that the reader of a page should open.

    Parameters
    ----------
    page : str
        The page's name, for instance ``book/01-convolution``.
    root : path-like
        The book's source directory.

    Returns
    -------
    str
        The notebook's path below ``root``.
    """
    if (Path(root) / f"{page}.ipynb").is_file():
        return f"{page}.ipynb"
    return f"notebooks/chapters/{PurePosixPath(page).name}.ipynb"


def point_at_notebook(app, pagename, templatename, context, doctree):
    """Change what the theme has made for a page; only pages that are notebooks have launch buttons."""
    theme = app.config.html_theme_options
    notebook = notebook_of(pagename, app.srcdir)
    buttons = context.get("header_buttons", [])
    if not (app.srcdir / notebook).is_file():  # a page with code that is no chapter: nothing to open elsewhere
        buttons[:] = [group for group in buttons if group.get("label") != "launch-buttons"]
    for group in buttons:
        if group.get("label") != "launch-buttons":
            continue
        for button in group["buttons"]:
            if button["text"] == "Colab":
                colab = theme["launch_buttons"]["colab_url"].rstrip("/")
                repository = theme["repository_url"].removeprefix("https://github.com/").strip("/")
                button["url"] = f"{colab}/github/{repository}/blob/{theme['repository_branch']}/{notebook}"
    if context.get("ipynb_source") and (app.srcdir / notebook).is_file():
        copyfile(app.srcdir / notebook, app.outdir / "_sources" / context["ipynb_source"])


def setup(app):
    """Tell Sphinx; the theme makes its buttons at priority 501."""
    app.connect("html-page-context", point_at_notebook, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
