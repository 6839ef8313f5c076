"""MyST constructs and the plain Markdown they become."""

import base64

import pytest
from markdown_it import MarkdownIt

from autograder.course.layout import Course
from autograder.course.markdown import Place, to_plain
from autograder.course.source import AssignmentError

BOOK = "https://sample.github.io/course"
PICTURE = b"\x89PNG\r\n\x1a\n, as far as anybody looks"
EMBEDDED = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"


@pytest.fixture
def place(course):
    (course / "book" / "picture.png").write_bytes(PICTURE)
    (course / "book" / "works.bib").write_text(
        "@article{adam, author={Kingma, Diederik and Ba, Jimmy}, title={Adam}, year={2015}, doi={10.1/x}}\n"
        "@article{three, author={A, A and B, B and {van C}, C}, title={T}, year={2000}}\n"
    )
    (course / "book" / "02-sums.md").write_text(
        "# Sums\n\n$$\na + b\n$$ (a-sum)\n\n```{math}\n:label: a-product\na b\n```\n\n"
        "```{code-cell}\n---\nmystnb:\n  figure:\n    name: a-chart\n---\n1\n```\n"
    )
    pages = Course(course, course / "solutions").pages
    return Place("book/01-doubling", course / "book" / "01-doubling.md", 4, pages)


@pytest.mark.parametrize(
    ("myst", "plain"),
    [
        # plain Markdown stays as it is
        ("Text *with* `code`, $x_1$ and [a link](https://x.org).", None),
        ("$$\nx^2\n$$", None),
        ("```python\n{doc}`x` is text here, and so is :::{note}\n```", None),
        ("    :::{note}\n    indented code", None),
        ("``{ref}`x` `` in code stays", None),
        ("| a | b |\n| --- | --- |\n| 1 | 2 |", None),
        ("| a | b |\n| :-- | --: |\n| $\\|x\\|$ | |", None),
        ("1. one\n2. two\n\n***\n\nstars \\* and \\_ and &amp;, a [name](https://x.org \"title\")", None),
        ("Two lines\\\nof a paragraph, and\na third. <https://x.org>", None),
        # admonitions
        ("```{note}\nA word.\n```", "> **Note**\n>\n> A word."),
        (":::{seealso}\nA word.\n:::", "> **See also**\n>\n> A word."),
        (":::{tip} On the first line\nand more\n:::", "> **Tip**\n>\n> On the first line\n>\n> and more"),
        (":::{admonition} Mind `this`\n:class: warning\nA word.\n:::", "> **Mind `this`**\n>\n> A word."),
        ("```{margin}\nBy the way.\n```", "> By the way."),
        (
            "::::{warning}\n```{tip}\nInner.\n```\nOuter.\n::::",
            "> **Warning**\n>\n> > **Tip**\n> >\n> > Inner.\n>\n> Outer.",
        ),
        (":::{note}\n```python\nx = 1\n```\n:::", "> **Note**\n>\n> ```python\n> x = 1\n> ```"),
        # folded text
        (
            ":::{dropdown} Answer to `x < 1`\nIt is {math}`x`.\n:::",
            "<details>\n<summary>Answer to <code>x &lt; 1</code></summary>\n\nIt is $x$.\n\n</details>",
        ),
        (
            "```{admonition} Answer\n:class: dropdown\nYes.\n```",
            "<details>\n<summary>Answer</summary>\n\nYes.\n\n</details>",
        ),
        # formulas
        ("```{math}\n:label: sum\na + b\n```", "$$\na + b\n$$"),
        ("$$\na + b\n$$ (sum)", "$$\na + b\n$$"),
        ("\\begin{align*}\na &= b\n\\end{align*}", "$$\n\\begin{aligned}\na &= b\n\\end{aligned}\n$$"),
        ("\\begin{equation}\na\n\\end{equation}", "$$\na\n$$"),
        # what only the book needs
        ("(place)=\n## Heading", "## Heading"),
        ("One.\n\n% a remark\n\nTwo.", "One.\n\nTwo."),
        # other directives
        ("```{code-block} python\nx = 1\n```", "```python\nx = 1\n```"),
        (":::{table} Numbers\n| a |\n| --- |\n| 1 |\n:::", "**Numbers**\n\n| a |\n| --- |\n| 1 |"),
        (
            "::::{tab-set}\n:::{tab-item} NumPy\none\n:::\n:::{tab-item} Keras\ntwo\n:::\n::::",
            "**NumPy**\n\none\n\n**Keras**\n\ntwo",
        ),
        # a list in words
        ("Term\n: Meaning of {math}`x`.", "- **Term**<br>\n  Meaning of $x$."),
        # roles
        ("{math}`x` and {kbd}`Ctrl-C` and {abbr}`SGD (stochastic gradient descent)`",
         "$x$ and <kbd>Ctrl-C</kbd> and SGD (stochastic gradient descent)"),
        ("{term}`dense layer` and {term}`layers <dense layer>`",
         f"[dense layer]({BOOK}/book/glossary.html#term-dense-layer) and "
         f"[layers]({BOOK}/book/glossary.html#term-dense-layer)"),
        ("{doc}`01-doubling` and {doc}`here </book/01-doubling>`",
         f"[Doubling]({BOOK}/book/01-doubling.html) and [here]({BOOK}/book/01-doubling.html)"),
        ("{ref}`doubling`, {ref}`there <doubling>`, {numref}`doubling`",
         f"[Doubling]({BOOK}/book/01-doubling.html#doubling), [there]({BOOK}/book/01-doubling.html#doubling), "
         f"[the figure]({BOOK}/book/01-doubling.html#doubling)"),
        ("as {numref}`a-chart` shows", f"as [the figure]({BOOK}/book/02-sums.html#a-chart) shows"),
        ("{eq}`a-sum`, {eq}`it <a-product>`",
         f"[the equation]({BOOK}/book/02-sums.html#equation-a-sum), [it]({BOOK}/book/02-sums.html#equation-a-product)"),
        ("{cite}`adam`, {cite:t}`three`", "([Kingma & Ba, 2015](https://doi.org/10.1/x)), A et al. (2000)"),
        ("{try}`a stride of 3 <conv-explorer stride=3 padding=1>`",
         f"[a stride of 3]({BOOK}/book/01-doubling.html?conv-explorer.stride=3&conv-explorer.padding=1#conv-explorer)"),
        ("two {math}`x` on\none line {math}`y`\n{math}`z` end", "two $x$ on\none line $y$\n$z$ end"),
        ("broken {term}`dense\nlayer` over lines",
         f"broken [dense layer]({BOOK}/book/glossary.html#term-dense-layer) over lines"),
        # roles where the text stands in something
        ("- item {math}`x`\n  - inner {math}`y`", "- item $x$\n  - inner $y$"),
        ("> quoted {math}`x`\n> and {math}`y`", "> quoted $x$\n> and $y$"),
        ("## Of {math}`x`", "## Of $x$"),
        ("| {math}`x` | {math}`x` |\n| --- | --- |\n| {math}`y` | {math}`z` |",
         "| $x$ | $x$ |\n| --- | --- |\n| $y$ | $z$ |"),
        ("**bold {math}`x`** and [link {math}`y`](https://x.org)", "**bold $x$** and [link $y$](https://x.org)"),
        ("- item\n\n  ```{tip}\n  Go.\n  ```\n- next", "- item\n\n  > **Tip**\n  >\n  > Go.\n\n- next"),
        ("- ```{tip}\n  Go.\n  ```", "- > **Tip**\n  >\n  > Go."),
        ("Before\n:::{tip}\nGo.\n:::\nafter", "Before\n\n> **Tip**\n>\n> Go.\n\nafter"),
        ("> ```{tip}\n> Go.\n> ```", "> > **Tip**\n> >\n> > Go."),
        # links
        ("[text](../solutions/01-doubling.md)",
         f"[text]({BOOK}/notebooks/assignments/01-doubling/01-doubling.html)"),
        ("[](01-doubling.md)", f"[Doubling]({BOOK}/book/01-doubling.html)"),
        ("[text](#doubling)", f"[text]({BOOK}/book/01-doubling.html#doubling)"),
        # pictures
        ("![a cat](picture.png)", f"![a cat]({EMBEDDED})"),
        ("![a cat](/book/picture.png)", f"![a cat]({EMBEDDED})"),
        ("[![a cat](picture.png)](https://x.org)", f"[![a cat]({EMBEDDED})](https://x.org)"),
        ("```{image} picture.png\n:alt: a cat\n```", f"![a cat]({EMBEDDED})"),
        ("```{image} picture.png\n:alt: a cat\n:width: 50%\n```", f'<img src="{EMBEDDED}" alt="a cat" width="50%">'),
        ("```{figure} picture.png\n---\nalt: a cat\n---\nA cat, {math}`x`.\n\nMore.\n```",
         f"![a cat]({EMBEDDED})\n\n*A cat, $x$.*\n\nMore."),
        ('<img src="picture.png" alt="a cat">', f'<img src="{EMBEDDED}" alt="a cat">'),
        ('<sliding-window rows="5">\n<img src="picture.png" alt="a cat">\n</sliding-window>',
         f'<sliding-window rows="5">\n<img src="{EMBEDDED}" alt="a cat">\n</sliding-window>'),
        ('see <img src="picture.png" alt="a cat"> here', f'see <img src="{EMBEDDED}" alt="a cat"> here'),
    ],
)  # fmt: skip
def test_becomes(place, myst, plain):
    assert to_plain(myst, place) == (myst if plain is None else plain)


@pytest.mark.parametrize(
    ("myst", "construct", "mend"),
    [
        ("```{mermaid}\na\n```", "{mermaid}", "no plain form"),
        ("- in a list\n  :::{mermaid}\n  a\n  :::", "{mermaid}", "no plain form"),
        (":::{note}\n:::{mermaid}\n:::\n:::", "{mermaid}", "no plain form"),
        (":::strange\na\n:::", ":::strange", "in braces"),
        ("a {glue}`x` b", "{glue}`x`", "no plain form"),
        ("{doc}`nowhere`", "{doc}`nowhere`", "no such page"),
        ("{ref}`nowhere`", "{ref}`nowhere`", "no page sets this label"),
        ("{cite}`nobody`", "{cite}`nobody`", "no .bib file"),
        ("[text](nowhere.md)", "nowhere.md", "no such page"),
        ("[text][x]\n\n[x]: nowhere.md", "nowhere.md", "in the sentence itself"),
        ("[](https://x.org)", "https://x.org", "text in the square brackets"),
        ("![a cat](nowhere.png)", "nowhere.png", "there is no file nowhere.png"),
        ("![](picture.png)", "picture.png", "alternative text"),
        ("```{figure} picture.png\nA cat.\n```", "picture.png", ":alt:"),
        ("![a cat](https://x.org/cat.png)", "https://x.org/cat.png", "offline"),
        ("word[^1]\n\n[^1]: note", "[^1]", "write it out"),
        ("{{ name }}", "{{ name }}", "write it out"),
    ],
)
def test_says_what_it_cannot_carry_over(place, myst, construct, mend):
    with pytest.raises(AssignmentError) as caught:
        to_plain(myst, place)
    assert str(caught.value).startswith("01-doubling.md, cell 4: ")
    assert construct in str(caught.value)
    assert mend in str(caught.value)


def test_large_pictures_are_refused(place):
    (place.source.parent / "large.png").write_bytes(bytes(400_000))
    with pytest.raises(AssignmentError, match=r"large\.png: it has 400,000 bytes"):
        to_plain("![a cat](large.png)", place)


def test_result_reads_as_plain_markdown(place):
    plain = to_plain("1. one\n   :::{note}\n   - a\n   - b {math}`x`\n   :::\n2. two", place)
    html = MarkdownIt("commonmark").render(plain)
    assert html.count("<ol>") == 1
    assert html.count("<blockquote>") == 1
    assert html.count("<li>") == 4
    assert to_plain(plain, place) == plain
