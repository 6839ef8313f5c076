"""Make questions about a function of what it does on a small input; each answer is found in two ways.

A tracer watches the function as it is. Beside that it runs in a changed form: with probes written into it, or, where
a question is about a change, with the change made in its text as well as in its tree. A question of which the two ways
say different things is dropped.
"""

import ast
import hashlib
import random
import re
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from convnets.notebook.questions.changes import changes
from convnets.notebook.questions.code import FEWEST_FOR_LINE, NotAsked, Tracer, probed, spoiled
from convnets.notebook.questions.options import near, plain, text

OPTIONS = 4
FEWEST = 3  # questions that must be there for any to be asked
MOST_CHANGES = 8  # of a function that are tried
VALUE, TIMES, SHAPE, RAISES, CHANGE = "value", "times", "shape", "raises", "change"


@dataclass(frozen=True)
class Question:
    """A question about a function, with options of which one is right.

    Attributes
    ----------
    kind : str
        "value", "times", "shape", "raises" or "change".
    call : str
        The call that it is about.
    line : int
        Of the function, counted from its ``def``; 0 where the question is which one.
    text : str
        Words between backticks are code.
    options : tuple of str
        Code, all different.
    right : int
        Which of them.
    """

    kind: str
    call: str
    line: int
    text: str
    options: tuple
    right: int

    @property
    def answer(self):
        return self.options[self.right]


@dataclass
class _Noted:
    """What a run has shown: values by line and name, as often as they were set, and how often a line was done."""

    values: dict = field(default_factory=lambda: defaultdict(list))
    times: dict = field(default_factory=lambda: defaultdict(int))

    def __call__(self, line, values):
        self.times[line] += 1
        for name, value in values.items():
            shape = value.shape if type(value) is np.ndarray else None
            self.values[line, name].append((plain(value), shape))


@dataclass
class _Case:
    """A call, and what both ways of looking agree on."""

    code: object
    call: str
    given: set  # what the call itself shows
    noted: _Noted
    result: object
    error: str
    chance: random.Random

    def is_told(self, answer, line=None):
        """Say whether an answer can be read off: in the docstring, in the line, or in the call."""
        places = [self.code.docstring] + ([self.code.line(line)] if line else [])
        return answer in self.given or any(_holds(place, answer) for place in places)

    def question(self, kind, line, words, answer, others):
        """Make a question of an answer and of values that others could be; None where they are too few."""
        options = [text(answer)]
        for other in others:
            if other is not None and text(other) not in options:
                options.append(text(other))
        return self.of_texts(kind, line, words, options)

    def of_texts(self, kind, line, words, options):
        """Make a question of options of which the first is right."""
        options = list(dict.fromkeys(options))
        if len(options) < OPTIONS:
            return None
        shown = options[:OPTIONS]
        self.chance.shuffle(shown)
        return Question(kind, self.call, line, words, tuple(shown), shown.index(options[0]))


def _holds(place, answer):
    squeezed, wanted = re.sub(r"\s+", "", place), re.sub(r"\s+", "", answer)
    if re.fullmatch(r"-?[\w.]+", wanted):
        return re.search(rf"(?<![\w.]){re.escape(wanted)}(?![\w.]*\w)", place) is not None
    return wanted in squeezed


def questions(code, calls, seed=""):
    """Make all questions that there are about a function.

    Parameters
    ----------
    code : convnets.notebook.questions.code.Code
    calls : list of str
        Calls of it with small inputs, as Python writes them; also some that raise an exception.
    seed : str
        Which of several equally good options are taken hangs on this and on the function's source.

    Returns
    -------
    list of Question

    Raises
    ------
    NotAsked
        When a call takes too long; the message says so.

    Examples
    --------
    >>> from convnets.notebook.questions import Code, questions
    >>> source = '''
    ... def total(values):
    ...     result = 0
    ...     for value in values:
    ...         result += value
    ...     return result
    ... '''.strip()
    >>> asked = questions(Code("total", source, {}), ["total([5, 7, 20, 9])"])
    >>> [(question.kind, question.answer) for question in asked][:2]
    [('value', '41'), ('times', '4')]
    """
    code.definition  # noqa: B018 raises NotAsked where there is none
    chance = random.Random(hashlib.sha256(f"{seed}\0{code.source}".encode()).digest())
    made = []
    for call in calls:
        case = _look(code, call, chance)
        if case is None:
            continue
        if case.error:
            made += [_which_raises(case)]
        else:
            made += [*_values(case), *_times(case), *_shapes(case), *_what_if(case)]
    return [question for question in made if question is not None]


def choose(asked, count=3, seed=""):
    """Choose some of many questions: of different kinds and about different lines, where that can be had.

    Parameters
    ----------
    asked : list of Question
    count : int
    seed : str

    Returns
    -------
    list of Question
        Empty when there are fewer than three.
    """
    if len(asked) < FEWEST:
        return []
    left = list(asked)
    random.Random(seed).shuffle(left)
    chosen = []
    while left and len(chosen) < count:
        kinds, lines = [each.kind for each in chosen], [each.line for each in chosen]
        best = min(left, key=lambda each: (kinds.count(each.kind), lines.count(each.line)))
        chosen.append(best)
        left.remove(best)
    return chosen


def _look(code, call, chance):
    """Run a call in both ways, and keep what they agree on; None where not even the result is the same."""
    watched, told = _Noted(), _Noted()
    tracer = Tracer(code, watched)
    result, error = code.call(call, tracer=tracer)
    came_to = []

    def probe(when, line, values):
        if when == "after":
            told(line, values)
        else:
            came_to.append(line)

    again, error_again = code.call(call, probed(code), probe=probe)
    if error != error_again or _words(result) != _words(again):
        return None
    agreed = _Noted()
    for key, seen in watched.values.items():
        if repr(seen) == repr(told.values.get(key)):
            agreed.values[key] = seen
    for line, times in watched.times.items():
        if times == told.times.get(line):
            agreed.times[line] = times
    case = _Case(code, call, _given(call), agreed, result, error, chance)
    case.raised = tracer.raised if came_to and tracer.raised == came_to[-1] else None
    case.ran = set(came_to)
    return case


def _words(value):
    shown = plain(value)
    return repr(shown) if shown is not None else f"{type(value).__name__} {getattr(value, 'shape', '')}"


def _given(call):
    """List what the arguments of a call show, as options would show it."""
    found = set()
    for node in ast.walk(ast.parse(call, mode="eval")):
        if isinstance(node, ast.List | ast.Tuple | ast.Constant | ast.UnaryOp):
            try:
                found.add(text(plain(ast.literal_eval(node))))
            except (ValueError, TypeError):
                continue
    return found


def _values(case):
    for (line, name), seen in case.noted.values.items():
        shown = [value for value, _shape in seen]
        if any(value is None for value in shown):
            continue
        times = len(shown)
        turn = case.chance.randrange(1, times) if times > 1 else 0
        answer = shown[turn]
        if case.is_told(text(answer), line) or (times > 1 and len({text(value) for value in shown}) == 1):
            continue
        neighbours = [*shown[max(turn - 1, 0) : turn][::-1], *shown[turn + 1 : turn + 2]]
        others = [*neighbours, *near(answer), *shown[:turn]]
        when = "" if times == 1 else f" the {_ordinal(turn + 1)} time"
        words = f"In `{case.call}`: what is `{name}` right after line {line} has run{when}?"
        yield case.question(VALUE, line, words, answer, others)


def _times(case):
    """Ask how often a line in a loop is run."""
    for line, times in case.noted.times.items():
        if times < 2 or case.is_told(str(times), line):
            continue
        others = [other for other in case.noted.times.values() if other != times]
        wrong = [*others, times + 1, times - 1, 2 * times, times + 2]
        words = f"How often is line {line} run in `{case.call}`?"
        yield case.question(TIMES, line, words, times, wrong)


def _shapes(case):
    every = {shape for seen in case.noted.values.values() for _value, shape in seen if shape is not None}
    for (line, name), seen in case.noted.values.items():
        shapes = {shape for _value, shape in seen}
        answer = next(iter(shapes))
        if len(shapes) != 1 or not answer or case.is_told(text(answer), line):
            continue
        wrong = sorted((each for each in every if each != answer), key=lambda each: abs(len(each) - len(answer)))
        one_off = [answer[:-1], (1, *answer)] if len(answer) > 1 else [(*answer, 1), (1, *answer)]
        others = [*wrong[:1], *near(answer), *one_off]
        words = f"In `{case.call}`: what is the shape of `{name}` after line {line}?"
        yield case.question(SHAPE, line, words, answer, [each for each in others if min(each, default=1) >= 0])


def _which_raises(case):
    """Ask which line raises: of a function with several that could."""
    line, code = case.raised, case.code
    if line is None or len(code.statements) < FEWEST_FOR_LINE:
        return None
    raising = [number for number, node in code.statements.items() if isinstance(node, ast.Raise)]
    if line in raising and len(raising) < 2:
        return None  # one glance finds it
    others = [number for number in code.statements if number != line]
    others.sort(key=lambda number: (number not in raising, abs(number - line)))
    options = [f"{number}: {code.line(number)}" for number in [line, *others]]
    words = f"`{case.call}` raises {case.error}. Which line does?"
    return case.of_texts(RAISES, 0, words, options)


def _what_if(case):
    """Ask for the result after a small change; the results of other changes are among the options."""
    there = [change for change in changes(case.code) if case.code.statement_at[change.line] in case.ran]
    case.chance.shuffle(there)
    results = []
    for change in there[:MOST_CHANGES]:
        try:
            ways = [
                case.code.call(case.call, spoiled(change.tree)),
                change.code.call(case.call, tracer=Tracer(change.code, lambda *_: None)),
            ]
        except NotAsked:
            continue  # it has made a loop that does not end
        said = [f"{error} is raised" if error else _told(result) for result, error in ways]
        if said[0] is not None and said[0] == said[1]:
            results.append((change, said[0], plain(ways[0][0])))
    as_it_is = _told(case.result)
    if as_it_is is None:
        return
    for change, said, result in results:
        if case.is_told(said):
            continue
        close = [] if result is None else [text(each) for each in near(result)]
        others = [each for _change, each, _result in results if each != said]
        close += [text(each) for each in near(plain(case.result))]
        words = (
            f"In line {change.line}, `{change.old}` becomes `{change.new}`, so that it reads "
            f"`{change.code.line(change.line)}`. What does `{case.call}` return then?"
        )
        yield case.of_texts(CHANGE, change.line, words, [said, as_it_is, *others[:2], *close])


def _told(result):
    shown = plain(result)
    return None if shown is None else text(shown)


def _ordinal(number):
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
