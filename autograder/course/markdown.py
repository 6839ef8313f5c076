"""Turn the book's MyST Markdown into the plain Markdown that Colab and JupyterLab show."""

import base64
import html
import mimetypes
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from textwrap import indent
from typing import ClassVar
from urllib.parse import unquote, urlencode, urlsplit

import yaml
from markdown_it import MarkdownIt
from mdformat.renderer import DEFAULT_RENDERERS, MDRenderer
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

from autograder.course.pages import Pages
from autograder.course.source import AssignmentError

LARGEST_PICTURE = 300_000  # bytes: pictures travel inside the notebook, so that it needs no other file

_ADMONITIONS = {
    "note", "tip", "hint", "important", "warning", "caution", "attention", "danger", "error", "seealso",
    "admonition", "margin", "sidebar", "topic", "epigraph",
}  # fmt: skip
_UNTITLED = {"margin", "epigraph"}
_OWN_TITLE = {"admonition", "sidebar", "topic"}
_CODE_ROLES = {"code", "command", "file", "program", "func", "class", "meth", "mod", "py:func", "py:class", "py:meth"}


@dataclass(frozen=True)
class Place:
    """Where a piece of Markdown stands; error messages name it.

    Attributes
    ----------
    page : str
        The page of the book, for instance ``book/01-convolution``.
    source : pathlib.Path
        The file.
    cell : int
        Number of the cell in it, from 1.
    pages : Pages
        The book's pages, to resolve references.
    """

    page: str
    source: Path
    cell: int
    pages: Pages

    def error(self, construct, mend):
        """Make the error for a construct that cannot be carried over."""
        return AssignmentError(f"{self.source.name}, cell {self.cell}: {construct}: {mend}")


def to_plain(text, place):
    """Turn MyST Markdown into plain Markdown.

    Parameters
    ----------
    text : str
        Source of one Markdown cell.
    place : Place
        Where it stands.

    Returns
    -------
    str

    Raises
    ------
    AssignmentError
        At a directive, role or reference that has no plain form here.
    """
    environment = {"place": place}
    tokens = _parser().parse(text, environment)
    for name, reference in environment.get("references", {}).items():
        target = reference["href"]
        if name.startswith("^"):
            raise place.error(f"the footnote [{name}]", "footnotes do not reach a notebook; write it out")
        if not urlsplit(target).scheme:
            raise place.error(f"the link definition of {target}", "write a relative link in the sentence itself")
    return MDRenderer().render(tokens, _parser().options, environment, finalize=False).strip("\n")


@cache
def _parser():
    parser = MarkdownIt("commonmark").enable("table")
    for plugin in (
        myst_role_plugin,
        myst_block_plugin,
        colon_fence_plugin,
        dollarmath_plugin,
        amsmath_plugin,
        deflist_plugin,
    ):
        parser.use(plugin)
    # What is not MyST is written as it was: with its escapes, and with addresses that nobody has made safe.
    parser.disable("text_join")
    parser.normalizeLink = str
    parser.options["parser_extension"] = [_Plain]
    parser.options["mdformat"] = {"number": True}
    return parser


class _Plain:
    """How mdformat writes what is not plain Markdown, or what it would write in another way than its author."""

    RENDERERS: ClassVar = {}


def _writes(*kinds):
    """Register a renderer: a function of a node, mdformat's context and the place."""

    def register(function):
        for kind in kinds:
            _Plain.RENDERERS[kind] = lambda node, context: function(node, context, context.env["place"])
        return function

    return register


def _inside(node, context, between=""):
    return between.join(filter(None, (child.render(context) for child in node.children)))


@_writes("fence", "colon_fence")
def _fence(node, context, place):
    match = re.fullmatch(r"\{([^}]+)\}\s*(.*)", node.info.strip())
    if match:
        return _directive(match[1], match[2], node.content, place)
    if node.type == "colon_fence":
        raise place.error(f"the block :::{node.info}", "name its directive in braces, as in :::{note}")
    return DEFAULT_RENDERERS["fence"](node, context)


@_writes("code_block")
def _code_block(node, context, place):
    return indent(node.content.rstrip(), "    ")


@_writes("myst_target", "myst_line_comment")
def _left_out(node, context, place):
    return ""


@_writes("myst_block_break", "hr")
def _rule(node, context, place):
    return node.markup[:3]


@_writes("math_block", "math_block_label")
def _formula(node, context, place):
    return f"$${node.content.rstrip()}\n$$" if "\n" in node.content else f"$${node.content}$$"


@_writes("math_inline")
def _formula_in_text(node, context, place):
    return f"{node.markup}{node.content}{node.markup}"


@_writes("amsmath")
def _amsmath(node, context, place):
    content = re.sub(r"^\\begin\{equation\*?\}\s*|\s*\\end\{equation\*?\}$", "", node.content.strip())
    content = re.sub(r"\\(begin|end)\{(align|gather)\*?\}", r"\\\1{\2ed}", content)
    return f"$$\n{content}\n$$"


@_writes("dl")
def _definitions(node, context, place):
    """Write a definition list as a plain list."""
    items = [(child.type, _inside(child, context, "\n\n")) for child in node.children]
    return "\n".join(f"- **{text}**<br>" if kind == "dt" else indent(text, "  ") for kind, text in items)


@_writes("table")
def _table(node, context, place):
    rows = [
        [_inside(cell, context).replace("|", r"\|") for cell in row.children]
        for part in node.children
        for row in part.children
    ]
    heads = node.children[0].children[0].children
    marks = {"text-align:left": ":--", "text-align:right": "--:", "text-align:center": ":-:"}
    rows.insert(1, [marks.get(head.attrs.get("style"), "---") for head in heads])
    return "\n".join("|" + "|".join(f" {cell} " if cell else " " for cell in row) + "|" for row in rows)


@_writes("html_block", "html_inline")
def _html_node(node, context, place):
    return _html(node.content.rstrip("\n"), place)


@_writes("text")
def _text(node, context, place):
    strange = re.search(r"\[\^[^\]]+\]|\{\{.*?\}\}", node.content)
    if strange:
        raise place.error(strange[0], "footnotes and substitutions do not reach a notebook; write it out")
    return node.content


@_writes("code_inline")
def _code_in_text(node, context, place):
    space = " " if "`" in (node.content[:1], node.content[-1:]) else ""
    return f"{node.markup}{space}{node.content}{space}{node.markup}"


@_writes("text_special")
def _escaped(node, context, place):
    return node.markup


@_writes("paragraph")
def _paragraph(node, context, place):
    return _inside(node, context)


@_writes("myst_role")
def _role_node(node, context, place):
    return _role(node.meta["name"], node.content, place)


@_writes("image")
def _image(node, context, place):
    if not node.content.strip():
        raise place.error(f"the picture {node.attrs['src']}", "write its alternative text in the square brackets")
    node.attrs["src"] = _picture(node.attrs["src"], place)
    return DEFAULT_RENDERERS["image"](node, context)


@_writes("link")
def _link_node(node, context, place):
    target = node.attrs["href"]
    if node.info != "auto":
        node.attrs["href"], title = _link(target, place)
        if not node.children:
            if not title:
                raise place.error(f"the link to {target}", "write its text in the square brackets")
            return f"[{title}]({node.attrs['href']})"
    return DEFAULT_RENDERERS["link"](node, context)


def _options(content):
    """Split a directive's body into its options and the rest."""
    lines = content.split("\n")
    if lines and lines[0].strip() == "---":
        closing = next((i for i, line in enumerate(lines[1:], 1) if line.strip() == "---"), len(lines))
        return yaml.safe_load("\n".join(lines[1:closing])) or {}, "\n".join(lines[closing + 1 :])
    options = {}
    while lines and (match := re.fullmatch(r"\s*:([\w-]+):\s*(.*)", lines[0])):
        options[match[1]] = match[2].strip()
        lines.pop(0)
    return options, "\n".join(lines)


def _directive(name, argument, content, place):
    options, body = _options(content)
    body = body.strip("\n")
    if name in _ADMONITIONS:
        return _admonition(name, argument, options, body, place)
    if name in ("dropdown", "toggle"):
        return _folded(argument or "Show", body, place)
    if name in ("figure", "image"):
        return _figure(argument, options, body, place)
    if name == "math":
        return f"$$\n{_join(argument, body)}\n$$"
    if name in ("code-block", "code", "sourcecode"):
        return f"```{argument}\n{body}\n```"
    if name == "table":
        return _join(f"**{to_plain(argument, place)}**" if argument else "", to_plain(body, place))
    if name == "tab-set":
        return to_plain(body, place)
    if name == "tab-item":
        return _join(f"**{argument}**", to_plain(body, place))
    if name == "raw" and argument == "html":
        return _html(body, place)
    if name == "interactive":
        return _interactive(argument, options, body, place)
    if name in ("contents", "tableofcontents"):
        return None
    raise place.error(f"the directive {{{name}}}", "the release step has no plain form for it; use another")


def _join(*parts):
    return "\n\n".join(part for part in parts if part)


def _admonition(name, argument, options, body, place):
    if name in _OWN_TITLE:
        title, text = argument, body
    elif name in _UNTITLED:
        title, text = "", _join(argument, body)
    else:
        title, text = "See also" if name == "seealso" else name.capitalize(), _join(argument, body)
    if "dropdown" in str(options.get("class", "")).split():
        return _folded(title, text, place)
    quoted = _join(f"**{to_plain(title, place)}**" if title else "", to_plain(text, place))
    return "\n".join(f"> {line}".rstrip() for line in quoted.split("\n"))


def _folded(title, body, place):
    # Markdown inside HTML is read as Markdown only after an empty line.
    summary = re.sub(r"`([^`]+)`", lambda code: f"<code>{html.escape(code[1])}</code>", to_plain(title, place))
    return f"<details>\n<summary>{summary}</summary>\n\n{to_plain(body, place)}\n\n</details>"


def _figure(path, options, body, place):
    alternative = str(options.get("alt", "")).strip()
    if not alternative:
        raise place.error(f"the picture {path}", "give it an :alt: that says what it shows")
    width = options.get("width")
    source = _picture(path, place)
    if width:
        width = html.escape(str(width), quote=True)
        picture = f'<img src="{source}" alt="{html.escape(alternative, quote=True)}" width="{width}">'
    else:
        picture = f"![{alternative}]({source})"
    caption, _, legend = body.partition("\n\n")
    caption = f"*{to_plain(caption, place)}*" if caption.strip() else ""
    return _join(picture, caption, to_plain(legend, place))


def _interactive(name, options, body, place):
    """Send the reader to the interactive figure on the book's page; the release puts a cell that shows it below."""
    page = place.pages.where.page(place.page, name)
    if "cell" in options:
        text = f"**Interactive figure**, by the cell above. {to_plain(body, place)}\n\n[The same in the book]({page})."
        return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
    state = re.findall(r"(\w+)=(\S+)", str(options.get("state", "")))
    settings = "".join(
        f", {key}={value}" if re.fullmatch(r"-?\d+(\.\d+)?", value) else f", {key}={value!r}" for key, value in state
    )
    call = f'figures.show("{name}"{settings})'.replace("'", '"')
    text = (
        f"**Interactive figure.** {to_plain(body, place)}\n\n"
        f"[Play with it in the book]({page}), or here: run the folded cell below."
    )
    quoted = "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
    return f"{quoted}\n\n<!-- cell: {call} -->"


def _picture(path, place):
    """Return a picture as an address that holds it, so that the notebook shows it wherever it is opened."""
    if urlsplit(path).scheme:
        raise place.error(f"the picture {path}", "keep it in the repository: the book works offline")
    root = place.pages.root
    file = root / path.lstrip("/") if path.startswith("/") else place.source.parent / unquote(path)
    if not file.is_file():
        raise place.error(f"the picture {path}", f"there is no file {file.name} there")
    data = file.read_bytes()
    if len(data) > LARGEST_PICTURE:
        raise place.error(
            f"the picture {path}", f"it has {len(data):,} bytes; make it smaller than {LARGEST_PICTURE:,}"
        )
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _html(text, place):
    def embedded(match):
        if match[3].startswith("data:"):
            return match[0]
        return f"{match[1]}{match[2]}{_picture(html.unescape(match[3]), place)}{match[2]}"

    return re.sub(r"""(<img\b[^>]*?\bsrc=)(["'])(.*?)\2""", embedded, text)


def _role(name, content, place):
    match = re.fullmatch(r"(.*?)\s*<([^<>]+)>", content.strip(), re.DOTALL)
    text, target = match.groups() if match else ("", content.strip())
    if name == "math":
        return f"${content}$"
    if name in _CODE_ROLES:
        return f"`{content.lstrip('~')}`"
    if name in ("kbd", "sub", "sup"):
        return f"<{name}>{html.escape(content)}</{name}>"
    if name == "subscript" or name == "superscript":
        return f"<{name[:3]}>{html.escape(content)}</{name[:3]}>"
    if name == "abbr":
        return re.sub(r"\s*\((.+)\)$", r" (\1)", content)
    if name in ("guilabel", "menuselection"):
        return f"**{content.replace('-->', '→')}**"
    if name == "doc":
        page = place.pages.resolve(target, place.page)
        if page is None:
            raise place.error(f"{{doc}}`{content}`", "there is no such page")
        title = text or to_plain(place.pages.title(page), replace(place, page=page))
        return f"[{title}]({place.pages.where.page(page)})"
    if name in ("ref", "numref", "eq"):
        return _reference(name, text, target, place)
    if name == "term":
        anchor = re.sub(r"[^A-Za-z0-9]+", "-", target).strip("-")
        return f"[{text or target}]({place.pages.where.page('book/glossary', f'term-{anchor}')})"
    if name in ("cite", "cite:p", "cite:t"):
        return _citation(name, target, place)
    if name == "try":
        figure, *settings = target.split()
        asked = urlencode([(f"{figure}.{key}", value) for key, _, value in (each.partition("=") for each in settings)])
        return f"[{text}]({place.pages.where.page(place.page)}?{asked}#{figure})"
    raise place.error(f"the role {{{name}}}`{content}`", "the release step has no plain form for it; use another")


def _reference(name, text, label, place):
    found = place.pages.label(label)
    if found is None:
        raise place.error(f"{{{name}}}`{label}`", "no page sets this label")
    page, anchor, title = found
    kind = {"ref": "", "numref": "the figure", "eq": "the equation"}[name]
    shown = re.sub(r"\s*%s|\s*\{number\}", "", text) or kind or title
    if not shown:
        raise place.error(f"{{{name}}}`{label}`", "write its text: {ref}`text <label>`")
    return f"[{to_plain(shown, place)}]({place.pages.where.page(page, anchor)})"


def _citation(name, keys, place):
    """Write citations as author and year, linked to the work where its entry has an address."""
    shown = []
    for key in (key.strip() for key in keys.split(",")):
        entry = place.pages.bibliography.get(key)
        if entry is None:
            raise place.error(f"{{{name}}}`{key}`", "no .bib file in book/ has this entry")
        names = [" ".join(person.prelast_names + person.last_names) for person in entry.persons.get("author", [])]
        authors = f"{names[0]} et al." if len(names) > 2 else " & ".join(names)
        year = entry.fields.get("year", "n.d.")
        address = entry.fields.get("url") or (f"https://doi.org/{entry.fields['doi']}" if "doi" in entry.fields else "")
        text = f"{authors} ({year})" if name == "cite:t" else f"{authors}, {year}"
        shown.append(f"[{text}]({address})" if address else text)
    return ", ".join(shown) if name == "cite:t" else f"({'; '.join(shown)})"


def _link(target, place):
    """Return the address of a link, and the title of what it leads to where that is a page or a label."""
    target = re.sub(r"^(project|path):", "", target)
    if urlsplit(target).scheme or target.startswith("//"):
        return target, None
    path, _, anchor = unquote(target).partition("#")
    if path:
        page = place.pages.resolve(path, place.page)
        if page is None:
            if place.pages.label(path) and not anchor:
                page, anchor, title = place.pages.label(path)
                return place.pages.where.page(page, anchor), title
            raise place.error(f"the link to {target}", "there is no such page")
        return place.pages.where.page(page, anchor), place.pages.title(page)
    label = place.pages.label(anchor)
    if label:
        page, anchor, title = label
        return place.pages.where.page(page, anchor), title
    return place.pages.where.page(place.page, anchor), None
