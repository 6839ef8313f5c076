"""Turn the book's MyST Markdown into the plain Markdown that Colab and JupyterLab show."""

import base64
import html
import mimetypes
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from markdown_it import MarkdownIt
from markdown_it.helpers import parseLinkDestination, parseLinkLabel
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
    lines = text.split("\n")
    environment = {}
    tokens = _parser().parse(text, environment)
    for name, reference in environment.get("references", {}).items():
        target = reference["href"]
        if name.startswith("^"):
            raise place.error(f"the footnote [{name}]", "footnotes do not reach a notebook; write it out")
        if not urlsplit(target).scheme:
            raise place.error(f"the link definition of {target}", "write a relative link in the sentence itself")
    covered = 0  # lines that a definition list, turned as a whole, has dealt with
    edits = []
    for index, token in enumerate(tokens):
        if token.map is None or (token.map[0] < covered and token.type != "dl_open"):
            continue
        start, end = token.map
        if token.type in ("fence", "colon_fence"):
            match = re.fullmatch(r"\{([^}]+)\}\s*(.*)", token.info.strip())
            if match:
                new = _directive(match[1], match[2], token.content, place)
                edits.append((start, end, new))
            elif token.type == "colon_fence":
                raise place.error(f"the block :::{token.info}", "name its directive in braces, as in :::{note}")
        elif token.type in ("myst_target", "myst_line_comment"):
            edits.append((start, end, None))
        elif token.type == "math_block_label":
            edits.append((start, end, f"$${token.content.rstrip()}\n$$"))
        elif token.type == "amsmath":
            edits.append((start, _last_line(lines, start, r"\end{"), _amsmath(token.content)))
        elif token.type == "dl_open":
            covered = end
            edits.append((start, end, _definitions(lines, tokens, index, place)))
        elif token.type == "html_block":
            edits.append((start, end, _html("\n".join(lines[start:end]), place)))
        elif token.type == "inline":
            _edit_inline(lines, token, place)
    for start, end, new in sorted(edits, key=lambda edit: edit[0], reverse=True):
        lines[start:end] = [] if new is None else _block(new, lines, start, end)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line for line in lines if line is not None)).strip("\n")


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
    # markdown-it keeps no positions inside a paragraph: these rules note where each construct stands.
    rules = {rule.name: rule.fn for rule in parser.inline.ruler.__rules__}
    for name in ("myst_role", "html_inline"):
        parser.inline.ruler.at(name, _noting(name, rules[name]))
    for name in ("link", "image"):
        parser.inline.ruler.at(name, _noting_target(name, rules[name]))
    return parser


def _noting(name, rule):
    def noting(state, silent):
        start = state.pos
        found = rule(state, silent)
        if found and not silent:
            state.env.setdefault("spans", []).append((start, state.pos, name, state.tokens[-1]))
        return found

    return noting


def _noting_target(name, rule):
    def noting(state, silent):
        source, opening = state.src, state.pos + (name == "image")
        found = rule(state, silent)
        if found and not silent:
            end, maximum = state.pos, state.posMax
            closing = parseLinkLabel(state, opening, name == "link")
            state.pos, state.posMax = end, maximum
            if source[closing + 1 : closing + 2] == "(":
                at = closing + 2
                while source[at : at + 1].isspace():
                    at += 1
                target = parseLinkDestination(source, at, maximum)
                if target.ok:
                    label = (opening + 1, closing)
                    state.env.setdefault("spans", []).append((at, target.pos, name, (target.str, label)))
        return found

    return noting


def _edit_inline(lines, token, place):
    """Rewrite roles, links, pictures and HTML inside one paragraph, heading or table cell."""
    environment = {}
    _parser().parseInline(token.content, environment)
    edits = []
    for start, end, kind, found in environment.get("spans", []):
        if kind == "myst_role":
            edits.append((start, end, _role(found.meta["name"], found.content, place)))
        elif kind == "html_inline":
            edits.append((start, end, _html(found.content, place)))
        elif kind == "image":
            alternative = token.content[slice(*found[1])]
            if not alternative.strip():
                raise place.error(f"the picture {found[0]}", "write its alternative text in the square brackets")
            edits.append((start, end, _picture(found[0], place)))
        else:
            address, title = _link(found[0], place)
            if address != found[0]:
                edits.append((start, end, address))
            if not token.content[slice(*found[1])].strip():
                if not title:
                    raise place.error(f"the link to {found[0]}", "write its text in the square brackets")
                edits.append((*found[1], title))
    for child in token.children:
        strange = re.search(r"\[\^[^\]]+\]|\{\{.*?\}\}", child.content) if child.type == "text" else None
        if strange:
            raise place.error(strange[0], "footnotes and substitutions do not reach a notebook; write it out")
    if not edits:
        return
    positions = _positions(lines, token, place)
    for start, end, new in sorted(edits, reverse=True):
        (first, left), (last, right) = positions[start], positions[end]
        lines[first] = lines[first][:left] + new + lines[last][right:]
        for line in range(first + 1, last + 1):
            lines[line] = None


def _positions(lines, token, place):
    """Map each position in a paragraph's text to its (line, column) in the cell."""
    positions = []
    for number, content in enumerate(token.content.split("\n"), start=token.map[0]):
        column = (lines[number] or "").find(content)
        if column < 0:
            raise place.error(repr(content), "put roles and links of a table with | in it elsewhere")
        positions += [(number, column + offset) for offset in range(len(content) + 1)]
    return positions


def _last_line(lines, start, marker):
    return next(number for number in range(start, len(lines)) if marker in (lines[number] or "")) + 1


def _block(text, lines, start, end):
    """Give new lines the indentation, list marker or quote signs of those they replace, and empty lines around."""
    first = re.match(r"(?:\s*(?:>|[-*+](?= )|\d+[.)](?= )))*\s*", lines[start])[0]
    others = re.sub(r"[^>\s]", " ", first)
    block = [(others if number else first) + line for number, line in enumerate(text.split("\n"))]
    # Without an empty line, Markdown reads a line after a quotation as part of it, and a picture as part of the
    # paragraph before it.
    if start and first == others and (lines[start - 1] or "").strip("> "):
        block.insert(0, others.rstrip())
    if end < len(lines) and (lines[end] or "").strip("> "):
        block.append(others.rstrip())
    return [line.rstrip() for line in block]


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
    """Send the reader to the interactive figure on the book's page, and say how to have it in the notebook."""
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
        f"[Play with it in the book]({page}), or here: run this in a new cell.\n\n"
        f"```python\nfrom convnets import figures\n\n{call}\n```"
    )
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


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


def _amsmath(content):
    content = content.strip()
    content = re.sub(r"^\\begin\{equation\*?\}\s*|\s*\\end\{equation\*?\}$", "", content)
    content = re.sub(r"\\(begin|end)\{(align|gather)\*?\}", r"\\\1{\2ed}", content)
    return f"$$\n{content}\n$$"


def _definitions(lines, tokens, opening, place):
    """Write a definition list as a plain list."""
    items = []
    for token in tokens[opening + 1 :]:
        if token.type == "dl_close" and token.level == tokens[opening].level:
            break
        if token.level != tokens[opening].level + 1 or token.map is None:
            continue
        start, end = token.map
        if token.type == "dt_open":
            items.append(f"- **{to_plain(lines[start].strip(), place)}**<br>")
        elif token.type == "dd_open":
            marker = re.match(r"\s*[:~]\s+", lines[start])[0]
            inside = [lines[start][len(marker) :]]
            inside += [re.sub(rf"^\s{{0,{len(marker)}}}", "", line) for line in lines[start + 1 : end]]
            plain = to_plain("\n".join(inside), place)
            items.append("\n".join(f"  {line}".rstrip() for line in plain.split("\n")))
    return "\n".join(items)


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
