"""Rules that every assignment keeps; a release refuses an assignment that breaks one."""

import ast
import builtins
import re
import symtable
from collections import Counter

from autograder.course.source import ALTERNATIVE, MISCONCEPTION, has_tag, is_answer

MISCONCEPTIONS_WANTED = 5
ALTERNATIVES_WANTED = 2

_SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION$.*?^[ \t]*### END SOLUTION$\n?", re.MULTILINE | re.DOTALL)
_HIDDEN = re.compile(r"^[ \t]*### BEGIN HIDDEN TESTS$.*?^[ \t]*### END HIDDEN TESTS$\n?", re.MULTILINE | re.DOTALL)
_FOR_THE_GRADER = re.compile(r"(autograder|hypothesis)\b|convnets\.checks\.(\w+\.)?(hidden|agreement|draws|cost)$")
_HEADING = re.compile(r"^## Exercise (\d+): `([^`]+)` \((\d+) points?\)$", re.MULTILINE)


def lint(assignment):
    """List the rules an assignment breaks.

    Parameters
    ----------
    assignment : autograder.course.source.Assignment

    Returns
    -------
    list of str
        Each names the file, the cell, what is wrong, and the mend.
    """
    problems = []
    cells = list(enumerate(assignment.notebook.cells, start=1))
    numbers = {id(cell): number for number, cell in cells}

    def report(cell, text):
        problems.append(f"{assignment.path.name}, cell {numbers[id(cell)]}: {text}")

    answers = {exercise.name for exercise in assignment.exercises}
    ids = Counter(cell.metadata.nbgrader.grade_id for _, cell in cells if "nbgrader" in cell.metadata)
    for _, cell in cells:
        if "nbgrader" in cell.metadata and ids[cell.metadata.nbgrader.grade_id] > 1:
            report(cell, f"grade_id {cell.metadata.nbgrader.grade_id!r} occurs more than once. Rename one.")
        if cell.cell_type == "code" and not _parses(cell):
            report(cell, "this is not valid Python. Mend it.")
    if problems:
        return problems

    if not assignment.exercises:
        problems.append(f"{assignment.path.name}: there is no answer cell. Add one, with nbgrader metadata.")
    for exercise in assignment.exercises:
        _lint_answer(exercise, report)
        _lint_tests(exercise, answers, report)
        _lint_variants(exercise, report)
        _lint_hints(exercise, report)
    _lint_headings(assignment, cells, report)
    return problems


def _parses(cell):
    try:
        ast.parse(cell.source)
    except SyntaxError:
        return False
    return True


def _functions(source):
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def _lint_answer(exercise, report):
    cell, name = exercise.answer, exercise.name
    functions = _functions(cell.source)
    if name not in functions:
        found = ", ".join(functions) or "no function"
        report(cell, f"grade_id is {name!r}, but the cell defines {found}. Name the answer after its function.")
        return
    starter = _SOLUTION.sub(r"\1pass\n", cell.source + "\n")
    if starter == cell.source + "\n":
        report(cell, "no ### BEGIN SOLUTION … ### END SOLUTION inside the function. Put the function's body there.")
        return
    try:
        released = _functions(starter).get(name)
    except SyntaxError:
        report(cell, "what is left without the solution is not valid Python. Put whole lines of the body in it.")
        return
    if released is None or ast.dump(released.args) != ast.dump(functions[name].args):
        report(cell, "learners do not get the signature: it is inside the solution. Begin the solution below it.")
    elif not ast.get_docstring(released):
        if ast.get_docstring(functions[name]):
            report(cell, "learners do not get the docstring: it is inside the solution. Begin the solution below it.")
        else:
            report(cell, f"{name} has no docstring. Say in it what to return.")
    elif ast.get_docstring(released) != ast.get_docstring(functions[name]):
        report(cell, "the stub's docstring differs from the reference's. Keep one docstring, above the solution.")
    elif len(released.body) != 2 or not isinstance(released.body[1], ast.Pass):
        report(cell, "code of the function stands outside the solution. Move it between its marks.")


def _lint_tests(exercise, answers, report):
    if not exercise.tests:
        report(exercise.answer, f"{exercise.name} has no test cell. Add one, with points.")
        return
    if not any(_HIDDEN.search(test.source) for test in exercise.tests):
        report(exercise.tests[0], "no ### BEGIN HIDDEN TESTS … ### END HIDDEN TESTS. Add hidden tests.")
    for test in exercise.tests:
        visible = _HIDDEN.sub("", test.source + "\n")
        for source, which in ((test.source, "the test"), (visible, "the visible part of the test")):
            unknown = sorted(free_names(source) - answers)
            if unknown:
                report(test, f"{which} uses {', '.join(unknown)}, which nothing defines there. Import or define it.")
                break
        for name in filter(_FOR_THE_GRADER.match, _imports(visible)):
            report(test, f"the visible part imports {name}, which learners may lack. Import it in the hidden part.")
        if not visible.strip():
            report(test, "nothing of this test is visible. Show learners at least one check.")


def free_names(source):
    """Find the names a cell uses but neither imports, defines, nor gets from Python itself.

    Parameters
    ----------
    source : str

    Returns
    -------
    set of str

    Examples
    --------
    >>> from autograder.course.lint import free_names
    >>> sorted(free_names("import numpy as np\\ncheck(double, np.ones(3))"))
    ['check', 'double']
    """
    top = symtable.symtable(source, "cell", "exec")
    defined = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    used, tables = set(), [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if table is top or symbol.is_global():
                used |= {symbol.get_name()} if symbol.is_referenced() else set()
                if symbol.is_declared_global() and symbol.is_assigned():
                    defined.add(symbol.get_name())
    return {name for name in used - defined if not hasattr(builtins, name)} - {"__name__"}


def _imports(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _lint_variants(exercise, report):
    for cell in exercise.misconceptions + exercise.alternatives:
        kind = MISCONCEPTION if has_tag(cell, MISCONCEPTION) else ALTERNATIVE
        if exercise.name not in _functions(cell.source):
            report(cell, f"this {kind} does not define {exercise.name}. Give it the name of the exercise.")
    known = Counter(cell.metadata["symptom"] for cell in exercise.misconceptions if "symptom" in cell.metadata)
    for cell in exercise.misconceptions:
        if known[cell.metadata.get("symptom")] > 1:
            report(cell, f"the symptom {cell.metadata['symptom']!r} is that of another mistake too. Give each its own.")
    for kind, found, wanted in (
        (MISCONCEPTION, exercise.misconceptions, MISCONCEPTIONS_WANTED),
        (ALTERNATIVE, exercise.alternatives, ALTERNATIVES_WANTED),
    ):
        if len(found) < wanted:
            report(exercise.answer, f"{exercise.name} has {len(found)} {kind} cells. Write at least {wanted}.")


def _lint_hints(exercise, report):
    solution = "\n".join(match[0] for match in _SOLUTION.finditer(exercise.answer.source + "\n"))
    lines = {line.strip() for line in solution.splitlines() if len(line.strip()) > 20}
    for cell in exercise.hints:
        told = sorted(line for line in lines if line in cell.source)
        if told:
            report(cell, f"the hint gives a line of the solution away: {told[0]}. Say how to find it instead.")
        if re.search(r"^\s*(#|```|\|)", cell.source, re.MULTILINE):
            report(cell, "a hint is a paragraph: without headings, tables and blocks of code. Write it as sentences.")


def _lint_headings(assignment, cells, report):
    """Compare the headings of the exercises with the metadata."""
    exercises = list(assignment.exercises)
    heading = None
    count = 0
    for _, cell in cells:
        if cell.cell_type == "markdown":
            found = _HEADING.findall(cell.source)
            heading = found[-1] if found else heading
        elif is_answer(cell):
            exercise = exercises[count]
            count += 1
            wanted = (str(count), exercise.name, f"{exercise.points:g}" if exercise.tests else "0")
            if heading != wanted:
                points = "point" if wanted[2] == "1" else "points"
                report(
                    cell,
                    f"the heading before it should be: ## Exercise {wanted[0]}: `{wanted[1]}` ({wanted[2]} {points}). "
                    "Make the prose and the metadata say the same.",
                )
            heading = None
