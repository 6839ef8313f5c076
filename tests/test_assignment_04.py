"""Assignment 4 has a reference that agrees with TensorFlow and Keras."""

import numpy as np
import pytest

from autograder.course.reference import reference
from convnets import CheckFailed
from convnets.checks.agreement import agrees
from convnets.checks.catalogue import misconceptions
from convnets.checks.draws import poolings
from convnets.checks.objects import facts
from convnets.checks.training.hidden import digits_in_disguise, learns, probe, trains
from convnets.checks.training.visible import linear_classifier

# images (n, h, w, c), size, stride; never square, windows overlap, touch or leave gaps, rows or columns are left over
POOLINGS = [
    ((2, 7, 5, 3), 2, None),
    ((1, 6, 9, 2), 3, 2),
    ((3, 8, 6, 1), 2, 3),
    ((1, 5, 7, 4), 3, 1),
    ((2, 4, 3, 2), 1, 2),
    ((1, 5, 9, 1), 5, None),
]


@pytest.fixture(scope="module")
def ours():
    return reference("04-lenet")


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


def draw(shape):
    return np.random.default_rng(sum(shape)).normal(size=shape)


@pytest.mark.parametrize(("shape", "size", "stride"), POOLINGS)
def test_pooling_agrees_with_tensorflow(ours, tf, shape, size, stride):
    images = draw(shape)
    for mine, theirs in ((ours.max_pool, tf.nn.max_pool2d), (ours.avg_pool, tf.nn.avg_pool2d)):
        expected = theirs(tf.constant(images), size, stride or size, "VALID").numpy()
        np.testing.assert_allclose(mine(images, size, stride), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("shape", "size", "stride"), POOLINGS)
def test_pooling_agrees_with_keras_layers(ours, shape, size, stride):
    import keras

    images = draw(shape).astype(np.float32)
    for mine, layer in ((ours.max_pool, keras.layers.MaxPooling2D), (ours.avg_pool, keras.layers.AveragePooling2D)):
        expected = np.asarray(layer(size, strides=stride)(images))
        np.testing.assert_allclose(mine(images, size, stride), expected, rtol=1e-5, atol=1e-6)


def test_max_pool_keeps_the_type_and_avg_pool_computes_in_float(ours):
    images = np.full((1, 2, 2, 1), 200, np.uint8)
    assert ours.max_pool(images, 2).dtype == np.uint8
    assert ours.avg_pool(images, 2).tolist() == [[[[200.0]]]]


@pytest.mark.parametrize(("shape", "size", "stride"), POOLINGS)
def test_max_pool_backward_agrees_with_tensorflow(ours, tf, shape, size, stride):
    images = tf.constant(draw(shape))
    with tf.GradientTape() as tape:
        tape.watch(images)
        pooled = tf.nn.max_pool2d(images, size, stride or size, "VALID")
    slopes = np.random.default_rng(1).normal(size=pooled.shape)
    theirs = tape.gradient(pooled, images, output_gradients=slopes).numpy()
    mine = ours.max_pool_backward(slopes, images.numpy(), size, stride)
    np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("shape", "size", "stride"), POOLINGS)
def test_max_pool_backward_agrees_with_numeric_gradients(ours, shape, size, stride):
    images, step = draw(shape), 1e-6
    slopes = np.random.default_rng(1).normal(size=ours.max_pool(images, size, stride).shape)
    numeric = np.zeros_like(images)
    for place in np.ndindex(images.shape):
        moved = np.zeros_like(images)
        moved[place] = step
        losses = [np.sum(slopes * ours.max_pool(images + sign * moved, size, stride)) for sign in (1, -1)]
        numeric[place] = (losses[0] - losses[1]) / (2 * step)
    np.testing.assert_allclose(ours.max_pool_backward(slopes, images, size, stride), numeric, rtol=1e-5, atol=1e-7)


def test_no_gradient_is_lost_or_made(ours):
    images = np.random.default_rng(0).integers(-2, 3, (2, 6, 7, 3))  # with many ties
    slopes = np.random.default_rng(1).normal(size=(2, 5, 6, 3))
    assert ours.max_pool_backward(slopes, images, 2, 1).sum() == pytest.approx(slopes.sum())


def test_lenet_has_the_parameters_of_the_table(ours):
    told = facts(ours.build_lenet())
    assert told["parameters"] == 61_706
    counts = [layer["parameters"] for layer in told["layers"] if layer["parameters"]]
    assert counts == [156, 2_416, 48_120, 10_164, 850]


@pytest.mark.parametrize("shape", [(12, 12, 1), (13, 40, 3)])
def test_lenet_takes_the_smallest_images_and_others(ours, shape):
    model = ours.build_lenet(shape, 4)
    predictions = np.asarray(model(np.zeros((2, *shape), np.float32)))
    assert predictions.shape == (2, 4)
    np.testing.assert_allclose(predictions.sum(axis=1), 1, rtol=1e-5)


def test_bytes_are_as_large_as_in_photos(ours):
    def in_bytes(images, size, stride=None):
        return ours.avg_pool(np.minimum(images, 127), size, stride)

    with pytest.raises(CheckFailed):
        agrees(in_bytes, ours.avg_pool, poolings())


def test_epochs_that_are_counted_twice_are_too_many():
    def repeated(model, images, labels, epochs):
        images, labels = np.repeat(images, epochs, axis=0), np.repeat(labels, epochs)
        return model.fit(images, labels, epochs=epochs, verbose=0).history

    kind, said = probe(repeated)
    assert kind == ("epochs", "long"), said


def test_images_that_are_left_out_do_not_explain_a_low_accuracy(ours):
    """Each mistake has its hint under the failure that it causes."""

    def in_whole_batches(model, images, labels, epochs):
        for epoch in range(epochs):
            order = np.random.default_rng(epoch).permutation(len(images))
            for start in range(0, len(images) - 31, 32):
                model.train_on_batch(images[order[start : start + 32]], labels[order[start : start + 32]])
        right = np.argmax(model(images), axis=1) == labels
        return {"loss": [1.0] * epochs, "acc": [float(right.mean())] * epochs}

    known, unseen = digits_in_disguise(300, 100, seed=4)
    model = linear_classifier((28, 28, 1), 10)
    with pytest.raises(CheckFailed) as low:
        learns(in_whole_batches, model, known, unseen, epochs=1, accuracy=0.9, expected=ours.train_lenet)
    assert low.value.hint is None
    with pytest.raises(CheckFailed) as left_out:
        trains(in_whole_batches, ours.train_lenet)
    assert "The last images" in left_out.value.hint


def test_no_two_mistakes_in_training_look_alike(ours):
    """The first hint that fits is given."""
    kinds = [probe(mistaken)[0] for _hint, mistaken in misconceptions(ours.train_lenet)]
    seen = [kind for kind in kinds if kind is not None]
    assert len(seen) > 10
    assert len(set(seen)) == len(seen)
