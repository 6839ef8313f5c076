"""What hidden tests of functions that draw random numbers are written with.

Learners draw as they like, so no draw is compared with another's. What is judged is what every right answer does: how
often, how far, repeatably. A right answer fails by bad luck less than once in a thousand million times.
"""

from contextlib import suppress

import numpy as np

from convnets.checks.calls import attempt
from convnets.checks.chance.visible import (
    changed,
    reach,
    said_of_augmenter,
    said_of_flows,
    said_of_normal,
    said_of_result,
    said_of_share,
    texture,
)
from convnets.checks.follow_through import earlier_function
from convnets.checks.judging import Seen, fault, judge
from convnets.checks.objects import passes, predict
from convnets.checks.values import said_of_changes
from convnets.checks.words import CheckFailed, said_of_error, show_call


def adds_noise(function, expected):
    """Check that ``function(image, sigma, rng)`` adds normal noise, fresh for each pixel and channel, and cuts it."""
    judge(function, expected, [()], _noise, shown=None, rtol=0, atol=_BY_CHANCE)


def changes_some(function, expected, built_on=()):
    """Check that ``function(images, rng, probability)`` changes each image with that probability, and no others.

    Parameters
    ----------
    function, expected : callable
    built_on : sequence of str
        Names of earlier exercises whose functions this one may call. Where everything that is wrong with the images is
        wrong with those of such a function of the learner's too, it has cost its points there, and none here.

    Raises
    ------
    CheckFailed
        With what is wrong, and a hint where the mistake is known.
    """
    try:
        judge(function, expected, [()], _share, shown=None, rtol=0, atol=_BY_CHANCE)
    except CheckFailed:
        earlier = {name: _faults_of_change(function, name) for name in built_on}
        found = set(share_faults(function)) if any(earlier.values()) else set()
        if not found or not found <= set().union(*earlier.values()):
            raise
        with_these = " and ".join(f"`{name}`" for name, faults in earlier.items() if faults & found)
        print(
            f"Follow-through: what is wrong with the images of `{function.__name__}` is wrong with those of your own "
            f"{with_these} too. The mistake there costs its points only once."
        )


_CHANGES = {
    "flip_horizontal": lambda rng: (),
    "flip_vertical": lambda rng: (),
    "rotate90": lambda rng: (2,),
    "adjust_brightness": lambda rng: (0.4,),
    "adjust_contrast": lambda rng: (3.0,),
    "blur": lambda rng: (),
    "sharpen": lambda rng: (2.0,),
    "add_noise": lambda rng: (0.4, rng),
}  # what each function is called with, besides an image


def _faults_of_change(function, name):
    """List the kinds of faults, as `share_faults` names them, that another function of the learner's has by itself."""
    earlier = earlier_function(function, name)
    if not callable(earlier):
        return set()
    (image,) = texture(1, 6, 7, 3)
    made = [attempt(earlier, (image, *_CHANGES[name](np.random.default_rng(seed)))) for seed in (1, 1)]
    faults = set()
    for outcome in made:
        value = outcome.value
        if outcome.error is not None or said_of_result(value, image.shape):
            return faults
        if value.min() < 0 or value.max() > 1:
            faults.add("beyond")
    if not np.array_equal(made[0].value, made[1].value):
        faults.add("not repeatable")
    return faults


def builds_augmenter(function, expected):
    """Check that ``function(seed)`` builds Keras layers that change images in training only, as the seed decides."""
    judge(function, expected, [()], _augmenter, shown=None)


_BY_CHANCE = 0.08  # by which shares and quantiles of what two functions draw may differ, though they do the same


def _noise(function, _case, _expected):
    faults = noise_faults(function)
    yield from _told(faults)
    if faults:  # one mistake is told from another by this
        yield Seen("how grey, black and white pixels come out", _quantiles(function))


def _quantiles(function):
    """Where the values of pixels of one shade lie afterwards, and how many are what they were."""
    told = []
    for shade in (0.5, 0.0, 1.0):
        image = np.full((40, 50, 3), shade)
        image[0] = 0.5  # an image of one shade only has no range
        value = attempt(function, (image, 0.3, np.random.default_rng(8))).value
        if not isinstance(value, np.ndarray) or value.shape != image.shape or value.dtype.kind not in "fiu":
            return "no image"
        told += [*np.quantile(value[1:], (0.1, 0.3, 0.5, 0.7, 0.9)).tolist(), float((value == image)[1:].mean())]
    return told


def _share(function, _case, _expected):
    faults = share_faults(function)
    yield from _told(faults)
    if faults:  # as above
        yield Seen("how many images of four change", _changes_of_four(function))


def _changes_of_four(function):
    """How many of four images change on average, and how much that varies."""
    four = texture(4, 4, 5, 1)
    values = [attempt(function, (four, np.random.default_rng(seed), 0.5)).value for seed in range(_SINGLES)]
    if not all(isinstance(value, np.ndarray) and value.shape == four.shape for value in values):
        return "no images"
    counts = np.array([changed(four, value).mean() for value in values])
    return [float(counts.mean()), float(counts.std())]


def _augmenter(function, _case, _expected):
    faults = augmenter_faults(function)
    yield from _told(faults)
    if faults:
        yield Seen("how values leave 0…1", _beyond(function))


def _beyond(function):
    """Whether values leave 0…1 in training, by how many different amounts, and in whole images or in parts."""
    outcome = attempt(function, (7,))
    try:
        values = predict(outcome.value, texture(64, 6, 8, 3, low=0.4, high=0.6).astype(np.float32), True)
        outside = ((values < 0) | (values > 1)).reshape(len(values), -1)
    except Exception:  # augmenter_faults says what is wrong with it
        return "no images"
    amounts = np.unique(values.reshape(len(values), -1)[outside].round(3)).size
    return [bool(outside.any()), amounts > 2, bool(outside.all(axis=1).mean() > 0.5 * outside.any(axis=1).mean())]


def _flows(function, call, expected):
    yield from _told(flow_faults(function, expected, call))


def _told(faults):
    """See all the kinds of faults that there are, and tell the first."""
    if faults:
        yield fault(tuple(faults), next(iter(faults.values())))


def augments_training(function, expected, *calls):
    """Check that a function makes a flow to train with, which changes images, and one to validate with, which does not.

    Parameters
    ----------
    function : callable
        The learner's function, called as ``function(folder, target_size, batch_size, validation_split, seed)``.
    expected : callable
        The reference function.
    *calls : Call
        The first argument of each is a `convnets.checks.folders.folder.Folder` of marked images.

    Raises
    ------
    CheckFailed
        With what is wrong, and a hint where the mistake is known.
    """
    judge(function, expected, calls, _flows, shown=None)


def flow_faults(function, expected, call):
    """List what is wrong with a function that should make two flows, of which one is augmented.

    Parameters
    ----------
    function, expected : callable
    call : Call

    Returns
    -------
    dict of str to str
        A sentence for each kind of fault.
    """
    faults, shown = _Faults(""), show_call(function, *call)
    folder, target_size, batch_size, _share, seed = call.arguments
    sizes = [sum(len(labels) for _images, labels in passes(flow, 1)[0]) for flow in attempt(expected, *call).value]
    made = [attempt(function, (*call.arguments[:4], each), call.keywords) for each in (seed, seed, seed + 1)]
    for outcome in made:
        if raised := _raised(outcome):
            faults.note(raised, shown)
            return faults
    told = said_of_changes(made[0])
    faults.note(told and ("changed", told), shown)
    firsts = []
    with suppress(Exception):  # said_of_flows says what is wrong with them
        firsts = [passes(outcome.value[0], 1)[0][0][0] for outcome in made]
    faults.note(said_of_flows(attempt(function, *call).value, folder, target_size, batch_size, sizes), shown)
    if not faults and not np.array_equal(firsts[0], firsts[1]):
        said = "Two calls with the same seed give other training batches. Is the seed handed on?"
        faults.note(("not repeatable", said), shown)
    if not faults and np.array_equal(firsts[0], firsts[2]):
        faults.note(("same for every seed", "Another seed gives the same training batches."), shown)
    return faults


def _raised(outcome):
    """Name the error that a call raised, and say it in a sentence; None when there was none."""
    return outcome.error and (type(outcome.error).__name__, said_of_error(outcome.error))


class _Faults(dict):
    """Sentences by a word for each fault, in the order in which they were found."""

    def __init__(self, name):
        super().__init__()
        self._name = name

    def note(self, said, shown):
        """Take a word and a sentence, or None."""
        if said:
            self.setdefault(said[0], f"{self._name}{shown}\n  {said[1]}")

    def value(self, outcome, shape, shown):
        """Return the array that a call returned, None when it is not one as it should be; note the fault."""
        if raised := _raised(outcome):
            self.note((f"{shown}: {raised[0]}", raised[1]), shown)
            return None
        said = said_of_result(outcome.value, shape)
        self.note(said and (f"{shown}: {said[:16]}", said), shown)
        told = said_of_changes(outcome)
        self.note(told and ("changed", told), shown)
        if outcome.shares:
            self.note(("shared", "The result shares memory with the argument. Return a new array."), shown)
        return None if said else outcome.value


def noise_faults(function):
    """List what is wrong with a function that should add noise.

    Parameters
    ----------
    function : callable

    Returns
    -------
    dict of str to str
        A sentence for each kind of fault, the most telling one first.
    """
    faults = _Faults(getattr(function, "__name__", "function"))

    def call(image, sigma, seed, shown):
        outcome = attempt(function, (image, sigma, np.random.default_rng(seed)))
        return faults.value(outcome, np.shape(image), f"({shown}, {sigma}, np.random.default_rng({seed}))")

    grey, sigma = "np.full((48, 64, 3), 0.5)", 0.1
    shown = f"({grey}, {sigma}, np.random.default_rng(1))"
    image = np.full((48, 64, 3), 0.5)
    first, again, other = (call(image, sigma, seed, grey) for seed in (1, 1, 2))
    if first is None or again is None or other is None:
        return faults
    if not np.array_equal(first, again):
        said = "Called again with an equal generator, it gives other noise. Does every draw come from `rng`?"
        faults.note(("not repeatable", said), shown)
    elif np.array_equal(first, other):
        said = "A generator with another seed gives the same noise. Does every draw come from `rng`?"
        faults.note(("same for every rng", said), shown)
    noise = first - image
    for name, pair in {
        "channels": (noise[:, :, 0], noise[:, :, 1]),
        "columns": (noise[:, 1:], noise[:, :-1]),
        "rows": (noise[1:], noise[:-1]),
    }.items():
        if _together(*pair):
            said = (
                f"The noise of neighbouring {name} goes together. Every pixel has a draw of its own in every channel."
            )
            faults.note((f"same in {name}", said), shown)
    if not faults:
        faults.note(said_of_normal(noise, sigma) or _said_of_repetitions(noise), shown)
    if not faults:
        pixel = np.full((1, 1), 0.5)
        alone = [call(pixel, sigma, seed, "np.full((1, 1), 0.5)") for seed in range(_SINGLES)]
        if all(value is not None for value in alone):
            said = said_of_normal(np.array(alone) - 0.5, sigma)
            told = said and f"Images of one pixel: {said[1]} Every pixel has a draw of its own, however many there are."
            faults.note(said and ("alone", told), f"(np.full((1, 1), 0.5), {sigma}, rng)")
    ends = np.repeat([0.0, 1.0], 30)[:, None] * np.ones((60, 50))
    shown = "np.repeat([[0.0], [1.0]], 30, axis=0) * np.ones((60, 50))"
    cut = call(ends, 0.3, 3, shown)
    if cut is not None:
        low, high = cut.min(), cut.max()
        if low < 0 or high > 1:
            faults.note(
                ("beyond", f"Values reach from {low:.3g} to {high:.3g}. Cut them to 0…1."), f"({shown}, 0.3, rng)"
            )
        else:
            stay = (cut == ends)[:30].mean(), (cut == ends)[30:].mean()
            if max(abs(share - 0.5) for share in stay) > reach(ends.size // 2):
                said = (
                    f"{stay[0]:.0%} of the black pixels stay black and {stay[1]:.0%} of the white ones white. " + _HALF
                )
                faults.note(("not cut", said), f"({shown}, 0.3, rng)")
    for kind, turned in [("list", [[1, 0, 1], [0, 1, 0]] * 20), ("bytes", np.tile(np.uint8([[1, 0]]), (20, 3)))]:
        small = call(turned, 0.2, 4, f"a {kind} of 0 and 1")
        if small is not None and np.isin(small, (0, 1)).all():
            said = "All values are 0 or 1 afterwards. Compute in floats."
            faults.note((f"whole {kind}", said), f"(a {kind} of 0 and 1, 0.2, rng)")
    return faults


_HALF = (
    "Noise below 0 makes black no blacker, and noise above 0 makes white no whiter, so it should be about half of each."
)


def _said_of_repetitions(noise):
    """Say that noise is used again, or its opposite; float32 has enough digits for nearly all draws to differ."""
    own = np.unique(np.abs(noise).round(9)).size
    said = f"Of {noise.size:,} values only {own:,} have noise of their own; others have the same, or its opposite."
    return None if own > 0.9 * noise.size else ("repeated", said)


def _together(first, second):
    """Say whether two arrays of noise are correlated."""
    return abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) > 6.5 / np.sqrt(first.size) if first.std() else True


_SINGLES = 250


def share_faults(function):
    """List what is wrong with a function that should change some of the images of a batch.

    Parameters
    ----------
    function : callable

    Returns
    -------
    dict of str to str
        A sentence for each kind of fault, the most telling one first.
    """
    faults = _Faults(getattr(function, "__name__", "function"))

    def call(images, seed, *probability, name="images"):
        named = "".join(f", {share}" for share in probability)
        outcome = attempt(function, (images, np.random.default_rng(seed), *probability))
        return faults.value(outcome, np.shape(images), f"({name}, rng{named})")

    images = texture(2000, 4, 5, 3)
    many = "(images, rng{}), with 2,000 images of 4 × 5 × 3"
    first, again, other = (call(images, seed) for seed in (1, 1, 2))
    if first is None or again is None or other is None:
        return faults
    for probability, result in [(0.5, first), (0.0, None), (1.0, None), (0.2, None), (0.02, None)]:
        result = call(images, 3, probability) if result is None else result
        said = None if result is None else said_of_share(changed(images, result), probability)
        share = 0 if said is None else round(2 * changed(images, result).mean())
        faults.note(said and (f"{probability} gives {share}", said), many.format(f", {probability}"))
    if not np.array_equal(first, again):
        said = "Called again with an equal generator, it changes other images, or changes them in another way. "
        faults.note(("not repeatable", said + "Does every draw come from `rng`?"), many.format(""))
    elif np.array_equal(first, other):
        said = "A generator with another seed makes the same changes. Does every draw come from `rng`?"
        faults.note(("same for every rng", said), many.format(""))
    elif 0 < changed(images, first).mean() < 1 and np.array_equal(changed(images, first), changed(images, other)):
        said = "Whatever the generator, the same images are changed. Which ones they are should be drawn too."
        faults.note(("same images", said), many.format(""))
    if not faults:
        single = images[:1]
        alone = [call(single, seed, 0.5, name="one image") for seed in range(_SINGLES)]
        said = said_of_share(np.array([result is None or changed(single, result)[0] for result in alone]), 0.5)
        told = said and f"Batches of one image: {said} Each image has its own chance, however many there are."
        faults.note(said and ("alone", told), "(one image, rng, 0.5)")
    ends = (np.random.default_rng(5).random((60, 5, 4, 1)) > 0.5).astype(float)
    result = call(ends, 6, 1.0, name="images of 0 and 1")
    if result is not None and (result.min() < 0 or result.max() > 1):
        said = f"Values reach from {result.min():.3g} to {result.max():.3g}. They should stay in 0…1."
        faults.note(("beyond", said), "(images of 0 and 1, rng, 1.0)")
    bits = ends.astype(np.uint8)
    for name, turned in [("a list of images of 0 and 1", bits[:9].tolist()), ("bytes", bits)]:
        small = call(turned, 7, 0.0, name=name)
        if small is not None and not np.array_equal(small, turned):
            faults.note((name, "With a probability of 0 every image should stay as it is."), f"({name}, rng, 0.0)")
    return faults


def augmenter_faults(function):
    """List what is wrong with a function that should build Keras layers for augmentation.

    Parameters
    ----------
    function : callable

    Returns
    -------
    dict of str to str
        A sentence for each kind of fault, the most telling one first.
    """
    faults = _Faults(getattr(function, "__name__", "function"))
    images = texture(64, 6, 8, 3, low=0.4, high=0.6).astype(np.float32)
    built = [attempt(function, (seed,)) for seed in (7, 7, 8)]
    for seed, outcome in zip((7, 7, 8), built, strict=True):
        if raised := _raised(outcome):
            faults.note(raised, f"({seed})")
            return faults
    faults.note(said_of_augmenter(attempt(function, (7,)).value, images), "(7)")
    if any(kind in ("none", "shape") or kind.startswith("no layers") for kind in faults):
        return faults
    first, same, other = (predict(outcome.value, images, True) for outcome in built)
    further = predict(built[0].value, images, True)
    if not np.array_equal(first, same):
        said = "Two augmenters built with the same seed change the same images in different ways."
        faults.note(("not repeatable", said), "(7), twice")
    if np.array_equal(first, other):
        said = "Another seed makes the same changes."
        faults.note(("same for every seed", said), "(7) and (8)")
    if np.array_equal(first, further):
        said = "Called twice on the same images, it makes the same changes again. They should be drawn each time."
        faults.note(("always the same", said), "(7)")
    return faults
