"""A function with one operator, index or number changed, as a tree and as text."""

import ast
import copy
from dataclasses import dataclass, replace

_OPERATORS = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"),
    ast.FloorDiv: ("//", "%"),
    ast.Div: ("/", "*"),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
}
_NODES = {sign: kind for kind, (sign, _) in _OPERATORS.items()} | {"%": ast.Mod}


@dataclass(frozen=True)
class Change:
    """One change of a function.

    Attributes
    ----------
    line : int
    old, new : str
        What is written there, before and after.
    code : convnets.notebook.questions.code.Code
        The function with the change in its text.
    tree : ast.Module
        The same change, made in the tree.
    """

    line: int
    old: str
    new: str
    code: object
    tree: ast.Module


def changes(code):
    """List what could be changed in a function by one character or two.

    Parameters
    ----------
    code : convnets.notebook.questions.code.Code

    Returns
    -------
    list of Change
        Those of which tree and text say the same.
    """
    made = []
    for number, node in enumerate(ast.walk(code.definition)):
        if getattr(node, "lineno", None) is None or code.statement_at.get(node.lineno) is None:
            continue
        for change in _operator(code, node, number) + _number(code, node, number):
            if ast.dump(change.code.tree) == ast.dump(change.tree):
                made.append(change)
    return made


def _operator(code, node, number):
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        old, new = _OPERATORS[type(node.op)]
        left, right = node.left, node.right
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPERATORS:
        old, new = _OPERATORS[type(node.ops[0])]
        left, right = node.left, node.comparators[0]
    else:
        return []
    if left.end_lineno != right.lineno:
        return []
    line = code.lines[left.end_lineno - 1].encode()
    between = line[left.end_col_offset : right.col_offset]
    if between.count(old.encode()) != 1:
        return []
    start = left.end_col_offset + between.index(old.encode())

    def in_tree(changed):
        if isinstance(changed, ast.BinOp):
            changed.op = _NODES[new]()
        else:
            changed.ops[0] = _NODES[new]()

    return [_change(code, number, (left.end_lineno, start, start + len(old.encode())), old, new, in_tree)]


def _number(code, node, number):
    if not isinstance(node, ast.Constant) or type(node.value) is not int or not 0 <= node.value < 10:
        return []
    old, new = str(node.value), str(node.value + 1)
    if code.lines[node.lineno - 1].encode()[node.col_offset : node.end_col_offset] != old.encode():
        return []

    def in_tree(changed):
        changed.value += 1

    return [_change(code, number, (node.lineno, node.col_offset, node.end_col_offset), old, new, in_tree)]


def _change(code, number, place, old, new, in_tree):
    line, start, end = place
    text = code.lines[line - 1].encode()
    lines = [*code.lines[: line - 1], (text[:start] + new.encode() + text[end:]).decode(), *code.lines[line:]]
    tree = copy.deepcopy(code.tree)
    in_tree(list(ast.walk(tree.body[0]))[number])
    return Change(line, old, new, replace(code, source="\n".join(lines) + "\n"), tree)
