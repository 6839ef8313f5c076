"""What hidden tests of loading are written with: hand a function a folder of images, and look at what it loads.

A test gives the function a `convnets.folders.Folder`, or its ``paths``::

    from convnets.folders import Folder

    folder = Folder({"cat": 3, "dog": ["b.png", "a.JPG", "notes.txt"]}, size=(6, 9))
    check_equal(list_images, folder, expected=(["folder/cat/0.png", …], [0, …], {"cat": 0, "dog": 1}))
    agrees(items_of(batches), items_of(reference("06-loading").batches), calls)   # draws call(folder.paths, …)
    loads_alike(make_flows, reference("06-loading").make_flows, call(folder, (4, 5), 3, 0.25, 7), kind="flow")

The function gets a real path, in its own process, and the files are compared after the call. Generators, flows and
data sets stay where they are; `autograder.models.take`, `passes` and `loader_facts` look at them, in this process or
in the learner's. What they load is arrays, which cross; ``folder.which(image)`` tells from its colour which file an
image is, so that labels, order, split and range are judged here and not there.
"""

import numpy as np

from autograder.models import loader_facts, passes, take
from autograder.reference import misconceptions
from autograder.testing import with_hint
from convnets.calls import perform
from convnets.checks import CheckFailed, describe_error, said_of_changes, show_call, show_value

MOST = 300  # items taken of one generator


def items_of(function):
    """Make a function of one that returns a generator: it returns the list of what the generator gives.

    An error counts as the function's, whether it comes when the function is called or when the first item is.

    Parameters
    ----------
    function : callable
        The learner's function, or the reference.

    Returns
    -------
    callable
        For `autograder.testing.agrees` and `rejects`.
    """
    return _ItemsOf(function)


def first_of(function, count=1):
    """Make a function of one that returns a generator: it returns a list of its first items, and takes no more.

    Parameters
    ----------
    function : callable
    count : int

    Returns
    -------
    callable
    """
    return _ItemsOf(function, count)


class _ItemsOf:
    def __init__(self, function, most=MOST):
        self.function, self.most = function, most
        self.__name__ = getattr(function, "__name__", "function")

    def through(self, other):
        """Make the same of another function: of a misconception, where this one is of the reference."""
        return _ItemsOf(other, self.most)

    def perform_call(self, arguments, keywords, watch):
        """Do what `convnets.calls.perform` does, and take the items."""
        outcome = perform(self.function, arguments, keywords, watch)
        if outcome.error is None and outcome.value is not None:
            try:
                items = take(outcome.value, self.most)
                outcome.value = [tuple(item) if isinstance(item, list) else item for item in items]
            except Exception as error:
                outcome.value, outcome.error = None, error
        return outcome

    def __call__(self, *arguments, **keywords):
        outcome = self.perform_call(arguments, keywords, False)
        if outcome.error is not None:
            raise outcome.error
        return outcome.value


def loads_alike(function, expected, *calls, kind):
    """Check that a function makes two loaders of a folder, for training and for validation, as the reference does.

    What counts is what comes out of them: images in 0…1 of the size asked for with their labels, in each pass every
    image of one side once; no image on both sides, none left out; as many on each side as the reference has, in another
    order in each pass where it is for training. Two calls must make the same split and begin in the same order.

    Parameters
    ----------
    function : callable
        The learner's function, called as ``function(folder, target_size, batch_size, validation_split, seed)``.
    expected : callable
        The reference function.
    *calls : Call
        The first argument of each is a `convnets.folders.Folder`, not of grey images.
    kind : {"flow", "dataset"}
        Whether it should return flows of ``ImageDataGenerator`` or data sets of ``tf.data``; of these the one for
        validation must keep its order, and both must end with ``prefetch``.

    Raises
    ------
    CheckFailed
        With the call, what is wrong, and a hint where the mistake is known.
    """
    for number, each in enumerate(calls):
        fault = find_fault(function, expected, each, kind)
        if fault:
            known = misconceptions(expected)
            hint = next(
                (hint for hint, wrong in known if _first_fault(wrong, expected, calls, kind, number) == fault[0]), None
            )
            raise CheckFailed(with_hint(f"{show_call(function, *each)}\n  {fault[1]}", hint))


def _first_fault(function, expected, calls, kind, number):
    """Name what a misconception gets wrong in a call, if it gets all calls before that right."""
    for each in calls[: number + 1]:
        fault = find_fault(function, expected, each, kind)
        if fault:
            return fault[0] if each is calls[number] else None
    return None


def find_fault(function, expected, call, kind):
    """Find the first thing that is wrong with the loaders a function makes.

    Parameters
    ----------
    function, expected : callable
    call : Call
    kind : str
        As for `loads_alike`.

    Returns
    -------
    (str, str) or None
        A word for it, and a sentence.
    """
    outcome = perform(function, *call)
    if isinstance(outcome.error, NotImplementedError):
        raise outcome.error  # the exercise is not answered yet, and that is all there is to say
    if outcome.error is not None:
        said = describe_error(function, *call, outcome.error, f"two {_NAMES[kind]}").partition("\n  ")[2]
        return f"error {type(outcome.error).__name__}: {str(outcome.error)[:40]}", said
    if not isinstance(outcome.value, tuple | list) or len(outcome.value) != 2:
        return "no pair", f"It returned {show_value(outcome.value)}; two {_NAMES[kind]} are expected."
    if outcome.changed:
        return "changed", said_of_changes(outcome)
    folder, target_size, batch_size = call.arguments[:3]
    sides = dict(zip(("train", "validation"), outcome.value, strict=True))
    seen, orders = {}, {}
    for side, loader in sides.items():
        try:
            facts = loader_facts(loader)
            if facts["kind"] != kind:
                return (
                    f"kind {facts['kind']}",
                    f"{side}: it is of the type {facts['kind']}; {_NAMES[kind]} are expected.",
                )
            epochs = passes(loader, 2)
        except Exception as error:
            return f"pass {type(error).__name__}", f"{side}: reading it raised {type(error).__name__}: {error}"
        for epoch in epochs:
            fault = _fault_of_batches(epoch, folder, target_size, batch_size, kind)
            if fault:
                return f"{side} {fault[0]}", f"{side}: {fault[1]}"
        orders[side] = [
            [folder.which(image * 255) for images, _labels in epoch for image in images] for epoch in epochs
        ]
        for number, order in enumerate(orders[side]):
            if len(set(order)) < len(order):
                return f"{side} twice", f"{side}: in pass {number + 1} some images come more than once."
        if set(orders[side][0]) != set(orders[side][1]):
            return f"{side} changes", f"{side}: the second pass gives other images than the first."
        seen[side] = set(orders[side][0])
        if kind == "dataset" and facts["steps"][0] not in ("PrefetchDataset",):
            return (
                f"{side} prefetch",
                f"{side}: the data set does not end with prefetch; its last step is {facts['steps'][0]}.",
            )
    return _fault_of_split(function, expected, call, kind, seen, orders)


_NAMES = {"flow": "flows of ImageDataGenerator", "dataset": "data sets of tf.data"}


def _fault_of_batches(epoch, folder, target_size, batch_size, kind):
    """Find what is wrong with the batches of one pass."""
    if not epoch:
        return "empty", "there is not a single batch."
    for number, batch in enumerate(epoch):
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            return "no batch", f"an item is {show_value(batch)}; it should be images and labels."
        images, labels = batch
        wanted = (*target_size, 3)
        if not isinstance(images, np.ndarray) or images.ndim != 4 or images.shape[1:] != wanted:
            return (
                f"shape {np.shape(images)[1:] == (wanted[1], wanted[0], 3)}",
                f"images have the shape {np.shape(images)[1:]}; with target_size {target_size} it should be {wanted}.",
            )
        if np.ndim(labels) != 1 or len(labels) != len(images):
            return (
                f"labels {np.ndim(labels)}",
                f"labels have the shape {np.shape(labels)}; one number an image is expected.",
            )
        if kind == "dataset" and labels.dtype.kind not in "iu":
            return "label type", f"labels are {labels.dtype}; integers are expected."
        if len(images) > batch_size or (len(images) < batch_size and number < len(epoch) - 1):
            return "batch size", f"a batch has {len(images)} images; batch_size is {batch_size}."
        if images.dtype != np.float32:
            return "type", f"images are {images.dtype}; float32 is expected."
        for image, label in zip(images, labels, strict=True):
            name = folder.which(image * 255)
            if name is None:
                low, high = float(images.min()), float(images.max())
                known = folder.which(image) is not None
                swapped = folder.which(image[..., ::-1] * 255) is not None
                return (
                    f"values {'0-255' if known else 'swapped' if swapped else 'twice' if high < 0.02 else 'other'}",
                    f"values go from {low:.4g} to {high:.4g}, and "
                    + ("are not rescaled to 0…1." if known else "are not those of the files, divided by 255."),
                )
            if folder.labels[name] != label:
                return "wrong label", f"{name} has the label {label}; it should be {folder.labels[name]}."
    return None


def _fault_of_split(function, expected, call, kind, seen, orders):
    folder = call.arguments[0]
    both = seen["train"] & seen["validation"]
    if both:
        return "overlap", f"{len(both)} of {len(folder.labels)} images are in training and in validation."
    lost = set(folder.labels) - seen["train"] - seen["validation"]
    if lost:
        return "lost", f"{len(lost)} of {len(folder.labels)} images are on neither side."
    loaders = perform(expected, *call).value
    right = [sum(len(images) for images, _labels in passes(loader, 1)[0]) for loader in loaders]
    if len(seen["train"]) != right[0]:
        ours = f"{len(seen['train'])} for training and {len(seen['validation'])} for validation"
        swapped = len(seen["train"]) == right[1]
        return f"share {swapped}", f"there are {ours}; it should be {right[0]} and {right[1]}."
    if orders["train"][0] == orders["train"][1]:
        fixed = orders["train"][0] == [name for name in folder.labels if name in seen["train"]]
        return (
            f"not shuffled {fixed}",
            "train: both passes come in the same order. Training needs another one each time.",
        )
    if kind == "dataset" and orders["validation"][0] != orders["validation"][1]:
        return "validation shuffled", "validation: the second pass comes in another order than the first."
    again = perform(function, *call)
    try:
        train, validation = (passes(part, 1)[0] for part in again.value)
    except Exception as error:
        return "second call", f"A second call went wrong: {type(error).__name__}: {error}"
    held_out = {folder.which(image * 255) for images, _ in validation for image in images}
    if held_out != seen["validation"]:
        return "other split", "A second call with the same seed makes another split."
    if [folder.which(image * 255) for images, _ in train for image in images] != orders["train"][0]:
        return "seed", "A second call with the same seed begins in another order: is the seed handed on?"
    return None
