"""Folders of small images for tests: the colour of an image says which file it came from, and so what its label is."""

from itertools import islice

import numpy as np

from convnets.checks.calls import Performed, perform
from convnets.checks.words import CheckFailed, show_call, show_value


class items(Performed):  # noqa: N801 - it is used as a function
    """Make a function of one that returns a generator: it returns the list of what the generator gives.

    An error counts as the function's, whether it comes when the function is called or when an item is.

    Parameters
    ----------
    function : callable
        The function, or the grader's stand-in for it.
    most : int
        Items that are taken at most.
    """

    def __init__(self, function, most=300):
        self.function, self.most = function, most
        self.__name__ = getattr(function, "__name__", "function")

    def through(self, other):
        """Make the same of another function."""
        return type(self)(other, self.most)

    def perform_call(self, arguments, keywords, watch):
        """Do what `convnets.checks.calls.perform` does, and take the items."""
        outcome = perform(self.function, arguments, keywords, watch)
        if outcome.error is None and outcome.value is not None:
            value, outcome.value = outcome.value, None
            try:
                # The grader's stand-in for a generator in another process is asked there.
                asks = hasattr(type(value), "ask")
                outcome.value = value.ask("take", self.most) if asks else list(islice(value, self.most))
            except Exception as error:
                outcome.error = error
        return outcome


class in_order(Performed):  # noqa: N801 - it is used as a function
    """Make a function of one that returns arrays of indices in any order: it returns them sorted.

    Parameters
    ----------
    function : callable
        The function, or the grader's stand-in for it.
    """

    def __init__(self, function):
        self.function = function
        self.__name__ = getattr(function, "__name__", "function")

    def through(self, other):
        """Make the same of another function."""
        return type(self)(other)

    def perform_call(self, arguments, keywords, watch):
        """Do what `convnets.checks.calls.perform` does, and sort each array."""
        outcome = perform(self.function, arguments, keywords, watch)
        if isinstance(outcome.value, tuple | list):
            sort = [np.sort(part) if isinstance(part, np.ndarray) else part for part in outcome.value]
            outcome.value = type(outcome.value)(sort)
        return outcome


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
        asks = hasattr(type(loader), "ask")
        batches = loader.ask("passes", 1, 300)[0] if asks else _one_pass(loader)
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


def _one_pass(loader):
    try:
        return list(islice(loader, len(loader)))
    except TypeError:  # it does not know how long it is
        return list(islice(loader, 300))
