"""What hidden tests of building are written with: compare the Keras model a function builds with the right one."""

import numpy as np
from hypothesis import strategies as st

from convnets.checks.calls import attempt
from convnets.checks.draws import image_batches
from convnets.checks.judging import RAISES, Seen, difference_of, fault, judge, raised, right_parts
from convnets.checks.lent import ModelOf
from convnets.checks.networks.visible import small_convnet
from convnets.checks.objects import facts_or_none, get_weights, loss, predict, set_weights
from convnets.checks.words import NOTHING_RETURNED, show_call, show_value

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
    cases = [(each, inputs, own_weights) for each in calls]
    for case in cases:
        wrong = right_parts(_built, expected, case)[RAISES]
        if wrong is not None:
            raise RuntimeError(f"the reference raises {wrong[0]} for {show_call(expected, *case[0])}")
    judge(function, expected, cases, _built, lambda function, each, *_: show_call(function, *each))


def _built(function, case, expected):
    """See what a function builds: as much of it as can be compared with the right one."""
    outcome = attempt(function, *case[0])
    yield raised(outcome, "a Keras model")
    if outcome.error is not None:
        return
    model, right = outcome.value, {} if function is expected else right_parts(_built, expected, case)
    told = facts_or_none(model)
    if told is None:
        said = f"It returned {show_value(model)}; it should return a Keras {right.get('kind')}."
        yield fault(show_value(model), NOTHING_RETURNED if model is None else said)
        return
    ignored = ()
    if case[2]:  # a layer that is not built yet is by its first call; a bias of zeros is as good as none
        told = _after_a_call(model, told, case[1])
        weights = get_weights(model)
        ignored = [place for place, weight in enumerate(weights) if weight.ndim == 1 and not weight.any()]
        told = {**told, "weights": [each for place, each in enumerate(told["weights"]) if place not in ignored]}
    kind = "model" if "layers" in told else told["class"]
    thing = right.get("kind", kind)
    written = f"built:    {', '.join(map(_written, told.get('layers', [told])))}\n  "

    def see(part, value, said):
        return Seen(part, value, lambda value, right: f"{written}{said(value, right)}")

    one = "a whole model" if kind == "model" else f"a {kind}"
    yield see("kind", kind, lambda *_: f"It returned {one}; it should return a {thing}.")
    if told["parameters"] is None:
        yield fault("unbuilt", f"{written}The {thing} is not built: it has no weights yet.")
        return
    weights = [tuple(shape) for shape, _trainable in told["weights"]]
    for part, value, said in (
        ("input", kind == "model" and told["input_shape"], "An input has the shape"),
        ("output", kind == "model" and told["output_shape"], "The output has the shape"),
        ("weights", weights, "The weights have the shapes"),
        ("trainable", [trainable for _shape, trainable in told["weights"]], "Whether each of the weights is trained:"),
    ):
        if value or part in ("weights", "trainable"):  # a model of a class of its own does not know its shapes
            yield see(part, value, lambda value, right, said=said: f"{said} {value}; it should be {right}.")
    yield from _computed(function, model, case, expected, right, told, ignored, see, thing)


def _after_a_call(model, told, inputs):
    """Call a layer that is not built yet; return what it says of itself then, or what it said where the call fails."""
    if told["parameters"] is not None:
        return told
    try:
        predict(model, _batch(inputs))
    except Exception:  # made for other inputs, for instance
        return told
    return facts_or_none(model)


def _computed(function, model, case, expected, right, told, ignored, see, thing):
    """See what a model of the right form computes."""
    arguments, inputs, own_weights = case
    weights = [tuple(shape) for shape, _trainable in told["weights"]]
    before, again = get_weights(model), attempt(function, *arguments).value
    try:
        if own_weights:
            predict(again, _batch(inputs))
            kept = all(map(np.array_equal, get_weights(again), before))
            yield see("kept", kept, lambda *_: _RANDOM)
        set_weights(again, [weight + 1 for weight in before])
        is_new = all(map(np.array_equal, get_weights(model), before))
    except Exception:  # the second call went wrong where the first did not
        is_new = False
    values_told = [values for place, values in enumerate(before) if place not in ignored]
    for number, (shape, values) in enumerate(zip(weights, values_told, strict=True)) if own_weights else ():
        yield see(
            f"weights {number}",
            values,
            lambda value, right, shape=shape: (
                f"In the weights of shape {shape}: {difference_of(value, right, batches=False)}"
            ),
        )
    set_weights(model, before if own_weights else _random_weights(weights))
    batch = _batch(inputs or right.get("input") or told["input_shape"])
    outputs = predict(model, batch)
    yield see(
        "outputs",
        outputs,
        lambda value, right: f"{_SAME} {difference_of(value, right)}{_other_layers(told, expected, arguments)}",
    )
    try:
        trained = bool(np.allclose(predict(model, batch, training=True), outputs, atol=1e-5))
    except Exception as error:  # some layers of a learner's own cannot be trained
        trained = type(error).__name__
    yield see("training", trained, lambda *_: "It predicts what it should, but in training it computes something else.")
    if told.get("loss") if not right else "loss" in right:
        yield see("loss", loss(model, batch, _labels(outputs.shape[-1])), _said_of_loss)
    if not own_weights:
        yield see("alike", _with_units_alike(before), _said_of_units)
    yield see(
        "new", is_new, lambda *_: f"A second call returns the same {thing} again. Each call must build a new one."
    )


_RANDOM = "Its weights differ from call to call: they are still the random ones it starts with."
_SAME = "With the same weights and inputs, the outputs are not what they should be."


def _other_layers(told, expected, arguments):
    """Say which layers have another activation or pool in another way, where the two models have the same layers."""
    right = facts_or_none(attempt(expected, *arguments).value) or {}
    ours, theirs = (
        [layer for layer in each.get("layers", [each]) if layer.get("class") != "InputLayer"] for each in (told, right)
    )
    if [_row(layer) for layer in ours] != [_row(layer) for layer in theirs]:
        return ""
    said = [
        f"\n  {_written(layer)} should {'pool in another way' if _pools(layer) else 'have another activation'}."
        for layer, other in zip(ours, theirs, strict=True)
        if (layer["class"], _activation(layer)) != (other["class"], _activation(other))
    ]
    return "".join(said) if len(said) <= _FEW else ""


_FEW = 2  # layers


def _row(layer):
    return "pooling" if _pools(layer) else layer.get("class")


def _pools(layer):
    return layer.get("class") in ("MaxPooling2D", "AveragePooling2D")


def _activation(layer):
    return layer.get("config", {}).get("activation")


def _said_of_loss(value, right):
    if isinstance(value, str):
        return f"For a batch with integer labels there is no loss: {value}"
    return f"For integer labels the loss is {value:.6g}; it should be {right:.6g}."


def _with_units_alike(weights):
    """List the shapes of kernels whose units all start with the same weights; of the last one the gradients differ."""
    kernels = [weight for weight in weights if weight.ndim > 1][:-1]
    return [weight.shape for weight in kernels if weight.shape[-1] > 1 and not np.ptp(weight, axis=-1).any()]


def _said_of_units(shapes, _right):
    return (
        f"In the weights of shape {' and '.join(map(str, shapes))} every filter or unit starts with the same numbers. "
        "Their gradients are the same too, so they never learn anything of their own. Random numbers, as Keras starts "
        "with, tell them apart."
    )


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


def _labels(classes):
    return np.random.default_rng(3).permutation(np.resize(np.arange(classes), _COUNT))


_NETWORKS = [
    ModelOf(small_convnet, (3, 3, 1), 2),
    ModelOf(small_convnet, (3, 5, 1), 4, seed=1),
    ModelOf(small_convnet, (4, 3, 2), 3, seed=2),
    ModelOf(small_convnet, (5, 4, 3), 3, seed=3),
    ModelOf(small_convnet, (3, 4, 2), 3, seed=4, scale=16),
    ModelOf(small_convnet, (4, 3, 1), 3, seed=5, scale=256),
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
