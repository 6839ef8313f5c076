"""Write formulas as MathML when the book is built.

Sphinx's own renderer fetches MathJax from another site each time a page is opened. Browsers draw MathML themselves, so
the book's formulas show without a network, without a script, and are read aloud by screen readers.
"""

from xml.etree import ElementTree

from docutils.nodes import SkipNode
from latex2mathml.converter import convert
from sphinx.util import logging

logger = logging.getLogger(__name__)


def to_mathml(node, display):
    """Turn the formula of a node into MathML; warn, so that the build fails, where that goes wrong."""
    latex = node.astext()
    try:
        mathml = convert(latex, display=display)
        ElementTree.fromstring(mathml)
    except Exception as error:  # the converter raises exceptions of many kinds
        logger.warning("this formula cannot be written as MathML: %s (%s)", latex, error, location=node)
        return ""
    return mathml


def visit_inline(translator, node):
    """Write a formula that stands in a sentence."""
    translator.body.append(f'<span class="math">{to_mathml(node, "inline")}</span>')
    raise SkipNode  # else the LaTeX would be written as well


def visit_block(translator, node):
    """Write a formula that stands on a line of its own; a narrow screen can scroll it, also by keyboard."""
    translator.body.append(f'<div class="math" tabindex="0">{to_mathml(node, "block")}</div>')
    raise SkipNode


def setup(app):
    """Tell Sphinx."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
