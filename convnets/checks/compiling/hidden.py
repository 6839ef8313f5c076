"""What hidden tests of compiling are written with: see what a function has made of a Keras model, and train that."""

from functools import partial

import numpy as np

from convnets.checks.calls import attempt
from convnets.checks.judging import Seen, judge, raised
from convnets.checks.objects import facts, facts_or_none, get_weights, lend, loss, make, recipe, set_weights, train
from convnets.checks.outcomes import error_text
from convnets.checks.words import NOTHING_RETURNED, Words, show_call, show_value


def compiles_alike(function, expected, network, calls, inputs, labels):
    """Check that a function compiles the models it is given as the reference does.

    Each call gets a copy of the same network; every other one has been compiled before, in another way. Once all
    calls are made, the model that was given must be compiled, and must be the one that came back, with its weights as
    they were; optimizer and learning rate must be the reference's. Then it is trained for some steps, and must end
    where the reference's model ends.

    Parameters
    ----------
    function : callable
        The learner's function; a model is its first argument.
    expected : callable
        The reference function.
    network : keras.Model
        Not compiled. It stays as it is.
    calls : list of Call
        The further arguments of each call.
    inputs, labels : numpy.ndarray
        A batch to train on in each row of the first axis.

    Raises
    ------
    CheckFailed
        With the call, what is wrong, and a hint where the mistake is known.
    """
    judge(function, expected, [(network, calls, inputs, labels)], _compiled, shown=None, rtol=1e-4, atol=1e-5)


def _compiled(function, case, _expected):
    """See what a function makes of copies of a network, once all calls are made, and then how they are trained."""
    network, calls, inputs, labels = case
    again_or_not = [bool(number % 2) for number in range(len(calls))]
    weights = network.get_weights()
    given = [lend(function, _copy(network, again)) for again in again_or_not]
    outcomes = [
        attempt(function, (model, *each.arguments), each.keywords) for model, each in zip(given, calls, strict=True)
    ]
    named = [Words("a_compiled_model" if again else "model") for again in again_or_not]
    shown = [
        show_call(function, (name, *each.arguments), each.keywords) for name, each in zip(named, calls, strict=True)
    ]
    for number, model in enumerate(given):
        yield from _seen_of_model(number, model, outcomes[number], weights, shown[number])
    losses = [facts(model).get("loss") for model in given]
    # Of predictions: in training, Keras finds the softmax by itself and forgives from_logits=True.
    for number, model in enumerate(given):
        value = loss(model, inputs[0], labels[0])
        yield Seen(f"loss {number}", value, partial(_say_loss, f"{shown[number]}\n  The loss is {losses[number]!r}"))
    trained = [_trained(model, inputs, labels) for model in given]
    for number, (steps, after) in enumerate(trained):
        said = f"{shown[number]}\n  The loss is {losses[number]!r}"
        yield Seen(f"losses {number}", steps, partial(_say_losses, said, len(inputs)))
        ends = f"{said}. Trained for {len(inputs)} steps, the model ends with other weights than it should."
        yield Seen(f"weights in the end {number}", after, lambda *_, ends=ends: ends)


def _copy(network, is_compiled):
    copy = make(**recipe(network))
    if is_compiled:
        copy.compile("sgd", "mse")
    return copy


def _seen_of_model(number, model, outcome, weights, shown):
    def see(part, value, say):
        return Seen(f"{part} {number}", value, lambda value, right: f"{shown}\n  {say(value, right)}")

    what = raised(outcome, "the model")
    yield see(what.part, what.value, what.say)
    if outcome.error is not None:
        return
    told, optimizer = facts_or_none(outcome.value), facts(model).get("optimizer", {})
    kind = show_value(outcome.value) if told is None else "model" if "layers" in told else "layer"
    none, other = NOTHING_RETURNED, f"It returned {kind}; it should return the model."
    yield see("returned", kind, lambda *_: none if outcome.value is None else other)
    yield see("compiled", bool(optimizer), lambda *_: "The model that was given is not compiled afterwards.")
    before = get_weights(model)
    set_weights(model, [weight + 1 for weight in before])
    itself = _equal(get_weights(outcome.value), get_weights(model)) and "optimizer" in facts(outcome.value)
    set_weights(model, before)
    yield see("itself", itself, lambda *_: "It returned another model than the one it was given.")
    said = "The weights of the model are not what they were. Compiling has to leave them alone."
    yield see("kept weights", _equal(before, weights), lambda *_: said)
    yield see("optimizer", optimizer["class"], lambda ours, right: f"The optimizer is {ours}; it should be {right}.")
    yield see("learning rate", optimizer["learning_rate"], _say_rate)
    yield see("settings", {name: optimizer.get(name) for name in _SETTINGS}, _say_settings)


# What changes a training, though not always within a few steps.
_SETTINGS = (
    *("beta_1", "beta_2", "epsilon", "amsgrad", "momentum", "nesterov", "rho", "centered", "weight_decay", "use_ema"),
    *("clipnorm", "clipvalue", "global_clipnorm", "gradient_accumulation_steps"),
)


def _say_settings(value, right):
    name = next(name for name in _SETTINGS if value[name] != right[name])
    return f"The optimizer has {name}={value[name]!r}; it should be {right[name]!r}."


def _say_rate(value, right):
    return f"The learning rate is {value:.6g}; it should be {right:.6g}."


def _say_loss(said, value, right):
    if isinstance(value, str):
        return f"{said}, and computing it raises {value}"
    return f"{said}. Of predictions for integer labels it is {value:.4f}; it should be {right:.4f}."


def _trained(model, inputs, labels):
    """Train a model; return its losses, or what training raised, and its weights."""
    try:
        return train(model, inputs, labels), get_weights(model)
    except Exception as error:  # whatever a strange loss provokes
        return error_text(error), []


def _say_losses(said, steps, value, right):
    if isinstance(value, str):
        return f"{said}, and training the model raises {value}"
    ours, theirs = (", ".join(f"{loss:.4f}" for loss in losses) for losses in (value, right))
    return f"{said}. Trained for {steps} steps, the model has the losses {ours}; they should be {theirs}."


def _equal(first, second):
    return len(first) == len(second) and all(map(np.array_equal, first, second))
