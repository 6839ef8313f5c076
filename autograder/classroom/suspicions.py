"""Point out what in a submission's cells looks like an attempt on the grader.

Nothing here protects anything: the tests are sealed and the process is shut in (`autograder.exam.examiner`,
`autograder.exam.sandbox`). It tells an instructor which submissions to read.
"""

import ast

from IPython.core.inputtransformer2 import TransformerManager

from autograder.course.source import is_test

LARGEST = 50_000  # characters of a cell that are read
_MODULES = {"autograder", "nbgrader", "ctypes", "socket", "subprocess", "multiprocessing", "gc", "cffi", "ptrace"}
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
        for reason in (*_in_source(cell.source), *_in_outputs(cell.outputs)):
            found.setdefault(reason, number)
    return [f"Cell {number} {reason}." for reason, number in found.items()][:10]


def _in_outputs(outputs):
    for output in outputs:
        if output.output_type == "error" and output.ename in _REFUSED:
            yield f"was refused something by the sandbox: {output.ename}: {output.evalue[:120]}".rstrip(".")


def _in_source(source):
    try:
        tree = ast.parse(TransformerManager().transform_cell(source[:LARGEST]))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    imported, modules = [], {}  # modules: what a name in the cell stands for
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported += [a.name for a in node.names]
            roots = {a.name.partition(".")[0] for a in node.names if not a.asname}
            modules.update({a.asname: a.name for a in node.names if a.asname} | {root: root for root in roots})
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported += [f"{node.module}.{a.name}" for a in node.names]
            modules.update({(a.asname or a.name): f"{node.module}.{a.name}" for a in node.names})
    for name in imported:
        if name.partition(".")[0] in _MODULES:
            yield f"imports {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Delete):
            targets = [node.target] if isinstance(node, ast.AugAssign) else node.targets
            for target in targets:
                yield from _patched(target, modules)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("setattr", "delattr") and node.args:
                yield from _patched(ast.Attribute(node.args[0], "an attribute"), modules)
        elif isinstance(node, ast.Attribute):
            dotted = _dotted(node)
            root, _, rest = dotted.partition(".")
            full = f"{modules.get(root, root)}.{rest}"
            if full in _CALLS:
                yield f"uses {full}"
            elif node.attr in _INNARDS:
                yield f"uses {node.attr}"
        elif isinstance(node, ast.Name) and modules.get(node.id) in _CALLS:
            yield f"uses {modules[node.id]}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for text in _TEXTS:
                if text in node.value:
                    yield f"speaks of {text}"


def _patched(target, modules):
    """Name the module whose content an assignment replaces."""
    if isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from _patched(each, modules)
        return
    if not isinstance(target, ast.Attribute):
        return
    dotted = _dotted(target)
    root, _, rest = dotted.partition(".")
    if root in ("__builtins__", "builtins") or root in modules:
        yield f"replaces {modules.get(root, root)}.{rest}"


def _dotted(node):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
