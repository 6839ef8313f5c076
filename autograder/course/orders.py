"""Find every order of a warm-up's lines that the visible tests accept, for pages, on which nothing can be run.

Orders are looked for line by line. The lines so far are run, on all inputs that the visible tests use, as soon as they
make whole statements; what goes wrong there goes wrong with any line behind. Of beginnings that use the same lines and
leave the same variables, one is followed for all. So a thousand orders cost a few dozen runs, and are kept as a graph.
"""

import ast
import contextlib
import copy
import functools
import io
import types
import warnings

import numpy as np

from convnets.notebook.arrange import assembled
from convnets.notebook.exercises import PASSED, try_tests

MOST_BEGINNINGS = 8000  # that are run
MOST_CALLS = 40
MOST_NUMBERS = 2000  # in the arguments of a call; larger ones are there to take time
_GOES_ON = ("else", "elif ", "except", "finally")


class NotFound(Exception):
    """There are more orders than a release has time for, or an input of a test cannot be used twice."""


class _Reached(BaseException):
    """A call has come to the end of the lines so far."""


def orders(exercise, given, answer, mistakes, names):
    """Find the orders of a warm-up's lines that the visible tests accept, and those that are wrong as a mistake is.

    Parameters
    ----------
    exercise : convnets.notebook.exercises.Exercise
    given : dict
        ``head``, ``lines`` and ``count``, as from `autograder.course.warm_ups.warm_up`.
    answer : callable
        A right one.
    mistakes : list of (callable, set of int)
        Wrong answers; an order is taken for one only with one of these lines in it.
    names : dict
        What the names in the lines mean.

    Returns
    -------
    list of dict of int to int
        A graph. From the last node each line that may come next leads to another node, and at last to 0 where an order
        is right, to -1 where it is wrong as the first of the mistakes is, to -2 for the second. Node 0 is empty.

    Raises
    ------
    NotFound
    """
    search = _Search(exercise, given, answer, mistakes, names)
    start = search.follow(frozenset(), (), (), search.look(()))
    return _reachable(search.nodes, start)


def count_right(nodes):
    """Count the right orders in a graph.

    Examples
    --------
    >>> from autograder.course.orders import count_right
    >>> count_right([{}, {1: 0, 2: -1}, {0: 1, 2: 1}])
    2
    """
    counts = [1]
    for node in nodes[1:]:
        counts.append(sum(counts[other] for other in node.values() if other >= 0))
    return counts[-1] if len(nodes) > 1 else 0


def end_of(nodes, order):
    """Follow an order of the right length through a graph; None where it leads nowhere.

    Examples
    --------
    >>> from autograder.course.orders import end_of
    >>> [end_of([{}, {1: 0, 2: -1}, {0: 1}], order) for order in [(0, 1), (0, 2), (1, 0)]]
    [0, -1, None]
    """
    at = len(nodes) - 1
    for line in order:
        at = nodes[at].get(line) if at is not None else None
    return at


def written(nodes):
    """Write a graph in a line.

    Examples
    --------
    >>> from autograder.course.orders import read, written
    >>> written([{}, {1: 0, 2: -1}, {0: 1}])
    ';1:0 2:-1;0:1'
    >>> read(_)
    [{}, {1: 0, 2: -1}, {0: 1}]
    """
    return ";".join(" ".join(f"{line}:{to}" for line, to in node.items()) for node in nodes)


def read(text):
    """Read what `written` has written."""
    pairs = [[pair.split(":") for pair in node.split()] for node in text.split(";")]
    return [{int(line): int(to) for line, to in node} for node in pairs]


def _reachable(nodes, start):
    """Keep what can be reached, and number it anew in the same order."""
    kept, left = {0}, [start] if start else []
    while left:
        at = left.pop()
        kept.add(at)
        left += [other for other in nodes[at].values() if other > 0 and other not in kept]
    numbers = {old: new for new, old in enumerate(sorted(kept))}
    return [{line: numbers.get(to, to) for line, to in sorted(nodes[old].items())} for old in sorted(kept)]


class _Search:
    def __init__(self, exercise, given, answer, mistakes, names):
        self._exercise, self._given, self._names = exercise, given, names
        self._lines = given["lines"]
        self._indents = [len(line) - len(line.lstrip()) for line in self._lines]
        own = {
            node.id
            for line in self._lines
            for node in ast.walk(ast.parse(completed(line)))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        self._globals = {name: value for name, value in names.items() if name not in own} | {"_Reached": _Reached}
        self._calls = inputs(exercise, answer, names)
        self._wanted = outcomes(answer, self._calls)
        self._mistakes = []
        for number, (wrong, lines) in enumerate(mistakes, start=1):
            came_to = outcomes(wrong, self._calls)
            if not breaks_off(came_to, self._wanted):
                self._mistakes.append((-number, loosely(came_to), lines))
        self._known, self._verdicts, self._runs = {}, {}, 0
        self.nodes, self._numbers = [{}], {}

    def follow(self, used, closed, begun, state):
        """Return the node of a beginning: ``closed`` makes whole statements, and ``begun`` the start of one more."""
        key = used, begun, state
        if key not in self._known:
            self._known[key] = None if state is None else self._node(used, closed, begun, state)
        return self._known[key]

    def _node(self, used, closed, begun, state):
        if len(used) == self._given["count"]:
            order = (*closed, *begun)
            return self._end(used, order, self.look(order) if begun else state)
        found, levels = {}, self._levels(begun)
        opened = begun and self._lines[begun[-1]].endswith(":")
        if begun and not opened:
            node = self.follow(used, (*closed, *begun), (), self.look((*closed, *begun)))
            found.update(self.nodes[node] if node else {})
        for place, line in enumerate(self._lines):
            indent, whole = self._indents[place], not begun and not line.endswith(":")
            goes_on = indent > 0 or line.startswith(_GOES_ON)
            fits = indent > levels[-1] if opened else indent in levels
            if place in used or not fits or goes_on != bool(begun):
                continue
            if whole:
                node = self.follow(used | {place}, (*closed, place), (), self.look((*closed, place)))
            else:
                node = self.follow(used | {place}, closed, (*begun, place), state)
            if node is not None:
                found[place] = node
        if not found:
            return None
        key = frozenset(found.items())
        if key not in self._numbers:
            self.nodes.append(found)
            self._numbers[key] = len(self.nodes) - 1
        return self._numbers[key]

    def _levels(self, begun):
        """Return the indentations that are open after lines."""
        levels = [0]
        for place in begun:
            while levels[-1] > self._indents[place]:
                levels.pop()
            if levels[-1] != self._indents[place]:
                levels.append(self._indents[place])
        return levels

    def _end(self, used, order, state):
        if state is None:
            return None
        if self._passes(order, state):
            return 0
        came_to = loosely(said if said[0] != "reached" else ("returned", None, said[2]) for said in state)
        return next((end for end, wrong, lines in self._mistakes if wrong == came_to and lines & used), None)

    def _passes(self, order, state):
        """Say whether the visible tests accept lines that leave a state."""
        if state not in self._verdicts:
            space = dict(self._names)
            exec(compile(assembled(self._given["head"], self._lines, order), "<order>", "exec"), space)
            verdict = try_tests(self._exercise, {**self._names, self._exercise.name: space[self._exercise.name]})
            self._verdicts[state] = verdict.state == PASSED
        return self._verdicts[state]

    def look(self, order):
        """Run lines on every input; None where nothing that is sought can come of them."""
        self._runs += 1
        if self._runs > MOST_BEGINNINGS:
            raise NotFound
        source = assembled(self._given["head"], self._lines, order) + "\n    raise _Reached(locals())"
        space = dict(self._globals)
        try:
            exec(compile(source, "<beginning>", "exec"), space)
        except SyntaxError:
            return None
        state = tuple(outcomes(space[self._exercise.name], self._calls))
        done = [place for place, said in enumerate(state) if said[0] != "reached"]
        may_be_right = all(state[place][0] == self._wanted[place][0] for place in done)
        if may_be_right and len(done) == len(state):  # what comes behind is never reached
            may_be_right = self._passes(order, state)
        came_to = loosely(state)
        may_be_known = any(all(came_to[place] == wrong[place] for place in done) for _, wrong, _ in self._mistakes)
        return state if may_be_right or may_be_known else None


def completed(line):
    """Complete a line to something that can be parsed."""
    line = line.strip()
    line = f"if 1: pass\n{line}" if line.startswith(("else", "elif")) else line
    line = f"try: pass\n{line}" if line.startswith(("except", "finally")) else line
    return f"{line} pass" if line.endswith(":") else line


def inputs(exercise, answer, names):
    """List the inputs that the visible tests use: arguments and keywords."""
    found = {}

    @functools.wraps(answer)
    def spy(*arguments, **keywords):
        if _size([arguments, keywords]) <= MOST_NUMBERS:
            try:
                call = copy.deepcopy((arguments, keywords))
            except TypeError:
                raise NotFound from None
            found.setdefault(_Seen().of(list(call)), call)
        return answer(*arguments, **keywords)

    try_tests(exercise, {**names, exercise.name: spy})
    return list(found.values())[:MOST_CALLS]


def outcomes(function, calls):
    """Say what each call comes to: how it ends, with what, and what has become of its arguments."""
    made = []
    for call in calls:
        arguments, keywords = copy.deepcopy(call)
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                how, what = "returned", function(*arguments, **keywords)
            except _Reached as here:
                how, what = "reached", here.args[0]
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                how, what = "raised", (type(error).__name__, bool(str(error).strip()))
        seen = _Seen()
        made.append((how, seen.of(what), seen.of([arguments, keywords]) + seen.shared()))
    return made


def breaks_off(came_to, wanted):
    """Say whether a call raises an exception that returns something where all is right."""
    return any(said[0] == "raised" != right[0] for said, right in zip(came_to, wanted, strict=True))


def loosely(came_to):
    """Leave out of outcomes what does not make one mistake another: kinds of numbers, rounding, words."""
    return [(how, what[1][0]) if how == "raised" else (how, _rounded(what)) for how, what, _arguments in came_to]


def _size(value):
    if isinstance(value, dict):
        value = list(value.values())
    return sum(map(_size, value)) if isinstance(value, tuple | list) else np.size(value)


def _key(item):
    return repr(item[0])  # that of an array in its place would take longer than all the rest


class _Seen:
    """Puts values into a form that is the same for values that a program could not tell apart."""

    def __init__(self):
        self._arrays, self._names, self._kept = [], {}, []

    def of(self, value):
        kind = type(value)
        if value is None or kind in (bool, int, float, complex, str, bytes, slice, range):
            return kind.__name__, repr(value)
        if isinstance(value, np.generic | np.dtype):
            return "numpy", str(getattr(value, "dtype", value)), repr(value)
        if isinstance(value, types.ModuleType | type):
            return kind.__name__, value.__name__
        if id(value) in self._names:
            return "again", self._names[id(value)]
        self._names[id(value)] = len(self._names)
        self._kept.append(value)  # so that its id stays its own
        if kind is np.ndarray and value.dtype.kind in "biufc":
            self._arrays.append(value)
            return "array", value.dtype.str, value.shape, value.flags.writeable, value.tobytes()
        if kind in (tuple, list):
            return kind.__name__, tuple(map(self.of, value))
        if kind is dict:
            return "dict", tuple((self.of(key), self.of(each)) for key, each in sorted(value.items(), key=_key))
        if isinstance(value, np.random.Generator):
            return "generator", repr(value.bit_generator.state)
        return "other", object()  # like nothing else

    def shared(self):
        """Say which of the arrays are views of others."""
        return tuple(
            (first, second)
            for first, one in enumerate(self._arrays)
            for second, other in enumerate(self._arrays[:first])
            if np.may_share_memory(one, other)
        )


def _rounded(seen):
    if seen is None or seen[0] == "NoneType":
        return None
    if seen[0] == "array":
        values = np.frombuffer(seen[4], seen[1]).reshape(seen[2]).astype(complex)
        return "array", seen[2], (np.round(values, 5) + 0).tobytes()
    if seen[0] in ("tuple", "list"):
        return seen[0], tuple(map(_rounded, seen[1]))
    if seen[0] in ("int", "float", "numpy"):
        with contextlib.suppress(ValueError):
            return "number", round(float(seen[-1].split("(")[-1].rstrip(")")), 5)
    return seen
