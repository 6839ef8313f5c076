"""Folders of small images: the colour of an image says which file it came from, and so what its label is."""

import atexit
import io
import os
import secrets
import shutil
import stat
import tempfile
from functools import cached_property
from pathlib import Path

import numpy as np

from convnets.checks.words import Words

IMAGE_ENDINGS = (".png", ".jpg", ".jpeg")


_NEAR = 2.5  # levels of 255 that a stored and resized image of one colour may be off


_STEP = 12  # levels between the colours of two images


_TIMES = 20  # images in a row of colours


class Folder:
    """A folder of small images of one colour each, to hand to a function, written down as what is in it.

    A check hands the function the path of a real folder, a string, and looks whether the files are still the same
    after the call. Messages show the folder as it is written here. To look at one yourself: ``Folder({"cat":
    2}).write("cats")``.

    Parameters
    ----------
    classes : dict
        For each folder inside the number of its images (``0.png``, ``1.png``, …) or a list of file names. Files whose
        ending is not an image's hold text. Names under ``""`` lie beside the folders.
    size : (int, int)
        Height and width of the smallest image. The others are up to 2 pixels higher and 3 wider.
    mode : str
        As in Pillow: ``"RGB"``, ``"L"`` for grey, ``"RGBA"``, ``"P"`` for one with a palette.
    broken : sequence of str
        Paths, such as ``"cat/1.png"``, of files that only look like images.
    marked : bool
        Make the upper left quarter of every image white, so that a flipped or turned image can be told.

    Attributes
    ----------
    labels : dict of str to int
        The label of each image, by its path inside the folder: the number of its class by sorted name.

    Examples
    --------
    >>> from convnets.checks.folders.folder import Folder
    >>> folder = Folder({"cat": 2, "dog": ["rex.png", "notes.txt"]})
    >>> folder.labels
    {'cat/0.png': 0, 'cat/1.png': 0, 'dog/rex.png': 1}
    >>> folder
    Folder({'cat': 2, 'dog': ['rex.png', 'notes.txt']})
    """

    def __init__(self, classes, size=(5, 7), mode="RGB", broken=(), marked=False):
        self.classes, self.size, self.mode, self.broken, self.marked = classes, size, mode, tuple(broken), marked
        names = {
            name: [f"{number}.png" for number in range(files)] if isinstance(files, int) else list(files)
            for name, files in classes.items()
        }
        self._all = {f"{name}/{file}".lstrip("/"): name for name, files in names.items() for file in files}
        folders = sorted(name for name in names if name)
        self.labels = {
            path: folders.index(name)
            for path, name in sorted(self._all.items(), key=lambda item: (item[1], item[0]))
            if name and Path(path).suffix.lower() in IMAGE_ENDINGS
        }
        self._made = None

    def __repr__(self):
        options = {"size": (5, 7), "mode": "RGB", "broken": (), "marked": False}
        said = [f", {name}={getattr(self, name)!r}" for name, usual in options.items() if getattr(self, name) != usual]
        return f"Folder({self.classes!r}{''.join(said)})"

    @property
    def paths(self):
        """The paths of all images, to hand to a function: those of a class together, sorted."""
        return Paths(self, list(self.labels))

    def choose(self, *paths):
        """Choose the paths of some images, to hand to a function in that order."""
        return Paths(self, list(paths))

    @cached_property
    def colours(self):
        """The colour of each image, by its path: arrays of red, green and blue, 0…255."""
        count, colours = dict.fromkeys(self.labels.values(), 0), {}
        for path, label in self.labels.items():
            number = count[label]
            count[label] += 1
            colour = [25 + 24 * label, 10 + _STEP * (number % _TIMES), 10 + _STEP * (number // _TIMES)]
            if self.mode == "L":
                colour = [10 + 5 * (len(colours))] * 3
            colours[path] = np.array(colour, dtype=float)
        return colours

    @cached_property
    def contents(self):
        """What each file holds: bytes, by path."""
        made = {}
        for number, path in enumerate(self._all):
            if path not in self.labels:
                made[path] = b"This is no image.\n"
            elif path in self.broken:
                made[path] = b"This looks like an image and is none.\n"
            else:
                made[path] = self._image(path, number)
        return made

    def _image(self, path, number):
        from PIL import Image

        height, width = self.size[0] + number % 3, self.size[1] + number % 4
        pixels = np.empty((height, width, 3), np.uint8)
        pixels[:] = self.colours[path]
        if self.marked:
            pixels[: (height + 1) // 2, : (width + 1) // 2] = 255
        file = io.BytesIO()
        image = Image.fromarray(pixels)
        image = image.quantize(8) if self.mode == "P" else image.convert(self.mode)  # a palette of its own colours
        if path.lower().endswith(".png"):
            image.save(file, "PNG")
        else:
            image.save(file, "JPEG", quality=98, subsampling=0)
        return file.getvalue()

    def which(self, image):
        """Say which file an image comes from, by the colour of its lower right quarter.

        Parameters
        ----------
        image : numpy.ndarray
            Shape ``(height, width, 3)``, in 0…255.

        Returns
        -------
        str or None
            Its path inside the folder; None when its colour is that of no file.
        """
        image = np.asarray(image, dtype=float)
        quarter = image[image.shape[0] // 2 :, image.shape[1] // 2 :].reshape(-1, image.shape[-1])
        if not len(quarter) or image.shape[-1] != 3:
            return None
        off = {path: np.abs(quarter - colour).max() for path, colour in self.colours.items()}
        path = min(off, key=off.get)
        return path if off[path] <= _NEAR else None

    def write(self, directory):
        """Write the files.

        Parameters
        ----------
        directory : path-like
            Made when it is not there.

        Returns
        -------
        str
            The directory.
        """
        write_folder(directory, self.contents, self.classes)
        return str(directory)

    # ------------------------------------------------------------ what `convnets.checks.calls` asks of an argument

    def for_a_call(self):
        """Return the path of a folder with these files, one that nothing has changed."""
        if self._made is None or not holds(self._made, self.contents):
            self._made = self.write(Path(_home(), str(len(os.listdir(_home())))))  # noqa: PTH208
        return self._made

    def lend(self, learner):
        """Return the path of such a folder in a learner's scratch folder.

        The learner's process writes it, for its code may have put links there. It is the same one as before where
        nothing has changed it.
        """
        path = learner.folders.get(repr(self))
        if path is None or not self.is_still(path):
            path = str(Path(learner.scratch, f"folder-{secrets.token_hex(4)}"))
            learner.make("folder", path, self.contents, list(self.classes))
            learner.folders[repr(self)] = path
        return path

    def is_still(self, path):
        """Say whether a folder that was handed out is as it was."""
        return isinstance(path, str) and holds(path, self.contents)

    def describe(self, path):
        """Say what has become of it."""
        return Words("a folder with other files")

    def portable(self, value, path):
        """Write a result down without the path: ``folder/cat/0.png``, wherever the folder was."""
        return _replace(value, path)


class Paths:
    """Paths of images in a `Folder`, to hand to a function as a list of strings.

    Parameters
    ----------
    folder : Folder
    names : list of str
        Paths inside it.
    """

    def __init__(self, folder, names):
        self.folder, self.names = folder, names

    def __repr__(self):
        if self.names == list(self.folder.labels):
            return f"{self.folder!r}.paths"
        return f"{self.folder!r}.choose({', '.join(map(repr, self.names))})"

    def __len__(self):
        return len(self.names)

    @property
    def labels(self):
        """The label of each, an array of int."""
        return np.array([self.folder.labels[name] for name in self.names], dtype=int)

    def inside(self, directory):
        """Return the paths where the folder is that directory."""
        return [str(Path(directory, name)) for name in self.names]

    def for_a_call(self):
        """Return the paths in a folder that nothing has changed."""
        return self.inside(self.folder.for_a_call())

    def lend(self, learner):
        """Return the paths in a folder of a learner's process."""
        return self.inside(self.folder.lend(learner))

    def is_still(self, paths):
        """Say whether the list, and the files, are what they were."""
        if not isinstance(paths, list) or len(paths) != len(self.names) or not paths:
            return isinstance(paths, list) and not paths and not self.names
        root = self._root(paths)
        return root is not None and paths == self.inside(root) and self.folder.is_still(root)

    def describe(self, paths):
        """Say what has become of them."""
        if isinstance(paths, list) and len(paths) == len(self.names) and self._root(paths) is not None:
            root = self._root(paths)
            same = paths == self.inside(root)
            return Words("the same paths, and other files" if same else repr(_replace(paths, root)))
        return Words("another list of paths")

    def portable(self, value, paths):
        """Write a result down without the path of the folder."""
        root = self._root(paths) if isinstance(paths, list) and paths else None
        return value if root is None else _replace(value, root)

    def _root(self, paths):
        first = paths[0]
        if isinstance(first, str):
            for name in self.names:
                if first.endswith(f"/{name}"):
                    return first[: -len(name) - 1]
        return None


_homes = {}  # process id -> temporary folder


def _home():
    """Return this process's folder for folders; it is removed when the process ends."""
    if os.getpid() not in _homes:
        _homes[os.getpid()] = tempfile.mkdtemp(prefix="folders-")
        atexit.register(shutil.rmtree, _homes[os.getpid()], ignore_errors=True)
    return _homes[os.getpid()]


def _replace(value, root):
    if type(value) is str:
        return f"folder{value[len(root) :]}" if value.startswith(root) else value
    if type(value) in (list, tuple):
        return type(value)(_replace(item, root) for item in value)
    if type(value) is dict:
        return {_replace(key, root): _replace(item, root) for key, item in value.items()}
    return value


def write(directory, contents):
    """Write files into a directory.

    Parameters
    ----------
    directory : path-like
    contents : dict of str to bytes
        By path inside it.
    """
    for name, content in contents.items():
        path = Path(directory, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def write_folder(directory, contents, folders):
    """Write files into a directory, and make folders in it, empty ones too."""
    write(directory, contents)
    for name in folders:
        Path(directory, name).mkdir(parents=True, exist_ok=True)


def holds(directory, contents):
    """Say whether a directory holds certain files and no others. Links are not followed, and nothing is waited for.

    Parameters
    ----------
    directory : path-like
    contents : dict of str to bytes
    """
    found = {
        str(Path(folder, file).relative_to(directory))
        for folder, _folders, files in os.walk(directory)
        for file in files
    }
    return found == set(contents) and all(
        _read(Path(directory, name), len(content) + 1) == content for name, content in contents.items()
    )


def _read(path, most):
    """Read a regular file, and nothing else: a pipe would never end."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read(most) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
