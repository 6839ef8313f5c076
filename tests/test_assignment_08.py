"""Assignment 8 has a reference that agrees with Keras."""

import keras
import numpy as np
import pytest

from autograder.course.reference import reference
from convnets import CheckFailed
from convnets.backbone import backbone
from convnets.checks.lent import batches_of
from convnets.checks.transfer.hidden import blocks_alike, caches_alike
from convnets.checks.transfer.visible import tiny_backbone, tiny_classifier, tiny_images


@pytest.fixture(scope="module")
def ours():
    return reference("08-transfer")


@pytest.mark.parametrize("shape", [(2, 5, 7, 3), (1, 1, 4, 6), (3, 2, 1, 1)])
def test_pooling_agrees_with_keras(ours, shape):
    features = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    theirs = keras.layers.GlobalAveragePooling2D()(features)
    np.testing.assert_allclose(ours.global_average_pool(features), theirs, atol=1e-5)


def test_a_head_has_a_weight_for_each_channel_and_class(ours):
    body = backbone((64, 64, 3)).model
    model = ours.build_classifier(body, 12)
    assert ours.trainable_parameters(model) == (body.output.shape[-1] + 1) * 12


def test_labels_of_a_shuffled_flow_come_with_its_images(ours):
    def by_file(body, batches):
        features, labels = ours.cache_features(body, batches)
        return features, np.asarray(getattr(batches, "classes", labels))

    with pytest.raises(CheckFailed):
        caches_alike(by_file, ours.cache_features, ("flow", 7, 3))


def test_a_head_on_cached_features_predicts_what_the_whole_model_does(ours):
    images, labels = tiny_images(9)
    body = tiny_backbone(3)
    features, numbers = ours.cache_features(body, batches_of(images, labels, 4, "flow").for_a_call())
    model = ours.build_classifier(body, 4)
    weights, bias = model.get_weights()[-2:]
    logits = ours.global_average_pool(features) @ weights + bias
    by_head = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(by_head[np.argsort(numbers)], model(images).numpy()[np.argsort(labels)], atol=1e-4)


def test_a_batch_norm_on_the_shortcut_must_be_right_all_the_same(ours):
    def wrong(inputs, filters, stride=1):
        shortcut = keras.layers.Conv2D(filters, 1, stride)(inputs)
        shortcut = keras.layers.ReLU()(keras.layers.BatchNormalization()(shortcut))
        outputs = keras.layers.Conv2D(filters, 3, stride, padding="same")(inputs)
        outputs = keras.layers.ReLU()(keras.layers.BatchNormalization()(outputs))
        outputs = keras.layers.Conv2D(filters, 3, padding="same")(outputs)
        outputs = keras.layers.BatchNormalization()(outputs)
        return keras.layers.ReLU()(keras.layers.Add()([outputs, shortcut]))

    with pytest.raises(CheckFailed, match="What comes out"):
        blocks_alike(wrong, ours.residual_block, ((6, 9, 4), 6, 2))


def test_fine_tuning_goes_on_where_the_head_ended(ours):
    images, labels = tiny_images(12)
    model = tiny_classifier()
    history = ours.train_head(model, (images, labels % 3), (images, labels % 3), 5)
    ours.unfreeze_top(model, model.get_layer("tiny_backbone"), 1, 0.001)
    assert model.test_on_batch(images, labels % 3)[0] == pytest.approx(history["val_loss"][-1], rel=1e-4)
