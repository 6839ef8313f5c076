"""What hidden tests of compiling are written with: see what a function has made of a Keras model, and train that."""

import numpy as np

from convnets.checks.calls import perform
from convnets.checks.catalogue import misconceptions
from convnets.checks.objects import facts, get_weights, lend, make, recipe, set_weights, train
from convnets.checks.words import CheckFailed, describe_error, show_call, show_value

_TOLERANCES = {"rtol": 1e-4, "atol": 1e-5}


def compiles_alike(function, expected, network, calls, inputs, labels):
    """Check that a function compiles the models it is given as the reference does.

    Each call gets a copy of the same network. Once all calls are made, the model that was given must be compiled, and
    must be the one that came back, with its weights as they were; optimizer and learning rate must be the reference's.
    Then it is trained for some steps, and must end where the reference's model ends.

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
    right, ours = _Work(expected, network, calls), _Work(function, network, calls)
    for which, call in enumerate(calls):
        said = _said_of_model(function, call, ours, right, which)
        if said:
            same = [hint for hint, theirs in _mistakes(expected, network, calls) if theirs.looks == ours.looks]
            raise CheckFailed(said, same[0] if len(same) == 1 else None)
    right.train(inputs, labels)
    ours.train(inputs, labels)
    for which, call in enumerate(calls):
        said = _said_of_training(function, call, ours, right, which)
        if said:
            raise CheckFailed(said, _hint_on_training(ours, expected, network, calls, inputs, labels))


class _Work:
    """What a function has made of some copies of a network.

    Attributes
    ----------
    errors : list
        What each call raised, or None.
    looks : list of dict
        What can be seen of each model without training it.
    trained : list of dict
        The losses, and the weights in the end, or what training raised.
    """

    def __init__(self, function, network, calls):
        weights = network.get_weights()
        self._given = [lend(function, make(**recipe(network))) for _ in calls]
        outcomes = [
            perform(function, (model, *call.arguments), call.keywords)
            for model, call in zip(self._given, calls, strict=True)
        ]
        self.errors = [outcome.error for outcome in outcomes]
        self.looks = [_look(*pair, weights) for pair in zip(self._given, outcomes, strict=True)]
        self.trained = []

    def train(self, inputs, labels):
        """Train the models that were given."""
        for model in self._given:
            try:
                self.trained.append({"losses": train(model, inputs, labels), "weights": get_weights(model)})
            except Exception as error:  # whatever a strange loss provokes
                said = f"{type(error).__name__}: {error}"  # one that is not built-in crosses as an Exception
                self.trained.append({"error": said.removeprefix("Exception: ")})


def _look(given, outcome, weights):
    if isinstance(outcome.error, NotImplementedError):
        raise outcome.error  # the exercise is not answered yet, and that is all there is to say
    if outcome.error is not None:
        return {"error": f"{type(outcome.error).__name__}: {outcome.error}"}
    optimizer = facts(given).get("optimizer", {"class": None, "learning_rate": 0})
    look = {
        "returned": _kind(outcome.value),
        "kept weights": _equal(get_weights(given), weights),
        "itself": False,
        "optimizer": optimizer["class"],
        "learning rate": optimizer["learning_rate"],
        "loss": facts(given).get("loss"),
    }
    if look["returned"] == "model":
        before = get_weights(given)
        set_weights(given, [weight + 1 for weight in before])
        look["itself"] = _equal(get_weights(outcome.value), get_weights(given)) and "optimizer" in facts(outcome.value)
        set_weights(given, before)
    return look


def _kind(value):
    try:
        return "model" if "layers" in facts(value) else "layer"
    except Exception:  # it is nothing of Keras's
        return show_value(value)


def _equal(first, second):
    return len(first) == len(second) and all(map(np.array_equal, first, second))


def _said_of_model(function, call, ours, right, which):
    look, wanted = ours.looks[which], right.looks[which]
    shown = show_call(function, (_MODEL, *call.arguments), call.keywords)
    if "error" in look:
        return describe_error(function, (_MODEL, *call.arguments), call.keywords, ours.errors[which], "the model")
    if look["returned"] == "None":
        return f"{shown}\n  The function returned None: is a `return` missing?"
    if look["returned"] != "model":
        return f"{shown}\n  It returned {look['returned']}; it should return the model."
    if not look["optimizer"]:
        return f"{shown}\n  The model that was given is not compiled afterwards."
    if not look["itself"]:
        return f"{shown}\n  It returned another model than the one it was given."
    if not look["kept weights"]:
        return f"{shown}\n  The weights of the model are not what they were. Compiling has to leave them alone."
    for what in ("optimizer", "learning rate"):
        if look[what] != wanted[what]:
            return f"{shown}\n  The {what} is {_short(look[what])}; it should be {_short(wanted[what])}."
    return None


def _said_of_training(function, call, ours, right, which):
    trained, wanted = ours.trained[which], right.trained[which]
    shown = show_call(function, (_MODEL, *call.arguments), call.keywords)
    loss = ours.looks[which]["loss"]
    if "error" in trained:
        return f"{shown}\n  The loss is {loss!r}, and training the model raises {trained['error'][:400]}"
    if _alike(trained, wanted):
        return None
    steps = f"{shown}\n  The loss is {loss!r}. Trained for {len(wanted['losses'])} steps, the model"
    if _alike(trained, wanted, "losses"):
        return f"{steps} ends with other weights than it should."
    return f"{steps} has the losses {_list(trained['losses'])}; they should be {_list(wanted['losses'])}."


def _alike(first, second, *parts):
    if "error" in first or "error" in second:
        return first == second
    return all(
        np.allclose(ours, theirs, **_TOLERANCES)
        for part in parts or ("losses", "weights")
        for ours, theirs in zip(first[part], second[part], strict=True)
    )


def _mistakes(expected, network, calls):
    for hint, mistaken in misconceptions(expected):
        yield hint, _Work(mistaken, network, calls)


def _hint_on_training(ours, expected, network, calls, inputs, labels):
    for hint, theirs in _mistakes(expected, network, calls):
        if theirs.looks == ours.looks:
            theirs.train(inputs, labels)
            if all(map(_alike, theirs.trained, ours.trained)):
                return hint
    return None


def _short(value):
    return f"{value:.6g}" if isinstance(value, float) else value


def _list(losses):
    return ", ".join(f"{loss:.4f}" for loss in losses)


class _Model:
    def __repr__(self):
        return "model"


_MODEL = _Model()
