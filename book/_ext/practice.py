"""Ask readers of a page to predict a result, or to put lines in order, with what a release has computed.

In a page's text::

    ```{predict} kernel-is-not-flipped
    :exercise: convolve
    :call: convolve([1, 2, 3], [10, 1])

    What comes out?
    ```

Without scripts and in print the answers stand folded below the results; `book/_static/practice.js` shows the one that
belongs to the result that was chosen.

With ``:section: PAGE#ANCHOR``, where it is taught, a question is an item of an inventory. All answers then stand at
the place of the block ``{score}`` that follows the last item, folded by chapters; the script shows them when asked.

On the page of an assignment, each exercise that has a warm-up shows it above its answer. The page compares an order
with all those that the visible tests accept; without scripts and in print one of them stands folded below the lines.
"""

import html
import json
from itertools import groupby

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from convnets.notebook import practice
from convnets.notebook.arrange import letters

SCRIPT = "practice.js"
ASSIGNMENTS = "notebooks/assignments/"
WORDS = {
    "use": "Use line {line}",
    "up": "Move line {line} up",
    "down": "Move line {line} down",
    "back": "Take line {line} out",
    "used": "Line {line} is number {place} of {count}.",
    "out": "Line {line} is out.",
    "check": "Check the order",
    "right": "<span class='verdict right'>Right:</span> the visible tests pass with this order.",
    "wrong": "<span class='verdict wrong'>Not quite:</span>",
    "number": "the order has {wanted} lines, and here are {count}.",
    "first": "no order that works begins with line {line}.",
    "next": "line 1 can stay. No order that works goes on with line {line}.",
    "later": "lines 1 to {count} can stay. No order that works goes on with line {line}.",
}


def coded(text):
    """Escape a text, and set what stands between backticks as code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


def look_up(env, kind, name):
    """Return what a release has computed, and keep with the page what it shows: it is read again when that changes."""
    given = practice.practice()[kind].get(name)
    env.metadata[env.docname].setdefault("practice", {})[kind, name] = given
    return given


def read_again(app, env, added, changed, removed):
    """Name the pages that show what has been computed anew with another result."""
    now = practice.practice()
    return [
        page
        for page, known in env.metadata.items()
        if any(now[kind].get(name) != given for (kind, name), given in known.get("practice", {}).items())
    ]


class Predict(SphinxDirective):
    """The directive ``predict``."""

    required_arguments = 1
    has_content = True
    option_spec = {  # noqa: RUF012
        "exercise": directives.unchanged_required,
        "call": directives.unchanged,
        "section": directives.unchanged,
    }

    def run(self):
        name = self.arguments[0]
        asked = look_up(self.env, "predictions", name)
        if asked is None:
            raise self.error(f"nothing is computed for {{predict}} {name}; run: python -m autograder release")
        self.env.metadata[self.env.docname]["asks"] = True
        if "number" in asked:
            self.env.temp_data.setdefault("inventory", {})[name] = asked
        return [nodes.raw("", prediction(name, asked), format="html")]


class Score(SphinxDirective):
    """The directive ``score``."""

    def run(self):
        asked = self.env.temp_data.get("inventory")
        if not asked:
            raise self.error("above {score} there is no {predict} with :section:, and so nothing to score")
        return [Scored(asked=asked, page=self.env.docname)]


class Scored(nodes.General, nodes.Element):
    """What `score` writes as soon as it is known where pages are: the book on paper is a single one."""


def prediction(name, asked):
    """Write a question as HTML: a group of radio buttons, and the answers folded below unless `score` holds them."""
    options = []
    for number, option in enumerate(asked["options"]):
        key = f"predict-{name}-{number}"
        options.append(
            f'<label for="{key}"><input type="radio" id="{key}" name="predict-{name}" value="{number}">'
            f"{_shown(option)}</label>"
        )
    begins, status, folded = "Predict", ' role="status"', ""
    if "number" in asked:
        begins, status = f"{asked['number']}.", ""  # two dozen verdicts at once are nothing to be read out
    else:
        folded = f'<details class="answers"><summary>What each result comes of</summary>{_answers(asked)}</details>'
    return (
        f'<form class="practice predict" id="predict-{name}" data-name="{name}">'
        f"<fieldset><legend><b>{begins}</b> {coded(asked['question'])}</legend>"
        f'<pre tabindex="0"><code>{html.escape(asked["call"])}</code></pre>'
        f'<div class="options">{"".join(options)}</div></fieldset>'
        f'<div{status} class="said"></div>{folded}</form>'
    )


def score(asked, address):
    """Write the end of an inventory as HTML: the answers by chapter, for the script and for those without one.

    Parameters
    ----------
    asked : dict of str to dict
        Items by name, in order.
    address : callable
        Makes a link of a page and an anchor there.

    Returns
    -------
    str
    """
    chapters = []
    for chapter, items in groupby(asked.items(), key=lambda item: item[1]["chapter"]):
        parts = []
        for name, item in items:
            taught = item["section"]
            link = f'<a href="{address(taught["page"], taught["anchor"])}">{coded(taught["title"])}</a>'
            number = item["number"]
            parts.append(
                f'<li data-of="{name}"><a href="#predict-{name}">Question {number}</a>. '
                f'<span class="taught">It is taught in {link}.</span>{_answers(item)}</li>'
            )
        chapters.append(
            f'<details class="key" data-chapter="{html.escape(chapter)}"><summary>Answers to chapter '
            f'{html.escape(chapter).replace(" ", ": ", 1)}</summary><ul class="items">{"".join(parts)}</ul></details>'
        )
    chance = sum(1 / len(item["options"]) for item in asked.values())
    return (
        f'<form class="practice score" data-chance="{chance:.0f}"><div role="status" class="said"></div>'
        f"{''.join(chapters)}</form>"
    )


def write_score(translator, node):
    """Write the node ``Scored``."""

    def address(page, anchor):
        there = translator.builder.get_relative_uri(node["page"], page)
        return f"#{anchor}" if there.startswith("#") else f"{there}#{anchor}"

    translator.body.append(score(node["asked"], address))
    raise nodes.SkipNode


def _shown(option):
    return f"<code>{html.escape(option['text'])}</code>"


def _answers(asked):
    """List what there is to say of each result, in their order."""
    said = []
    for option in asked["options"]:
        if option["hint"] is None:
            kind, words = "right", f'<span class="verdict right">Right:</span> {_shown(option)} is what comes out.'
        else:
            comes = f"{_shown(option)} comes of a mistake. {coded(option['hint'])}"
            kind, words = "wrong", f'<span class="verdict wrong">Not quite:</span> {comes}'
        said.append(f'<li class="{kind}">{words}</li>')
    return f"<ul>{''.join(said)}</ul>"


def arrangement(name, given):
    """Write the lines of a warm-up as HTML: a list, an order that works folded below, and what a script needs."""
    called, count = letters(given), given["count"]
    lines = "".join(
        f'<li data-line="{place}"><b>{letter}</b><pre><code>{html.escape(line)}</code></pre></li>'
        for place, (letter, line) in enumerate(zip(called, given["lines"], strict=True))
    )
    needed = {
        "count": count, "orders": given["orders"], "hints": [coded(hint) for hint in given["hints"]], "words": WORDS,
    }  # fmt: skip
    data = json.dumps(needed, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    others = given["right"] - 1
    more = {0: "No other does.", 1: "One other does, too."}.get(others, f"{others:,} others do, too.")
    return (
        f'<form class="practice arrange" id="arrange-{name}" data-name="{name}">'
        f"<fieldset><legend><b>Warm-up</b> {count} of these lines make a <code>{name}</code> that works. "
        "In which order?</legend>"
        f'<pre class="head" tabindex="0"><code>{html.escape(given["head"])}</code></pre>'
        '<ol class="chosen" role="list" aria-label="Your order of lines"></ol>'
        f'<ul class="lines" role="list" aria-label="Lines to choose from">{lines}</ul></fieldset>'
        '<div role="status" class="said"></div>'
        '<details class="answers"><summary>An order that works</summary>'
        f"<p>{' '.join(called[at] for at in given['answer'])} passes the visible tests. {more}</p></details>"
        f'<script type="application/json">{data}</script></form>'
    )


def with_arrangements(app, doctree):
    """Put warm-ups above the answers of an assignment's exercises."""
    if not app.env.docname.startswith(ASSIGNMENTS):
        return
    for section in doctree.findall(nodes.section):
        named = [part.astext() for part in section[0].findall(nodes.literal)]
        given = (look_up(app.env, "exercises", named[0]) or {}).get("warm_up") if named else None
        cells = [part for part in section.children if "cell" in part.get("classes", [])]
        if given and given["orders"] and cells:
            section.insert(section.index(cells[0]), nodes.raw("", arrangement(named[0], given), format="html"))
            app.env.metadata[app.env.docname]["asks"] = True


def load(app, pagename, templatename, context, doctree):
    """Let pages that ask something, and only those, load the script."""
    if app.env.metadata.get(pagename, {}).get("asks"):
        app.add_js_file(SCRIPT, loading_method="defer")
        app.add_css_file("practice.css")


def setup(app):
    """Tell Sphinx."""
    app.add_directive("predict", Predict)
    app.connect("env-get-outdated", read_again)
    app.connect("doctree-read", with_arrangements)
    app.add_directive("score", Score)
    app.add_node(Scored, html=(write_score, None))
    app.connect("html-page-context", load)
    return {"env_version": 3, "parallel_read_safe": True, "parallel_write_safe": True}
