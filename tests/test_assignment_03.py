"""Assignment 3 has a reference that is held against Keras."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from keras import layers
from scipy.ndimage import correlate

from autograder.course.reference import reference
from convnets.checks.draws import layer_stacks

REFERENCE = reference("03-keras")
RNG = np.random.default_rng(0)


def keras_layer(layer):
    """Make the Keras layer that a dict of `trace_shapes` describes."""
    options = {key: value for key, value in layer.items() if key != "type"}
    kinds = {"conv2d": layers.Conv2D, "max_pool": layers.MaxPool2D, "avg_pool": layers.AvgPool2D}
    if layer["type"] == "avg_pool":  # the one that has no default of its own
        options.setdefault("pool_size", 2)
    return (kinds | {"flatten": layers.Flatten, "dense": layers.Dense})[layer["type"]](**options)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(layer_stacks(REFERENCE.trace_shapes))
def test_shapes_are_keras_own(drawn):
    stack, shape = drawn
    images = np.zeros((2, *shape), np.float32)
    for layer, expected in zip(stack, REFERENCE.trace_shapes(stack, shape), strict=True):
        images = keras_layer(layer)(images)
        assert tuple(images.shape) == (2, *expected)


@pytest.mark.parametrize("shape", [(1, 3, 5, 2), (4, 6, 2, 3), (2, 1, 7, 1)])
def test_flatten_is_keras_flatten(shape):
    images = RNG.normal(size=shape).astype(np.float32)
    assert np.array_equal(REFERENCE.flatten(images), layers.Flatten()(images))


@pytest.mark.parametrize(("shape", "classes"), [((5, 8, 3), 4), ((9, 3, 1), 2), ((3, 4, 2), 7)])
def test_forward_by_hand_is_what_keras_predicts(shape, classes):
    model = REFERENCE.build_convnet(shape, classes)
    model.set_weights([RNG.normal(size=weight.shape) for weight in model.weights])
    images = RNG.normal(size=(6, *shape)).astype(np.float32)
    by_hand = REFERENCE.forward_by_hand(model, images)
    assert by_hand == pytest.approx(model.predict(images, verbose=0), abs=1e-5)
    assert by_hand == pytest.approx(np.asarray(model(images)), abs=1e-5)


def test_built_network_learns_from_integer_labels():
    images = RNG.normal(size=(32, 5, 7, 1)).astype(np.float32)
    labels = (images.mean(axis=(1, 2, 3)) > 0).astype(int)
    model = REFERENCE.build_convnet((5, 7, 1), 2)
    losses = model.fit(images, labels, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("shape", [(5, 9), (12, 3), (3, 3)])
def test_sobel_layer_finds_the_edges_of_chapter_1(shape):
    image = RNG.normal(size=shape)
    edges = np.asarray(REFERENCE.sobel_layer()(image[np.newaxis, :, :, np.newaxis].astype(np.float32)))[0]
    horizontal, vertical, _magnitude = reference("01-convolution").sobel(image)
    assert edges == pytest.approx(np.stack([horizontal, vertical], axis=-1), abs=1e-5)
    along = correlate(image, np.outer([-1, 0, 1], [1, 2, 1]))[1:-1, 1:-1]
    assert edges[:, :, 0] == pytest.approx(along, abs=1e-5)


def test_sobel_layer_does_not_train():
    model = keras.Sequential([keras.Input((5, 6, 1)), REFERENCE.sobel_layer(), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    before = model.layers[0].get_weights()[0]
    model.fit(RNG.normal(size=(4, 5, 6, 1)), np.zeros(4), verbose=0)
    assert np.array_equal(model.layers[0].get_weights()[0], before)
