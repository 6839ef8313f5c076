"""Examples in docstrings show what happens."""

import ast
import doctest
import importlib
import re

import pytest

from tests.conftest import PROJECT

MODULES = sorted(
    ".".join(path.relative_to(PROJECT).with_suffix("").parts)
    for package in ("autograder", "convnets")
    for path in (PROJECT / package).rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_do_what_they_show(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name.removesuffix(".__init__"))
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert result.failed == 0
    assert result.attempted > 0


def _names_of(path):
    """What a module defines or imports at its top level, and the attributes of its classes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        name for node in tree.body for name in (alias.asname or alias.name for alias in getattr(node, "names", ()))
    }
    names |= {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return names | {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_what_docstrings_name_by_its_module_is_there():
    files = {
        ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
        for package in ("autograder", "convnets")
        for path in (PROJECT / package).rglob("*.py")
    }
    wrong = []
    for path in files.values():
        for named in set(re.findall(r"(?:`| : )((?:autograder|convnets)(?:\.\w+)+)", "\n".join(_docstrings(path)))):
            module = next(head for head in _heads(named) if head in files or head in ("autograder", "convnets"))
            rest = named.removeprefix(module).strip(".").partition(".")[0]
            folder = files.get(module, PROJECT / module).parent / rest
            if rest and rest not in _names_of(files[module]) and not folder.exists():
                wrong.append(f"{path.relative_to(PROJECT)}: {named}")
    assert not wrong


def _docstrings(path):
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [ast.get_docstring(node) or "" for node in nodes if isinstance(node, documented)]


def _heads(named):
    parts = named.split(".")
    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
