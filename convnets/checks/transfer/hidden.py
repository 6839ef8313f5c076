"""What hidden tests of transfer are written with: see what a function makes of a tiny network whose weights are known.

Each check looks at one thing after the other, the same for the learner's function, the reference and the catalogued
mistakes, and stops where the first differs from the reference. What can be computed here is not asked for over there:
weights are set to known numbers first, so that the reference's predictions, losses and steps must come out.
"""

from functools import partial

import numpy as np

from convnets.checks.calls import Outcome, perform
from convnets.checks.catalogue import misconceptions
from convnets.checks.compare import difference
from convnets.checks.lent import batches_of, keras_input
from convnets.checks.objects import facts, get_weights, lend, predict, set_weights, train, use
from convnets.checks.project.fruits import Fruits
from convnets.checks.rehearsal import rehearsal_now
from convnets.checks.training.hidden import allow_seconds
from convnets.checks.training.visible import is_flat
from convnets.checks.transfer.visible import block_of, tiny_backbone, tiny_classifier, tiny_images
from convnets.checks.words import CheckFailed, Words, describe_error, show_call, type_name

_TOLERANCES = {"rtol": 2e-3, "atol": 2e-4}
_CLASSES = 3


def _check(function, expected, *calls, look):
    """Compare what can be seen of a function's calls with the reference, part by part."""
    rehearsal = rehearsal_now()
    for arguments in calls:
        right = _right(look, expected, arguments, rehearsal)
        if rehearsal and rehearsal.is_recording:  # looking at all mistakes takes time; the answer is kept for everybody
            for hint, mistaken in misconceptions(expected):
                _seen_of(look, mistaken, arguments, right, hint, rehearsal)
        ours, said = _seen(look, function, arguments, right)
        if said:
            known = [
                hint
                for hint, mistaken in misconceptions(expected)
                if _alike(_seen_of(look, mistaken, arguments, right, hint, rehearsal), ours)
            ]
            for others in [arguments, *calls]:  # what comes behind the first wrong part may tell mistakes apart
                if len(known) > 1:
                    whole, mistakes = list(look(function, *others)), dict(misconceptions(expected))
                    known = [hint for hint in known if _alike(list(look(mistakes[hint], *others)), whole)]
            shown = show_call(function, _written(look, arguments))
            raise CheckFailed(f"{shown}\n  {said}", known[0] if len(known) == 1 else None)


_looked_at = {}  # (look, function, arguments) -> what was seen of the reference, or of a catalogued mistake


def _right(look, expected, arguments, rehearsal=None):
    def find():
        return dict(look(expected, *arguments))

    return _kept(find, (look.__name__, "", arguments), (look, expected, arguments), rehearsal)


def _seen_of(look, mistaken, arguments, right, hint, rehearsal):
    """Look at a catalogued mistake, unless that was done before."""

    def find():
        return _seen(look, mistaken, arguments, right)[0]

    return _kept(find, (look.__name__, hint, arguments), (look, mistaken, arguments), rehearsal)


def _kept(find, name, key, rehearsal):
    if key not in _looked_at:
        found = rehearsal.known.get(name) if rehearsal else None
        _looked_at[key] = find() if found is None else found
        if rehearsal and rehearsal.is_recording:
            rehearsal.known[name] = _looked_at[key]
    return _looked_at[key]


def _seen(look, function, arguments, right):
    """Look at a function part by part, up to the first that is wrong; say what is wrong with that one."""
    seen = []
    for part, value in look(function, *arguments):
        seen.append((part, value))
        said = _said(part, value, right[part]) if part in right else f"{part}: {value}"
        if said:
            return seen, said
    return seen, None


def _alike(first, second):
    return len(first) == len(second) and all(
        one == other and (value == its if isinstance(value, _Raised) else not difference(value, its, **_TOLERANCES))
        for (one, value), (other, its) in zip(first, second, strict=True)
    )


def _said(part, value, right):
    if isinstance(value, _Raised):
        return None if value.kind == right.kind else value.said
    said = difference(value, right, **_TOLERANCES)
    if not said:
        return None
    if isinstance(value, str | int | bool | tuple) or value is None:
        return f"{part}: {value}; it should be: {right}."
    return f"{part}: {said}"


class _Raised:
    """What a call raised, if anything; errors of one kind and beginning are the same."""

    def __init__(self, error, said):
        self.kind = None if error is None else next(
            kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"
        )  # fmt: skip
        self.text = str(error)[:20]
        self.said = said

    def __eq__(self, other):
        return isinstance(other, _Raised) and (self.kind, self.text) == (other.kind, other.text)

    __hash__ = None


def _raised(function, arguments, outcome, wanted):
    if isinstance(outcome.error, NotImplementedError):
        raise outcome.error  # the exercise is not answered yet, and that is all there is to say
    if outcome.error is None:
        return "It raises", _Raised(None, "It raises no error. It should raise a ValueError that says what is wrong.")
    said = describe_error(function, arguments, {}, outcome.error, wanted).partition("\n  ")[2]
    return "It raises", _Raised(outcome.error, said)


def _written(look, arguments):
    """Write the arguments of a look as those of the call that it makes."""
    text = {
        _block: lambda shape, *others: (keras_input(shape), *others),
        _classifier: lambda seed, *others: (Words(f"tiny_backbone({seed})"), *others),
        _unfrozen: lambda _frozen, *others: (Words("model"), Words("tiny_backbone"), *others),
        _features: lambda kind, count, size: (Words("tiny_backbone()"), Words(f"a {kind} of {count} images by {size}")),
        _trained: lambda kind, count, _frozen, epochs, *_rate: (
            Words("tiny_classifier()"), Words(f"{count} images, as {kind}"), Words("validation"), epochs,
        ),
    }[look]  # fmt: skip
    return text(*arguments)


# ---------------------------------------------------------------- residual_block


def _block(function, shape, filters, *stride):
    rng = np.random.default_rng(filters)
    try:
        model = block_of(function, shape, filters, *stride)
    except CheckFailed as failed:
        yield "What it returned", str(failed).partition("\n  ")[2]
        return
    except Exception as error:
        yield _raised(function, (keras_input(shape), filters, *stride), Outcome(error=error), "a Keras tensor")
        return
    yield _raised(function, (keras_input(shape), filters, *stride), Outcome(), "a Keras tensor")
    told = facts(model)
    yield "What comes out has the shape", tuple(told["output_shape"])
    leaves = [leaf for leaf in _leaves(told) if leaf["weights"]]
    projections = sum(_is_kernel(leaf, 1) for leaf in leaves)
    norms = [leaf for leaf in leaves if leaf["class"] == "BatchNormalization"]
    # The paper has batch normalisation on the shortcut too, where there is a projection. That is as good.
    extra = len(norms) == 3 and projections == 1
    yield (
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
        right = _reference_outputs(shape, filters, *stride)
        best = min(answers, key=lambda pair: np.abs(pair[0] - right).max() if pair[0].shape == right.shape else np.inf)
        yield "What comes out for known weights", best[0]
        return
    yield "What comes out for known weights", answers[0][0]
    yield "What comes out for known weights, in training", answers[0][1]


def _reference_outputs(shape, filters, *stride):
    from autograder.course.reference import reference

    right = _right(_block, reference("08-transfer").residual_block, (shape, filters, *stride))
    return right["What comes out for known weights"]


def _leaves(told):
    if "layers" not in told:
        return [told]
    return [leaf for layer in told["layers"] for leaf in _leaves(layer)]


def _is_kernel(leaf, side):
    return leaf["class"] == "Conv2D" and tuple(leaf["weights"][0][0][:2]) == (side, side)


# ---------------------------------------------------------------- build_classifier


def _classifier(function, seed, classes):
    network = tiny_backbone(seed)
    theirs, count = network.get_weights(), len(network.weights)
    backbone = lend(function, network)
    outcome = perform(function, (backbone, classes))
    yield _raised(function, (Words("backbone"), classes), outcome, "a Keras model")
    if outcome.error is not None:
        return
    model = outcome.value
    told = _model_facts(model)
    yield "What it returned is a Keras model", told is not None
    if told is None:
        return
    shapes = [tuple(shape) for shape, _trainable in told["weights"]]
    yield "What comes out has the shape", tuple(told["output_shape"] or ())
    yield "Behind the backbone there are weights of the shapes", tuple(shapes[count:])
    ours = get_weights(model)
    yield "It has the weights of the backbone", all(map(np.array_equal, ours, theirs))
    yield "It is compiled", "optimizer" in told
    rng = np.random.default_rng(5)
    set_weights(model, theirs + [rng.normal(size=shape) for shape in shapes[count:]])
    images, _ = tiny_images(8, seed=3)
    labels = np.arange(8) % classes
    yield "Its predictions, with known weights in the last layer", predict(model, images)
    before = get_weights(model)
    try:
        (value,) = train(model, images[None], labels[None])
    except Exception as error:
        yield "Training on integer labels", f"raises {type(error).__name__}"
        return
    yield "What a step of training changes", _moved(network, before, get_weights(model))
    yield "The loss of a batch with integer labels", value
    set_weights(model, [weight + 1 for weight in before])
    yield "The backbone that was given is a part of it", np.array_equal(get_weights(backbone)[0], theirs[0] + 1)


def _model_facts(value):
    try:
        told = facts(value)
    except Exception:  # nothing of Keras's
        return None
    return told if "layers" in told else None


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


def _unfrozen(function, frozen, layers, *rate):
    network = tiny_classifier(2, _CLASSES, frozen)
    model = lend(function, network)
    backbone = use(model, "layer", "tiny_backbone")
    images, _ = tiny_images(8, seed=4)
    labels = np.arange(8) % _CLASSES
    train(model, images[None], labels[None])  # now the optimiser knows which weights it looks after
    weights = get_weights(model)
    outcome = perform(function, (model, backbone, layers, *rate))
    yield _raised(function, (Words("model"), Words("backbone"), layers, *rate), outcome, "the model")
    if outcome.error is not None:
        return
    yield "It returned a Keras model", _model_facts(outcome.value) is not None
    if _model_facts(outcome.value) is None:
        return
    yield "The weights are what they were", all(map(np.array_equal, get_weights(model), weights))
    set_weights(model, [weight + 1 for weight in weights])
    same = _model_facts(outcome.value)["parameters"] == network.count_params()
    same = same and all(map(np.array_equal, get_weights(outcome.value), get_weights(model)))
    yield "It returned the model that was given", bool(same)
    set_weights(model, weights)
    yield "The learning rate", round(facts(model)["optimizer"]["learning_rate"], 9)
    if not rate:
        return  # at so small a rate a step is too small to be seen in every weight
    try:
        (value,) = train(model, images[None], labels[None])
    except Exception as error:
        yield "Training on integer labels", f"raises {type(error).__name__}"
        return
    yield "What a step of training changes", _moved(network.get_layer("tiny_backbone"), weights, get_weights(model))
    yield "The loss of a batch with integer labels", value


# ---------------------------------------------------------------- cache_features


def _features(function, kind, count, size):
    network = tiny_backbone(1)
    weights = network.get_weights()
    backbone = lend(function, network)
    images, labels = tiny_images(count, seed=count)
    if kind == "list":
        batches = [(images[start : start + size], labels[start : start + size]) for start in range(0, count, size)]
    else:
        batches = batches_of(images, labels, size, kind)
    outcome = perform(function, (backbone, batches))
    yield _raised(function, (Words("backbone"), Words("batches")), outcome, "features and labels")
    if outcome.error is not None:
        return
    value = outcome.value
    pair = isinstance(value, tuple | list) and len(value) == 2 and all(isinstance(part, np.ndarray) for part in value)
    yield "It returned two NumPy arrays", pair
    if not pair:
        return
    features, numbers = value
    yield "The features have the shape", features.shape
    yield "The labels have the shape", numbers.shape
    order = np.argsort(numbers, kind="stable")
    yield "The labels, sorted", numbers[order].astype(int).tolist()
    yield "The features in the order of their labels", features[order]
    yield "The backbone is what it was", all(map(np.array_equal, get_weights(backbone), weights))


# ---------------------------------------------------------------- train_head


def _trained(function, kind, count, frozen, epochs, rate=0.05):
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
    outcome = perform(function, (model, *parts, epochs))
    shown = Words("model"), Words("train"), Words("validation"), epochs
    yield _raised(function, shown, outcome, "a dict")
    if outcome.error is not None:
        return
    history = outcome.value
    yield "It returned", "a dict" if isinstance(history, dict) else f"a {type_name(history)}"
    if not isinstance(history, dict):
        return
    yield (
        "Missing in the dict",
        ", ".join(name for name in ("loss", "acc", "val_loss", "val_acc") if name not in history),
    )
    if not {"loss", "val_loss"} <= history.keys():
        return
    if not all(_is_numbers(history[name]) for name in ("loss", "val_loss")):
        yield "['loss'] and ['val_loss']", "no lists of numbers"
        return
    yield "Epochs in ['loss']", len(history["loss"])
    after = get_weights(model)
    yield "What training has changed", _moved(network.get_layer("tiny_backbone"), before, after)
    yield "['loss']", np.asarray(history["loss"], dtype=float)
    yield "['val_loss']", np.asarray(history["val_loss"], dtype=float)
    yield "The weights of the head in the end", after[-2]


def _is_numbers(values):
    return is_flat(values) and all(isinstance(value, int | float | np.number) for value in values)


blocks_alike = partial(_check, look=_block)
"""Check that a function builds a residual block: ``blocks_alike(f, right, (shape, filters, stride), …)``."""

classifies_alike = partial(_check, look=_classifier)
"""Check that a function builds a frozen classifier: ``classifies_alike(f, right, (seed, classes), …)``."""

unfreezes_alike = partial(_check, look=_unfrozen)
"""Check that a function unfreezes the top: ``unfreezes_alike(f, right, (frozen before, layers, learning rate), …)``."""

caches_alike = partial(_check, look=_features)
"""Check that a function computes features: ``caches_alike(f, right, (kind, images, size of batches), …)``."""

trains_alike = partial(_check, look=_trained)
"""Check that a function trains a head: ``trains_alike(f, right, (kind, images, frozen, epochs), …)``.

Arrays are shuffled, so that of more images than make a batch only the losses come out the same, and only at a learning
rate next to nothing, which may follow the epochs.
"""


# ---------------------------------------------------------------- one hundred images

_HUNDRED, _UNSEEN, _KINDS, _SIDE, _ROUNDS = 100, 200, 12, 32, 12
_VALIDATING = 24  # of the unseen ones
_hundred = {}  # the images, and how many of the others are right from scratch


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
    outcome = perform(allow_seconds(function, 40), (model, train, validation, _ROUNDS))
    shown = Words("model"), Words(f"{_HUNDRED} images of fruits"), Words("validation"), _ROUNDS
    if isinstance(outcome.error, NotImplementedError):
        raise outcome.error  # the exercise is not answered yet, and that is all there is to say
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
