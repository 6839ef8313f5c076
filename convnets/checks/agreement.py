"""What hidden tests are written with: compare a learner's function with the reference on many inputs."""

from inspect import signature

import numpy as np

from convnets.checks.calls import attempt, first_called, perform
from convnets.checks.catalogue import misconceptions
from convnets.checks.compare import ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE, difference
from convnets.checks.conditions import right_where
from convnets.checks.draws import Call, drawn_inputs, similar_calls
from convnets.checks.follow_through import earlier_function, follows_through, is_followed
from convnets.checks.judging import diagnosed, quiet
from convnets.checks.outcomes import (
    Rules,
    complaint,
    goes_wrong,
    is_repeatable,
    is_worded,
    reference_outcome,
    same_outcome,
)
from convnets.checks.patterns import recognise
from convnets.checks.rehearsal import Tried, names_mistakes, rehearsal_now, rehearsed, shrinks_inputs
from convnets.checks.shrinking import smallest_failure
from convnets.checks.values import said_of_acceptance
from convnets.checks.words import CheckFailed, sentence, show_call


@rehearsed
def agrees(
    function,
    expected,
    calls,
    *,
    examples=100,
    rtol=RELATIVE_TOLERANCE,
    atol=ABSOLUTE_TOLERANCE,
    fresh=True,
    values_only=False,
    built_on=(),
):
    """Check that a function does what the reference does, on many drawn inputs.

    Each call must return what the reference returns, leave its arguments alone, and (unless ``fresh`` is False)
    return memory of its own. The first failure is shrunk to the smallest input that still fails.

    Parameters
    ----------
    function : callable
        The learner's function.
    expected : callable
        The reference function.
    calls : hypothesis.strategies.SearchStrategy
        Draws tuples of positional arguments, or `Call`.
    examples : int
        How many inputs to draw.
    rtol, atol : float
        Tolerances as in `numpy.isclose`.
    fresh : bool
        Whether the result must share no memory with the arguments or with an earlier result.
    values_only : bool
        Whether only what comes back counts, and neither arguments that change nor shared memory: a test cell of their
        own asks for those, so that they cost no more than they are worth.
    built_on : sequence of str
        Names of earlier exercises that this one may call. When it fails, it is also compared with the reference
        built on the learner's own answers to these, so that a mistake in them costs its points only once. The checks
        behind this one in the same test then follow the same rule.

    Raises
    ------
    CheckFailed
        With the smallest failing call, both results, where they differ, and a hint where the mistake is known, or
        else what the wrong results have in common.

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.agreement import agrees
    >>> from convnets.checks.draws import sequences_with_weights
    >>> def product(sequence, weights):
    ...     return np.outer(sequence, weights).astype(float)
    >>> agrees(lambda sequence, weights: product(weights, sequence).T, product, sequences_with_weights())
    >>> agrees(lambda sequence, weights: product(sequence, weights[::-1]), product, sequences_with_weights())
    Traceback (most recent call last):
    ...
    convnets.checks.words.CheckFailed: <lambda>([1, 0], [1, 0])
      returned: array([[0., 1.],
                       [0., 0.]])
      expected: array([[1., 0.],
                       [0., 0.]])
      2 of 4 elements differ. result[0, 0] is 0; it should be 1.
      Wherever a tried input is large enough to tell, the order of the columns is reversed.
      Of 100 inputs that were tried, those where `weights` has one number give the right result.
    """

    rules = Rules(rtol, atol, fresh and not values_only, not values_only)
    with quiet():
        tried = _tried(expected, calls, examples)
        failure = _first_failure(function, tried, rules)
        if failure is None:
            return
        # First of all, for every further call may change what a function remembers.
        remembers = not is_repeatable(function, failure[0], rules)
        if not remembers and _is_right_afresh(function, tried, failure, rules):
            raise _explained(function, expected, tried, (failure[0], None), True, rules)
        draws = [failure[0], *(each.drawn for each in tried)]
        followed = built_on and not remembers and follows_through(function, expected, built_on, draws, rtol, atol)
        if not followed:
            if shrinks_inputs.get():
                failure, remembers = smallest_failure(function, expected, calls, tried, failure, rules)
            raise _explained(function, expected, tried, failure, remembers, rules)
    print(followed)


@rehearsed
def keeps_input(
    function,
    expected,
    calls,
    *,
    examples=25,
    rtol=RELATIVE_TOLERANCE,
    atol=ABSOLUTE_TOLERANCE,
    built_on=(),
):
    """Check that a function that is right leaves its arguments as they were, and returns memory of its own.

    It belongs into a test cell of its own beside that of `agrees` with ``values_only``: an argument that changes then
    costs a small part of the points, and hides nothing of what there is to say of the values.

    Parameters
    ----------
    function, expected, calls, examples, rtol, atol, built_on
        As in `agrees`.

    Raises
    ------
    CheckFailed
        With the smallest call after which an argument is no longer what it was, or shares memory with the result, and a
        hint where the mistake is known; or with one that is wrong when arrays lie in memory column by column, or where
        there is nothing to do. Where a result is wrong anyway, it says no more than that: `agrees` does.
    """
    rules = Rules(rtol, atol)
    with quiet():
        tried = _tried(expected, calls, examples)
        failure = _first_failure(function, tried, rules)
        if failure is None:
            if any(callable(earlier_function(function, name)) for name in built_on):
                return  # what it does may be the doing of one of these
            failure = _first_failure(function, _by_columns(tried), rules)
            if failure is not None:
                raise diagnosed(f"{failure[1]}\n  {_BY_COLUMNS}", None, expected)
            failure = _first_failure(function, _neutral(expected, tried), rules)
            if failure is not None:
                raise _explained(function, expected, tried, failure, False, rules)
            return
        wrong = _first_failure(function, tried, rules._replace(fresh=False, still=False))
        draws = [each.drawn for each in tried]
        followed = wrong and built_on and follows_through(function, expected, built_on, draws, rtol, atol)
        if wrong and not followed:
            raise diagnosed(_WRONG_ANYWAY.format(call=show_call(function, *wrong[0])), None, expected)
        if not followed:
            remembers, only_changed = False, rules._replace(fresh=False)
            changed = _first_failure(function, tried, only_changed)
            if changed:  # that tells more than shared memory, which smaller inputs show as well
                failure, rules = changed, only_changed
            if shrinks_inputs.get():
                failure, remembers = smallest_failure(function, expected, calls, tried, failure, rules)
            raise _explained(function, expected, tried, failure, remembers, rules)
    print(followed)


_WRONG_ANYWAY = "{call}\n  gives a wrong result. What it does with its arguments counts once the result is right."


_BY_COLUMNS = (
    "Here an array lies in memory column by column, as a transpose and `np.asfortranarray` leave it. In the usual "
    "order the result is right, and it must not depend on that. Look for `order=`, strides and the array's own memory."
)
_LAID_OUT = 5  # inputs


def _by_columns(tried):
    """The first inputs with an array that can lie in memory in another order, in that order."""
    turned = [each._replace(drawn=Call(*map(_in_other_order, each.drawn))) for each in tried]
    pairs = zip(tried, turned, strict=True)
    return [other for each, other in pairs if not _lie_alike(each.drawn, other.drawn)][:_LAID_OUT]


def _in_other_order(value):
    if isinstance(value, np.ndarray):
        return np.asfortranarray(value)
    if type(value) is tuple:
        return tuple(map(_in_other_order, value))
    return {key: _in_other_order(item) for key, item in value.items()} if type(value) is dict else value


def _lie_alike(first, second):
    if isinstance(first, np.ndarray):
        return first.flags.c_contiguous == second.flags.c_contiguous
    if isinstance(first, tuple | dict):
        parts = (first, second) if isinstance(first, tuple) else (first.values(), second.values())
        return all(map(_lie_alike, *parts))
    return True


_NEUTRAL = 3  # inputs


def _neutral(expected, tried):
    """Small inputs with one other argument after which there may be nothing to do: 0, 1, or an array of a single 1."""
    found = {}
    for drawn in sorted((each.drawn for each in tried), key=lambda drawn: len(repr(drawn)))[:_NEUTRAL]:
        given = list(drawn.arguments)
        subject = next((place for place, value in enumerate(given) if isinstance(value, np.ndarray | list)), None)
        if subject is None or not _is_numeric(given[subject]):
            continue
        given[subject] = np.array(given[subject], dtype=float if _may_be_float(tried, subject) else None)
        others = [place for place in range(subject + 1, len(given)) if not _go_together(tried, subject, place)]
        arrays = [place for place in others if isinstance(given[place], np.ndarray | list)]
        for slot in arrays or [*others, *drawn.keywords]:  # of several arrays the shapes may hang on the numbers
            for other in _nothing_to_do(given[slot] if isinstance(slot, int) else drawn.keywords[slot]):
                call = _replaced(given, drawn.keywords, slot, other)
                right = perform(expected, *call)
                if right.error is None and _is_finite(right.value):
                    found[repr(call)] = Tried(call, right, None)
    return list(found.values())


def _go_together(tried, place, other):
    """Whether two arguments always have the same shape, as weights and their gradient do."""
    return all(_shape_at(each, place) == _shape_at(each, other) for each in tried)


def _shape_at(tried, place):
    value = tried.drawn.arguments[place] if place < len(tried.drawn.arguments) else None
    return np.shape(value) if isinstance(value, np.ndarray | list) and _is_numeric(value) else None


def _may_be_float(tried, place):
    """Whether an argument is sometimes an array of floats, which ``np.asarray(…, dtype=float)`` does not copy."""
    values = [value for each in tried for value in each.drawn.arguments[place : place + 1]]
    return any(isinstance(value, np.ndarray) and value.dtype.kind == "f" for value in values)


def _nothing_to_do(value):
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [type(value)(0), type(value)(1)]
    if isinstance(value, np.ndarray | list) and _is_numeric(value):
        return [np.ones((1,) * np.ndim(value))]
    return []


def _replaced(arguments, keywords, slot, value):
    if isinstance(slot, int):
        return Call((*arguments[:slot], value, *arguments[slot + 1 :]), keywords)
    return Call(tuple(arguments), {**keywords, slot: value})


def _is_numeric(value):
    try:
        return np.asarray(value).dtype.kind in "biuf"
    except ValueError:  # rows of different lengths
        return False


def _is_finite(value):
    parts = value if isinstance(value, tuple) else (value,)
    return all(np.isfinite(part).all() for part in parts if isinstance(part, np.ndarray))


def _tried(expected, calls, examples):
    """Return the inputs that a check draws, from its rehearsal where there is one."""
    rehearsal = rehearsal_now()
    tried = rehearsal.next_part(expected) if rehearsal else None
    if tried is None:
        drawn = drawn_inputs(calls, examples)
        tried = [Tried(each, reference_outcome(expected, each), choices) for each, choices in drawn]
        if rehearsal:
            rehearsal.keep(expected, tried)
    return tried


def _first_failure(function, tried, rules):
    """Return the first input on which a function fails, and what is wrong with it, or None."""
    for drawn, right, _choices in tried:
        said = complaint(function, drawn, right, rules)
        if said:
            return drawn, said
    return None


def _is_right_afresh(function, tried, failure, rules):
    """Say whether a function is right about what it fails on, when nothing has been called before.

    Only a grader can start the process that shows it. A function that fails from the first call on needs none.
    """
    at_last = next((each for each in tried[1:] if each.drawn is failure[0]), None)
    afresh = at_last and first_called(function)
    return bool(afresh) and not complaint(afresh, *at_last[:2], rules)


_CHANGEABLE = (
    "{call}\n  gives different results when it is called again. "
    "A result must depend on the arguments alone, not on chance or on what earlier calls left behind."
)
_RIGHT_AT_FIRST = _CHANGEABLE.replace(
    "different results when it is called again", "another result than as the first call"
)
_PROBES = 20  # inputs on which a learner's function is compared with all catalogued mistakes


def _explained(function, expected, tried, failure, remembers, rules):
    """Make the failure of a function: what is wrong, and what is known of the mistake."""
    failing, said = failure
    if remembers:
        said = (_CHANGEABLE if said else _RIGHT_AT_FIRST).format(call=show_call(function, *failing))
    if not names_mistakes.get():
        return CheckFailed(said)
    probes = [failing, *(each.drawn for each in tried[:: -(-len(tried) // _PROBES)])]
    if remembers:
        return diagnosed(said, _hint_on_memory(function, expected, probes, rules), expected)
    return _explain(function, expected, tried, probes, said, rules)


def _explain(function, expected, tried, probes, said, rules):
    """Add to a message which mistake it is, or what the wrong results have in common, and a picture of one of them."""
    once = _once(function)
    right = [perform(expected, *probe) for probe in probes]
    ours = [once(probe) for probe in probes]
    wrong = [goes_wrong(*pair, rules) for pair in zip(ours, right, strict=True)]
    hint = _only_alike(once, expected, tried, probes, rules) if wrong[0] else None
    values = [
        (mine.value, its.value)
        for mine, its, is_wrong in zip(ours, right, wrong, strict=True)
        if is_wrong and mine.error is None and difference(mine.value, its.value, rules.rtol, rules.atol)
    ]
    common = None if hint or len(values) < sum(wrong) else recognise(values, _is_of_images(expected))
    said += f"\n  Wherever a tried input is large enough to tell, {sentence(common)}" if common else ""
    where = None if hint else _right_where(once, expected, probes[0], tried, rules)
    said += f"\n  Of {len(tried)} inputs that were tried, those where {where} give the right result." if where else ""
    failed = diagnosed(said, hint, expected)
    arrays = [pair for pair in values if all(isinstance(value, np.ndarray) for value in pair)]
    if arrays:
        failed.arrays = (*max(arrays, key=lambda pair: pair[1].size), "The same function on a larger input")
    return failed


def _once(function):
    """Make what calls a function on each input only once: a learner's may take long."""
    known = {}

    def once(drawn):
        if id(drawn) not in known:
            known[id(drawn)] = drawn, perform(function, *drawn)  # an input that is kept shares its id with no other
        return known[id(drawn)][1]

    return once


def _is_of_images(expected):
    return next(iter(signature(getattr(expected, "function", expected)).parameters), "").startswith("image")


def _right_where(once, expected, failing, tried, rules):
    """Say which inputs the function is right about; the one that is shown is none of them."""
    wrong = [goes_wrong(once(each.drawn), each.right, rules) for each in tried]

    def is_wrong(call):
        right = perform(expected, *call)
        return right.error is None and goes_wrong(once(call), right, rules)

    return right_where(expected, [failing, *(each.drawn for each in tried)], [True, *wrong], is_wrong)


def _only_alike(once, expected, tried, probes, rules):
    """Name the only catalogued mistake that does what the learner's function does, on all inputs that were drawn.

    The smallest failing input is the least telling one: a zero image hides most differences.
    """
    alike = misconceptions(expected)
    for draws in (probes, [each.drawn for each in tried]):
        alike = [pair for pair in alike if _does_the_same(pair[1], draws, map(once, draws), rules)]
    return alike[0][0] if len(alike) == 1 else None


def _does_the_same(mistaken, draws, outcomes, rules):
    return all(
        same_outcome(outcome, perform(mistaken, *drawn), rules) for drawn, outcome in zip(draws, outcomes, strict=True)
    )


def _hint_on_memory(function, expected, probes, rules):
    """Name the only catalogued mistake that remembers the same, if it does so from the first call on."""
    afresh = first_called(function)
    if not afresh:
        return None
    calls = [*probes, *reversed(probes)]
    ours = [perform(afresh, *call) for call in calls]
    alike = []
    for hint, mistaken in misconceptions(expected):
        anew = first_called(mistaken)
        alike += [hint] if anew and _does_the_same(anew, calls, ours, rules) else []
    return alike[0] if len(alike) == 1 else None


def rejects(function, expected, *arguments, **keywords):
    """Check that a function refuses senseless arguments as the reference does.

    Parameters
    ----------
    function : callable
        The learner's function.
    expected : callable
        The reference function; its own message is shown as an example.
    *arguments, **keywords
        Arguments that make no sense.

    Raises
    ------
    CheckFailed
        When no error of that class comes, or one without a message.

    Examples
    --------
    >>> from convnets.checks.agreement import rejects
    >>> def root(number):
    ...     if number < 0:
    ...         raise ValueError("No real number is the root.")
    ...     return number**0.5
    >>> rejects(root, root, -1)
    >>> rejects(abs, root, -1)
    Traceback (most recent call last):
    ...
    convnets.checks.words.CheckFailed: abs(-1)
      returned: 1
      expected: a ValueError with a sentence that says what is wrong, such as: No real number is the root.
    """
    with quiet():
        right = perform(expected, arguments, keywords)
        if not isinstance(right.error, ValueError):
            raise RuntimeError(f"the reference does not refuse {show_call(expected, arguments, keywords)}")
        outcome = attempt(function, arguments, keywords)
        said = said_of_acceptance(function, arguments, keywords, outcome, ValueError, str(right.error))
        if not said or is_followed(function, arguments, keywords, outcome):
            return
        hint = _hint_on_acceptance(function, outcome, expected, arguments, keywords) if names_mistakes.get() else None
    raise diagnosed(said, hint, expected)


def _hint_on_acceptance(function, outcome, expected, arguments, keywords):
    """Name the only catalogued mistake that does the same with arguments that should be refused, and with similar ones.

    A hint such as "only the widths are compared" says more than the call that got through.
    """
    alike = []
    for hint, mistaken in misconceptions(expected):
        theirs = perform(mistaken, arguments, keywords)
        same = same_outcome(outcome, theirs, Rules())
        if not same and outcome.error is None and theirs.error is None:  # it may draw random numbers
            same = not is_repeatable(mistaken, (arguments, keywords), Rules())
        alike += [(hint, mistaken)] if same else []
    for each in similar_calls(arguments, keywords) if alike else ():
        refused = _refuses(function, each)
        alike = [pair for pair in alike if len({refused, _refuses(pair[1], each)} - {None}) < 2]
    return alike[0][0] if len(alike) == 1 else None


def _refuses(function, call):
    """Whether a function refuses a call in words of its own; None where a library does it."""
    error = perform(function, *call).error
    return None if isinstance(error, ValueError) and not is_worded(error) else isinstance(error, ValueError)
