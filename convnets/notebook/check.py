"""``convnets.check`` and ``convnets.hint``: how far the answers in this notebook are, and help with the next one."""

import _thread
import functools
import threading
from collections import Counter
from difflib import get_close_matches

from convnets.notebook.exercises import FAILED, MISSING, OPEN, PASSED, Verdict, assignments, try_tests
from convnets.notebook.panels import (
    RIGHT,
    UNDECIDED,
    WRONG,
    Panel,
    block,
    box,
    folded,
    image,
    is_read,
    marked,
    names_here,
    number,
    paragraph,
    plain,
    plain_sign,
    sign,
    table,
    worth,
)

STATES = {PASSED: RIGHT, FAILED: WRONG, OPEN: UNDECIDED, MISSING: UNDECIDED}
_SAID = {PASSED: "pass", FAILED: "fail", OPEN: "open", MISSING: "not defined"}
_DECIDES = "The grader's further tests, on other inputs, decide."


class Refused(Exception):
    """What was asked for cannot be done; the message says why, for the learner."""


def speaking(function):
    """Let a function say what is wrong instead of raising it, and be silent where nobody reads.

    Parameters
    ----------
    function : callable

    Returns
    -------
    callable
    """

    @functools.wraps(function)
    def said(*arguments, **keywords):
        if not is_read():
            return
        try:
            function(*arguments, **keywords)
        except Refused as refused:
            notice(WRONG, str(refused)).show()
        except KeyboardInterrupt:
            notice(UNDECIDED, "Stopped.").show()
        except Exception as error:
            where = f"convnets.{function.__name__}"
            told = f"`{where}` itself failed, not your code: {type(error).__name__}: {error}. "
            notice(WRONG, told + "Please tell your instructor. The test cells of the notebook work without it.").show()

    return said


def notice(state, text):
    """Make a panel of one paragraph, in which words between backticks are code."""
    return Panel(box(state, paragraph(marked(text))), plain(text))


@speaking
def check(exercise=None, *, seconds=60):
    """Run the visible tests of one exercise, or of all, with the functions as they are defined right now.

    Parameters
    ----------
    exercise : str or callable, optional
        The exercise's name, or its function. Without one: all exercises of the assignment.
    seconds : float
        How long the tests of an exercise may take.

    Examples
    --------
    >>> import convnets
    >>> convnets.check("convolve")
    ○ convolve: not defined yet: run the cell that defines it.
    Stuck? convnets.hint("convolve") helps.
    """
    names = names_here()
    if exercise is None:
        panel_of_all(*try_all(assignment_here(names), names, seconds)).show()
    elif isinstance(exercise, str) and exercise in assignments():
        panel_of_all(*try_all(exercise, names, seconds)).show()
    else:
        panel_of_one(_try_in_time(find(exercise, names), names, seconds)).show()


def _try_in_time(exercise, names, seconds):
    """Run the visible tests of an exercise, and stop them as the interrupt button does where they take too long."""
    late = threading.Event()

    def stop():
        late.set()
        _thread.interrupt_main()

    timer = threading.Timer(seconds, stop)
    timer.start()
    try:
        return try_tests(exercise, names)
    except KeyboardInterrupt:
        if not late.is_set():
            raise
        took = f"It took more than {seconds:g} seconds, and was stopped. Is there a loop that never ends?"
        return Verdict(exercise.name, FAILED, of=exercise.points, message=took)
    finally:
        timer.cancel()


_given = Counter()


@speaking
def hint(exercise=None):
    """Show a hint for an exercise; asked again, the next one.

    Parameters
    ----------
    exercise : str or callable
        The exercise's name, or its function.

    Examples
    --------
    >>> import convnets
    >>> convnets.hint("convolve")
    Hint 1 of ... for convolve
    ...
    For a stronger one, run this again.
    """
    names = names_here()
    if exercise is None:
        here = assignments()[assignment_here(names)]
        raise Refused(f'Say for which exercise, as in `convnets.hint("{here[0].name}")`. {_list_of(here)}')
    found = find(exercise, names)
    if not found.hints:
        raise Refused(f"There is no hint for `{found.name}`. Its text and its docstring say what is wanted.")
    count = min(_given[found.name] + 1, len(found.hints))
    _given[found.name] = count
    last = count == len(found.hints)
    title = (
        f"Hint {count} of {len(found.hints)} for `{found.name}`" if len(found.hints) > 1 else f"Hint for `{found.name}`"
    )
    after = "" if last else "For a stronger one, run this again."
    shown = found.hints[:count] if last else [found.hints[count - 1]]
    html = [paragraph(f"<b>{marked(title)}</b>"), *(paragraph(marked(text)) for text in shown)]
    text = "\n".join([plain(title), *shown])
    if after:
        html.append(paragraph(f'<span style="opacity: .75">{after}</span>'))
        text += f"\n{after}"
    Panel(box(UNDECIDED, *html), text).show()


def find(exercise, names):
    """Find an exercise by its name or function.

    Parameters
    ----------
    exercise : str or callable
    names : dict
        What the notebook has defined.

    Returns
    -------
    convnets.notebook.exercises.Exercise

    Raises
    ------
    Refused
        When there is none; the message gives the nearest name and all of them.
    """
    name = exercise if isinstance(exercise, str) else getattr(exercise, "__name__", None)
    if not isinstance(name, str):
        raise Refused('Give the name of an exercise in quotation marks, as in `convnets.check("convolve")`.')
    name = name.strip().removesuffix("()").removeprefix("test_")
    known = {each.name: each for exercises in assignments().values() for each in exercises}
    if name in known:
        return known[name]
    here = assignment_here(names, default=None)
    near = get_close_matches(name, [each.name for each in assignments()[here]] if here else known, 1, 0.5)
    near = near or get_close_matches(name, known, 1, 0.5)
    said = f"There is no exercise `{name}`."
    if near:
        said += f" Did you mean `{near[0]}`?"
    raise Refused(f"{said} {_list_of(assignments()[here] if here else known.values())}")


def _list_of(exercises):
    return f"The exercises are {', '.join(f'`{each.name}`' for each in exercises)}."


def assignment_here(names, *, default=Refused):
    """Tell by its functions which assignment's notebook this is.

    Parameters
    ----------
    names : dict
        What the notebook has defined.
    default : str or None
        Returned where no function of any assignment is there.

    Returns
    -------
    str

    Raises
    ------
    Refused
        When there is none and no default was given.
    """
    known = assignments()
    count = {name: sum(callable(names.get(each.name)) for each in exercises) for name, exercises in known.items()}
    best = max(count, key=count.get, default=None)
    if best is not None and count[best]:
        return best
    if default is not Refused:
        return default
    raise Refused("No answer is defined here yet. Run the cells of the notebook from the top, then this one again.")


def try_all(assignment, names, seconds=60):
    """Run the visible tests of an assignment.

    Parameters
    ----------
    assignment : str
    names : dict
        What the notebook has defined.
    seconds : float
        How long the tests of an exercise may take.

    Returns
    -------
    (str, list of convnets.notebook.exercises.Verdict)
    """
    return assignment, [_try_in_time(exercise, names, seconds) for exercise in assignments()[assignment]]


def panel_of_one(verdict, test=None):
    """Show how far an exercise is.

    Parameters
    ----------
    verdict : convnets.notebook.exercises.Verdict
    test : str, optional
        The test cell that it is of; default: all of the exercise.

    Returns
    -------
    convnets.notebook.panels.Panel
    """
    state = STATES[verdict.state]
    if verdict.state == PASSED:
        head = f"`{test}` passes." if test else f"`{verdict.exercise}`: its visible tests pass."
        after = f"Up to {worth(verdict.of)}. {_DECIDES}"
    else:
        head = f"`{test or verdict.exercise}`: {_why(verdict)}"
        after = f'Stuck? `convnets.hint("{verdict.exercise}")` helps.'
    html = [paragraph(f"{sign(state)} <b>{marked(head)}</b>"), *_details(verdict), paragraph(marked(after))]
    text = [f"{plain_sign(state)} {plain(head)}", *_plain_details(verdict), plain(after)]
    return Panel(box(state, *html), "\n".join(text))


def _why(verdict):
    if verdict.state == OPEN:
        return "not answered yet."
    if verdict.state == MISSING:
        return "not defined yet: run the cell that defines it."
    if verdict.points:
        return f"a visible test fails; {number(verdict.points)} of {worth(verdict.of)} are still possible."
    return f"a visible test fails, so none of its {worth(verdict.of)} yet."


def _details(verdict):
    parts = [block(verdict.message)] if verdict.state == FAILED else []
    if verdict.picture:
        parts.append(image(*verdict.picture))
    if verdict.printed.strip():
        parts.append(folded("What your code printed", block(verdict.printed.rstrip())))
    return parts


def _plain_details(verdict):
    parts = [verdict.message] if verdict.state == FAILED else []
    if verdict.printed.strip():
        parts.append(f"What your code printed:\n{verdict.printed.rstrip()}")
    return parts


def panel_of_all(assignment, verdicts, how=""):
    """Show how far an assignment is.

    Parameters
    ----------
    assignment : str
    verdicts : list of convnets.notebook.exercises.Verdict
    how : str
        How they came about, to be written behind the assignment's name.

    Returns
    -------
    convnets.notebook.panels.Panel
    """
    summary = sum_up(verdicts)
    everything = all(verdict.state == PASSED for verdict in verdicts)
    rows, lines, below = [], [], []
    width = max(len(verdict.exercise) for verdict in verdicts)
    for verdict in verdicts:
        state, possible = STATES[verdict.state], f"{number(verdict.points)} of {number(verdict.of)}"
        rows.append([f"<code>{verdict.exercise}</code>", f"{sign(state)} {_SAID[verdict.state]}", possible])
        lines.append(f"{plain_sign(state)} {verdict.exercise:{width}}  {_SAID[verdict.state]:11}  {possible}")
        lines += ["    " + line for part in _plain_details(verdict) for line in part.splitlines()]
        if details := _details(verdict):
            what = "what its tests say" if verdict.state == FAILED else "what it prints"
            below.append(folded(f"{sign(state)} <code>{verdict.exercise}</code>: {what}", *details))
    html = [
        paragraph(f"<b>{assignment}</b>{how}: {marked(summary)}"),
        table(["exercise", "tests", "points"], rows),
        *below,
    ]
    return Panel(
        box(RIGHT if everything else UNDECIDED, *html), "\n".join([f"{assignment}{how}: {plain(summary)}", *lines])
    )


def sum_up(verdicts):
    """Say in a sentence how many exercises pass, and what they can earn.

    Parameters
    ----------
    verdicts : list of convnets.notebook.exercises.Verdict

    Returns
    -------
    str
    """
    passed = sum(verdict.state == PASSED for verdict in verdicts)
    points, of = sum(verdict.points for verdict in verdicts), sum(verdict.of for verdict in verdicts)
    return (
        f"the visible tests of {passed} of {len(verdicts)} exercises pass: "
        f"up to {number(points)} of {worth(of)}. {_DECIDES}"
    )
