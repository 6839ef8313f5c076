"""Call a learner's function and note everything about the call that values alone do not show."""

import sys
import threading
import warnings
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import wraps
from inspect import isgenerator
from weakref import WeakKeyDictionary

import numpy as np


@dataclass
class Outcome:
    """What a call did.

    Attributes
    ----------
    value : object
        What it returned; None when it raised.
    error : Exception or None
        What it raised.
    changed : dict
        ``{argument: (before, after)}`` for arguments the call changed; a position or a keyword names the argument.
    shares : list
        Arguments whose memory the result shares.
    reused : bool
        Whether the result shares memory with what the function returned from its call before.
    steps : int or None
        Python bytecode instructions executed, when the call was watched.
    packages : frozenset of str
        Packages and modules whose Python code ran, when the call was watched: ``scipy.signal._signaltools`` counts as
        ``scipy``, as ``scipy.signal`` and as itself.
    given : dict
        What the function got in place of the arguments that live in one process only, by position or keyword; stays
        in this process when the outcome is pickled.

    Examples
    --------
    >>> from convnets.checks.calls import perform
    >>> perform(max, (2, 3))
    Outcome(value=3, error=None, changed={}, shares=[], reused=False, steps=None, packages=frozenset())
    """

    value: object = None
    error: Exception | None = None
    changed: dict = field(default_factory=dict)
    shares: list = field(default_factory=list)
    reused: bool = False
    steps: int | None = None
    packages: frozenset = frozenset()
    given: dict = field(default_factory=dict, repr=False)

    def __getstate__(self):
        # A Keras model would start TensorFlow's threads where it arrives, and a process with threads cannot be forked.
        return {**vars(self), "given": {}}


class Stopped(BaseException):
    """A call ran too long, used too much, or ended its process; who runs it derives a class from this one.

    Derives from BaseException so that neither a test's ``except Exception`` nor Hypothesis takes it for a wrong answer
    that could be shrunk.

    Examples
    --------
    >>> from convnets.checks.calls import Stopped, perform
    >>> class OutOfTime(Stopped):
    ...     pass
    >>> def endless(number):
    ...     raise OutOfTime("It was stopped after 5 seconds.")
    >>> perform(endless, (1,))  # an Exception would be in the outcome
    Traceback (most recent call last):
    ...
    convnets.checks.calls.OutOfTime: It was stopped after 5 seconds.
    """


class Performed:
    """A function made of another by a change to what that returns.

    Parameters
    ----------
    function : callable
        The function, or the grader's stand-in for it.
    change : callable
        ``change(value, outcome, given)`` returns the new value, where ``given`` holds the arguments by position or
        keyword; it may note more in the outcome. What it raises counts as raised by the function.
    name : str, optional
        The function's own when left out.

    Examples
    --------
    >>> from convnets.checks.calls import Performed
    >>> largest = Performed(sorted, lambda value, outcome, given: value[-1], "largest")
    >>> largest([2, 3, 1])
    3
    """

    def __init__(self, function, change, name=None):
        self.function, self._change, self._name = function, change, name
        self.__name__ = name or getattr(function, "__name__", "function")

    def through(self, other):
        """Make the same of another function."""
        return type(self)(other, self._change, self._name)

    def perform_call(self, arguments, keywords, watch):
        """Do what `perform` does, and change the value."""
        outcome = perform(self.function, arguments, keywords, watch)
        if outcome.error is None and outcome.value is not None:
            value, outcome.value = outcome.value, None
            try:
                outcome.value = self._change(value, outcome, {**dict(enumerate(arguments)), **keywords})
            except Exception as error:
                outcome.error = error
        return outcome

    def __call__(self, *arguments, **keywords):
        outcome = self.perform_call(arguments, keywords, False)
        if outcome.error is not None:
            raise outcome.error
        return outcome.value


def first_called(function):
    """Return a function as it is before its first call; None where nobody can tell, as in a learner's own kernel."""
    if isinstance(function, Performed):
        inside = first_called(function.function)
        return inside and function.through(inside)
    return function.before_any_call() if hasattr(function, "before_any_call") else None


def perform(function, arguments=(), keywords=None, watch=False):
    """Call a function on copies of the arguments.

    Parameters
    ----------
    function : callable
        A plain function, or a stand-in with a method ``perform_call(arguments, keywords, watch)`` that does the
        same for a function in another process.
    arguments : sequence
        Positional arguments.
    keywords : dict, optional
        Keyword arguments.
    watch : bool or sequence of str
        Count bytecode instructions and packages. Slows Python code down some hundred times. Names are those of other
        functions of the same module whose work does not count.

    Returns
    -------
    Outcome

    Examples
    --------
    >>> from convnets.checks.calls import perform
    >>> outcome = perform(list.append, ([1, 2], 3))
    >>> outcome.value is None, outcome.changed
    (True, {0: ([1, 2], [1, 2, 3])})
    >>> perform(divmod, (1, 0)).error
    ZeroDivisionError('integer division or modulo by zero')
    """
    keywords = keywords or {}
    if hasattr(type(function), "perform_call"):
        return function.perform_call(tuple(arguments), keywords, watch)
    given = [copy_plain(argument) for argument in arguments]
    named = {name: copy_plain(value) for name, value in keywords.items()}
    outcome = Outcome()
    watcher = _Watcher() if watch else None
    apart = watcher.leaving_out(function, watch) if watcher and watch is not True else nullcontext()
    try:
        # A warning would go to stderr, and nbgrader takes every text there for a failed test.
        with warnings.catch_warnings(), apart, watcher or nullcontext():
            warnings.simplefilter("ignore")
            outcome.value = function(*given, **named)
    except Exception as error:
        outcome.error = error
    except SystemExit:
        # Left alone it would end the test instead of failing it.
        outcome.error = RuntimeError("The function calls exit(). Remove that: a function ends with `return`.")
    if watcher:
        outcome.steps, outcome.packages = watcher.steps, watcher.all_packages()
    pairs = list(enumerate(zip(arguments, given, strict=True)))
    pairs += [(name, (keywords[name], named[name])) for name in keywords]
    for name, (before, after) in pairs:
        if not same_plain(before, after):
            described = before.describe(after) if hasattr(type(before), "for_a_call") else copy_plain(after)
            outcome.changed[name] = (before, described)
        if _share(_arrays(outcome.value), _arrays(after)):
            outcome.shares.append(name)
        outcome.value = portable(before, outcome.value, after)
    outcome.given = {name: after for name, (before, after) in pairs if hasattr(type(before), "for_a_call")}
    outcome.reused = _is_reused(function, list(_arrays(outcome.value)))
    if isgenerator(outcome.value):
        _begun[outcome.value] = pairs
    return outcome


# generator -> [(argument, (before, after))] of the call that made it: what it does to them comes when items are taken
_begun = WeakKeyDictionary()


def look_again(generator, items):
    """Look at the arguments of a generator's call once items were taken from it.

    Parameters
    ----------
    generator : object
    items : list
        What was taken.

    Returns
    -------
    dict
        ``changed``: what has become of the arguments that changed, by position or keyword; ``shares``: arguments whose
        memory an item shares; ``reused``: whether an item shares memory with the one before. Empty where the object was
        made by no call that `perform` has seen.
    """
    pairs = _begun.get(generator, ()) if isgenerator(generator) else ()
    taken = [list(_arrays(item)) for item in items]
    return {
        "changed": {name: copy_plain(after) for name, (before, after) in pairs if not same_plain(before, after)},
        "shares": [name for name, (_before, after) in pairs if any(_share(item, _arrays(after)) for item in taken)],
        "reused": bool(pairs) and any(map(_share, taken[1:], taken)),
    }


def _share(first, second):
    second = list(second)
    return any(np.shares_memory(ours, theirs) for ours in first for theirs in second)


def attempt(function, arguments=(), keywords=None):
    """Call a function as `perform` does; where the exercise is not answered yet, that is all there is to say."""
    outcome = perform(function, arguments, keywords)
    if isinstance(outcome.error, NotImplementedError):
        raise outcome.error
    return outcome


# function -> the arrays it returned last; kept, because memory that is still in use cannot be given out again
_returned = WeakKeyDictionary()


def _is_reused(function, arrays):
    try:
        before = _returned.get(function, [])
        _returned[function] = arrays
    except TypeError:  # some callables cannot be remembered
        return False
    return _share(arrays, before)


def copy_plain(value):
    """Copy arrays and the containers that hold them; everything else is passed through.

    An object with a method ``for_a_call()`` gives itself what a function gets in its place. Its methods
    ``is_still(after)`` and ``describe(after)`` say whether that is unchanged, and what has become of it. A method
    ``portable(value, after)`` rids a result of what is different in another process, such as the path of a folder.
    """
    if isinstance(value, np.ndarray):
        copied = value.copy(order="K")
        return copied if value.base is None else copied[...]  # a part of an array stays one
    if type(value) in (list, tuple):
        return type(value)(copy_plain(item) for item in value)
    if type(value) is dict:
        return {key: copy_plain(item) for key, item in value.items()}
    if hasattr(type(value), "for_a_call"):
        return value.for_a_call()
    return value


def portable(argument, value, given):
    """Rid a result of what an argument was in this process alone.

    Parameters
    ----------
    argument : object
        What the test passes; one with a method ``portable``, such as a folder, rids a result of itself.
    value : object
        The result.
    given : object
        What the function got in the argument's place, such as the folder's path.

    Returns
    -------
    object

    Examples
    --------
    >>> from convnets.checks.calls import portable
    >>> from convnets.checks.folders.folder import Folder
    >>> portable(Folder({"cat": 2}), ["/tmp/x7/cat/0.png", "/tmp/x7/cat/1.png"], "/tmp/x7")
    ['folder/cat/0.png', 'folder/cat/1.png']
    >>> portable([2, 3], 3, [2, 3])
    3
    """
    return argument.portable(value, given) if hasattr(type(argument), "portable") else value


def same_plain(first, second):
    """Say whether two values are the same: type, shape, dtype and every element; NaN equals NaN."""
    if isinstance(first, np.ndarray):
        return (
            isinstance(second, np.ndarray)
            and first.shape == second.shape
            and first.dtype == second.dtype
            and np.array_equal(first, second, equal_nan=first.dtype.kind in "fc")
        )
    if hasattr(type(first), "for_a_call"):
        return first.is_still(second)
    if type(first) is not type(second):
        return False
    if type(first) in (list, tuple):
        return len(first) == len(second) and all(map(same_plain, first, second))
    if type(first) is dict:
        return first.keys() == second.keys() and all(same_plain(first[key], second[key]) for key in first)
    if isinstance(first, int | float | str | bytes | None):
        return first == second or (first != first and second != second)
    return True  # objects that are not plain data are not followed


def _arrays(value):
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _arrays(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _arrays(item)


class _Watcher:
    """Counts bytecode instructions: a loop over pixels executes some for each pixel, vectorised code does not."""

    def __init__(self):
        self.steps = 0
        self.packages = set()
        self._paused = 0

    @contextmanager
    def leaving_out(self, function, names):
        """Let a function call others, by their global names, whose work does not count."""
        module = getattr(function, "__globals__", {})
        others = {name: module[name] for name in names if callable(module.get(name))}
        module.update({name: self._unseen(other) for name, other in others.items()})
        try:
            yield
        finally:
            module.update(others)

    def _unseen(self, other):
        @wraps(other)
        def unseen(*arguments, **keywords):
            self._paused += 1
            try:
                return other(*arguments, **keywords)
            finally:
                self._paused -= 1

        return unseen

    def all_packages(self):
        """The modules that ran, and the packages they are in."""
        return frozenset(
            name[:end] for name in self.packages for end, sign in enumerate(f"{name}.") if sign == "." and end
        )

    def __enter__(self):
        # From Python 3.12 on, a tracer misses instructions of the frame it has just been told of.
        self._stop = self._monitor() if hasattr(sys, "monitoring") else self._trace()

    def __exit__(self, *_):
        self._stop()

    def _trace(self):
        def tracer(frame, event, _argument):
            if self._paused:
                return tracer
            if event == "call":
                self.packages.add(str(frame.f_globals.get("__name__", "")))
                frame.f_trace_opcodes = True
                frame.f_trace_lines = False
            elif event == "opcode":
                self.steps += 1
            return tracer

        outer = sys.gettrace()
        sys.settrace(tracer)
        return lambda: sys.settrace(outer)

    def _monitor(self):
        monitoring, events = sys.monitoring, sys.monitoring.events
        tool = next(number for number in range(6) if monitoring.get_tool(number) is None)
        here = threading.get_ident()  # monitoring sees every thread, and those of libraries are none of our business

        def instruction(*_):
            if threading.get_ident() == here and not self._paused:
                self.steps += 1

        def start(*_):
            if threading.get_ident() == here and not self._paused:
                self.packages.add(str(sys._getframe(1).f_globals.get("__name__", "")))

        monitoring.use_tool_id(tool, "convnets.checks.calls")
        monitoring.register_callback(tool, events.INSTRUCTION, instruction)
        monitoring.register_callback(tool, events.PY_START, start)
        monitoring.register_callback(tool, events.PY_RESUME, start)
        monitoring.set_events(tool, events.INSTRUCTION | events.PY_START | events.PY_RESUME)

        def stop():
            monitoring.set_events(tool, events.NO_EVENTS)
            for event in (events.INSTRUCTION, events.PY_START, events.PY_RESUME):
                monitoring.register_callback(tool, event, None)
            monitoring.free_tool_id(tool)

        return stop
