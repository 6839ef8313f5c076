"""Check what a call costs and who does its work: loops in Python, libraries that already do it."""

import time

import numpy as np

from convnets.checks.calls import perform
from convnets.checks.catalogue import reference_named
from convnets.checks.compare import difference
from convnets.checks.draws import Call
from convnets.checks.follow_through import earlier_function
from convnets.checks.judging import quiet
from convnets.checks.words import CheckFailed, describe_error, show_call


def does_not_loop(function, small, large):
    """Check that the work done in Python does not grow with the input.

    Counts bytecode instructions, not seconds, so the answer does not depend on the machine. Under the sealed grader
    the processor time of a much larger call is looked at too, from outside the learner's process: code that hides
    its instructions from the count cannot hide the time they take.

    Parameters
    ----------
    function : callable
        The learner's function.
    small, large : Call
        Two calls that differ in the size of array arguments; use `call`.

    Raises
    ------
    CheckFailed
        When the large call executes over half as many instructions again as the small one.

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.cost import does_not_loop
    >>> from convnets.checks.draws import call
    >>> small, large = call(np.zeros(10)), call(np.zeros(1000))
    >>> does_not_loop(np.sum, small, large)
    >>> does_not_loop(lambda numbers: sum(number for number in numbers), small, large)
    Traceback (most recent call last):
    ...
    convnets.checks.words.CheckFailed: <lambda>(array([0., 0., 0., 0., 0., 0., 0., 0., 0., 0.]))
    ...
    """
    with quiet():
        perform(function, *small)  # what the first call imports and sets up is not counted
        steps = []
        for arguments in (small, large):
            outcome = _watched(function, _varied(arguments, small, large))
            if outcome.error is not None:
                raise CheckFailed(describe_error(function, *arguments, outcome.error, "a result"))
            steps.append(outcome.steps)
    if steps[1] - steps[0] > steps[0] // 2 + 100:
        raise CheckFailed(
            f"{show_call(function, *small)}\n  executes {steps[0]:,} Python instructions, and\n"
            f"{show_call(function, *large)}\n  executes {steps[1]:,}.\n"
            "  The number should stay the same, but it grows with the input: a Python loop runs over its elements, "
            "openly or inside something like `np.vectorize`. Let NumPy do that loop."
        )
    if hasattr(function, "timed_call"):
        huge, elements = _enlarged(small, large)
        allowed = _STEPS_PER_ELEMENT * elements * _seconds_of_a_step()
        calls = (huge, large)
        if all(
            _seconds(function, *(_varied(each, small, large) for each in calls)) > allowed for _ in range(_MEASUREMENTS)
        ):
            raise CheckFailed(
                f"{show_call(function, *huge)}\n  takes as long as a Python loop over {elements:,} elements does.\n"
                "  Let NumPy do that loop."
            )


def _watched(function, arguments):
    """Call a function for the first time with these arguments and watch it; unwatched it has to do the same."""
    outcome = perform(function, *arguments, watch=True)
    unwatched = perform(function, *arguments)
    if _differ(outcome, unwatched) and not _differ(unwatched, perform(function, *arguments)):
        raise CheckFailed(
            f"{show_call(function, *arguments)}\n  gives another result when its work is watched. "
            "Only what is computed then counts."
        )
    return outcome


def _differ(one, other):
    if one.error is not None or other.error is not None:
        return type(one.error) is not type(other.error)
    return difference(one.value, other.value) is not None


def _varied(arguments, small, large):
    """Change the values of the arrays that differ between two calls, so that nobody has seen them before."""
    rng = np.random.default_rng()
    changed = [
        each + rng.integers(0, 9, each.shape).astype(each.dtype) if _grows(few, many) else each
        for each, few, many in zip(arguments.arguments, small.arguments, large.arguments, strict=True)
    ]
    return Call(tuple(changed), arguments.keywords)


def _grows(few, many):
    return isinstance(many, np.ndarray) and np.shape(few) != many.shape


def _seconds(function, arguments, large):
    """Time a call. If the function is right about smaller inputs, it has to be so about the one that is timed."""
    seconds, outcome = function.timed_call(*arguments)
    right = reference_named(function.__name__)
    is_wrong = right and _differ(outcome, perform(right, *arguments))
    if is_wrong and not _differ(perform(function, *large), perform(right, *large)):
        raise CheckFailed(
            f"{show_call(function, *arguments)}\n  gives a wrong result, and\n{show_call(function, *large)}\n"
            "  a right one. Let NumPy do the loop for inputs of every size."
        )
    return seconds


# A loop over elements with anything in its body takes some fifty times as long as an empty one; array operations take
# about as long for each element as one turn of an empty loop.
_STEPS_PER_ELEMENT = 15


_ENLARGED = 200_000


_MEASUREMENTS = 3  # at most: on a busy machine, array operations too take several times as long now and then


def _enlarged(small, large):
    """Repeat the arrays that differ between two calls along their longest axis; return the call and their elements."""
    arguments, elements = [], 0
    for few, many in zip(small.arguments, large.arguments, strict=True):
        if _grows(few, many):
            times = max(1, _ENLARGED // many.size)
            many = np.concatenate([many] * times, axis=int(np.argmax(many.shape)))
            elements += many.size
        arguments.append(many)
    return Call(tuple(arguments), large.keywords), elements


def _seconds_of_a_step():
    """Time one turn of an empty loop on this machine, now."""
    times = []
    for _ in range(5):
        began = time.thread_time()
        for _ in range(100_000):
            pass
        times.append(time.thread_time() - began)
    return min(times) / 100_000


KERAS_COMPUTES = frozenset(
    {
        "keras.src.backend.tensorflow.nn",
        "keras.src.backend.tensorflow.numpy",
        "keras.src.backend.tensorflow.trainer",
        "keras.src.ops.nn",
        "keras.src.ops.numpy",
        "tensorflow.python.eager.polymorphic_function",
        "tensorflow.python.ops.gen_linalg_ops",
        "tensorflow.python.ops.gen_math_ops",
        "tensorflow.python.ops.gen_nn_ops",
    }
)
"""The modules of Keras and TensorFlow that compute. Reading a model's weights and configuration runs none of them."""


def uses_only(function, arguments, forbidden, built_on=()):
    """Check that a call does not hand its work to a library that already does it.

    Sees Python code of a package run. Under the sealed grader the call is made once more where the packages are not
    there, and must do the same.

    Parameters
    ----------
    function : callable
        The learner's function.
    arguments : Call
        What to call it with; use `call`.
    forbidden : collection of str
        Names of packages or modules, for instance ``{"scipy", "tensorflow", "keras"}``; `KERAS_COMPUTES` where reading
        a model's weights is allowed.
    built_on : sequence of str
        Names of earlier exercises that this one may call. What such a function of the learner's does with a package
        has cost its own points, and none here.

    Raises
    ------
    CheckFailed
        When Python code of a forbidden package runs during the call.

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.cost import uses_only
    >>> from convnets.checks.draws import call
    >>> from scipy.ndimage import uniform_filter
    >>> uses_only(np.mean, call(np.zeros((3, 3))), {"scipy"})
    >>> uses_only(uniform_filter, call(np.zeros((3, 3))), {"scipy"})
    Traceback (most recent call last):
    ...
    convnets.checks.words.CheckFailed: uniform_filter(
    ...
    """
    with quiet():
        perform(function, *arguments)  # importing a package is not using it
        used = perform(function, *arguments, watch=True).packages & set(forbidden)
        apart = used and [name for name in built_on if callable(earlier_function(function, name))]
        if apart:
            used = perform(function, *arguments, watch=apart).packages & set(forbidden)
            if not used:
                return
    if used:
        symptom = f"hands work to {' and '.join(sorted({name.partition('.')[0] for name in used}))}"
        failed = CheckFailed(
            f"{show_call(function, *arguments)}\n  {symptom}. "
            "Here the task is to write the computation yourself, with NumPy."
        )
        failed.details, failed.symptom = sorted(used), symptom
        raise failed
    with quiet():
        if _needs(function, arguments, forbidden):
            raise CheckFailed(
                f"{show_call(function, *arguments)}\n  does something else where {' and '.join(sorted(forbidden))} are "
                "not there. Here the task is to write the computation yourself, with NumPy."
            )


def _needs(function, arguments, forbidden):
    """Say whether a function does something else where packages are not there. Only a grader can take them away."""
    if not hasattr(function, "without") or any("." in name for name in forbidden):
        return False
    alone = function.without(forbidden)
    if alone is None:  # its cell defines other things too, with these packages
        _watched(function, arguments)
        return False
    usual = perform(function, *arguments)
    return _differ(perform(alone, *arguments), usual) and not _differ(perform(function, *arguments), usual)
