"""The book's interactive figures, in a notebook.

The figures are written in JavaScript, in the folder ``web`` beside this module. A browser gets them smaller than they
are written: `delivered`. Nothing is fetched.
"""

import base64
import html
import inspect
import json
import mimetypes
import re
from pathlib import Path

from convnets.figures import numbers

try:
    from minify import string as minify
except (ImportError, OSError):  # OSError: its library does not fit this machine
    minify = None

FOLDER = Path(__file__).parent / "web"

_IMPORT = re.compile(r'^(?:import|export) [^"]*?from "\./([\w-]+\.js)"', re.MULTILINE)
_FILE = re.compile(r'\bfile\("([^"]+)"\)')
# Sound as long as no text runs over several lines, which in JavaScript takes backquotes; a test looks after that.
_COMMENT = re.compile(r"^\s*(?:/\*.*?\*/|//[^\n]*)", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^\s+", re.MULTILINE)
_SETTING = re.compile(r"^    (\w+): (?:whole|real|choice|flag|numbers)\(", re.MULTILINE)

_LOADER = """(async () => {
  globalThis.convnetsFiles = { ...globalThis.convnetsFiles, ...FILES };
  const addresses = {};
  for (const [name, source] of SOURCES) {
    const linked = source.replace(/"\\.\\/([\\w-]+\\.js)"/g, (_, needed) => `"${addresses[needed]}"`);
    addresses[name] = URL.createObjectURL(new Blob([linked], { type: "text/javascript" }));
  }
  for (const name of NAMES) await import(addresses[`${name}.js`]);
})();"""


class Shown(str):
    """HTML that a notebook shows."""

    def __repr__(self):
        return "An interactive figure, for a browser."

    def _repr_html_(self):
        return str(self)


def names():
    """List the figures that there are.

    Returns
    -------
    list of str
        Sorted.

    Examples
    --------
    >>> from convnets import figures
    >>> figures.names()[:2]
    ['augment-lab', 'conv-explorer']
    """
    return sorted(path.stem for path in FOLDER.glob("*.js") if f'define("{path.stem}"' in _read(path.name))


def settings(name):
    """List what can be set of a figure.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from convnets import figures
    >>> figures.settings("pool-explorer")
    ['how', 'preset', 'height', 'width', 'size', 'stride', 'input', 'gradient', 'step']
    """
    return _SETTING.findall(_read(f"{name}.js"))


def delivered(name):
    """Read a file of the figures as a browser gets it: made smaller, and doing the same.

    The book is built with ``tdewolff-minify``, which shortens names, too. A learner's machine need not have it. Without
    it, only comments that begin a line, indentation and empty lines are left out.

    Parameters
    ----------
    name : str
        Of a file in `FOLDER` that ends in ``.js`` or ``.css``.

    Returns
    -------
    str
        JavaScript or CSS.
    """
    source = _read(name)
    if minify:
        return minify("text/css" if name.endswith(".css") else "text/javascript", source)
    return _INDENTED.sub("", _COMMENT.sub("", source))


def code():
    """List the files with the figures' code.

    Returns
    -------
    list of str
        Names for `delivered`, sorted.
    """
    return sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".js", ".css"))


def script(chosen):
    """Write one script that brings figures to life on a page that has nothing else.

    Parameters
    ----------
    chosen : list of str
        Of `names`.

    Returns
    -------
    str
        JavaScript.
    """
    sources = {}
    for name in chosen:
        _collect(f"{name}.js", sources)
    files = {file: _address(file) for name in sources for file in _FILE.findall(_read(name))}
    parts = {"FILES": files, "SOURCES": list(sources.items()), "NAMES": list(chosen)}
    # A text "</script>" inside a script would end it.
    written = {name: json.dumps(part).replace("</", "<\\/") for name, part in parts.items()}
    return re.sub(r"\b(FILES|SOURCES|NAMES)\b", lambda match: written[match[1]], _LOADER)


def show(name, **state):
    """Show one of the book's interactive figures in Jupyter or Colab.

    Parameters
    ----------
    name : str
        For instance ``"conv-explorer"``; `names` lists them.
    **state
        How it begins: numbers, words, lists of numbers, True or False. `settings` lists what can be set. Some figures
        also take what they show, for instance ``model=`` a trained network: see `convnets.figures.numbers`.

    Returns
    -------
    Shown
        As the last value of a cell it becomes the figure.

    Raises
    ------
    ValueError
        When there is no such figure, it has no such setting, or what it is to show is not what it can show.

    Examples
    --------
    >>> from convnets import figures
    >>> figures.show("conv-explorer", stride=2, padding="same")
    An interactive figure, for a browser.
    """
    if name not in names():
        raise ValueError(f"There is no figure {name!r}. There are: {', '.join(names())}.")
    maker = numbers.MAKERS.get(name)
    takes = list(inspect.signature(maker).parameters) if maker else []
    known = settings(name) + takes
    for key in state:
        if key not in known:
            raise ValueError(f"{name} has no setting {key!r}. It has: {', '.join(known)}.")
    attributes = {key: _text(value) for key, value in state.items() if key not in takes}
    if maker:
        attributes["data"] = json.dumps(maker(**{key: value for key, value in state.items() if key in takes}))
    written = " ".join(f'{key}="{html.escape(value, quote=True)}"' for key, value in attributes.items())
    return Shown(
        f"<style>{delivered('figures.css')}</style>\n"
        f"<{name} detached {written}></{name}>\n"
        f'<script type="module">{script([name])}</script>'
    )


def _text(value):
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, str):
        return value
    try:
        return ",".join(_text(part) for part in value)
    except TypeError:
        return repr(float(value)) if isinstance(value, float) else str(value)


def _read(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def _collect(name, sources):
    """Add a module's source, after those that it imports."""
    if name in sources:
        return
    for needed in _IMPORT.findall(_read(name)):
        _collect(needed, sources)
    sources[name] = delivered(name)


def _address(name):
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode((FOLDER / name).read_bytes()).decode()}"
