"""Prove the catalogue's other side: an answer with other mistakes gets no hint that is untrue of it.

Such answers are made of the catalogue. Two mistakes are put together: where a right answer was changed in different
places, both changes are made; elsewhere the arguments decide which of the two is done. And an exercise is answered by
the mistakes of others that take as many arguments. A hint is true of two mistakes when it names one of them, and of any
answer when its own mistake fails the same test with the same words.
"""

import ast
import re
import subprocess
import tempfile
from collections import Counter
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path
from textwrap import indent

from autograder.course.source import hint_of, read_assignment
from autograder.exam.kit import make_kit
from autograder.tools.verify import BORROWED, MISCONCEPTION, PAIR, Variant, chosen, grade_answers, hint_in
from convnets.checks.words import split_hint

_TOKEN = re.compile(r"\w+|\n *| +|[^\w\s]")
# Instructions, of which there are never as many twice, and the number of bits, of which the hint need say nothing.
_BESIDE = re.compile(r"(?<=executes )[\d,]+|, dtype=float32")


def reverse(name, solutions=None, workers=None, exercises=None):
    """Grade answers that are made of an assignment's catalogued mistakes with the sealed grader.

    Parameters
    ----------
    name, solutions, workers, exercises
        As in `autograder.tools.verify.verify`.

    Returns
    -------
    list of autograder.tools.verify.Variant
        Those of which a hint is untrue have ``clean`` False.

    Raises
    ------
    AssignmentError
        When there is no such assignment or exercise.
    """
    assignment = read_assignment(name, solutions)
    made = []
    for exercise in chosen(assignment, exercises):
        made += [*_mistakes(exercise), *_pairs(exercise), *_borrowed(assignment, exercise)]
    grade_answers(assignment, make_kit(name, solutions), made, workers)
    checked = [variant for variant, _source in made]
    owners = {(each.exercise, each.label): each for each in checked if each.kind == MISCONCEPTION}
    for variant in checked:
        for test, said in variant.said.items():
            owner = owners.get((variant.exercise, hint_in(said)))
            if owner and _words(owner.said.get(test, "")) == _words(said):
                variant.true += (owner.label,)
    return [variant for variant in checked if variant.kind != MISCONCEPTION]


def _words(said):
    return _BESIDE.sub("", split_hint(said)[0])


def _mistakes(exercise):
    for cell in exercise.misconceptions:
        yield Variant(exercise.name, MISCONCEPTION, hint_of(cell), true=(hint_of(cell),)), cell.source


def _pairs(exercise):
    """Each two mistakes whose changes go together, and each other mistake mixed with the next one."""
    right = [_plain(cell.source) for cell in (exercise.answer, *exercise.alternatives)]
    wrong = {hint_of(cell): _plain(cell.source) for cell in exercise.misconceptions}
    sources = {}
    for one, other in combinations(wrong, 2):
        base = max(right, key=lambda text: _alike(text, wrong[one]) + _alike(text, wrong[other]))
        merged = _merged(wrong[one], base, wrong[other])
        if merged and merged not in (*right, wrong[one], wrong[other]):
            sources[one, other] = merged
    alone = [hint for hint in wrong if not any(hint in pair for pair in sources)]
    for one, other in zip(alone, [*alone[1:], *wrong], strict=False):
        if one != other:
            sources[one, other] = _mixed(exercise, wrong[one], wrong[other])
    for pair, source in sources.items():
        yield Variant(exercise.name, PAIR, " + ".join(pair), true=pair), source


def _borrowed(assignment, exercise):
    count = len(_parameters(exercise))
    for other in assignment.exercises:
        if other is not exercise and len(_parameters(other)) == count:
            for cell in other.misconceptions:
                label = f"{other.name}: {hint_of(cell)}"
                yield Variant(exercise.name, BORROWED, label), f"{cell.source}\n\n{exercise.name} = {other.name}\n"


def _plain(source):
    """Source without docstrings, which are the hints, and in one style."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree) + "\n"


def _alike(one, other):
    return SequenceMatcher(None, one.splitlines(), other.splitlines()).quick_ratio()


def _merged(one, base, other):
    """Both changes of a text, word by word, or None where they meet."""
    with tempfile.TemporaryDirectory() as folder:
        for file, text in {"one": one, "base": base, "other": other}.items():
            words = (word.replace("\n", "\r") for word in _TOKEN.findall(text))
            Path(folder, file).write_bytes("".join(f"{word}\n" for word in words).encode())
        done = subprocess.run(["git", "merge-file", "-pq", "one", "base", "other"], cwd=folder, capture_output=True)
    merged = done.stdout.decode().replace("\n", "").replace("\r", "\n")
    try:
        return merged if not done.returncode and ast.parse(merged) else None
    except SyntaxError:
        return None


def _mixed(exercise, one, other):
    """A function that does one of two things, as its arguments decide."""
    name, taken = exercise.name, ", ".join(_parameters(exercise))
    head = re.search(rf"^def {name}\(.*\):$", _plain(exercise.answer.source), re.MULTILINE).group()
    parts = [
        f"def {part}():\n{indent(text, '    ')}    return {name}\n" for part, text in (("_one", one), ("_other", other))
    ]
    told = f"re.sub(' at 0x[0-9a-f]+', '', repr([{taken}]))"  # the address of a function is another one each time
    choice = f"(_one, _other)[zlib.crc32({told}.encode()) % 2]()({taken})"
    return "\n".join(["import re\nimport zlib\n", *parts, f"{head}\n    return {choice}\n"])


def _parameters(exercise):
    tree = ast.parse(exercise.answer.source)
    function = next(node for node in tree.body if getattr(node, "name", None) == exercise.name)
    return [each.arg for each in function.args.args]


def summary(name, checked):
    """Say in a line what became of an assignment's answers.

    Parameters
    ----------
    name : str
        The assignment.
    checked : list of autograder.tools.verify.Variant

    Returns
    -------
    str

    Examples
    --------
    >>> from autograder.tools.reverse import summary
    >>> from autograder.tools.verify import PAIR, Variant
    >>> from convnets.checks.words import join_hint
    >>> pair = Variant("convolve", PAIR, "It flips. + It pads.", true=("It flips.", "It pads."))
    >>> said = {"test_convolve": join_hint("It returns 3, expected 5.", "It pads.")}
    >>> other = Variant("convolve", PAIR, "It flips. + It scales.", said=said, true=("It flips.", "It scales."))
    >>> summary("01-convolution", [pair, other])
    '01-convolution: 2 pairs of mistakes and 0 mistakes of other exercises; 1 get a hint, which is untrue of 1'
    """
    count, told = Counter(each.kind for each in checked), sum(bool(each.hints) for each in checked)
    untrue = sum(not each.clean for each in checked)
    return (
        f"{name}: {count[PAIR]} pairs of mistakes and {count[BORROWED]} mistakes of other exercises; "
        f"{told} get a hint, which is untrue of {untrue or 'none'}"
    )
