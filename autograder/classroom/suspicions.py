"""Point out what in a submission's cells looks like an attempt on the grader.

Nothing here protects anything: the tests are sealed and the process is shut in (`autograder.exam.examiner`,
`autograder.exam.sandbox`). It tells an instructor which submissions to read.
"""

import ast
import contextlib
import re

from autograder.course.source import is_test
from autograder.exam.submission import python_of

LARGEST = 50_000  # characters of a cell that are read
_MODULES = {"autograder", "nbgrader", "ctypes", "socket", "subprocess", "multiprocessing", "gc", "cffi", "ptrace"}
_HIDDEN = {  # of convnets
    "hidden", "agreement", "catalogue", "draws", "judging", "rehearsal", "follow_through", "handover", "objects",
    "lent",
}  # fmt: skip
_CALLS = {
    "os._exit", "os.fork", "os.kill", "os.killpg", "os.execv", "os.system", "os.ptrace", "os.open", "sys._getframe",
    "sys.settrace", "sys.setprofile", "sys._current_frames", "inspect.stack", "inspect.currentframe",
    "threading.setprofile", "threading.settrace", "signal.signal", "signal.setitimer",
}  # fmt: skip
_TEXTS = ("/proc/", "gradebook.db", "nbgrader_config", "BEGIN HIDDEN", "BEGIN SOLUTION", "solutions/", "autograded/")
_INNARDS = {
    "ast_transformers", "input_transformers", "input_transformers_cleanup", "run_code", "showtraceback",
    "__globals__", "__subclasses__", "f_back", "tb_frame", "gi_frame",
}  # fmt: skip
_RESTART = re.compile(r"os\.kill\(os\.getpid\(\), (9|signal\.SIGKILL)\)")  # how notebooks on Colab restart themselves
_REFUSED = ("PermissionError", "BlockingIOError")


def suspicions(notebook, released):
    """Say what in the learner's cells is no part of answering.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        A graded notebook.
    released : nbformat.NotebookNode
        The notebook that learners were given; what stands there is nobody's attempt.

    Returns
    -------
    list of str
        A sentence each; empty for an honest submission. At most ten.
    """
    given = {cell.source.strip() for cell in released.cells}
    found = {}
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code" or is_test(cell) or cell.source.strip() in given:
            continue
        refused = [] if "n_jobs" in cell.source else _in_outputs(cell.outputs)  # scikit-learn's workers, asked for
        for reason in (*_in_source(cell.source), *refused):
            found.setdefault(reason, number)
    return [f"Cell {number} {reason}." for reason, number in found.items()][:10]


def _in_outputs(outputs):
    for output in outputs:
        if output.output_type == "error" and output.ename in _REFUSED:
            yield f"was refused something by the sandbox: {output.ename}"


def _in_source(source):
    tree = python_of(source[:LARGEST])
    if tree is None:
        return []
    seen = _Imports()
    look = _Look(seen.modules)
    with contextlib.suppress(RecursionError):  # nobody nests that deep to answer; what was found until then stands
        seen.visit(tree)
        look.visit(tree)
    names = [name for name in seen.names if _is_no_part_of_answering(name)]
    if {"pip", "install"} <= look.texts:  # so do set-up cells, the course's earlier ones among them
        names = [name for name in names if name != "subprocess"]
    return [f"imports {name}" for name in names] + look.found


def _is_no_part_of_answering(name):
    root, *parts = name.split(".")
    return root in _MODULES or (root == "convnets" and bool(_HIDDEN.intersection(parts)))


class _Imports(ast.NodeVisitor):
    """What a cell imports, and which module each of its names stands for."""

    def __init__(self):
        self.names, self.modules = [], {}

    def visit_Import(self, node):
        for alias in node.names:
            self.names.append(alias.name)
            root = alias.name.partition(".")[0]
            self.modules[alias.asname or root] = alias.name if alias.asname else root

    def visit_ImportFrom(self, node):
        for alias in node.names if node.module else ():
            name = f"{node.module}.{alias.name}"
            self.names.append(name)
            self.modules[alias.asname or alias.name] = name


class _Look(ast.NodeVisitor):
    """What a cell does that is no part of answering."""

    def __init__(self, modules):
        self._modules, self.found, self.texts = modules, [], set()

    def visit_Assign(self, node):
        self._replaces(node.targets)
        self.generic_visit(node)

    def visit_AugAssign(self, node):
        self._replaces([node.target])
        self.generic_visit(node)

    def visit_Delete(self, node):
        self._replaces(node.targets)
        self.generic_visit(node)

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr") and node.args:
            self._replaces([ast.Attribute(node.args[0], "an attribute")])
        if not _RESTART.fullmatch(ast.unparse(node)):
            self.generic_visit(node)

    def visit_Attribute(self, node):
        names, base = _dotted(node)
        full = f"{self._modules.get(names[0], names[0])}.{'.'.join(names[1:])}"
        if full in _CALLS:
            self.found.append(f"uses {full}")
        self.found += [f"uses {name}" for name in names[1:] if name in _INNARDS]
        self.visit(base)

    def visit_Name(self, node):
        if self._modules.get(node.id) in _CALLS:
            self.found.append(f"uses {self._modules[node.id]}")

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            self.texts.add(node.value)
            self.found += [f"speaks of {text}" for text in _TEXTS if text in node.value]

    def _replaces(self, targets):
        """Name the module whose content an assignment replaces."""
        for target in targets:
            if isinstance(target, ast.Tuple | ast.List):
                self._replaces(target.elts)
            elif isinstance(target, ast.Attribute):
                (root, *rest), _base = _dotted(target)
                if root in ("__builtins__", "builtins") or root in self._modules:
                    self.found.append(f"replaces {self._modules.get(root, root)}.{'.'.join(rest)}")


def _dotted(node):
    """Take a dotted name apart: its names, the first one empty where it is none, and what the names follow."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id if isinstance(node, ast.Name) else "", *reversed(parts)], node
