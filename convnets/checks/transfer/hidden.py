"""What hidden tests of transfer are written with: see what a function makes of a tiny network whose weights are known.

Each check looks at one thing after the other, the same for the learner's function, the reference and the catalogued
mistakes, and stops where the first differs from the reference. What can be computed here is not asked for over there:
weights are set to known numbers first, so that the reference's predictions, losses and steps must come out.
"""

from functools import cache

import numpy as np

from convnets.checks.calls import Outcome, attempt
from convnets.checks.judging import Seen, judge, raised, right_parts
from convnets.checks.lent import batches_of, keras_input
from convnets.checks.objects import facts, facts_or_none, get_weights, lend, loss, predict, set_weights, train, use
from convnets.checks.outcomes import error_text
from convnets.checks.project.fruits import Fruits
from convnets.checks.rehearsal import rehearsal_now, rehearsed
from convnets.checks.training.hidden import allow_seconds
from convnets.checks.training.visible import is_flat
from convnets.checks.transfer.visible import block_of, tiny_backbone, tiny_classifier, tiny_images
from convnets.checks.words import CheckFailed, Words, describe_error, show_call, type_name

_TOLERANCES = {"rtol": 2e-3, "atol": 2e-4}
_CLASSES = 3


# ---------------------------------------------------------------- residual_block


def _block(function, case, expected):
    shape, filters, *stride = case
    rng = np.random.default_rng(filters)
    try:
        model = block_of(function, shape, filters, *stride)
    except CheckFailed as failed:
        yield Seen("What it returned", failed.said.partition("\n  ")[2])
        return
    except NotImplementedError:
        raise
    except Exception as error:
        yield raised(Outcome(error=error), "a Keras tensor")
        return
    yield raised(Outcome(), "a Keras tensor")
    told = facts(model)
    yield Seen("What comes out has the shape", tuple(told["output_shape"]))
    leaves = [leaf for leaf in _leaves(told) if leaf["weights"]]
    projections = sum(_is_kernel(leaf, 1) for leaf in leaves)
    norms = [leaf for leaf in leaves if leaf["class"] == "BatchNormalization"]
    # The paper has batch normalisation on the shortcut too, where there is a projection. That is as good.
    extra = len(norms) == 3 and projections == 1
    yield Seen(
        "Layers with weights",
        (
            f"{sum(_is_kernel(leaf, 3) for leaf in leaves)} convolutions 3 × 3, {projections} convolutions 1 × 1, "
            f"{len(norms) - extra} batch normalisations, "
            f"{sum(leaf['class'] not in ('Conv2D', 'BatchNormalization') for leaf in leaves)} others"
        ),
    )
    inputs = rng.normal(size=(3, *shape)).astype(np.float32)
    # The order of layers at one depth is free, so kernels go by their shape; biases are free too, and zero.
    norm = [rng.uniform(0.5, 1.5, filters), *rng.normal(size=(2, filters)), rng.uniform(4, 9, filters)]
    idle = [np.ones(filters), np.zeros(filters), np.zeros(filters), np.full(filters, 0.999)]
    kernels = rng.normal(0, 0.4, (9, max(filters, shape[-1]), filters, 3))
    answers = []
    for idle_one in range(3) if extra else [None]:
        weights, big, number = [], 0, 0
        for leaf in leaves:
            shapes = [tuple(weight) for weight, _trainable in leaf["weights"]]
            if leaf["class"] == "BatchNormalization":
                weights += idle if number == idle_one else norm
                number += 1
                continue
            for weight in shapes:
                if len(weight) == 4:
                    height, width, depth, count = weight
                    small = height == 1
                    kernel = kernels[: height * width, :depth, :count, 2 if small else big % 2]
                    weights.append(kernel.reshape(weight))
                    big += not small
                else:
                    weights.append(np.zeros(weight))
        set_weights(model, weights)
        answers.append((predict(model, inputs), predict(model, inputs, training=True)))
    if extra:
        right = right_parts(_block, expected, case)["What comes out for known weights"]
        best = min(answers, key=lambda pair: np.abs(pair[0] - right).max() if pair[0].shape == right.shape else np.inf)
        yield Seen("What comes out for known weights", best[0])
        return
    yield Seen("What comes out for known weights", answers[0][0])
    yield Seen("What comes out for known weights, in training", answers[0][1])


def _leaves(told):
    if "layers" not in told:
        return [told]
    return [leaf for layer in told["layers"] for leaf in _leaves(layer)]


def _is_kernel(leaf, side):
    return leaf["class"] == "Conv2D" and tuple(leaf["weights"][0][0][:2]) == (side, side)


# ---------------------------------------------------------------- build_classifier


def _classifier(function, case, _expected):
    seed, classes = case
    network = tiny_backbone(seed)
    theirs, count = network.get_weights(), len(network.weights)
    backbone = lend(function, network)
    outcome = attempt(function, (backbone, classes))
    yield raised(outcome, "a Keras model")
    if outcome.error is not None:
        return
    model = outcome.value
    told = _model_facts(model)
    yield Seen("What it returned is a Keras model", told is not None)
    if told is None:
        return
    shapes = [tuple(shape) for shape, _trainable in told["weights"]]
    yield Seen("What comes out has the shape", tuple(told["output_shape"] or ()))
    yield Seen("Behind the backbone there are weights of the shapes", tuple(shapes[count:]))
    ours = get_weights(model)
    yield Seen("Layers of the backbone with other weights than it has", _moved(network, theirs, ours[:count]))
    yield Seen("It is compiled", "optimizer" in told)
    rng = np.random.default_rng(5)
    set_weights(model, theirs + [rng.normal(size=shape) for shape in shapes[count:]])
    images, _ = tiny_images(8, seed=3)
    labels = np.arange(8) % classes
    yield Seen("Its predictions, with known weights in the last layer", predict(model, images))
    before, lost = get_weights(model), loss(model, images, labels)
    try:
        (value,) = train(model, images[None], labels[None])
    except Exception as error:
        yield Seen("Training on integer labels", f"raises {error_text(error)}")
        return
    yield Seen("What a step of training changes", _moved(network, before, get_weights(model)))
    yield Seen("The loss of a batch with integer labels", value)
    yield Seen("The loss of its predictions", lost)
    set_weights(model, [weight + 1 for weight in before])
    yield Seen("The backbone that was given is a part of it", np.array_equal(get_weights(backbone)[0], theirs[0] + 1))


def _model_facts(value):
    told = facts_or_none(value)
    return told if told and "layers" in told else None


def _moved(network, before, after):
    """Name the layers in which a step of training changed anything."""
    owners = [weight.path.split("/")[-2] for weight in network.weights]
    owners += ["head"] * (len(before) - len(owners))
    moved = [
        owner
        for owner, old, new in zip(owners, before, after, strict=True)
        if not np.array_equal(old, new)
    ]  # fmt: skip
    return ", ".join(dict.fromkeys(moved)) or "nothing"


# ---------------------------------------------------------------- unfreeze_top


def _unfrozen(function, case, _expected):
    frozen, layers, *rate = case
    network = tiny_classifier(2, _CLASSES, frozen)
    inside = network.get_layer("tiny_backbone")
    model = lend(function, network)
    backbone = use(model, "layer", "tiny_backbone")
    images, _ = tiny_images(8, seed=4)
    labels = np.arange(8) % _CLASSES
    train(model, images[None], labels[None])  # now the optimiser knows which weights it looks after
    weights = get_weights(model)
    outcome = attempt(function, (model, backbone, layers, *rate))
    yield raised(outcome, "the model")
    if outcome.error is not None:
        return
    yield Seen("It returned a Keras model", _model_facts(outcome.value) is not None)
    if _model_facts(outcome.value) is None:
        return
    yield Seen("Layers whose weights it has changed", _moved(inside, weights, get_weights(model)))
    set_weights(model, [weight + 1 for weight in weights])
    same = _model_facts(outcome.value)["parameters"] == network.count_params()
    same = same and all(map(np.array_equal, get_weights(outcome.value), get_weights(model)))
    yield Seen("It returned the model that was given", bool(same))
    set_weights(model, weights)
    yield Seen("The learning rate", round(facts(model)["optimizer"]["learning_rate"], 9))
    if not rate:
        return  # at so small a rate a step is too small to be seen in every weight
    lost = loss(model, images, labels)
    try:
        (value,) = train(model, images[None], labels[None])
    except Exception as error:
        yield Seen("Training on integer labels", f"raises {error_text(error)}")
        return
    yield Seen("What a step of training changes", _moved(inside, weights, get_weights(model)))
    yield Seen("The loss of a batch with integer labels", value)
    yield Seen("The loss of its predictions", lost)


# ---------------------------------------------------------------- cache_features


def _features(function, case, _expected):
    kind, count, size = case
    network = tiny_backbone(1)
    weights = network.get_weights()
    backbone = lend(function, network)
    images, labels = tiny_images(count, seed=count)
    images[-1] = images[0]  # what comes twice is kept twice
    if kind == "list":
        batches = [(images[start : start + size], labels[start : start + size]) for start in range(0, count, size)]
    else:
        batches = batches_of(images, labels, size, kind)
    outcome = attempt(function, (backbone, batches))
    yield raised(outcome, "features and labels")
    if outcome.error is not None:
        return
    value = outcome.value
    pair = isinstance(value, tuple | list) and len(value) == 2 and all(isinstance(part, np.ndarray) for part in value)
    yield Seen("It returned two NumPy arrays", pair)
    if not pair:
        return
    features, numbers = value
    yield Seen("The features have the shape", features.shape)
    yield Seen("The labels have the shape", numbers.shape)
    order = np.argsort(numbers, kind="stable")
    yield Seen("The labels, sorted", numbers[order].astype(int).tolist())
    yield Seen("The features in the order of their labels", features[order])
    yield Seen("Layers of the backbone whose weights it has changed", _moved(network, weights, get_weights(backbone)))
    yield Seen("Numbers of the backbone that training would change", facts(backbone)["trainable_parameters"])


# ---------------------------------------------------------------- train_head


def _trained(function, case, _expected):
    kind, count, frozen, epochs, rate = (*case, 0.05)[:5]
    network = tiny_classifier(3, _CLASSES, frozen, rate)
    network.optimizer.build(
        network.trainable_variables
    )  # as it is in a learner's process, where it has been saved once
    before = network.get_weights()
    model = lend(function, network)
    parts = []
    for seed, number in ((6, count), (7, count // 2 + 1)):
        images, labels = tiny_images(number, seed)
        pair = images, labels % _CLASSES
        parts.append(pair if kind == "arrays" else batches_of(*pair, 4))
    outcome = attempt(function, (model, *parts, epochs))
    yield raised(outcome, "a dict")
    if outcome.error is not None:
        return
    history = outcome.value
    yield Seen("It returned", "a dict" if isinstance(history, dict) else f"a {type_name(history)}")
    if not isinstance(history, dict):
        return
    yield Seen(
        "Missing in the dict",
        ", ".join(name for name in ("loss", "acc", "val_loss", "val_acc") if name not in history),
        lambda missing, _none: f"Missing in the dict: {missing}.",
    )
    if not {"loss", "val_loss"} <= history.keys():
        return
    if not all(_is_numbers(history[name]) for name in ("loss", "val_loss")):
        yield Seen("['loss'] and ['val_loss']", "no lists of numbers")
        return
    yield Seen("Epochs in ['loss']", len(history["loss"]))
    after = get_weights(model)
    yield Seen("What training has changed", _moved(network.get_layer("tiny_backbone"), before, after))
    # What comes of a training that is shuffled is left to chance, unless its steps are next to nothing.
    if kind == "arrays" and count > _BATCH and rate > _SMALL:
        yield Seen("order", _size_of_batches_in_order(after[-2], count, frozen, epochs, rate), _said_of_order)
        return
    yield Seen("['loss']", np.asarray(history["loss"], dtype=float))
    yield Seen("['val_loss']", np.asarray(history["val_loss"], dtype=float))
    yield Seen("The weights of the head in the end", after[-2])


_BATCH = 32  # Keras's default
_SMALL = 1e-3  # a learning rate


def _size_of_batches_in_order(head, count, *training):
    """Size of the batches with which a training in the order of the arrays ends at the same weights, or None."""
    sizes = dict.fromkeys((_BATCH, count, 20, 16, 10, 8, 4))
    ends = (each for each in sizes if np.allclose(head, _end_in_order(each, count, *training), atol=1e-5))
    return next(ends, None)


def _end_in_order(size, count, *training):
    rehearsal, name = rehearsal_now(), ("end in order", size, count, *training)
    if not rehearsal:
        return _trained_in_order(size, count, *training)
    if name not in rehearsal.known:
        rehearsal.note(name, _trained_in_order(size, count, *training))
    return rehearsal.known[name]


@cache
def _trained_in_order(size, count, frozen, epochs, rate):
    network = tiny_classifier(3, _CLASSES, frozen, rate)
    images, labels = tiny_images(count, 6)
    for start in [*range(0, count, size)] * epochs:
        train(network, images[None, start : start + size], labels[None, start : start + size] % _CLASSES)
    return network.get_weights()[-2]


def _said_of_order(size, _right):
    if size > _BATCH:
        return f"All {size} images came in one batch. They should come in batches of {_BATCH}, Keras's default."
    return f"The images came in the order of the arrays, in batches of {size}. They should be shuffled."


def _is_numbers(values):
    return is_flat(values) and all(isinstance(value, int | float | np.number) for value in values)


@rehearsed
def blocks_alike(function, expected, *cases):
    """Check that a function builds a residual block: ``blocks_alike(f, right, (shape, filters, stride), …)``."""
    judge(
        function, expected, cases, _block, _shown(lambda shape, *others: (keras_input(shape), *others)), **_TOLERANCES
    )


@rehearsed
def classifies_alike(function, expected, *cases):
    """Check that a function builds a frozen classifier: ``classifies_alike(f, right, (seed, classes), …)``."""
    shown = _shown(lambda seed, *others: (Words(f"tiny_backbone({seed})"), *others))
    judge(function, expected, cases, _classifier, shown, **_TOLERANCES)


@rehearsed
def unfreezes_alike(function, expected, *cases):
    """Check that a function unfreezes the top: ``unfreezes_alike(f, right, (frozen before, layers, rate), …)``."""
    shown = _shown(lambda _frozen, *others: (Words("model"), Words("tiny_backbone"), *others))
    judge(function, expected, cases, _unfrozen, shown, **_TOLERANCES)


@rehearsed
def caches_alike(function, expected, *cases):
    """Check that a function computes features: ``caches_alike(f, right, (kind, images, size of batches), …)``."""
    shown = _shown(lambda kind, count, size: (Words("tiny_backbone()"), Words(f"a {kind} of {count} images by {size}")))
    judge(function, expected, cases, _features, shown, **_TOLERANCES)


@rehearsed
def trains_alike(function, expected, *cases):
    """Check that a function trains a head: ``trains_alike(f, right, (kind, images, frozen, epochs), …)``.

    Arrays are shuffled, so that of more images than make a batch only the losses come out the same, and only at a
    learning rate next to nothing, which may follow the epochs.
    """
    shown = _shown(
        lambda kind, count, _frozen, epochs, *_rate: (
            Words("tiny_classifier()"), Words(f"{count} images, as {kind}"), Words("validation"), epochs,
        )
    )  # fmt: skip
    judge(function, expected, cases, _trained, shown, **_TOLERANCES)


def _shown(arguments):
    """Write a case as the call that its look makes."""
    return lambda function, *case: show_call(function, arguments(*case))


# ---------------------------------------------------------------- one hundred images

_HUNDRED, _UNSEEN, _KINDS, _SIDE, _ROUNDS = 100, 200, 12, 32, 12
_VALIDATING = 24  # of the unseen ones
_hundred = {}  # the images, and how many of the others are right from scratch


@rehearsed
def beats_scratch(function, expected):
    """Check that a head trained on 100 images is right about more unseen ones than a network trained from scratch.

    It is the course's small network on drawn fruits, with trained weights and frozen for the function, and with random
    weights from scratch: the same images, as many epochs, and a learning rate that suits it. The images come sorted by
    class.

    Parameters
    ----------
    function : callable
        The learner's ``train_head``.
    expected : callable
        The reference function, whose catalogued mistakes may explain a low accuracy.

    Raises
    ------
    CheckFailed
        When no more images are right than from scratch, or the function raises an error; with a hint where the mistake
        is known.
    """
    rehearsal = rehearsal_now()
    if not _hundred:
        _hundred.update((rehearsal.known.get("one hundred images") if rehearsal else None) or _prepare_hundred())
    if rehearsal and rehearsal.is_recording:
        rehearsal.known["one hundred images"] = dict(_hundred)
        _hint_on_losses(function, expected)  # what the mistakes look like there is kept for everybody
    images, labels, unseen, truth = (_hundred[name] for name in ("images", "labels", "unseen", "truth"))
    model, preprocess = _small_classifier(frozen=True)
    train, validation = (preprocess(images), labels), (preprocess(unseen[:_VALIDATING]), truth[:_VALIDATING])
    outcome = attempt(allow_seconds(function, 40), (model, train, validation, _ROUNDS))
    shown = Words("model"), Words(f"{_HUNDRED} images of fruits"), Words("validation"), _ROUNDS
    if outcome.error is not None:
        raise CheckFailed(describe_error(function, shown, {}, outcome.error, "a dict"))
    scratch, count = _hundred["scratch"], _UNSEEN - _VALIDATING
    if _count_right(model, preprocess(unseen), truth) <= scratch:
        said = (
            f"{show_call(function, shown)}\n  Trained from scratch on these images, the network is right about "
            f"{scratch} of {count} unseen ones. Frozen, with the trained head, it is not right about more. "
            "Is the head trained on every image, in every epoch?"
        )
        raise CheckFailed(said, _hint_on_losses(function, expected))


def _hint_on_losses(function, expected):
    """Look how a function trains on more images than make a batch, and name the mistake if it is known."""
    try:
        trains_alike(function, expected, ("arrays", 40, True, 1, 1e-5))
    except CheckFailed as failed:
        return failed.hint
    return None


def _prepare_hundred():
    """Draw the images, and train from scratch."""
    import keras

    known, others = Fruits(_HUNDRED, _KINDS, 8), Fruits(_UNSEEN, _KINDS, 8, part=1)
    (images, labels), (unseen, truth) = (folder.load((_SIDE, _SIDE)) for folder in (known, others))
    order = np.random.default_rng(8).permutation(_UNSEEN)
    unseen, truth = unseen[order], truth[order]
    keras.utils.set_random_seed(2)
    model, preprocess = _small_classifier(frozen=False)
    model.fit(preprocess(images), labels, epochs=_ROUNDS, verbose=0)
    right = _count_right(model, preprocess(unseen), truth)
    return {"images": images, "labels": labels, "unseen": unseen, "truth": truth, "scratch": right}


def _small_classifier(frozen):
    """Build the network with trained weights and frozen, or with random ones; compiled."""
    import keras

    from convnets.backbone import backbone

    body, preprocess, _ = backbone((_SIDE, _SIDE, 3), weights="figures" if frozen else None)
    body.trainable = not frozen
    inputs = keras.Input((_SIDE, _SIDE, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(body(inputs))
    model = keras.Model(inputs, keras.layers.Dense(_KINDS, activation="softmax")(pooled))
    optimizer = keras.optimizers.Adam(0.01 if frozen else 0.003)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["acc"], jit_compile=False)
    return model, preprocess


def _count_right(model, images, truth):
    """Count the images that are right, without those that were validated with."""
    answers = np.asarray(model(images[_VALIDATING:], training=False)).argmax(axis=1)
    return int(np.sum(answers == truth[_VALIDATING:]))
