"""Ask readers of a page to predict a result, with results that a release has computed.

In a page's text::

    ```{predict} kernel-is-not-flipped
    :exercise: convolve
    :call: convolve([1, 2, 3], [10, 1])

    What comes out?
    ```

Without scripts and in print the answers stand folded below the results; `book/_static/practice.js` shows the one that
belongs to the result that was chosen.
"""

import html

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from convnets.notebook import practice

SCRIPT = "practice.js"


def coded(text):
    """Escape a text, and set what stands between backticks as code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


class Predict(SphinxDirective):
    """The directive ``predict``."""

    required_arguments = 1
    has_content = True
    option_spec = {"exercise": directives.unchanged_required, "call": directives.unchanged}  # noqa: RUF012

    def run(self):
        name = self.arguments[0]
        self.env.note_dependency(str(practice.SOURCE))
        asked = practice.practice()["predictions"].get(name)
        if asked is None:
            raise self.error(f"nothing is computed for {{predict}} {name}; run: python -m autograder release")
        self.env.metadata[self.env.docname]["asks"] = True
        return [nodes.raw("", prediction(name, asked), format="html")]


def prediction(name, asked):
    """Write a question as HTML: a group of radio buttons, and the answers folded below."""
    options, answers = [], []
    for number, option in enumerate(asked["options"]):
        key = f"predict-{name}-{number}"
        shown = f"<code>{html.escape(option['text'])}</code>"
        options.append(
            f'<label for="{key}"><input type="radio" id="{key}" name="predict-{name}" value="{number}">{shown}</label>'
        )
        if option["hint"] is None:
            said = f'<span class="verdict right">Right:</span> {shown} is what comes out.'
        else:
            said = f'<span class="verdict wrong">Not quite:</span> {shown} comes of a mistake. {coded(option["hint"])}'
        answers.append(f'<li class="{"right" if option["hint"] is None else "wrong"}">{said}</li>')
    return (
        f'<form class="practice predict" id="predict-{name}" data-name="{name}">'
        f"<fieldset><legend><b>Predict</b> {coded(asked['question'])}</legend>"
        f'<pre tabindex="0"><code>{html.escape(asked["call"])}</code></pre>'
        f'<div class="options">{"".join(options)}</div></fieldset>'
        '<div role="status" class="said"></div>'
        f"<details><summary>What each result comes of</summary><ul>{''.join(answers)}</ul></details></form>"
    )


def load(app, pagename, templatename, context, doctree):
    """Let pages that ask something, and only those, load the script."""
    if app.env.metadata.get(pagename, {}).get("asks"):
        app.add_js_file(SCRIPT, loading_method="defer")
        app.add_css_file("practice.css")


def setup(app):
    """Tell Sphinx."""
    app.add_directive("predict", Predict)
    app.connect("html-page-context", load)
    return {"env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
