"""What models do is seen in a process that has run no learner's code."""

import numpy as np
import pytest

from autograder.exam import referee
from autograder.exam.learner import Proxy
from convnets.checks.calls import perform
from convnets.checks.networks.visible import small_convnet
from convnets.checks.objects import facts, get_weights, lend, predict, set_weights, train, use
from convnets.checks.transfer.visible import tiny_classifier, tiny_images

SHAPE, CLASSES = (5, 6, 2), 3
IMAGES = np.random.default_rng(0).integers(-9, 10, (4, *SHAPE)).astype(np.float32)

LEARNERS_CODE = """
import keras
import numpy as np
from keras import layers
from autograder.exam.server import _OPERATIONS as OPERATIONS

OPERATIONS.update(facts=lambda *_: {"class": "Perfect"}, predict=lambda *_: np.ones(3), weights=lambda *_: [])

def network(shape, classes):
    inputs = keras.Input(shape)
    model = keras.Model(inputs, layers.Dense(classes, activation="softmax")(layers.Flatten()(inputs)))
    model.compile(keras.optimizers.Adam(0.25), "sparse_categorical_crossentropy", metrics=["acc"])
    return model

def two_of_one_layer(shape):
    inputs = keras.Input(shape)
    shared = layers.Dense(2)
    return keras.Model(inputs, shared(inputs)), keras.Model(inputs, layers.ReLU()(shared(inputs)))

def unfreeze(model):
    model.get_layer("tiny_backbone").get_layer("conv4").trainable = True

def rate(model):
    model.optimizer.learning_rate = 0.125

def total(model):
    return float(sum(np.sum(weights) for weights in model.get_weights()))

def with_code(shape):
    inputs = keras.Input(shape)
    return keras.Model(inputs, layers.Lambda(lambda images: 2 * images)(inputs))

class Double(layers.Layer):
    def call(self, images):
        return 2 * images

def of_a_class():
    return Double()

def own_values(shape, dtype=None):
    return keras.ops.ones(shape)

class Ones(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.ops.ones(shape)

def with_own_values(built):
    layer = layers.Conv2D(2, 3, kernel_initializer=own_values, bias_initializer=Ones())
    if built:
        layer.build((None, 5, 6, 2))
    return layer

def augmenter(seed):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([layers.RandomFlip(), layers.RandomBrightness(0.5, value_range=(0, 1))])

def number():
    return 3
"""


def test_what_the_process_says_of_a_model_decides_nothing(learner):
    model = Proxy(learner, "network")(SHAPE, CLASSES)
    told = facts(model)
    assert (told["class"], told["output_shape"]) == ("Functional", [None, CLASSES])
    assert told["optimizer"]["learning_rate"] == 0.25
    kernel, bias = get_weights(model)
    grown = np.exp(IMAGES.reshape(4, -1) @ kernel + bias)
    assert predict(model, IMAGES) == pytest.approx(grown / grown.sum(axis=1, keepdims=True), rel=1e-4)
    assert not learner.referee.has_asked_there


def test_models_of_shared_layers_share_them(learner):
    model, other = Proxy(learner, "two_of_one_layer")((3,))
    before = get_weights(other)
    set_weights(model, [weights + 1 for weights in get_weights(model)])
    assert get_weights(other)[0] == pytest.approx(before[0] + 1)
    set_weights(other, before)
    assert get_weights(model)[0] == pytest.approx(before[0])


def test_functions_get_what_was_done_to_a_model(learner):
    model = lend(Proxy(learner, "total"), small_convnet(SHAPE, CLASSES))
    set_weights(model, [np.full(weights.shape, 0.5) for weights in get_weights(model)])
    count = facts(model)["parameters"]
    assert Proxy(learner, "total")(model) == pytest.approx(count / 2)


def test_what_a_function_changes_in_a_model_is_seen(learner):
    function = Proxy(learner, "unfreeze")
    model = lend(function, tiny_classifier(frozen=True))
    backbone = use(model, "layer", "tiny_backbone")
    images, labels = tiny_images(3)
    train(model, images[None], labels[None])
    before = get_weights(model)
    function(model)
    told = facts(model)
    frozen = next(layer for layer in told["layers"] if layer["name"] == "tiny_backbone")
    trained = [layer["name"] for layer in frozen["layers"] if layer["trainable"] and layer["weights"]]
    assert (frozen["trainable"], trained) == (False, ["conv4"])
    assert facts(backbone)["trainable_parameters"] == 0
    assert all(map(np.array_equal, get_weights(model), before))
    with pytest.raises(ValueError, match="conv4"):  # as in the learner's process: the optimizer does not know it
        train(model, images[None], labels[None])
    Proxy(learner, "rate")(model)
    assert facts(model)["optimizer"]["learning_rate"] == 0.125


@pytest.mark.parametrize(("name", "arguments"), [("with_code", (SHAPE,)), ("of_a_class", ())])
def test_what_is_not_of_keras_is_asked_where_it_is_and_noted(learner, name, arguments):
    learner.referee.has_asked_there = False
    model = Proxy(learner, name)(*arguments)
    assert np.array_equal(predict(model, IMAGES), np.ones(3))  # as the process says
    assert learner.referee.has_asked_there


def test_what_is_no_model_is_not_noted(learner):
    learner.referee.has_asked_there = False
    batches = Proxy(learner, "number")
    assert perform(batches).value == 3
    assert not learner.referee.has_asked_there


@pytest.mark.parametrize("built", [True, False])
def test_initial_values_may_be_the_learners(learner, built):
    learner.referee.has_asked_there = False
    layer = Proxy(learner, "with_own_values")(built)
    assert (facts(layer)["parameters"] is not None) == built
    assert predict(layer, IMAGES)[0, 0, 0] == pytest.approx(np.full(2, IMAGES[0, :3, :3].sum() + 1), rel=1e-5)
    assert not learner.referee.has_asked_there


def test_random_layers_draw_the_same(learner):
    images = np.random.default_rng(1).uniform(size=(2, 4, 4, 3)).astype(np.float32)
    first, same, other = (predict(Proxy(learner, "augmenter")(seed), images, True) for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_large_models_cross_in_pieces(learner, monkeypatch):
    monkeypatch.setattr(referee, "_AT_A_TIME", 37)
    function = Proxy(learner, "total")
    model = lend(function, small_convnet(SHAPE, CLASSES, seed=4))
    for ours, theirs in zip(get_weights(model), small_convnet(SHAPE, CLASSES, seed=4).get_weights(), strict=True):
        assert np.array_equal(ours, theirs)
