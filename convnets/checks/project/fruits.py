"""What the project is graded on: folders of drawn fruits that nobody has seen."""

import io
from functools import cached_property

import numpy as np

from convnets.checks.folders.folder import Folder
from convnets.checks.project.visible import COLOUR_WIDTH
from convnets.data.fruits import FRUITS, draw

_TREES = (
    "alder", "ash", "beech", "birch", "cedar", "elm", "fir", "hazel",
    "larch", "linden", "maple", "oak", "pine", "rowan", "spruce", "willow",
)  # fmt: skip


class Fruits(Folder):
    """A folder of drawn fruits to hand to a function, with an image of each kind in turn.

    The names of the folders inside say nothing of the fruits: they are names of trees. So only the images in the
    folder can tell which name belongs to which fruit.

    Parameters
    ----------
    count : int
        How many images.
    classes : int
        How many kinds, taken from the twelve.
    seed : int
        Decides the kinds, their names, and the images.
    part : int
        Another part has other images of the same kinds under the same names.
    shuffled : bool
        Spread the images over the folders by chance, so that there is nothing to learn.
    """

    def __init__(self, count, classes, seed, part=0, shuffled=False):
        rng = np.random.default_rng(seed)
        kinds, names = rng.permutation(len(FRUITS))[:classes], rng.permutation(_TREES)[:classes]
        turns = np.arange(count) % classes
        shown = rng.permutation(turns) if shuffled else turns
        # In a file's name nothing tells what it shows: neither the kind, nor the place in the order of drawing.
        numbers = rng.permutation(10 * count)[:count]
        self._drawn, inside = {}, {str(name): [] for name in sorted(names)}
        for place, (turn, kind, number) in enumerate(zip(turns, shown, numbers, strict=True)):
            file = f"{number:05}.{'jpg' if number % 8 else 'png'}"
            inside[names[turn]].append(file)
            self._drawn[f"{names[turn]}/{file}"] = int(kinds[kind]), place
        super().__init__({**inside, "": ["about.txt"]})
        self._key = seed, part
        self._name = f"Fruits({count}, {classes}, {seed}, {part}, {shuffled})"

    def __repr__(self):
        return self._name

    def image(self, path):
        """Draw the image that a file holds; uint8, of its own height and width."""
        kind, place = self._drawn[path]
        seed, part = self._key
        return draw(tuple(FRUITS)[kind], np.random.default_rng((seed, part, kind, place)))

    @cached_property
    def contents(self):
        """What each file holds: bytes, by path."""
        return {"about.txt": b"Drawn fruits.\n"} | {path: _file(self.image(path), path) for path in sorted(self._drawn)}

    def load(self, size):
        """Load the images as Keras does, resized without keeping their proportions.

        Parameters
        ----------
        size : (int, int)
            Height and width.

        Returns
        -------
        images : numpy.ndarray
            float32 in 0…255, shape ``(count, height, width, 3)``.
        labels : numpy.ndarray
            The number of each one's class, by sorted name.
        """
        import tensorflow as tf

        files = [tf.io.decode_image(self.contents[path], 3, expand_animations=False) for path in self.labels]
        images = [tf.image.resize(image, size).numpy() for image in files]
        return np.stack(images), np.array(list(self.labels.values()))


class Album(Folder):
    """A folder of unlabelled images of one colour each, to hand to a function, written down as what is in it.

    Parameters
    ----------
    colours : dict
        The colour of each image, by file name: red, green and blue, 0…255. None for a file that is no image.
    mode : str
        As in Pillow.
    """

    def __init__(self, colours, mode="RGB"):
        super().__init__({"": list(colours)})
        self.shown, self._mode = dict(colours), mode

    def __repr__(self):
        return f"Album({self.shown!r}{'' if self._mode == 'RGB' else f', {self._mode!r}'})"

    @cached_property
    def contents(self):
        """What each file holds: bytes, by name."""
        made = {}
        for number, (name, colour) in enumerate(self.shown.items()):
            image = np.empty((8 + number % 3, 11 + number % 5, 3), np.uint8)
            image[:] = (0, 0, 0) if colour is None else colour
            made[name] = b"This is no image.\n" if colour is None else _file(image, name, self._mode)
        return made


def _file(image, name, mode="RGB"):
    from PIL import Image

    file, image = io.BytesIO(), Image.fromarray(image)
    image = image.quantize(8) if mode == "P" else image.convert(mode)
    if name.lower().endswith(".png"):
        image.save(file, "PNG")
    else:
        image.save(file, "JPEG", quality=95, subsampling=0)
    return file.getvalue()


COLOURS = {"apple": (200, 30, 40), "banana": (230, 210, 60), "kiwi": (90, 140, 60), "plum": (90, 50, 130)}
"""The classes of `colour_model`, and the colour that each is known by."""


def colour_model(size=(6, 9), colours=None):
    """Build a model that names an image by its mean colour. It takes images of 0…255, as one of the project must.

    Parameters
    ----------
    size : (int, int)
        Height and width that it declares.
    colours : dict, optional
        The colour of each class by its name; `COLOURS` when left out.

    Returns
    -------
    keras.Model
        With ``class_names``, sorted, in the order of its outputs. It contains batch normalisation, so what it says in
        training mode is something else.
    """
    import keras

    colours = COLOURS if colours is None else colours
    names = sorted(colours)
    places = np.array([colours[name] for name in names], dtype=float)
    inputs = keras.Input((*size, 3))
    outputs = keras.layers.BatchNormalization(name="norm")(inputs)
    outputs = keras.layers.GlobalAveragePooling2D()(outputs)
    outputs = keras.layers.Dense(len(names), activation="softmax", name="nearest")(outputs)
    model = keras.Model(inputs, outputs)
    # The class whose colour is the nearest has the largest 2 · colour · image − colour².
    model.get_layer("norm").set_weights([np.ones(3), np.zeros(3), np.zeros(3), np.full(3, 1 - 1e-3)])
    scale = 2 * COLOUR_WIDTH**2
    model.get_layer("nearest").set_weights([2 * places.T / scale, -(places**2).sum(axis=1) / scale])
    model.class_names = names
    return model
