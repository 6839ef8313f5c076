"""A visible test of functions that train a Keras model, and a small model to train."""

import numpy as np

from convnets.checks.calls import perform
from convnets.checks.compare import difference
from convnets.checks.values import said_of_changes
from convnets.checks.words import CheckFailed

_USUAL = 0.5  # a class that is answered so often, or more, is worth a word
_APART = 0.25  # Keras tells the mean over an epoch, in which the model gets better


def linear_classifier(input_shape, classes):
    """Build the smallest network that can be trained: a dense layer, all weights zero, and compiled.

    Parameters
    ----------
    input_shape : (int, int, int)
        Height, width and channels of an image.
    classes : int

    Returns
    -------
    keras.Sequential
        Flatten, Dense(classes, softmax) without biases; plain gradient descent with a learning rate of 0.1, for integer
        labels, with accuracy as ``acc``.

    Examples
    --------
    >>> from convnets.checks.training.visible import linear_classifier
    >>> model = linear_classifier((8, 8, 1), 10)
    >>> model.count_params(), model.compiled
    (640, True)
    """
    import keras

    layers = [
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dense(classes, activation="softmax", use_bias=False, kernel_initializer="zeros", name="dense"),
    ]
    model = keras.Sequential([keras.Input(tuple(input_shape), name="images"), *layers], name="linear_classifier")
    # Eagerly, for it takes longer to make a graph than to train so small a network.
    model.compile(keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy", metrics=["acc"], run_eagerly=True)
    return model


def check_learns(function, model, known, unseen, epochs, accuracy, told=True):
    """Check that a call trains a Keras model so well that it is right about images it has not seen.

    Parameters
    ----------
    function : callable
        The function under test: ``function(model, images, labels, epochs)`` trains the model it is given and returns a
        dict with the ``loss`` and the ``acc`` of each epoch.
    model : keras.Model
        Compiled. It is trained.
    known, unseen : (numpy.ndarray, numpy.ndarray)
        Images and integer labels, to train on and to measure with.
    epochs : int
    accuracy : float
        The share of the unseen images, 0…1, that must be right.
    told : bool
        Whether what it returns is looked at too, and whether images and labels are as they were.

    Raises
    ------
    CheckFailed
        When it does not return such a dict, changes images or labels, or too few unseen images are right.
    Exception
        Whatever the function raises.

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.training.visible import check_learns, linear_classifier
    >>> def train(model, images, labels, epochs):
    ...     return model.fit(images, labels, epochs=epochs, verbose=0).history
    >>> images = np.eye(4, dtype="float32").reshape(4, 2, 2, 1)  # each class has a pixel of its own
    >>> known = np.tile(images, (16, 1, 1, 1)), np.tile(np.arange(4), 16)
    >>> check_learns(train, linear_classifier((2, 2, 1), 4), known, (images, np.arange(4)), epochs=3, accuracy=0.9)
    """
    outcome = perform(function, (model, *known, epochs))
    if outcome.error is not None:
        raise outcome.error
    shown = (
        f"{getattr(function, '__name__', 'function')}(model, images, labels, {epochs}) with {len(known[0]):,} images"
    )
    said = told and (said_of_history(outcome.value, epochs) or said_of_changes(outcome))
    if said:
        raise CheckFailed(f"{shown}\n  {said}")
    answers, trained = np.argmax(model(unseen[0]), axis=1), np.argmax(model(known[0]), axis=1)
    share, trained_share = np.mean(answers == unseen[1]), np.mean(trained == known[1])
    if share < accuracy:
        said = (
            f"{share:.1%} of {len(answers):,} images that the model has not seen are right; at least {accuracy:.0%} "
            f"should be. Of those it was to be trained on, {trained_share:.1%} are right."
        )
        usual, count = max(zip(*np.unique(answers, return_counts=True), strict=True), key=lambda pair: pair[1])
        if count >= _USUAL * len(answers):
            said += f" It says {usual} to {count / len(answers):.0%} of all. Has it seen one class after the other?"
        raise CheckFailed(f"{shown}\n  {said}")
    if not told:
        return
    acc, losses = outcome.value["acc"][-1], outcome.value["loss"]
    if abs(acc - trained_share) > _APART:
        raise CheckFailed(
            f"{shown}\n  The last number of ['acc'] is {acc:.3f}, but of the images that the model was trained on "
            f"{trained_share:.1%} are right."
        )
    if len(losses) > 1 and losses[-1] >= losses[0]:
        raise CheckFailed(f"{shown}\n  The model has learnt, but ['loss'] does not fall: {losses}.")


def is_flat(values):
    """Say whether something is a list, a tuple or an array with nothing of the kind inside."""
    if isinstance(values, np.ndarray):
        return values.ndim == 1
    return isinstance(values, list | tuple) and not any(isinstance(each, list | tuple | np.ndarray) for each in values)


def said_of_history(history, epochs):
    """Say what is wrong with what a training has returned.

    Parameters
    ----------
    history : object
    epochs : int

    Returns
    -------
    str or None
        None when it is a dict with ``loss`` and ``acc``, a number for each epoch.
    """
    if not isinstance(history, dict):
        return difference(history, {})
    for name in ("loss", "acc"):
        if name not in history:
            return f"The keys are {sorted(map(str, history))}; 'loss' and 'acc' should be among them."
        values = history[name]
        if not is_flat(values):
            return f"[{name!r}] should be a list with a number for each epoch."
        if len(values) != epochs:
            return f"The length of [{name!r}] is {len(values)}; trained for {epochs}, it should be {epochs}."
        if not all(isinstance(value, int | float | np.number) and np.isfinite(value) for value in values):
            return f"[{name!r}] should hold finite numbers."
    if not all(0 <= value <= 1 for value in history["acc"]):
        return "['acc'] should hold shares from 0 to 1."
    return None
