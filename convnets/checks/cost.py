"""Check what a call costs and who does its work: loops in Python, libraries that already do it."""

import time

import numpy as np

from convnets.checks.calls import perform
from convnets.checks.draws import Call
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
    """
    steps = []
    with quiet():
        perform(function, *small)  # what the first call imports and sets up is not counted
        for arguments in (small, large):
            outcome = perform(function, *arguments, watch=True)
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
    measure = getattr(function, "processor_seconds", None)
    if measure:
        huge, elements = _enlarged(small, large)
        allowed = _STEPS_PER_ELEMENT * elements * _seconds_of_a_step()
        if all(measure(*huge) > allowed for _ in range(_MEASUREMENTS)):
            raise CheckFailed(
                f"{show_call(function, *huge)}\n  takes as long as a Python loop over {elements:,} elements does.\n"
                "  Let NumPy do that loop."
            )


# A loop over elements with anything in its body takes some fifty times as long as an empty one; array operations take
# about as long for each element as one turn of an empty loop.
_STEPS_PER_ELEMENT = 15


_ENLARGED = 200_000


_MEASUREMENTS = 3  # at most: on a busy machine, array operations too take several times as long now and then


def _enlarged(small, large):
    """Repeat the arrays that differ between two calls along their longest axis; return the call and their elements."""
    arguments, elements = [], 0
    for few, many in zip(small.arguments, large.arguments, strict=True):
        if isinstance(many, np.ndarray) and np.shape(few) != many.shape:
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


def uses_only(function, arguments, forbidden):
    """Check that a call does not hand its work to a library that already does it.

    Sees Python code of a package run; a compiled function that is called without any is not seen.

    Parameters
    ----------
    function : callable
        The learner's function.
    arguments : Call
        What to call it with; use `call`.
    forbidden : collection of str
        Names of packages or modules, for instance ``{"scipy", "tensorflow", "keras"}``; `KERAS_COMPUTES` where reading
        a model's weights is allowed.

    Raises
    ------
    CheckFailed
        When Python code of a forbidden package runs during the call.
    """
    with quiet():
        perform(function, *arguments)  # importing a package is not using it
        outcome = perform(function, *arguments, watch=True)
    used = sorted({name.partition(".")[0] for name in outcome.packages & set(forbidden)})
    if used:
        failed = CheckFailed(
            f"{show_call(function, *arguments)}\n  hands work to {' and '.join(used)}. "
            "Here the task is to write the computation yourself, with NumPy."
        )
        failed.details = sorted(outcome.packages & set(forbidden))
        raise failed
