"""What is handed over for transfer is the same in this process and in a learner's."""

import re

import keras
import numpy as np
import pytest

from autograder.course.reference import reference
from convnets.checks.calls import perform
from convnets.checks.catalogue import misconceptions
from convnets.checks.lent import batches_of
from convnets.checks.objects import get_weights
from convnets.checks.transfer.hidden import blocks_alike, caches_alike, classifies_alike, trains_alike
from convnets.checks.transfer.visible import block_of, check_block, check_history, tiny_classifier, tiny_images
from convnets.checks.words import CheckFailed

LEARNERS_CODE = """
import keras
import numpy as np

def widen(inputs, filters, stride=1):
    return keras.layers.Conv2D(filters, 1, stride)(inputs)

def of_its_own(inputs, filters):
    return keras.Input((3, filters))

def nothing(inputs, filters):
    return None

def raises(inputs, filters):
    raise ValueError("too small")

def length_and_labels(batches):
    labels = [np.asarray(numbers) for _, (_, numbers) in zip(range(len(batches)), batches)]
    return len(batches), np.concatenate(labels)

def for_ever(batches):
    return sum(len(images) for images, _ in batches)

def is_inside(model, backbone):
    return any(layer is backbone for layer in model.layers)

def freezes(backbone, batches):
    backbone.trainable = False
    pairs = [(np.asarray(backbone(images)), labels) for _, (images, labels) in zip(range(len(batches)), batches)]
    return tuple(np.concatenate(part) for part in zip(*pairs))

def squeezes(backbone, batches):
    pairs = [(np.asarray(backbone(images)), labels) for images, labels in batches]
    return tuple(np.concatenate(part).squeeze() for part in zip(*pairs))

def sets_back(backbone, classes):
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights([gamma, beta, 0 * mean, 0 * variance + 1])
    backbone.trainable = False
    pooled = keras.layers.GlobalAveragePooling2D()(backbone.output)
    model = keras.Model(backbone.input, keras.layers.Dense(classes, activation="softmax")(pooled))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

def takes_logits(backbone, classes):
    backbone.trainable = False
    pooled = keras.layers.GlobalAveragePooling2D()(backbone.output)
    model = keras.Model(backbone.input, keras.layers.Dense(classes, activation="softmax")(pooled))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model

def keeps_no_doubles(backbone, batches):
    kept = {}
    for images, labels in batches:
        for image, features, label in zip(images, np.asarray(backbone(images)), labels):
            kept.setdefault(image.tobytes(), (features, label))
    return tuple(np.array(part) for part in zip(*kept.values()))

def another_metric(model, train, validation, epochs):
    model.compile(optimizer=model.optimizer, loss=model.loss, metrics=["accuracy"])
    return model.fit(*train, epochs=epochs, validation_data=validation, verbose=0).history

def in_small_steps(model, train, validation, epochs):
    options = {"batch_size": 8, "shuffle": False, "verbose": 0}
    return model.fit(*train, epochs=epochs, validation_data=validation, **options).history

def in_order(model, train, validation, epochs):
    return model.fit(*train, epochs=epochs, validation_data=validation, shuffle=False, verbose=0).history

def at_once(model, train, validation, epochs):
    return model.fit(*train, epochs=epochs, validation_data=validation, batch_size=100, verbose=0).history

def no_history(model, train, validation, epochs):
    return {"loss": [0.5] * epochs}
"""


def test_a_block_of_a_keras_tensor(function):
    kernel, bias = get_weights(block_of(function("widen"), (4, 6, 3), 2))
    assert (kernel.shape, bias.shape) == ((1, 1, 3, 2), (2,))
    check_block(function("widen"), (4, 6, 3), 2, 2, output_shape=(2, 3, 2), projections=1)
    with pytest.raises(CheckFailed, match="it should be 0"):
        check_block(function("widen"), (4, 6, 3), 2, 2, output_shape=(2, 3, 2), projections=0)


@pytest.mark.parametrize(("name", "said"), [("of_its_own", "made of its inputs"), ("nothing", "returned None")])
def test_what_is_no_block(function, name, said):
    with pytest.raises(CheckFailed, match=said):
        block_of(function(name), (4, 6, 3), 2)


def test_a_block_that_raises_is_told_with_its_error(function):
    with pytest.raises(CheckFailed, match=r"(?s)raised: +ValueError: too small\n.*expected: a Keras tensor") as failed:
        blocks_alike(function("raises"), reference("08-transfer").residual_block, ((6, 9, 4), 4))
    assert " at 0x" not in str(failed.value)


def test_mistakes_that_show_alike_at_first_are_told_apart_by_what_follows():
    alike = ("epochs plays no part", "Each epoch is a call")
    for hint, mistaken in misconceptions(reference("08-transfer").train_head):
        if any(words in hint for words in alike):
            with pytest.raises(CheckFailed) as failed:
                trains_alike(mistaken, reference("08-transfer").train_head, ("arrays", 6, True, 3))
            assert str(failed.value).endswith(hint)


@pytest.mark.parametrize("kind", ["dataset", "flow"])
def test_batches_arrive(function, kind):
    images, labels = tiny_images(5)
    outcome = perform(function("length_and_labels"), (batches_of(images, labels, 2, kind),))
    length, numbers = outcome.value
    assert length == 3
    assert not outcome.changed
    np.testing.assert_array_equal(np.sort(numbers), range(5))


def test_a_flow_that_is_read_for_ever_ends_with_an_error(function):
    outcome = perform(function("for_ever"), (batches_of(*tiny_images(5), 2, "flow"),))
    assert isinstance(outcome.error, RuntimeError)
    assert "never ends" in str(outcome.error)


def test_a_model_inside_a_model_stays_inside(function):
    model = tiny_classifier()
    assert perform(function("is_inside"), (model, model.get_layer("tiny_backbone"))).value is True
    assert perform(function("is_inside"), (model, tiny_classifier().get_layer("tiny_backbone"))).value is False


def test_a_backbone_that_is_left_frozen_is_not_what_it_was(function):
    right = reference("08-transfer").cache_features
    with pytest.raises(CheckFailed, match="Numbers of the backbone that training would change: 0; it should be"):
        caches_alike(function("freezes"), right, ("list", 5, 2))


def test_features_of_a_single_image_keep_their_axis(function):
    right = reference("08-transfer").cache_features
    with pytest.raises(CheckFailed, match=r"The features have the shape: \(2, 3, 7\); it should be: \(1, 2, 3, 7\)"):
        caches_alike(function("squeezes"), right, ("list", 1, 2))


def test_images_that_come_twice_are_kept_twice(function):
    right = reference("08-transfer").cache_features
    with pytest.raises(CheckFailed, match=r"The features have the shape: \(4, 2, 3, 7\); it should be: \(5, 2, 3, 7\)"):
        caches_alike(function("keeps_no_doubles"), right, ("list", 5, 2))


def test_a_loss_of_logits_behind_a_softmax_is_told(function):
    with pytest.raises(CheckFailed, match="The loss of its predictions"):
        classifies_alike(function("takes_logits"), reference("08-transfer").build_classifier, (0, 3))


def test_statistics_that_were_set_back_are_told_as_such_and_not_as_a_copy(function):
    with pytest.raises(CheckFailed, match="with other weights than it has: norm1, norm2, norm3, norm4") as failed:
        classifies_alike(function("sets_back"), reference("08-transfer").build_classifier, (0, 3))
    assert "Hint" not in str(failed.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("in_order", "order of the arrays, in batches of 32. They should be"),
        ("at_once", "All 40 images came in one batch"),
        ("in_small_steps", "order of the arrays, in batches of 8. They should be"),
    ],
)
def test_training_in_other_batches_than_those_of_keras_is_told(function, name, said):
    with pytest.raises(CheckFailed, match=re.escape(said)):
        trains_alike(function(name), reference("08-transfer").train_head, ("arrays", 40, True, 1))


def test_metrics_are_asked_for(function):
    with pytest.raises(CheckFailed, match="Missing in the dict: acc, val_acc"):
        trains_alike(function("another_metric"), reference("08-transfer").train_head, ("arrays", 6, True, 3))


def test_a_history_without_validation(function):
    pair = tiny_images(3)
    with pytest.raises(CheckFailed, match="val_loss"):
        check_history(function("no_history"), tiny_classifier(), pair, pair, 2)


@pytest.mark.parametrize(("frozen", "count"), [(True, 0), (False, 16), ("norms", 8)])
def test_what_trains_in_the_backbone(frozen, count):
    model = tiny_classifier(frozen=frozen)
    assert isinstance(model, keras.Model)
    assert len(model.trainable_weights) == count + 2


@pytest.mark.parametrize("values", [0.3, "0.3", [[0.3], [0.2, 0.1]], [np.ones(2), np.ones(3)], ["a", "b"]])
def test_history_that_holds_no_lists_of_numbers_is_no_fault_of_the_tests(values):
    def train_head(model, train, validation, epochs):
        return {"loss": values, "acc": values, "val_loss": values, "val_acc": values}

    with pytest.raises(CheckFailed, match="no lists of numbers"):
        trains_alike(train_head, reference("08-transfer").train_head, ("arrays", 6, True, 2))
    images, labels = tiny_images(12)
    halves = (images[:8], labels[:8] % 3), (images[8:], labels[8:] % 3)
    with pytest.raises(CheckFailed, match="should be there, with 3 numbers"):
        check_history(train_head, tiny_classifier(), *halves, 3)
