"""Folders of small images for tests: the colour of an image says which file it came from, and so what its label is."""

from functools import partial

import numpy as np

from convnets.checks.calls import Performed, perform
from convnets.checks.objects import passes, use
from convnets.checks.words import CheckFailed, show_call, show_value


def items(function, most=300):
    """Make a function of one that returns a generator: it returns the list of what the generator gives.

    An error counts as the function's, whether it comes when the function is called or when an item is; so does what
    happens to the arguments.

    Parameters
    ----------
    function : callable
        The function, or the grader's stand-in for it.
    most : int
        Items that are taken at most.

    Returns
    -------
    callable

    Examples
    --------
    >>> from convnets.checks.folders.visible import items
    >>> items(iter)([1, 2, 3])
    [1, 2, 3]
    """
    return Performed(function, partial(_taken, most=most))


def _taken(value, outcome, given, most):
    taken, told = use(value, "take_and_look", most)
    for name, after in told["changed"].items():
        before = given[name]
        outcome.changed[name] = before, before.describe(after) if hasattr(type(before), "describe") else after
    outcome.shares += [name for name in told["shares"] if name not in outcome.shares]
    outcome.reused = outcome.reused or told["reused"]
    return [tuple(item) if type(item) is list and len(item) == 2 else item for item in taken]  # a pair is either


def in_any_order(function):
    """Make a function of one that returns arrays of indices in any order: it returns them sorted.

    Parameters
    ----------
    function : callable
        The function, or the grader's stand-in for it.

    Returns
    -------
    callable

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.folders.visible import in_any_order
    >>> in_any_order(lambda: (np.array([2, 0]), np.array([1])))()
    (array([0, 2]), array([1]))
    """
    return Performed(function, _sorted)


def _sorted(value, _outcome, _given):
    if not isinstance(value, tuple | list):
        return value
    return type(value)(np.sort(part) if isinstance(part, np.ndarray) else part for part in value)


def check_batches(function, folder, target_size, batch_size, *arguments, sizes):
    """Check that a function makes two loaders of a folder, one to train with and one to validate with.

    Looks at the first batch of each, and counts the images of a pass.

    Parameters
    ----------
    function : callable
    folder : Folder
    target_size : (int, int)
    batch_size : int
    *arguments
        What else the function is called with.
    sizes : (int, int)
        How many images each should have.

    Raises
    ------
    CheckFailed
        With the call and the first thing that is wrong.
    Exception
        Whatever the function raises.
    """
    given = (folder, target_size, batch_size, *arguments)
    outcome = perform(function, given)
    if outcome.error is not None:
        raise outcome.error

    def fail(said):
        raise CheckFailed(f"{show_call(function, given)}\n  {said}")

    if not isinstance(outcome.value, tuple | list) or len(outcome.value) != 2:
        fail(f"returned {show_value(outcome.value)}; two loaders are expected.")
    for name, loader, size in zip(("train", "validation"), outcome.value, sizes, strict=True):
        (batches,) = passes(loader, 1)
        images, labels = (np.asarray(part) for part in batches[0])
        if images.shape[1:] != (*target_size, 3):
            fail(f"{name}: images have the shape {images.shape[1:]}; it should be {(*target_size, 3)}.")
        if len(images) > batch_size:
            fail(f"{name}: the first batch has {len(images)} images; batch_size is {batch_size}.")
        if labels.shape != (len(images),):
            fail(f"{name}: the labels of a batch have the shape {labels.shape}; one number an image is expected.")
        for image, label in zip(images, labels, strict=True):
            path = folder.which(image * 255)
            if path is None:
                values = f"{images.min():.4g} to {images.max():.4g}"
                fail(f"{name}: the values go from {values}; are they rescaled to 0…1, and once only?")
            if folder.labels[path] != label:
                fail(f"{name}: {path} has the label {label}; it should be {folder.labels[path]}.")
        count = sum(len(batch[0]) for batch in batches)
        if count != size:
            fail(f"{name}: there are {count} images in a pass; there should be {size}.")


def check_order(function, folder, *arguments):
    """Check that a function makes a loader to train with, the first of two, whose passes differ in their order.

    Parameters
    ----------
    function : callable
    folder : Folder
    *arguments
        What else the function is called with.

    Raises
    ------
    CheckFailed
        With the call, where both passes come in the same order.
    Exception
        Whatever the function raises.
    """
    given = (folder, *arguments)
    outcome = perform(function, given)
    if outcome.error is not None:
        raise outcome.error
    if not isinstance(outcome.value, tuple | list) or len(outcome.value) != 2:
        raise CheckFailed(
            f"{show_call(function, given)}\n  returned {show_value(outcome.value)}; two loaders are expected."
        )
    first, second = (
        [np.asarray(image).tobytes() for images, _labels in epoch for image in images]
        for epoch in passes(outcome.value[0], 2)
    )
    if first == second:
        raise CheckFailed(
            f"{show_call(function, given)}\n  train: both passes come in the same order. "
            "Training needs another one each time."
        )
