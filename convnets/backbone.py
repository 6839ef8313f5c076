"""Trained networks without their last layers: EfficientNet-Lite0, ResNet50, and a small one that the course trained.

All come in the same form, `Pretrained`, so that what is written for one runs with the others. Lite0's ImageNet weights
come with a package, ResNet50's from the internet. The small residual network was trained on drawn figures, by
``python -m convnets.train_backbone``, and comes with the course.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from convnets import lite0 as _lite0

FOLDER = Path(__file__).parent
"""Where the small network's weights are: ``backbone.npz``, and what is known of them in ``backbone.json``."""

STAGES = (16, 32, 64, 128)
"""Filters of the small network, one residual block each; from the second on, a block halves height and width."""

RESNET50_URL = (
    "https://storage.googleapis.com/tensorflow/keras-applications/resnet/"
    "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
)
"""Where Keras publishes the ImageNet weights of ResNet50 without its top."""

RESNET50_MD5 = "4d473c1dd8becc155b73f8504c6f6626"
"""Of that file, as Keras gives it."""


class Pretrained(NamedTuple):
    """A trained network without its top.

    Attributes
    ----------
    model : keras.Model
        Takes images that are preprocessed, of shape ``(n, height, width, 3)``; returns feature maps, NHWC.
    preprocess : callable
        Turns RGB images with values 0…255, an array or a tensor, into what the model was trained on. The images that
        it is given stay as they are.
    source : str
        Where the weights come from, in a sentence.
    """

    model: Any
    preprocess: Callable
    source: str


class WeightsError(ValueError):
    """A file of weights is not what it should be."""


def residual_network(input_shape=(None, None, 3)):
    """Build the small residual network, with random weights.

    A 3 × 3 convolution with stride 2 is followed by a residual block for each of `STAGES`: two 3 × 3 convolutions with
    batch normalisation, and a shortcut, which is a 1 × 1 convolution where the shapes differ.

    Parameters
    ----------
    input_shape : (int or None, int or None, int)
        Height, width and channels of an image; None for a size that is left open.

    Returns
    -------
    keras.Model
        From images to feature maps with 128 channels, 16 times lower and narrower.

    References
    ----------
    He, Zhang, Ren, Sun: Deep residual learning for image recognition. 2016.

    Examples
    --------
    >>> from convnets.backbone import residual_network
    >>> residual_network((64, 96, 3)).output_shape
    (None, 4, 6, 128)
    """
    import keras
    from keras import layers

    # A momentum of 0.9: with few images there are few steps, and the usual 0.99 would not have got far by their end.
    def convolution(inputs, filters, kernel, stride, name):
        outputs = layers.Conv2D(filters, kernel, stride, "same", use_bias=False, name=f"{name}_conv")(inputs)
        return layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(outputs)

    inputs = keras.Input(input_shape, name="images")
    outputs = layers.ReLU(name="stem_relu")(convolution(inputs, STAGES[0], 3, 2, "stem"))
    for number, filters in enumerate(STAGES, start=1):
        shortcut, stride, name = outputs, 1 if number == 1 else 2, f"block{number}"
        outputs = layers.ReLU(name=f"{name}_1_relu")(convolution(outputs, filters, 3, stride, f"{name}_1"))
        outputs = convolution(outputs, filters, 3, 1, f"{name}_2")
        if number > 1:
            shortcut = convolution(shortcut, filters, 1, stride, f"{name}_shortcut")
        outputs = layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_add")([outputs, shortcut]))
    return keras.Model(inputs, outputs, name="small_resnet")


def facts(folder=FOLDER):
    """Return what is known of the small network's weights.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    dict
        ``sha256``, ``parameters``, ``mean`` and ``std`` of the images it was trained on, how it was trained, and the
        ``accuracy`` it reached on figures that it had not seen, for each of the four things it had to name.
    """
    return json.loads((Path(folder) / "backbone.json").read_text(encoding="utf-8"))


def backbone(input_shape=(None, None, 3), weights="figures", folder=FOLDER):
    """Return the small residual network without its top, trained on drawn figures.

    Parameters
    ----------
    input_shape : (int or None, int or None, 3)
        Height and width of the images, None for any; it was trained on 64 × 64.
    weights : {"figures", None}
        None for random weights.
    folder : path-like
        Where the weights are.

    Returns
    -------
    Pretrained

    Raises
    ------
    WeightsError
        When the file does not have the SHA-256 that is known of it, or does not fit.

    Examples
    --------
    >>> from convnets.backbone import backbone
    >>> model, preprocess, source = backbone((64, 64, 3))
    >>> model.output_shape
    (None, 4, 4, 128)
    >>> source
    "weights of the course's small network, trained on 20,000 drawn figures"
    """
    model, known = residual_network(tuple(input_shape)), facts(folder)
    if weights is None:
        return Pretrained(model, _standardise(known["mean"], known["std"]), "random weights")
    if weights != "figures":
        raise ValueError(f'The weights are "figures" or None, not {weights!r}.')
    path = Path(folder) / "backbone.npz"
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != known["sha256"]:
        raise WeightsError(
            f"{path} has the SHA-256 {found}, but {known['sha256']} is that of the weights that were trained. Get the "
            "file anew, or train it again with: python -m convnets.train_backbone"
        )
    with np.load(path, allow_pickle=False) as stored:
        wanted = {weight.path: tuple(weight.shape) for weight in model.weights}
        if {name: stored[name].shape for name in stored.files} != wanted:
            raise WeightsError(f"The weights in {path} are not those of this network.")
        model.set_weights([stored[weight.path].astype(np.float32) for weight in model.weights])
    source = f"weights of the course's small network, trained on {known['training']['count']:,} drawn figures"
    return Pretrained(model, _standardise(known["mean"], known["std"]), source)


def resnet50(input_shape=(None, None, 3), weights="imagenet", fallback=False):
    """Return ResNet50 without its top, with the preprocessing that belongs to it.

    The ImageNet weights are looked for in Keras's cache, ``$KERAS_HOME/models`` or ``~/.keras/models``, and fetched
    from the internet, 94 MB, where they are not there. Where the file of Keras's name is another than Keras publishes,
    as after a download that broke off, it is deleted and fetched anew. Files of other names are used as they are.

    Parameters
    ----------
    input_shape : (int or None, int or None, 3)
        Height and width of the images, at least 32, None for any; it was trained on 224 × 224.
    weights : {"imagenet", None} or path-like
        A file of weights of ResNet50, with or without its top, ``.weights.h5`` or in Keras's older format ``.h5``;
        None for random weights.
    fallback : bool
        Where there are no weights and no internet, return the small network instead, and say so.

    Returns
    -------
    Pretrained

    Raises
    ------
    FileNotFoundError
        When ``weights`` names a file that is not there.
    WeightsError
        When a file does not hold weights of ResNet50.
    ConnectionError
        When the weights have to be fetched and cannot be.

    References
    ----------
    He, Zhang, Ren, Sun: Deep residual learning for image recognition. 2016.
    """
    input_shape = tuple(input_shape)
    if weights is None:
        return Pretrained(_bare_resnet50(input_shape), _resnet_preprocess, "random weights")
    if weights != "imagenet":
        path = Path(weights)
        if not path.is_file():
            raise FileNotFoundError(f"There is no file of weights at {path}.")
        return _resnet50_from(path, input_shape)
    cached = _cached_resnet50()
    if cached and cached.name == RESNET50_URL.rpartition("/")[2] and not _is_published(cached):
        cached.unlink()
        print(f"{cached} was not the file that Keras publishes, and was deleted.")
        cached = _cached_resnet50()
    if cached:
        return _resnet50_from(cached, input_shape)
    try:
        return _resnet50_from(_fetch_resnet50(), input_shape)
    except ConnectionError as error:
        if not fallback:
            raise
        small = backbone(input_shape)
        print(f"{error}\nIn its place: the {small.source}.")
        return small


def lite0(input_shape=(None, None, 3), weights="imagenet", top=False):
    """Return EfficientNet-Lite0, with the preprocessing that belongs to it.

    Parameters
    ----------
    input_shape : (int or None, int or None, 3)
        Height and width of the images, None for any; it was trained on 224 × 224.
    weights : {"imagenet", None}
        None for random weights.
    top : bool
        Keep the last layers: the model then returns probabilities of ImageNet's 1,000 classes, which `most_likely`
        names.

    Returns
    -------
    Pretrained
        Its maps are 32 times lower and narrower than the images and have 1,280 channels.

    Raises
    ------
    WeightsError
        When the package with the weights is not installed, or its file is not what it should be.

    References
    ----------
    Tan, Le: EfficientNet: rethinking model scaling for convolutional neural networks. 2019.

    Examples
    --------
    >>> from convnets.data import photo
    >>> model, preprocess, _ = lite0(top=True)
    >>> most_likely(model(preprocess(255 * photo("coffee", 224)[None])), 1)[0][0][0]
    'espresso'
    """
    if weights not in ("imagenet", None):
        raise ValueError(f'The weights are "imagenet" or None, not {weights!r}.')
    model = _lite0.build(input_shape, top)
    if weights is None:
        return Pretrained(model, _lite0_preprocess, "random weights")
    try:
        _lite0.load(model, _lite0.weights_file())
    except (_lite0.NoWeights, ValueError) as error:
        raise WeightsError(str(error)) from None
    return Pretrained(model, _lite0_preprocess, "weights of EfficientNet-Lite0, trained on ImageNet")


def most_likely(probabilities, count=3):
    """Name the classes of ImageNet that a network holds most likely.

    Parameters
    ----------
    probabilities : array_like, shape (images, 1000)
    count : int
        How many for each image.

    Returns
    -------
    list of list of (str, float)
        Names and probabilities for each image, the most likely first.
    """
    names, rows = _lite0.class_names(), np.asarray(probabilities)
    return [[(names[place], float(row[place])) for place in np.argsort(row)[::-1][:count]] for row in rows]


# ---------------------------------------------------------------- preprocessing


def _standardise(mean, std):
    mean, std = (np.array(numbers, np.float32) for numbers in (mean, std))

    def preprocess(images):
        """Subtract the mean of each channel and divide by its standard deviation, over the training images."""
        return (_as_floats(images) - mean) / std

    return preprocess


def _resnet_preprocess(images):
    """Turn RGB into BGR and subtract ImageNet's mean of each channel, as ResNet50 of 2015 did."""
    from keras.applications.resnet import preprocess_input

    # Keras's function changes an array of floats in place.
    images = _as_floats(images)
    return preprocess_input(images.copy() if isinstance(images, np.ndarray) else images)


def _lite0_preprocess(images):
    """Bring values 0…255 to about −1…1, as the Lite networks take them."""
    return (_as_floats(images) - 127) / 128


def _as_floats(images):
    import keras

    if isinstance(images, list | np.ndarray):
        return np.asarray(images, dtype=np.float32)
    return keras.ops.cast(images, "float32")


# ---------------------------------------------------------------- ResNet50


def _models_folder():
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"


def _cached_resnet50():
    """Find a file of ResNet50's weights in Keras's cache, the published one before any other."""
    found = [path for path in sorted(_models_folder().glob("resnet50[_.]*.h5")) if path.is_file()]
    published = RESNET50_URL.rpartition("/")[2]
    return min(found, key=lambda path: path.name != published, default=None)


def _fetch_resnet50():
    import keras

    name = RESNET50_URL.rpartition("/")[2]
    try:
        # The file is not in the cache, so Keras has nothing to remove when a download fails or its hash is wrong.
        home = _models_folder().parent
        return Path(
            keras.utils.get_file(name, RESNET50_URL, file_hash=RESNET50_MD5, cache_subdir="models", cache_dir=home)
        )
    except Exception as error:  # Keras raises a bare one where an address does not answer
        raise ConnectionError(
            f"The ImageNet weights of ResNet50 are not in {_models_folder()} and could not be fetched from "
            f"{RESNET50_URL}. Put the file into that folder, give its path as weights=, or say fallback=True to get "
            f"the small network of the course. What went wrong: {error}"
        ) from None


def _is_published(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest() == RESNET50_MD5


def _bare_resnet50(input_shape):
    from keras.applications import ResNet50

    return ResNet50(include_top=False, weights=None, input_shape=input_shape)


def _resnet50_from(path, input_shape):
    """Load a file of weights, which may hold the top too."""
    import keras
    from keras.applications import ResNet50

    model = _bare_resnet50(input_shape)
    try:
        model.load_weights(path)
    except Exception as first:
        try:
            whole = ResNet50(include_top=True, weights=None)
            whole.load_weights(path)
        except Exception:
            raise WeightsError(f"{path} does not hold the weights of ResNet50: {first}") from None
        body = keras.Model(whole.input, whole.get_layer("conv5_block3_out").output)
        model.set_weights(body.get_weights())
    source = f"weights of ResNet50 from {path}"
    source += "" if _is_published(path) else ", which is not the file that Keras publishes"
    return Pretrained(model, _resnet_preprocess, source)
