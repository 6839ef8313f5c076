"""Real photos of fruits: 1,641 of them, taken on the shelves of grocery stores, in twelve classes.

They are fetched one by one from their public home, checked against the manifest beside this file, and made smaller.

References
----------
Klasson, Zhang, Kjellström: A hierarchical grocery store image dataset with visual and semantic labels. 2019.
https://github.com/marcusklasson/GroceryStoreDataset, MIT licence.
"""

import hashlib
import io
import os
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

from convnets.data.images import fruits

HOME = (
    "https://raw.githubusercontent.com/marcusklasson/GroceryStoreDataset/"
    "fc80ba90f803d79d0383df52c5a4ac5de99ff6fc/dataset/"
)
"""Where the photos are published; what stands there for this commit never changes."""

FRUIT_PHOTOS_CREDIT = "Grocery Store Dataset, by Marcus Klasson, Cheng Zhang and Hedvig Kjellström; MIT licence"
"""Who made the photos, and their licence. Name them where you show one."""

PARTS = {"train": 400, "validation": 40, "test": 300}
"""The set's own parts, and how many fruits are drawn for each where there are no photos.

Other stores were visited for testing, so that part says more than a random split would.
"""

SIDE = 128
"""Pixels of the shorter side."""

_AT_ONCE = 8


class Photo(NamedTuple):
    """What the manifest says of a photo.

    Attributes
    ----------
    origin : str
        Its path in the published set.
    blob : str
        The SHA-1 by which Git knows the published file.
    sha256 : str
        Of the smaller copy that ``CONVNETS_DATA`` may hold.
    """

    origin: str
    blob: str
    sha256: str


@cache
def manifest():
    """Return what is known of each photo.

    Returns
    -------
    dict of str to Photo
        By path in the folder that `fruit_photos` fills: ``train/apple/Golden-Delicious_001.jpg``.

    Examples
    --------
    >>> len(manifest())
    1641
    """
    text = Path(__file__).with_name("fruit_photos.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return {path: Photo(*told) for path, *told in rows}


def fruit_photos(directory, fallback=False):
    """Fill a folder with real photos of fruits.

    They are taken from ``fruit-photos`` in the folder that the environment variable ``CONVNETS_DATA`` names, then from
    what was fetched before, which is kept where Keras keeps its data sets, and the rest is fetched from the internet,
    38 MB. What was fetched stays, so a second call goes on where the first one broke off.

    Parameters
    ----------
    directory : path-like
        A folder, made when it is not there.
    fallback : bool
        Where there are no photos and no internet, draw fruits instead, fewer of them, and say so.

    Returns
    -------
    pathlib.Path
        The folder. In it are ``train`` (792 photos), ``validation`` (76) and ``test`` (773), and in each a folder for
        every one of twelve classes. They are unevenly large, as on the shelves: apples are most often there.

    Raises
    ------
    ConnectionError
        When photos have to be fetched and cannot be; the message says what to do.
    ValueError
        When a file is not the photo that it should be.
    """
    directory = Path(directory)
    missing = [path for path in manifest() if not (directory / path).is_file()]
    ready = _ready_folder()
    if ready:
        for path in missing:
            _put(directory / path, _checked(ready / path, manifest()[path]))
        return directory
    kept = _kept_folder()
    try:
        _fetch_all([path for path in missing if not (kept / path).is_file()], kept)
    except OSError as error:
        if not fallback:
            raise ConnectionError(
                "The photos of fruits have to be fetched from the internet once, and that failed. What has come so far "
                f"is kept in {kept}, and the next try goes on from there. Without the internet, set CONVNETS_DATA to a "
                "folder with a copy of fruit-photos, or say fallback=True to get drawn fruits. "
                f"What went wrong: {error}"
            ) from None
        print(f"The photos of fruits could not be fetched ({error}). In their place: drawn fruits.")
        for seed, (part, count) in enumerate(PARTS.items()):
            fruits(directory / part, count=count, seed=seed)
        return directory
    for path in missing:
        _put(directory / path, (kept / path).read_bytes())
    return directory


def _ready_folder():
    folder = os.environ.get("CONVNETS_DATA")
    ready = Path(folder, "fruit-photos") if folder else None
    return ready if ready and ready.is_dir() else None


def _kept_folder():
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras", "datasets", "fruit-photos")


def _checked(path, photo):
    if not path.is_file():
        raise ValueError(f"{path} is missing in the folder that CONVNETS_DATA names.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != photo.sha256:
        raise ValueError(f"{path} is not the photo it should be: its SHA-256 is not {photo.sha256}.")
    return content


def _put(path, content):
    """Write a file in full or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _fetch_all(paths, kept):
    """Fetch photos side by side, and keep each as soon as it is there."""
    if not paths:
        return
    from keras.utils import Progbar

    print(f"Fetching {len(paths):,} photos from {HOME}")
    bar = Progbar(len(paths))
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        for _ in pool.map(lambda path: _put(kept / path, _fetched(manifest()[path])), paths):
            bar.add(1)
    finally:
        pool.shutdown(cancel_futures=True)  # one that fails ends the others, too


def _fetched(photo):
    with urllib.request.urlopen(HOME + urllib.request.quote(photo.origin), timeout=30) as reply:
        content = reply.read()
    if hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest() != photo.blob:
        raise ValueError(f"What came for {photo.origin} is not the photo it should be: its hash is not {photo.blob}.")
    return _smaller(content)


def _smaller(content):
    """Bring a photo's shorter side to `SIDE` pixels."""
    from PIL import Image

    with Image.open(io.BytesIO(content)) as image:
        image = image.convert("RGB")
        scale = SIDE / min(image.size)
        image = image.resize([round(side * scale) for side in image.size], Image.Resampling.LANCZOS)
        file = io.BytesIO()
        image.save(file, "JPEG", quality=90)
    return file.getvalue()
