"""Visible tests of functions that draw random numbers: what is judged is how often and how much, never which draw.

Every bound here is so wide that a right function leaves it less than once in a thousand million times.
"""

import io
import math

import numpy as np

from convnets.checks.calls import perform
from convnets.checks.objects import passes, predict
from convnets.checks.words import NOTHING_RETURNED, CheckFailed, show_call, show_value, type_name

_UNLIKELY = 1e-9
_SIGMAS = 6.5  # a normal number lies further out less than once in ten thousand million times


def reach(count):
    """Say how far a share of independent draws may lie from its probability.

    Parameters
    ----------
    count : int
        How many are drawn.

    Returns
    -------
    float
        The share lies further away with a probability of at most 1e-9.

    References
    ----------
    Hoeffding: Probability inequalities for sums of bounded random variables. 1963.

    Examples
    --------
    >>> from convnets.checks.chance.visible import reach
    >>> round(reach(1000), 3)
    0.103
    """
    return math.sqrt(math.log(2 / _UNLIKELY) / (2 * count))


def texture(*shape, low=0.2, high=0.8, seed=0):
    """Return random values that every change of an image shows on.

    Parameters
    ----------
    *shape : int
    low, high : float
    seed : int

    Returns
    -------
    numpy.ndarray
        Float; each a multiple of 1/256, so that single precision holds it exactly.
    """
    drawn = np.random.default_rng(seed).integers(round(256 * low), round(256 * high) + 1, shape)
    return drawn / 256


def said_of_result(value, shape):
    """Say what is wrong with an array that should hold floats and have a certain shape, None when nothing is."""
    if value is None:
        return NOTHING_RETURNED
    if not isinstance(value, np.ndarray):
        return f"A NumPy array is expected, not {show_value(value)[:80]}."
    if value.shape != shape:
        return f"The shape is {value.shape}; it should be {shape}."
    if value.dtype.kind != "f":
        return f"The dtype is {value.dtype}; it should be a floating-point one."
    if not np.isfinite(value).all():
        return "Not every value is a number."
    return None


def said_of_normal(noise, sigma):
    """Say how noise differs from independent draws of a normal distribution around 0, None when it does not.

    Parameters
    ----------
    noise : numpy.ndarray
    sigma : float
        The standard deviation that it should have.

    Returns
    -------
    (str, str) or None
        A word for the mistake, and a sentence.
    """
    from math import erf

    count, values = noise.size, np.sort(noise.ravel()) / sigma
    mean, spread = values.mean(), values.std()
    normal = np.array([(1 + erf(value / math.sqrt(2))) / 2 for value in values])
    ranks = np.arange(count + 1) / count
    # The inequality of Dvoretzky, Kiefer and Wolfowitz: it bounds how far ranks stray from a distribution.
    if max(np.abs(normal - ranks[:-1]).max(), np.abs(normal - ranks[1:]).max()) <= reach(count):
        return None
    if abs(mean) > _SIGMAS / math.sqrt(count):
        return (
            f"mean {mean:.1f}",
            f"With sigma={sigma}, the mean of the noise is {sigma * mean:.3g}; it should be close to 0.",
        )
    if abs(spread - 1) > _SIGMAS / math.sqrt(2 * count):
        sentence = f"With sigma={sigma}, the standard deviation of the noise is {sigma * spread:.3g}."
        return f"spread {spread:.1f}", sentence
    return "shape", "The noise has the right mean and spread, but it does not look like draws of a normal distribution."


def check_noise(function, sigma=0.1):
    """Check that a function adds normal noise to a grey image, neither too much nor too little.

    Parameters
    ----------
    function : callable
        The function under test: ``function(image, sigma, rng)``.
    sigma : float

    Raises
    ------
    CheckFailed
        When the result is no image of that shape, or its noise has another mean, spread or distribution.
    Exception
        Whatever the function raises.

    Examples
    --------
    >>> from convnets.checks.chance.visible import check_noise
    >>> check_noise(lambda image, sigma, rng: image + rng.normal(0, sigma, image.shape))
    """
    image = np.full((60, 80), 0.5)
    outcome = perform(function, (image, sigma, np.random.default_rng(1)))
    if outcome.error is not None:
        raise outcome.error
    said = said_of_result(outcome.value, image.shape)
    said = said or (said_of_normal(outcome.value - image, sigma) or (None, None))[1]
    if said:
        raise CheckFailed(f"{function.__name__}(np.full((60, 80), 0.5), {sigma}, rng)\n  {said}")


def check_share(function, probability, count=1000):
    """Check how many images of a batch a function changes.

    Parameters
    ----------
    function : callable
        The function under test: ``function(images, rng, probability)``.
    probability : float
    count : int
        How many images are in the batch.

    Raises
    ------
    CheckFailed
        When the result is no batch of that shape, or the share of changed images is too far from the probability.
    Exception
        Whatever the function raises.

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.chance.visible import check_share
    >>> def darken_some(images, rng, probability):
    ...     chosen = rng.random(len(images)) < probability
    ...     return np.where(chosen[:, None, None, None], images / 2, images)
    >>> check_share(darken_some, 0.3)
    """
    images = texture(count, 5, 4, 3)
    outcome = perform(function, (images, np.random.default_rng(1), probability))
    if outcome.error is not None:
        raise outcome.error
    said = said_of_result(outcome.value, images.shape)
    said = said or said_of_share(changed(images, outcome.value), probability)
    if said:
        raise CheckFailed(f"{function.__name__}(images, rng, {probability}), with {count} images\n  {said}")


def changed(images, result):
    """Say of each image of a batch whether it has been changed.

    Returns
    -------
    numpy.ndarray of bool

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.chance.visible import changed
    >>> changed(np.zeros((2, 2, 2, 1)), np.array([np.zeros((2, 2, 1)), np.ones((2, 2, 1))]))
    array([False,  True])
    """
    return (np.abs(result - images) > 1e-6).reshape(len(images), -1).any(axis=1)


def said_of_share(which, probability):
    """Say how the share of changed images is wrong, None when it is not.

    Parameters
    ----------
    which : numpy.ndarray of bool
        For each image.
    probability : float

    Returns
    -------
    str or None
    """
    share = which.mean()
    if abs(share - probability) <= (reach(len(which)) if 0 < probability < 1 else 0):
        return None
    return f"{share:.0%} of {len(which):,} images are changed; it should be about {probability:.0%}."


def check_augmenter(function, seed=1):
    """Check that a function builds Keras layers that change images in training, and only then.

    Parameters
    ----------
    function : callable
        The function under test: ``function(seed)``.
    seed : int

    Raises
    ------
    CheckFailed
        When it builds nothing of that kind.
    Exception
        Whatever the function raises.
    """
    outcome = perform(function, (seed,))
    if outcome.error is not None:
        raise outcome.error
    images = texture(64, 6, 8, 3, low=0.4, high=0.6).astype(np.float32)
    said = said_of_augmenter(outcome.value, images)
    if said:
        raise CheckFailed(f"{function.__name__}({seed})\n  {said[1]}")


def said_of_augmenter(thing, images):
    """Say how Keras layers for augmentation are wrong, None when they are not.

    Parameters
    ----------
    thing : object
        What was returned.
    images : numpy.ndarray
        To try it on; values around 0.5.

    Returns
    -------
    (str, str) or None
        A word for the mistake, and a sentence.
    """
    if thing is None:
        return "none", NOTHING_RETURNED
    try:
        plain = predict(thing, images)
        trained = predict(thing, images, True)
    except Exception as error:
        return (
            f"no layers but {type_name(thing)}",
            "Called on a batch of images, with training=False and then with training=True, what was returned raises "
            f"{type(error).__name__}: {str(error)[:200]}",
        )
    if plain.shape != images.shape or trained.shape != images.shape:
        other = plain.shape if plain.shape != images.shape else trained.shape
        return "shape", f"Images of shape {images.shape} come out with shape {other}."
    if plain.max() < 0.02:
        return "dark", f"With training=False, images with values near 0.5 come out with values up to {plain.max():.2g}."
    if np.abs(plain - images).max() > 1e-5:
        return "active", "With training=False the images are changed. They should come out as they went in."
    if np.abs(trained - images).max() <= 1e-5:
        return "idle", "With training=True the images come out as they went in. They should be changed."
    low, high = trained.min(), trained.max()
    if low < -0.25 or high > 1.25:
        return "range", f"In training, images with values near 0.5 come out with values from {low:.3g} to {high:.3g}."
    return None


def check_flows(function, folder, target_size, batch_size, validation_split, seed, sizes):
    """Check that a function makes a flow to train with, which changes images, and one to validate with, which does not.

    Parameters
    ----------
    function : callable
        The function under test.
    folder : convnets.checks.folders.folder.Folder
        With marked images.
    target_size, batch_size, validation_split, seed
        What else it is called with.
    sizes : (int, int)
        How many images each flow should have.

    Raises
    ------
    CheckFailed
        When they are not such flows.
    Exception
        Whatever the function raises.
    """
    arguments = (folder, target_size, batch_size, validation_split, seed)
    outcome = perform(function, arguments)
    if outcome.error is not None:
        raise outcome.error
    said = said_of_flows(outcome.value, folder, target_size, batch_size, sizes)
    if said:
        raise CheckFailed(f"{show_call(function, arguments)}\n  {said[1]}")


def plain_images(folder, target_size):
    """Return each image of a folder as a flow that only rescales gives it, and its label.

    Parameters
    ----------
    folder : convnets.checks.folders.folder.Folder
    target_size : (int, int)
        Height and width.

    Returns
    -------
    images : numpy.ndarray, shape (n, height, width, 3)
    labels : numpy.ndarray of int
    """
    from PIL import Image

    read = []
    for path in folder.labels:
        with Image.open(io.BytesIO(folder.contents[path])) as image:
            read.append(np.asarray(image.convert("RGB").resize(target_size[::-1], Image.Resampling.NEAREST)) / 255)
    return np.array(read), np.array(list(folder.labels.values()))


def said_of_flows(value, folder, target_size, batch_size, sizes):
    """Say how two flows of a folder are wrong, the first augmented and the second not; None when they are not.

    Returns
    -------
    (str, str) or None
        A word for the mistake, and a sentence.
    """
    if not isinstance(value, tuple | list) or len(value) != 2:
        return "no pair", f"returned {show_value(value)[:80]}; two flows are expected."
    plain, right = plain_images(folder, target_size)
    shares, seen = [], []
    for name, flow, size in zip(("train", "validation"), value, sizes, strict=True):
        try:
            passed = passes(flow, 2)
        except Exception as error:
            return f"{name} no flow", f"{name}: reading it raised {type(error).__name__}: {str(error)[:200]}"
        for batches in passed:
            said = _said_of_batches(batches, target_size, batch_size, size)
            if said:
                return f"{name} {said[0]}", f"{name}: {said[1]}"
        images, labels = (
            np.concatenate(parts) for parts in zip(*(pair for each in passed for pair in each), strict=True)
        )
        apart = np.abs(images[:, None] - plain[None]).max(axis=(2, 3, 4))
        shares.append((apart.min(axis=1) > 0.01).mean())
        nearest = apart.argmin(axis=1)
        seen.append(set(nearest[apart.min(axis=1) <= 0.01].tolist()))
        if name == "validation" and shares[1] == 0:
            if len(seen[1]) < size:
                return "validation twice", "validation: some images come more than once in a pass."
            if (labels != right[nearest]).any():
                return "labels", "validation: an image has a label that is not that of its folder."
    train, validation = shares
    if train == 0:
        return "not augmented", "train: every image comes as it is in its file. The training images should be changed."
    if validation > 0:
        return "validation augmented", (
            f"validation: {validation:.0%} of the images are not as in their files, divided by 255. Validation images "
            "are only rescaled."
        )
    if seen[0] & seen[1]:
        return "overlap", "An image of the validation flow comes in the training flow too."
    return None


def _said_of_batches(batches, target_size, batch_size, size):
    for number, batch in enumerate(batches):
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            return "no batch", "an item should be images and labels."
        images, labels = (np.asarray(part) for part in batch)
        if images.shape[1:] != (*target_size, 3):
            return "shape", f"images have the shape {images.shape[1:]}; it should be {(*target_size, 3)}."
        if labels.shape != (len(images),):
            return "label shape", f"labels have the shape {labels.shape}; one number an image is expected."
        if len(images) > batch_size or (len(images) < batch_size and number < len(batches) - 1):
            return "batch size", f"a batch has {len(images)} images; batch_size is {batch_size}."
        if images.min() < -0.01 or images.max() > 1.01:
            low, high = images.min(), images.max()
            kind = (
                f"range{' below' if low < -0.01 else ''}{' far' if high > 10 else ''}{' above' if high > 1.01 else ''}"
            )
            return kind, f"values go from {low:.3g} to {high:.3g}; they should lie in 0…1."
        if images.max() < 0.02:
            return "dark", f"no value is above {images.max():.3g}. Are the images divided by 255 twice?"
    count = sum(len(images) for images, _labels in batches)
    word = "many" if count > size else "few"
    return None if count == size else (f"too {word}", f"a pass has {count} images; it should have {size}.")
