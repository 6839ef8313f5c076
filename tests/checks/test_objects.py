"""What tests see of Keras objects, with the object in this process and in a learner's."""

import re

import keras
import numpy as np
import pytest

from autograder.exam.learner import Proxy
from autograder.exam.process import LearnerStopped
from convnets.checks.calls import perform
from convnets.checks.cost import KERAS_COMPUTES, uses_only
from convnets.checks.draws import call
from convnets.checks.hidden import agrees
from convnets.checks.lent import ModelOf
from convnets.checks.networks.visible import check_builds, small_convnet
from convnets.checks.objects import Remote, facts, get_weights, lend, loss, predict, set_weights, take
from convnets.checks.words import CheckFailed

SHAPE, CLASSES = (5, 6, 2), 3
IMAGES = np.random.default_rng(0).integers(-9, 10, (4, *SHAPE)) / 2
LABELS = np.array([0, 2, 1, 2])

LEARNERS_CODE = """
import keras
import numpy as np
from keras import layers

def network(input_shape, classes, **compiling):
    model = keras.Sequential([
        keras.Input(input_shape),
        layers.Conv2D(4, 3, activation="relu", padding="same"),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(classes, activation="softmax"),
    ])
    if compiling:
        model.compile(**compiling)
    return model

def functional():
    inputs = keras.Input((4, 4, 1))
    return keras.Model(inputs, layers.Conv2D(2, 3)(inputs))

class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.convolution = layers.Conv2D(2, 3)

    def call(self, images):
        return self.convolution(images)

def own():
    model = Own()
    model(np.zeros((1, 4, 4, 1)))
    return model

def frozen():
    layer = layers.Conv2D(2, (3, 1), use_bias=False, trainable=False)
    layer.build((None, None, None, 1))
    return layer

def unbuilt():
    return layers.Conv2D(2, 3)

def nothing():
    return None

def number():
    return 3

def batches():
    for count in range(5):
        yield np.full(2, count), count

def data_set():
    import tensorflow as tf
    return tf.data.Dataset.range(4).batch(2)

def by_keras(model, images):
    return np.asarray(model(np.asarray(images, dtype="float32")))

def by_predict(model, images):
    return model.predict(np.asarray(images), verbose=0)

def by_hand(model, images):
    weights = model.get_weights()
    kernel, bias, dense, dense_bias = weights
    kernel, bias = np.asarray(model.layers[0].kernel), model.layers[0].bias.numpy()
    assert model.count_params() == sum(weight.size for weight in weights)
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(images, float), (3, 3), axis=(1, 2))
    features = np.maximum(np.einsum("nijcuv,uvcf->nijf", windows, kernel) + bias, 0)
    scores = features.reshape(len(features), -1) @ dense + dense_bias
    grown = np.exp(scores - scores.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)

def that_pops(model, images):
    result = by_hand(model, images)
    model.pop()
    return result

def that_sets(model, images):
    result = by_hand(model, images)
    model.set_weights([0 * weight for weight in model.get_weights()])
    return result

def that_freezes(model, images):
    model.trainable = False
    return by_hand(model, images)

def that_ends(model, images):
    import os
    os._exit(1)
"""


# ---------------------------------------------------------------- looking


def test_facts_of_a_compiled_model(function):
    optimizer = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    told = facts(function("network")(SHAPE, CLASSES, **optimizer))
    assert told["class"] == "Sequential"
    assert told["parameters"] == told["trainable_parameters"] == (9 * 2 * 4 + 4) + (5 * 6 * 4 * 3 + 3)
    assert (told["input_shape"], told["output_shape"]) == ([None, 5, 6, 2], [None, 3])
    assert told["weights"] == [[[3, 3, 2, 4], True], [[4], True], [[120, 3], True], [[3], True]]
    assert [layer["class"] for layer in told["layers"]] == ["Conv2D", "Flatten", "Dropout", "Dense"]
    convolution = told["layers"][0]
    assert (convolution["input_shape"], convolution["output_shape"]) == ([None, 5, 6, 2], [None, 5, 6, 4])
    assert convolution["config"]["kernel_size"] == [3, 3]
    assert (convolution["config"]["padding"], convolution["config"]["activation"]) == ("same", "relu")
    assert told["optimizer"]["class"] == "Adam"
    assert told["optimizer"]["learning_rate"] == pytest.approx(0.001)
    assert (told["loss"], told["metrics"]) == ("sparse_categorical_crossentropy", ["accuracy"])


def test_facts_of_a_model_that_is_not_compiled(function):
    told = facts(function("functional")())
    assert [layer["class"] for layer in told["layers"]] == ["InputLayer", "Conv2D"]
    assert "optimizer" not in told
    assert "loss" not in told


def test_facts_of_a_model_of_a_class_of_its_own(function):
    told = facts(function("own")())
    assert (told["class"], told["parameters"], told["output_shape"]) == ("Own", 20, None)


def test_facts_of_a_layer(function):
    told = facts(function("frozen")())
    assert (told["class"], told["trainable"], told["trainable_parameters"]) == ("Conv2D", False, 0)
    assert told["weights"] == [[[3, 1, 1, 2], False]]
    assert told["config"]["use_bias"] is False
    assert told["output_shape"] is None


def test_facts_of_a_layer_without_weights(function):
    assert facts(function("unbuilt")())["parameters"] is None


def test_what_is_not_of_keras_has_no_facts(function):
    with pytest.raises(AttributeError):
        facts(function("number")())


def test_weights_can_be_read_and_set(function):
    model = function("network")(SHAPE, CLASSES)
    weights = [np.full(weight.shape, number, np.float32) for number, weight in enumerate(get_weights(model))]
    set_weights(model, weights)
    assert all(map(np.array_equal, get_weights(model), weights))
    with pytest.raises(ValueError, match="weight"):
        set_weights(model, weights[:2])


def test_predictions(function):
    model = function("network")(SHAPE, CLASSES)
    once, again = predict(model, IMAGES), predict(model, IMAGES)
    assert once.shape == (4, 3)
    assert np.allclose(once.sum(axis=1), 1)
    assert np.array_equal(once, again)
    assert not np.array_equal(predict(model, IMAGES, training=True), once)  # for there is a Dropout


def test_predictions_of_a_layer(function):
    layer = function("frozen")()
    set_weights(layer, [np.arange(6).reshape(3, 1, 1, 2)])
    image = np.arange(8.0).reshape(1, 4, 2, 1)
    assert predict(layer, image, training=True)[0, :, 1].tolist() == [[26, 35], [38, 53]]


def test_same_weights_give_the_same_predictions_in_both_processes(learner, here):
    ours, theirs = here["network"](SHAPE, CLASSES), Proxy(learner, "network")(SHAPE, CLASSES)
    set_weights(ours, get_weights(theirs))
    assert predict(ours, IMAGES) == pytest.approx(predict(theirs, IMAGES), abs=1e-6)


def test_loss(function):
    model = function("network")(SHAPE, CLASSES, loss="sparse_categorical_crossentropy")
    right = -np.log(predict(model, IMAGES)[np.arange(4), LABELS]).mean()
    assert loss(model, IMAGES, LABELS) == pytest.approx(right, abs=1e-5)


def test_loss_that_takes_probabilities_for_logits(here):
    model = here["network"](SHAPE, CLASSES, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    right = -np.log(predict(model, IMAGES)[np.arange(4), LABELS]).mean()
    assert abs(loss(model, IMAGES, LABELS) - right) > 0.01


@pytest.mark.parametrize("compiling", [{}, {"loss": "categorical_crossentropy"}])
def test_where_a_loss_does_not_suit_integer_labels_it_is_said_why(function, compiling):
    said = loss(function("network")(SHAPE, CLASSES, **compiling), IMAGES, LABELS)
    assert re.search(r"ValueError.*(loss|rank)", said)


def test_taking_items(function):
    generator = function("batches")()
    assert [count for _array, count in take(generator, 2)] == [0, 1]
    assert take(generator, 9)[0][0].tolist() == [2, 2]
    assert [batch.tolist() for batch in take(function("data_set")(), 5)] == [[0, 1], [2, 3]]


# ---------------------------------------------------------------- lending


def test_lent_model_is_the_same_there(function):
    model = small_convnet(SHAPE, CLASSES)
    lent = lend(function("by_keras"), model)
    assert predict(lent, IMAGES) == pytest.approx(predict(model, IMAGES), abs=1e-6)
    assert function("by_keras")(lent, IMAGES) == pytest.approx(predict(model, IMAGES), abs=1e-6)


def test_model_that_is_handed_over_is_lent(function):
    model = small_convnet(SHAPE, CLASSES)
    assert function("by_hand")(model, IMAGES) == pytest.approx(predict(model, IMAGES), abs=1e-5)


def test_model_of_a_call_shows_the_call():
    assert repr(ModelOf(small_convnet, (5, 6, 2), 3, seed=1)) == "small_convnet((5, 6, 2), 3, seed=1)"


def test_agreement_on_models(function, here):
    calls = [call(ModelOf(small_convnet, SHAPE, CLASSES, seed=seed), IMAGES) for seed in range(3)]
    agrees(function("by_hand"), here["by_keras"], _each_of(calls), examples=9)


@pytest.mark.parametrize("name", ["that_pops", "that_sets", "that_freezes"])
def test_changed_model_is_noticed(function, name):
    network = ModelOf(small_convnet, SHAPE, CLASSES)
    for _ in range(2):  # the second call gets a model as it should be
        outcome = perform(function(name), (network, IMAGES))
        assert outcome.value == pytest.approx(predict(network(), IMAGES), abs=1e-5)
        assert list(outcome.changed) == [0]
    with pytest.raises(CheckFailed, match="The call changed its argument 1") as failed:
        agrees(function(name), function("by_hand"), _each_of([call(network, IMAGES)]), examples=1)
    layers_left = "Conv2D, Flatten" if name == "that_pops" else "Conv2D, Flatten, Dense"
    assert f"after:    a changed Sequential({layers_left})" in str(failed.value)


def test_unchanged_model_is_used_again(learner):
    network, by_hand = ModelOf(small_convnet, (4, 4, 1), 2), Proxy(learner, "by_hand")
    made = []
    learner_make, learner.make = learner.make, lambda *what: made.append(what) or learner_make(*what)
    try:
        for _ in range(3):
            assert not perform(by_hand, (network, np.zeros((1, 4, 4, 1)))).changed
    finally:
        del learner.make
    assert len(made) == 1


def test_process_that_ended_has_lost_its_models(learner):
    network = ModelOf(small_convnet, SHAPE, CLASSES)
    remote = Proxy(learner, "functional")()
    assert isinstance(remote, Remote)
    with pytest.raises(LearnerStopped, match="called exit"):
        perform(Proxy(learner, "that_ends"), (network, IMAGES))
    with pytest.raises(LearnerStopped, match="was lost"):
        facts(remote)
    outcome = perform(Proxy(learner, "by_hand"), (network, IMAGES))
    assert outcome.error is None
    assert outcome.value == pytest.approx(predict(network(), IMAGES), abs=1e-5)


def test_reading_weights_is_not_computing_with_keras(function):
    network = call(ModelOf(small_convnet, SHAPE, CLASSES), IMAGES)
    uses_only(function("by_hand"), network, KERAS_COMPUTES)
    for name in ("by_keras", "by_predict"):
        with pytest.raises(CheckFailed, match="hands work to keras and tensorflow"):
            uses_only(function(name), network, KERAS_COMPUTES)


def _each_of(calls):
    from hypothesis import strategies

    return strategies.sampled_from(calls)


# ---------------------------------------------------------------- the visible check


def test_check_of_what_is_built(function):
    facts = {"shapes": [(5, 6, 4), (120,), (3,)], "parameters": 439, "compiled": False, "trainable": True}
    check_builds(function("network"), SHAPE, CLASSES, **facts)
    check_builds(function("functional"), class_name="Functional", shapes=[(2, 2, 2)])
    check_builds(function("own"), parameters=20, shapes=[(2, 2, 2)])  # it does not know its shapes
    check_builds(function("frozen"), class_name="Conv2D", weights=[(3, 1, 1, 2)], trainable=False)


@pytest.mark.parametrize(
    ("name", "expected", "said"),
    [
        ("functional", {"parameters": 21}, "functional()\n  parameters: 20\n  expected: 21\n  It is 20"),
        ("functional", {"shapes": [(2, 2, 3)]}, "Item 0: Item 2: It is 2; it should be 3."),
        ("functional", {"compiled": True}, "compiled: False"),
        ("frozen", {"trainable": True}, "trainable: False"),
        ("frozen", {"trainable_parameters": 6}, "trainable parameters: 0"),
        ("unbuilt", {}, "The Conv2D is not built: it has no weights yet."),
        ("nothing", {}, "is a `return` missing?"),
        ("number", {}, "A Keras model or layer is expected, not int."),
    ],
)
def test_check_says_what_was_built(function, name, expected, said):
    with pytest.raises(CheckFailed) as failed:
        check_builds(function(name), **expected)
    assert said in str(failed.value)


def test_check_passes_errors_on(function):
    with pytest.raises(TypeError, match="missing"):
        check_builds(function("network"), SHAPE)
