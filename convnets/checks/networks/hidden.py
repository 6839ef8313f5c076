"""What hidden tests of building are written with: compare the Keras model a function builds with the right one."""

import numpy as np
from hypothesis import strategies as st

from convnets.checks.calls import perform
from convnets.checks.catalogue import misconceptions
from convnets.checks.compare import difference
from convnets.checks.draws import image_batches
from convnets.checks.judging import with_hint
from convnets.checks.lent import ModelOf
from convnets.checks.networks.visible import small_convnet
from convnets.checks.objects import facts, get_weights, loss, predict, set_weights
from convnets.checks.words import CheckFailed, describe_error, show_call, show_value

_COUNT = 3  # images in the batch that models are tried on
_SIDE = 7  # of an image, along axes that a model leaves open


def builds_alike(function, expected, *calls, inputs=None, own_weights=False):
    """Check that a function builds the Keras model, or layer, that the reference builds.

    What counts is what the two do, not how they are written: which shapes come in and out, which weights there are and
    which of them train, what the two make of the same inputs with the same weights, in training too, and, where the
    reference compiles its model, the loss for integer labels. Two calls must not build the same model twice.

    Parameters
    ----------
    function : callable
        The learner's function.
    expected : callable
        The reference function.
    *calls : Call
        The arguments of each call; use `call`.
    inputs : tuple of int, optional
        Shape of a batch to try both on. Chosen to suit the reference's model when left out.
    own_weights : bool
        Whether the weights that the function sets are part of the answer. When not, both get the same random ones.

    Raises
    ------
    CheckFailed
        With the call, the first difference, and a hint where the mistake is known.
    """
    for each in calls:
        right = _portrait(expected, each, None, inputs, own_weights)
        if "error" in right:
            raise RuntimeError(f"the reference raises {right['error']} for {show_call(expected, *each)}")
        ours = _portrait(function, each, right, inputs, own_weights)
        said = _said(function, each, ours, right)
        if said:
            portraits = (
                (hint, _portrait(mistaken, each, right, inputs, own_weights, like=ours))
                for hint, mistaken in misconceptions(expected)
            )
            raise CheckFailed(with_hint(said, next((hint for hint, theirs in portraits if _alike(theirs, ours)), None)))


def _portrait(function, arguments, right, inputs, own_weights, like=None):
    """Put into plain data what a function builds: as much of it as can be compared with the right one.

    Parameters
    ----------
    function : callable
    arguments : Call
    right : dict or None
        The reference's portrait; None makes that one.
    inputs : tuple of int or None
    own_weights : bool
    like : dict, optional
        Stop as soon as the portrait differs from this one.

    Returns
    -------
    dict
    """
    outcome = perform(function, *arguments)
    if isinstance(outcome.error, NotImplementedError):
        raise outcome.error  # the exercise is not answered yet, and that is all there is to say
    if outcome.error is not None:
        said = describe_error(function, *arguments, outcome.error, "a Keras model")
        return {"error": type(outcome.error).__name__, "said": said}
    model = outcome.value
    try:
        told = facts(model)
    except Exception:  # nothing of Keras's
        return {"returned": show_value(model)}
    ignored = []
    if own_weights:  # a layer that is not built yet is by its first call; a bias of zeros is as good as none
        told = _built(model, told, inputs)
        ignored = [place for place, weight in enumerate(get_weights(model)) if weight.ndim == 1 and not weight.any()]
        told = {**told, "weights": [each for place, each in enumerate(told["weights"]) if place not in ignored]}
    portrait = {
        "kind": "model" if "layers" in told else told["class"],
        "layers": ", ".join(map(_written, told.get("layers", [told]))),
        "weights": [tuple(shape) for shape, _trainable in told["weights"]],
        "trainable": [trainable for _shape, trainable in told["weights"]],
    }
    if told["parameters"] is None:
        return {**portrait, "unbuilt": True}
    if portrait["kind"] == "model":
        portrait["input"], portrait["output"] = told["input_shape"], told["output_shape"]
    if like and any(portrait.get(part) != like.get(part) for part in (*_SHAPES, "trainable")):
        return portrait
    if right is not None and any(portrait.get(part) not in (None, right.get(part)) for part in _SHAPES):
        return portrait
    before = get_weights(model)
    again = perform(function, *arguments).value
    try:
        if own_weights:
            predict(again, _batch(inputs))
        if own_weights and not all(map(np.array_equal, get_weights(again), before)):
            return {**portrait, "random": True}
        set_weights(again, [weight + 1 for weight in before])
        portrait["fresh"] = all(map(np.array_equal, get_weights(model), before))
    except Exception:  # the second call went wrong where the first did not
        portrait["fresh"] = False
    if own_weights:
        portrait["values"] = [weight for place, weight in enumerate(before) if place not in ignored]
        set_weights(model, before)
    else:
        set_weights(model, _random_weights(portrait["weights"]))
    batch = _batch(inputs or (right or portrait)["input"])
    portrait["outputs"] = predict(model, batch)
    try:
        portrait["training"] = bool(np.allclose(predict(model, batch, training=True), portrait["outputs"], atol=1e-5))
    except Exception as error:  # some layers of a learner's own cannot be trained
        portrait["training"] = type(error).__name__
    if (right or told).get("loss"):
        portrait["loss"] = _loss(model, batch, portrait["outputs"].shape[-1])
    return portrait


def _built(model, told, inputs):
    """Call a layer that is not built yet; return what it says of itself then, or what it said where the call fails."""
    if told["parameters"] is not None:
        return told
    try:
        predict(model, _batch(inputs))
    except Exception:  # made for other inputs, for instance
        return told
    return facts(model)


def _alike(first, second):
    """Say whether two portraits show the same mistake, however it is written."""
    bare = ({**portrait, "layers": "", "said": "", **_no_loss(portrait)} for portrait in (first, second))
    return difference(*bare) is None


def _no_loss(portrait):
    # An error of TensorFlow's own kind comes from a learner's process as an Exception that begins with its name.
    loss = portrait.get("loss")
    return {"loss": loss.removeprefix("Exception: ")[:60]} if isinstance(loss, str) else {}


_SHAPES = ("kind", "input", "output", "weights")


def _written(layer):
    config = layer.get("config", {})
    named = [f"{name}={config[name]!r}" for name in ("filters", "kernel_size", "units", "pool_size") if name in config]
    if config.get("padding", "valid") != "valid":
        named.append(f"padding={config['padding']!r}")
    if config.get("activation", "linear") != "linear":
        named.append(f"activation={config['activation']!r}")
    return f"{layer['class']}({', '.join(named)})"


def _random_weights(shapes):
    rng = np.random.default_rng(1)
    return [rng.integers(-8, 9, shape) / 16 for shape in shapes]


def _batch(shape):
    sides = [_SIDE if side is None else side for side in shape[1:]]
    return np.random.default_rng(2).integers(-8, 9, (_COUNT, *sides)).astype(np.float32) / 8


def _loss(model, batch, classes):
    labels = np.random.default_rng(3).permutation(np.resize(np.arange(classes), _COUNT))
    try:
        return loss(model, batch, labels)
    except Exception as error:  # whatever a strange loss provokes
        return f"{type(error).__name__}: {error}"[:300]


def _said(function, arguments, ours, right):
    """Say what is wrong with a portrait, None when nothing is."""
    if "error" in ours:
        return ours["said"]
    shown = show_call(function, *arguments)
    thing = "model" if right["kind"] == "model" else right["kind"]
    if "returned" in ours:
        if ours["returned"] == "None":
            return f"{shown}\n  The function returned None: is a `return` missing?"
        return f"{shown}\n  It returned {ours['returned']}; it should return a Keras {thing}."
    shown += f"\n  built:    {ours['layers']}"
    if ours["kind"] != right["kind"]:
        kind = "a whole model" if ours["kind"] == "model" else f"a {ours['kind']}"
        return f"{shown}\n  It returned {kind}; it should return a {thing}."
    if "unbuilt" in ours:
        return f"{shown}\n  The {thing} is not built: it has no weights yet."
    for part, name in (
        ("input", "An input has the shape"),
        ("output", "The output has the shape"),
        ("weights", "The weights have the shapes"),
        ("trainable", "Whether each of the weights is trained:"),
    ):
        if ours.get(part) not in (None, right.get(part)):  # a model of a class of its own does not know its shapes
            return f"{shown}\n  {name} {ours[part]}; it should be {right[part]}."
    if "random" in ours:
        return f"{shown}\n  Its weights differ from call to call: they are still the random ones it starts with."
    for number, pair in enumerate(zip(ours.get("values", []), right.get("values", []), strict=True)):
        said = difference(*pair)
        if said:
            return f"{shown}\n  In the weights of shape {right['weights'][number]}: {said}"
    same = "With the same weights and inputs, the outputs are not what they should be."
    said = difference(ours["outputs"], right["outputs"])
    if said:
        return f"{shown}\n  {same} {said}"
    if ours["training"] != right["training"]:
        return f"{shown}\n  It predicts what it should, but in training it computes something else."
    if isinstance(ours.get("loss"), str):
        return f"{shown}\n  For a batch with integer labels there is no loss: {ours['loss']}"
    if "loss" in right and difference(ours["loss"], right["loss"]):
        return f"{shown}\n  For integer labels the loss is {ours['loss']:.6g}; it should be {right['loss']:.6g}."
    if not ours["fresh"]:
        return f"{shown}\n  A second call returns the same {thing} again. Each call must build a new one."
    return None


_NETWORKS = [
    ModelOf(small_convnet, (3, 3, 1), 2),
    ModelOf(small_convnet, (3, 5, 1), 4, seed=1),
    ModelOf(small_convnet, (4, 3, 2), 3, seed=2),
    ModelOf(small_convnet, (5, 4, 3), 3, seed=3),
    ModelOf(small_convnet, (3, 4, 2), 3, seed=4, scale=16),
]


@st.composite
def networks_with_images(draw):
    """Draw a small convolutional network and images that fit it.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Draws tuples of a `convnets.checks.lent.ModelOf` and a batch of images.
    """
    network = draw(st.sampled_from(_NETWORKS))
    shape = network.arguments[0]
    ends = draw(st.sampled_from([(-9, 9), (0, 255)]))
    return network, draw(image_batches((1, *shape), (3, *shape), *ends))
