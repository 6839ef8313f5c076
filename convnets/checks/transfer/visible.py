"""What the assignment on transfer works with: a tiny network, what is handed to functions, and visible checks."""

import numpy as np

from convnets.checks.calls import perform
from convnets.checks.compare import difference
from convnets.checks.lent import keras_input
from convnets.checks.networks.visible import outline
from convnets.checks.objects import use
from convnets.checks.training.visible import is_flat
from convnets.checks.words import NOTHING_RETURNED, CheckFailed, show_call, type_name

_FILTERS = (4, 5, 6, 7)


def tiny_backbone(seed=0, input_shape=(8, 12, 3)):
    """Build a tiny convolutional network without a top, whose weights are not those it would start with.

    Parameters
    ----------
    seed : int
        Decides the weights.
    input_shape : (int, int, int)
        Height, width and channels of an image.

    Returns
    -------
    keras.Model
        Four times convolution, batch normalisation, ReLU: ``conv1``, ``norm1``, ``relu1``, ``conv2`` and so on, with 4,
        5, 6 and 7 filters. The first and the third convolution have a stride of 2.

    Examples
    --------
    >>> from convnets.checks.transfer.visible import tiny_backbone
    >>> tiny_backbone().output_shape
    (None, 2, 3, 7)
    """
    import keras

    inputs = outputs = keras.Input(tuple(input_shape), name="images")
    for number, filters in enumerate(_FILTERS, start=1):
        strides = 1 + number % 2
        outputs = keras.layers.Conv2D(filters, 3, strides, padding="same", name=f"conv{number}")(outputs)
        outputs = keras.layers.BatchNormalization(name=f"norm{number}")(outputs)
        outputs = keras.layers.ReLU(name=f"relu{number}")(outputs)
    model = keras.Model(inputs, outputs, name="tiny_backbone")
    rng = np.random.default_rng(seed)
    # Variances must be positive; all the rest may be anything.
    model.set_weights(
        [
            rng.uniform(0.5, 2, weight.shape) if "variance" in weight.path else rng.normal(0, 0.3, weight.shape)
            for weight in model.weights
        ]
    )
    for number in range(1, len(_FILTERS) + 1):
        model.get_layer(f"norm{number}").gamma.assign(rng.uniform(0.8, 1.5, _FILTERS[number - 1]))
    return model


def tiny_classifier(seed=0, classes=3, frozen=True, learning_rate=0.05):
    """Build a classifier on a tiny backbone, compiled for training it step by step.

    Parameters
    ----------
    seed : int
        Decides the weights.
    classes : int
    frozen : bool or "norms"
        Whether the backbone is, or only its batch normalisations.
    learning_rate : float
        Of plain gradient descent.

    Returns
    -------
    keras.Model
        `tiny_backbone`, global average pooling, and a dense layer ``head`` with a softmax.

    Examples
    --------
    >>> from convnets.checks.transfer.visible import tiny_classifier
    >>> model = tiny_classifier(classes=3)
    >>> model.output_shape, len(model.trainable_weights)
    ((None, 3), 2)
    """
    import keras

    backbone = tiny_backbone(seed)
    backbone.trainable = frozen is not True
    for layer in backbone.layers if frozen == "norms" else ():
        layer.trainable = not layer.name.startswith("norm")
    inputs = keras.Input(backbone.input_shape[1:])
    pooled = keras.layers.GlobalAveragePooling2D()(backbone(inputs))
    model = keras.Model(inputs, keras.layers.Dense(classes, activation="softmax", name="head")(pooled))
    head = np.random.default_rng(seed).normal(0, 0.3, (_FILTERS[-1], classes))
    model.get_layer("head").set_weights([head, np.linspace(-0.2, 0.2, classes)])
    # Eagerly, for it takes longer to make a graph than to train so small a network.
    model.compile(
        keras.optimizers.SGD(learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["acc"],
        run_eagerly=True,
        jit_compile=False,
    )
    return model


def tiny_images(count, seed=0, shape=(8, 12, 3)):
    """Return some images of noise that fit `tiny_backbone`, and a different label for each.

    Parameters
    ----------
    count : int
    seed : int
    shape : (int, int, int)

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        float32 of shape ``(count, *shape)``, and ``count`` integers in no order.

    Examples
    --------
    >>> from convnets.checks.transfer.visible import tiny_images
    >>> images, labels = tiny_images(5)
    >>> images.shape, sorted(int(label) for label in labels)
    ((5, 8, 12, 3), [0, 1, 2, 3, 4])
    """
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, *shape)).astype(np.float32), rng.permutation(count)


def block_of(function, shape, filters, *stride):
    """Let a function build a block, and make a model of it.

    Parameters
    ----------
    function : callable
        Called as ``function(inputs, filters, stride)`` with a Keras tensor.
    shape : tuple of int
        Of the inputs, without the batch.
    filters : int
    *stride : int

    Returns
    -------
    keras.Model
        Or a stand-in for one in another process.

    Raises
    ------
    CheckFailed
        When it does not return a Keras tensor that comes from its input.
    Exception
        Whatever the function raises.
    """
    inputs = keras_input(shape)
    outcome = perform(function, (inputs, filters, *stride))
    if outcome.error is not None:
        raise outcome.error
    shown = show_call(function, (inputs, filters, *stride))
    if outcome.value is None:
        raise CheckFailed(f"{shown}\n  {NOTHING_RETURNED}")
    try:
        return use(outcome.value, "model_between", outcome.given[0])
    except Exception:
        raise CheckFailed(
            f"{shown}\n  It did not return a Keras tensor that was made of its inputs, "
            f"but a {type_name(outcome.value)}."
        ) from None


def check_block(function, shape, filters, stride, *, output_shape, projections):
    """Check the shape that comes out of a block, and how many convolutions of 1 × 1 are in it.

    Parameters
    ----------
    function, shape, filters, stride
        As for `block_of`.
    output_shape : tuple of int
        Without the batch.
    projections : int

    Raises
    ------
    CheckFailed
        When they are others.
    Exception
        Whatever the function raises.
    """
    model = block_of(function, shape, filters, stride)
    told = outline(model)
    shown = show_call(function, (keras_input(shape), filters, stride))
    ours = told["shapes"][-1] if told["shapes"] else shape
    said = difference(tuple(ours), tuple(output_shape))
    if said:
        raise CheckFailed(f"{shown}\n  An output has the shape {ours}; it should be {output_shape}.")
    count = sum(weight[:2] == (1, 1) for weight in map(tuple, told["weights"]) if len(weight) == 4)
    if count != projections:
        raise CheckFailed(f"{shown}\n  There are {count} convolutions of 1 × 1; it should be {projections}.")


def check_history(function, model, train, validation, epochs):
    """Check that a call returns the history of a training with validation.

    Parameters
    ----------
    function : callable
        Called as ``function(model, train, validation, epochs)``.
    model : keras.Model
    train, validation
        What it trains on and validates with.
    epochs : int

    Raises
    ------
    CheckFailed
        When it is not a dict with ``loss`` and ``val_loss``, a number for each epoch.
    Exception
        Whatever the function raises.
    """
    outcome = perform(function, (model, train, validation, epochs))
    if outcome.error is not None:
        raise outcome.error
    shown = f"{function.__name__}(model, train, validation, {epochs})"
    if not isinstance(outcome.value, dict):
        raise CheckFailed(f"{shown}\n  {difference(outcome.value, {})}")
    for name in ("loss", "val_loss"):
        values = outcome.value.get(name, ())
        if not is_flat(values) or len(values) != epochs:
            raise CheckFailed(f"{shown}\n  [{name!r}] should be there, with {epochs} numbers.")
