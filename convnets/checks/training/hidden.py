"""What hidden tests of training are written with: see what a function does with the Keras model it is to train."""

import numpy as np

from convnets.checks.calls import attempt, perform
from convnets.checks.judging import Seen, fault, hint_of_mistake, judge
from convnets.checks.objects import facts, facts_or_none, get_weights, lend, predict, use
from convnets.checks.outcomes import error_text
from convnets.checks.training.visible import check_learns, linear_classifier, said_of_history
from convnets.checks.values import said_of_changes
from convnets.checks.words import CheckFailed, describe_error, said_of_error, show_call, show_value
from convnets.data.images import digits

_SHAPE, _CLASSES, _COUNT = (4, 11, 1), 10, 44  # batches of 32 leave 12 over, a fifth set apart is 9
_EPOCHS = (1, 3)
_RATE = 0.1  # of `linear_classifier`


def allow_seconds(function, seconds):
    """Let calls of a learner's function take longer than they may by default, as training does.

    Parameters
    ----------
    function : callable
        The learner's function.
    seconds : float
        For each call.

    Returns
    -------
    callable
        The function to call. Under stock nbgrader there is no limit on a call, and it is the same function.
    """
    return function.allow_seconds(seconds) if hasattr(function, "allow_seconds") else function


def digits_in_disguise(train, test, seed=0):
    """Return real digits as nobody has trained on them: mirrored at the diagonal, with other numbers for the classes.

    A model that was trained elsewhere, or on digits that the learner's code fetches by itself, is of no use for them.

    Parameters
    ----------
    train, test : int
        How many digits.
    seed : int

    Returns
    -------
    (images, labels), (test_images, test_labels)
        Those to train on are sorted by class.
    """
    (images, labels), (test_images, test_labels) = digits(train, seed)
    classes = np.random.default_rng(seed).permutation(10)
    order = np.argsort(classes[labels], kind="stable")
    known = images.transpose(0, 2, 1, 3)[order], classes[labels][order]
    return known, (test_images[:test].transpose(0, 2, 1, 3), classes[test_labels[:test]])


def trains(function, expected):
    """Check that a function trains the model it is given, on every image, for as many epochs as it is told.

    In each image of the probe a single pixel is lit. So each row of the small model's weights belongs to one image, and
    shows whether the model was trained on it, and with which label. No accuracy is asked for: any optimizer and any
    size of batch will do.

    Parameters
    ----------
    function : callable
        The learner's function, called as ``function(model, images, labels, epochs)``.
    expected : callable
        The reference function.

    Raises
    ------
    CheckFailed
        With the call, what is wrong, and a hint where the mistake is known.
    """
    judge(function, expected, [(calls,) for calls in range(1, len(_EPOCHS) + 1)], _probed, shown=None)


def _probed(function, case, _expected):
    kind, said = probe(function, *case)
    if kind:
        yield fault(kind, said)


def learns(function, model, known, unseen, *, epochs, accuracy, seconds=60, expected=None):
    """Check that a function trains a model so well that it is right about images it has not seen.

    They are compared here: the learner's process gets to see only what it is to train on.

    Parameters
    ----------
    function : callable
        The learner's function.
    model, known, unseen, epochs, accuracy
        As in `convnets.checks.training.visible.check_learns`.
    seconds : float
        How long it may take.
    expected : callable, optional
        The reference function, whose catalogued mistakes may explain a low accuracy.

    Raises
    ------
    CheckFailed
        When the function raises an error or does not reach that accuracy; with a hint where the mistake is known. What
        it returns is not looked at: that is for `trains`.
    """
    patient = allow_seconds(function, seconds)
    try:
        check_learns(patient, model, known, unseen, epochs, accuracy, told=False)
    except CheckFailed as failed:
        hint = hint_of_mistake(function, expected, (), _habit) if expected and not _leaves_few_out(function) else None
        raise CheckFailed(failed.said, hint) from None
    except NotImplementedError:
        raise
    except Exception as error:
        raise CheckFailed(describe_error(function, (model, *known, epochs), {}, error, "a dict")) from None


def _leaves_few_out(function):
    """Whether `trains` has more to say of a function: a few images that are left out make no accuracy low."""
    kind, _said = probe(function)
    return bool(kind) and kind[0].startswith("unused") and int(kind[0].split()[1].rstrip(",")) <= _COUNT // 3


def _habit(function, _case, expected):
    """See what makes a training slow or forgetful, where `trains` finds nothing wrong with it."""
    kind = None if function is expected else probe(function)[0]
    yield Seen("kind", kind)
    habit = None if kind else habit_of(function)
    if habit:
        yield fault(habit, habit)


def habit_of(function):
    """Find out how a function trains.

    Parameters
    ----------
    function : callable

    Returns
    -------
    str or None
        "compiled again", with another optimizer or learning rate; "small steps", smaller than any size of batch makes
        them; "in order", the images as they come; None for nothing of that kind, or an error.
    """
    model = lend(function, linear_classifier(_SHAPE, _CLASSES))
    before = _optimizer(model)
    labels = np.arange(_COUNT) * _CLASSES // _COUNT
    images = np.eye(_COUNT, dtype=np.float32).reshape(_COUNT, *_SHAPE)
    if perform(function, (model, images, labels, 1)).error is not None:
        return None
    if _optimizer(model) != before:
        return "compiled again"
    # A first step moves a row of the weights by the learning rate, over the size of the batch, times 2 (1 - 1/classes).
    smallest = _RATE / _COUNT * 2 * (1 - 1 / _CLASSES)
    if np.abs(get_weights(model)[0]).sum(axis=1).max() < smallest / 2:
        return "small steps"
    same = linear_classifier((1, 1, 1), _CLASSES)
    if perform(function, (same, np.ones((_COUNT, 1, 1, 1), np.float32), labels, 1)).error is not None:
        return None
    weights = get_weights(same)[0][0]
    in_order = any(np.allclose(weights, _trained_in_order(labels, size), atol=1e-5) for size in range(1, _COUNT))
    return "in order" if in_order else None


def _optimizer(model):
    told = facts(model)["optimizer"]
    return told["class"], told["learning_rate"]


def _trained_in_order(labels, size):
    """Train what `linear_classifier` is for images of one pixel, all 1, batch after batch: its weights."""
    weights = np.zeros(_CLASSES)
    for start in range(0, len(labels), size):
        batch = labels[start : start + size]
        guessed = np.exp(weights) / np.exp(weights).sum()
        weights -= _RATE * (guessed - np.bincount(batch, minlength=_CLASSES) / len(batch))
    return weights


def watches_accuracy(function, arguments):
    """Check that a function compiles the model it builds with its accuracy as a metric.

    Parameters
    ----------
    function : callable
        The learner's function.
    arguments : Call
        What to call it with; use `convnets.checks.draws.call`.

    Raises
    ------
    CheckFailed
        When no metric has ``acc`` in its name, or none of those says of batches with integer labels how much of them is
        classified right.
    """
    outcome = attempt(function, *arguments)
    shown = show_call(function, *arguments)
    if outcome.error is not None:
        raise CheckFailed(describe_error(function, *arguments, outcome.error, "a Keras model"))
    told = facts_or_none(outcome.value)
    if told is None:
        raise CheckFailed(f"{shown}\n  returned {show_value(outcome.value)}; it should return a model.")
    if "optimizer" not in told:
        raise CheckFailed(f"{shown}\n  returned a model that is not compiled.")
    metrics = told.get("metrics", [])
    if "acc" not in str(metrics):
        raise CheckFailed(
            f"{shown}\n  returned a model with the metrics {metrics}. "
            'Its accuracy should be among them: metrics=["acc"].'
        )
    measured = _measured(outcome.value, told)
    if "0.5 and 1.0" not in measured.values():
        said = ", ".join(f"{name} is {value}" for name, value in measured.items()) or "no such metric is told"
        raise CheckFailed(
            f"{shown}\n  For batches with integer labels of which the model classifies half and all right, {said}. "
            'Its accuracy is 0.5 and 1.0: Keras chooses the kind that suits the labels when told metrics=["acc"].'
        )


def _measured(model, told):
    """What each metric with acc in its name says of two batches, of which half and all is classified right."""
    try:
        sides = [_COUNT if side is None else side for side in told["input_shape"]]
        images = np.random.default_rng(4).random(sides, dtype=np.float32)
        scores = predict(model, images)
        right = scores.argmax(axis=-1)
        half = (right + np.arange(len(images)) % 2) % scores.shape[-1]
        # Of one batch, a metric for one-hot labels may say by chance what is right; of both it cannot.
        values = [use(model, "measure", images, labels) for labels in (half, right)]
    except Exception as error:  # what a metric for other labels provokes
        named = " or ".join(str(metric) for metric in told["metrics"] if "acc" in str(metric))
        return {named: f"not to be had ({type(error).__name__})"}
    return {name: " and ".join(str(round(of[name], 6)) for of in values) for name in values[0] if "acc" in name}


def probe(function, calls=None):
    """Let a function train the small model.

    Parameters
    ----------
    function : callable
    calls : int, optional
        How often at most, each time for more epochs. As often as there is something to learn from it when left out.

    Returns
    -------
    (tuple, str) or (None, None)
        Which kind of mistake it makes, and what is wrong, in words.
    """
    images = np.eye(_COUNT, dtype=np.float32).reshape(_COUNT, *_SHAPE)
    labels = np.arange(_COUNT) * _CLASSES // _COUNT
    distances = []
    for epochs in _EPOCHS[:calls]:
        model = lend(function, linear_classifier(_SHAPE, _CLASSES))
        compiled = _optimizer(model)
        outcome = attempt(function, (model, images, labels, epochs))
        weights = get_weights(model)[0]
        distances.append(np.abs(weights).sum())
        # Small steps add up: three epochs move the weights about three times as far as one, with momentum six times.
        further, is_plain = distances[-1] / distances[0] if distances[0] else 1, _optimizer(model) == compiled
        trend = "short" if further < 1.5 else "long" if further > (4 if is_plain else 6) else "right"
        said = _said(outcome, weights, labels, epochs)
        if said is None and epochs > 1 and trend != "right":
            said = (
                "epochs",
                (
                    f"It moved the weights {further:.1f} times as far as one epoch does. "
                    "Does the number of epochs decide how long it trains?"
                ),
            )
        if said:
            name = getattr(function, "__name__", "function")
            shown = f"{name}(linear_classifier({_SHAPE}, {_CLASSES}), images, labels, {epochs}), with {_COUNT} images"
            return (said[0], trend), f"{shown}\n  {said[1]}"
    return None, None


def _said(outcome, weights, labels, epochs):
    """Say what is wrong with a training of the small model: a word for it, and a sentence."""
    if outcome.error is not None:
        return error_text(outcome.error), said_of_error(outcome.error)
    said = said_of_history(outcome.value, epochs)
    if said:
        return said, said
    if outcome.changed:
        return f"changed {sorted(map(str, outcome.changed))}", said_of_changes(outcome)
    unused = np.abs(weights).sum(axis=1) == 0
    if unused.all():
        return "untrained", "The model has the same weights as before: it was not trained. Is it a copy that was?"
    if unused.any():
        last = unused[-unused.sum() :].all()
        return f"unused {unused.sum()}, {last=}", (
            f"{'The last ' if last else ''}{unused.sum()} of the images made no difference to the model: it was not "
            "trained on them. Every image has its turn in every epoch."
        )
    unpaired = weights.argmax(axis=1) != labels
    if unpaired.any():
        return "unpaired", (
            f"{unpaired.sum()} of the images were trained with a label that belongs to another image. "
            "Do images and labels stay together when they are shuffled?"
        )
    return None
