"""What hidden tests of loading are written with: hand a function a folder of images, and look at what it loads.

A test gives the function a `convnets.checks.folders.folder.Folder`, or its ``paths``::

    from convnets.checks.folders.folder import Folder

    folder = Folder({"cat": 3, "dog": ["b.png", "a.JPG", "notes.txt"]}, size=(6, 9))
    check_equal(list_images, folder, expected=(["folder/cat/0.png", …], [0, …], {"cat": 0, "dog": 1}))
    agrees(items(batches), items(reference("06-loaders").batches), calls)   # draws call(folder.paths, …)
    loads_alike(make_flows, reference("06-loaders").make_flows, call(folder, (4, 5), 3, 0.25, 7), kind="flow")

The function gets a real path, in its own process, and the files are compared after the call. Generators, flows and
data sets stay where they are; `convnets.checks.objects.take`, `passes` and `loader_facts` look at them, in this
process or in the learner's. What they load is arrays, which cross; ``folder.which(image)`` tells from its colour which
file an image is, so that labels, order, split and range are judged here and not there.
"""

import numpy as np
from hypothesis import strategies as st

from convnets.checks.calls import attempt, perform
from convnets.checks.draws import Call
from convnets.checks.folders.folder import Folder
from convnets.checks.folders.visible import items
from convnets.checks.judging import fault, judge
from convnets.checks.objects import loader_facts, passes
from convnets.checks.outcomes import error_text
from convnets.checks.values import said_of_changes
from convnets.checks.words import error_lines, show_value


def first_of(function, count=1):
    """Make a function of one that returns a generator: it returns a list of its first items, and takes no more."""
    return items(function, count)


_CLASSES = [
    {"cat": 3, "dog": 2},
    {"dog": 12, "cat": 2, "ant": 1},
    {"b": ["z.png", "a.JPG", "m.jpeg", "notes.txt"], "a": ["x.PNG"], "": ["README.md", "loose.png"]},
    {"Zebra": 2, "apple": 1, "10": 3, "9": 2},
    {"a": 0, "b": 2, "c": ["1.png"]},
    {"10": 1, "9": ["a.png", "b.png.txt", "c.jpg~"], "2": 2},
    {"cat": 2, "cat-big": 1, "cat 2": 1},  # a class may begin as another is called
    {"b": ["a.png", "a-1.png", "a.jpg", "a-1.jpg"], "a": 1},  # sorted by name, not by what stands before the ending
    {"v1.0": 1, "v2": ["a.png", "notpng", "my_jpg"], "": ["LICENSE"]},  # a dot makes no file, and its lack no folder
]


@st.composite
def folders(draw):
    """Draw the argument of a function that lists a folder.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Draws tuples of a `convnets.checks.folders.folder.Folder`.
    """
    return (Folder(draw(st.sampled_from(_CLASSES))),)


@st.composite
def loadings(draw, broken=False):
    """Draw the arguments of a loader in order: paths in some folder, labels, the size of images and of batches.

    Parameters
    ----------
    broken : bool
        Whether the last file is none that can be opened, and the batches before it are whole.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Draws `Call`.
    """
    # Of one colour, a piece looks like the whole image made smaller: some have to be made larger.
    target_size = draw(st.tuples(st.sampled_from([1, 2, 9, 3, 5]), st.sampled_from([1, 2, 3, 5, 12])))
    if broken:
        folder = Folder({"cat": 3, "dog": 2}, broken=["dog/1.png"])
        return Call((folder.paths, folder.paths.labels, target_size, draw(st.integers(1, 4))), {})
    mode = draw(st.sampled_from(["RGB", "RGBA", "L", "P"]))
    folder = Folder({"cat": ["a.png", "b.jpg"] if mode in ("RGB", "L") else 2, "dog": 3, "emu": 1}, mode=mode)
    names = draw(st.permutations(list(folder.labels)))[: draw(st.integers(1, 6))]
    paths = folder.choose(*names)
    labels = draw(st.sampled_from([paths.labels, paths.labels.tolist()]))
    return Call((paths, labels, target_size, draw(st.integers(1, 4))), {})


def splits_well(function, expected, *calls):
    """Check that a function splits images into two parts as `split` of the assignment should.

    The parts are disjoint and complete, the share is taken from every class to within one image, an equal seed makes
    an equal split and other seeds make others. Which images are chosen is free.

    Parameters
    ----------
    function, expected : callable
    *calls : Call
        With paths, labels, share and seed.

    Raises
    ------
    CheckFailed
        With the call, what is wrong, and a hint where the mistake is known.
    """
    judge(function, expected, calls, _indices)


def _indices(function, call, _expected):
    yield from _told(_fault_of_indices(function, call))


def _told(found):
    if found:
        yield fault(*found)


def _fault_of_indices(function, call):
    labels, share = np.asarray(call.arguments[1]), call.arguments[2]
    outcome = attempt(function, *call)
    fault = _fault_of_outcome(outcome, "two arrays of indices")
    if fault:
        return fault
    parts = outcome.value
    for name, part in zip(("train", "validation"), parts, strict=True):
        if not isinstance(part, np.ndarray) or part.ndim != 1 or part.dtype.kind not in "iu":
            return f"kind {type(part).__name__}", f"{name} is {show_value(part)}; an array of indices is expected."
        if part.size and not (part.min() >= 0 and part.max() < len(labels)):
            return "range", f"{name} has indices from {part.min()} to {part.max()}; there are {len(labels)} images."
    both = np.intersect1d(*parts)
    if both.size:
        largest = max(np.unique(labels, return_counts=True)[1])
        counted = "within classes" if max(map(np.max, parts)) < largest else "among all"
        return f"overlap {counted}", f"{both.size} images are in both parts, number {both[0]} for instance."
    lost = np.setdiff1d(np.arange(len(labels)), np.concatenate(parts))
    if lost.size:
        return "lost", f"{lost.size} images are in neither part, number {lost[0]} for instance."
    if sum(map(len, parts)) > len(labels):
        return "twice", "Some images come twice in one part."
    for label in np.unique(labels):
        here, wanted = int(np.sum(labels[parts[1]] == label)), share * np.sum(labels == label)
        if abs(here - wanted) > 1:
            counts = [(np.sum(labels[parts[1]] == each), np.sum(labels == each)) for each in np.unique(labels)]
            swapped = all(abs(size - held - share * size) <= 1 for held, size in counts)
            whole = any(held in (0, size) for held, size in counts)
            return f"share {'swapped' if swapped else 'whole classes' if whole else 'by chance'}", (
                f"{here} of {np.sum(labels == label)} images of class {label} are for validation; "
                f"with a share of {share} it should be {wanted:g}, to within one."
            )
    again = attempt(function, *call).value
    if not all(map(np.array_equal, again, parts)):
        return "chance", "A second call with the same seed makes another split."
    others = [attempt(function, (*call.arguments[:3], seed), call.keywords).value for seed in (101, 102, 103)]
    if all(np.array_equal(np.sort(other[1]), np.sort(parts[1])) for other in others):
        return "seed", "Other seeds make the same split. Which images are held out must depend on the seed."
    return None


def shuffles_well(function, expected, *calls):
    """Check that a generator shuffles by its seed: every image once, its label with it, another order for another seed.

    Parameters
    ----------
    function, expected : callable
        Called as ``batches(paths, labels, target_size, batch_size, seed)``.
    *calls : Call
        The first argument of each is a `convnets.checks.folders.folder.Paths`.

    Raises
    ------
    CheckFailed
        With the call, what is wrong, and a hint where the mistake is known.
    """
    judge(function, expected, calls, _shuffle)


def _shuffle(function, call, _expected):
    yield from _told(_fault_of_shuffle(function, call))


def _fault_of_shuffle(function, call):
    paths, labels, _target_size, batch_size = call.arguments[:4]
    folder = paths.folder

    def names(arguments):
        outcome = items(function).perform_call(arguments, call.keywords, False)
        if outcome.error is not None:
            return outcome, None
        return outcome, [[folder.which(image) for image in images] for images, _labels in outcome.value or []]

    outcome, order = names(call.arguments)
    if outcome.error is not None or outcome.value is None or outcome.changed:
        return _fault_of_outcome(outcome, "batches") or ("none", "It returned nothing.")
    flat = [name for batch in order for name in batch]
    if None in flat:
        images = outcome.value[0][0]
        for kind, other in (("divided", images * 255), ("swapped", images[..., ::-1])):
            if folder.which(other[0]) is not None:
                return f"values {kind}", "the values of the images are not those of the files."
        return "unknown", "an image is none of the files."
    if len(set(flat)) < len(flat):
        again = "the same batch" if order[0] == order[1] else "twice"
        counted = f"{len(flat) == len(paths)} {set(flat) == set(paths.names)}"
        return f"{again} {counted}", f"{len(flat) - len(set(flat))} images come more than once."
    if set(flat) != set(paths.names):
        return "lost", f"{len(paths) - len(set(flat))} of {len(paths)} images do not come at all."
    if any(len(batch) != batch_size for batch in order[:-1]):
        return "batch size", f"a batch before the last one has not {batch_size} images."
    label_of = dict(zip(paths.names, labels, strict=True))
    for (_images, ours), batch in zip(outcome.value, order, strict=True):
        wrong = [name for label, name in zip(ours, batch, strict=True) if label != label_of[name]]
        if wrong:
            return (
                "label",
                f"{wrong[0]} comes with the label of another image. Images and labels are shuffled together.",
            )
    if flat == paths.names:
        return "in order", "The images come in the order of the paths, although there is a seed."
    return _fault_of_seed(lambda *seed: names((*call.arguments[: 5 - len(seed)], *seed))[1], order)


def _fault_of_seed(order_of, order):
    """Find what is wrong with the orders in which batches come: ``order_of()`` as before, or with another seed."""
    if order_of() != order:
        return "chance", "A second call with the same seed gives another order."
    others = [order_of(seed) for seed in (101, 102, 103)]
    if all(other == order for other in others):
        return "seed", "Other seeds give the same order."
    if all([sorted(batch) for batch in other] == [sorted(batch) for batch in order] for other in others):
        return "batches only", "The batches hold the same images whatever the seed is: only their order changes."
    return None


def _fault_of_outcome(outcome, wanted):
    if outcome.error is not None:
        return f"error {error_text(outcome.error)}", error_lines(outcome.error, wanted)
    if outcome.changed:
        return "changed", said_of_changes(outcome)
    if wanted != "batches" and (not isinstance(outcome.value, tuple | list) or len(outcome.value) != 2):
        return "no pair", f"It returned {show_value(outcome.value)}; {wanted} are expected."
    return None


def loads_alike(function, expected, *calls, kind, order=False):
    """Check that a function makes two loaders of a folder, for training and for validation, as the reference does.

    What counts is what comes out of them: images in 0…1 of the size asked for with their labels, in each pass every
    image of one side once; no image on both sides, none left out; as many on each side as the reference has. With
    ``order`` it is the order alone that counts: another one in each pass where it is for training, and after two calls
    the same split and the same beginning.

    Parameters
    ----------
    function : callable
        The learner's function, called as ``function(folder, target_size, batch_size, validation_split, seed)``.
    expected : callable
        The reference function.
    *calls : Call
        The first argument of each is a `convnets.checks.folders.folder.Folder`, not of grey images.
    kind : {"flow", "dataset"}
        Whether it should return flows of ``ImageDataGenerator`` or data sets of ``tf.data``. Where the order counts,
        the data set for validation must keep its own, and both must end with ``prefetch``.
    order : bool
        Whether to look at the order or at all the rest.

    Raises
    ------
    CheckFailed
        With the call, what is wrong, and a hint where the mistake is known.
    """
    judge(function, expected, calls, _LOOKS[kind, order])


def _flows(function, call, expected):
    yield from _told(find_fault(function, expected, call, "flow"))


def _datasets(function, call, expected):
    yield from _told(find_fault(function, expected, call, "dataset"))


def _order_of_flows(function, call, _expected):
    yield from _told(find_fault_of_order(function, call, "flow"))


def _order_of_datasets(function, call, _expected):
    yield from _told(find_fault_of_order(function, call, "dataset"))


_LOOKS = {
    ("flow", False): _flows,
    ("flow", True): _order_of_flows,
    ("dataset", False): _datasets,
    ("dataset", True): _order_of_datasets,
}


def find_fault(function, expected, call, kind):
    """Find the first thing that is wrong with what the loaders hold that a function makes.

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
    outcome = attempt(function, *call)
    fault = _fault_of_outcome(outcome, f"two {_NAMES[kind]}")
    if fault:
        return fault
    folder, target_size, batch_size = call.arguments[:3]
    sides = dict(zip(("train", "validation"), outcome.value, strict=True))
    seen = {}
    for side, loader in sides.items():
        try:
            facts = loader_facts(loader)
            if facts["kind"] != kind:
                said = _SAID_OF_KIND.format(side=side, kind=facts["kind"], wanted=_NAMES[kind])
                return f"kind {facts['kind']}", said
            epochs = passes(loader, 2)
        except Exception as error:
            return f"pass {type(error).__name__}", f"{side}: reading it raised {type(error).__name__}: {error}"
        for epoch in epochs:
            fault = _fault_of_batches(epoch, folder, target_size, batch_size, kind)
            if fault:
                return f"{side} {fault[0]}", f"{side}: {fault[1]}"
        orders = [[folder.which(image * 255) for images, _labels in epoch for image in images] for epoch in epochs]
        for number, order in enumerate(orders):
            if len(set(order)) < len(order):
                return f"{side} twice", f"{side}: in pass {number + 1} some images come more than once."
        if set(orders[0]) != set(orders[1]):
            return f"{side} changes {len(orders[0])}", f"{side}: the second pass gives other images than the first."
        seen[side] = set(orders[0])
    return _fault_of_split(expected, call, seen)


_SAID_OF_KIND = "{side}: it is of the type {kind}; {wanted} are expected."
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
        if images.dtype.kind != "f" or (kind == "dataset" and images.dtype != np.float32):
            return "type", f"images are {images.dtype}; {'float32 is' if kind == 'dataset' else 'floats are'} expected."
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


def _fault_of_split(expected, call, seen):
    folder = call.arguments[0]
    both = seen["train"] & seen["validation"]
    if both:
        sizes = f"{len(seen['train'])} and {len(seen['validation'])}"
        said = f"{len(both)} of {len(folder.labels)} images are in training and in validation."
        return f"overlap of {sizes}", said
    lost = set(folder.labels) - seen["train"] - seen["validation"]
    if lost:
        return "lost", f"{len(lost)} of {len(folder.labels)} images are on neither side."
    loaders = perform(expected, *call).value
    right = [sum(len(images) for images, _labels in passes(loader, 1)[0]) for loader in loaders]
    if abs(len(seen["train"]) - right[0]) > len(set(folder.labels.values())):  # each class may be rounded
        ours = f"{len(seen['train'])} for training and {len(seen['validation'])} for validation"
        swapped = len(seen["train"]) == right[1]
        return f"share {swapped}", f"there are {ours}; it should be {right[0]} and {right[1]}."
    return None


def find_fault_of_order(function, call, kind):
    """Find the first thing that is wrong with the order in which the loaders of a function give images.

    Images are known by their bytes here, so that the order can be right whatever else is wrong with them.

    Parameters
    ----------
    function : callable
    call : Call
    kind : str
        As for `loads_alike`.

    Returns
    -------
    (str, str) or None
        A word for it, and a sentence.
    """
    outcome = attempt(function, *call)
    fault = _fault_of_outcome(outcome, f"two {_NAMES[kind]}")
    if fault:
        return fault
    again = attempt(function, *call)  # before anything is read: what a flow draws must not hang on another's draws
    try:
        epochs = [passes(loader, 2) for loader in outcome.value]
        facts = [loader_facts(loader) for loader in outcome.value]
        labels = np.concatenate([labels for _images, labels in epochs[0][0]])
        train, validation = ([_bytes_of(epoch) for epoch in side] for side in epochs)
    except Exception as error:
        return f"pass {type(error).__name__}", f"reading it raised {type(error).__name__}: {error}"
    if train[0] == train[1]:
        in_order = labels.ndim == 1 and bool((np.diff(labels) >= 0).all())
        return (
            f"not shuffled {in_order} {len(train[0]) < len(validation[0])}",
            "train: both passes come in the same order. Training needs another one each time.",
        )
    if kind == "dataset":
        if validation[0] != validation[1]:
            return "validation shuffled", "validation: the second pass comes in another order than the first."
        for side, fact in zip(("train", "validation"), facts, strict=True):
            if fact["kind"] != kind:
                return f"kind {fact['kind']}", _SAID_OF_KIND.format(side=side, kind=fact["kind"], wanted=_NAMES[kind])
            last = next(iter(fact["steps"]), None)
            if last != "PrefetchDataset":
                said = f"{side}: the data set does not end with prefetch; its last step is {last}."
                return f"{side} prefetch", said
    return _fault_of_repetition(function, call, kind, again, train[0], set(validation[0]))


def _bytes_of(epoch):
    return [image.tobytes() for images, _labels in epoch for image in images]


def _fault_of_repetition(function, call, kind, again, order, held_out):
    """Find what is wrong with what the seed decides: a second call begins in ``order`` and holds out what it did."""
    try:
        train, validation = (_bytes_of(passes(part, 1)[0]) for part in again.value)
    except Exception as error:
        return "second call", f"A second call went wrong: {type(error).__name__}: {error}"
    if set(validation) != held_out:
        return "other split", "A second call with the same seed makes another split."
    if train != order:
        return "seed", "A second call with the same seed begins in another order: is the seed handed on?"
    if kind == "dataset":
        other = attempt(function, (*call.arguments[:4], call.arguments[4] + 1), call.keywords).value
        train, validation = (_bytes_of(passes(part, 1)[0]) for part in other)
        if set(validation) == held_out:
            said = "Another seed holds out the same images: is the seed handed on?"
            return f"one split {set(train) == set(order)} {train == order}", said
    return None
