"""Checks of functions that train, with the function in this process and in a learner's."""

import re

import numpy as np
import pytest

from autograder.course.reference import reference
from autograder.exam.learner import Proxy
from autograder.exam.limits import Rules, Times
from autograder.exam.process import LearnerStopped
from convnets.checks.draws import call
from convnets.checks.training.hidden import (
    allow_seconds,
    digits_in_disguise,
    habit_of,
    learns,
    trains,
    watches_accuracy,
)
from convnets.checks.training.visible import check_learns, linear_classifier, said_of_history
from convnets.checks.words import CheckFailed
from convnets.data.images import digits

RULES = Rules(Times(call=60))

LEARNERS_CODE = """
import time

import keras
import numpy as np

def trained(model, images, labels, epochs):
    return model.fit(images, labels, epochs=epochs, verbose=0).history

def slow(model, images, labels, epochs):
    time.sleep(2)
    return trained(model, images, labels, epochs)

def adam(model, images, labels, epochs):
    model.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy", metrics=["acc"])
    return model.fit(images, labels, epochs=epochs, batch_size=7, verbose=0).history

def untouched(model, images, labels, epochs):
    return {"loss": [1.0] * epochs, "acc": [0.5] * epochs}

def made_up(model, images, labels, epochs):
    trained(model, images, labels, epochs)
    return {"loss": [2.0 / (epoch + 1) for epoch in range(epochs)], "acc": [0.1] * epochs}

def rising(model, images, labels, epochs):
    history = trained(model, images, labels, epochs)
    return {"loss": history["loss"][::-1], "acc": history["acc"]}

def in_place(model, images, labels, epochs):
    images *= 0.5
    return trained(model, images, labels, epochs)

def apart(model, images, labels, epochs):
    return trained(model, images, np.roll(labels, 9), epochs)

def not_all(model, images, labels, epochs):
    return trained(model, images[:-5], labels[:-5], epochs)

def once(model, images, labels, epochs):
    history = trained(model, images, labels, 1)
    return {name: values * epochs for name, values in history.items()}

def too_often(model, images, labels, epochs):
    for _ in range(epochs):
        history = trained(model, images, labels, epochs)
    return history

def shrunk(model, images, labels, epochs):
    return trained(model, images / 200, labels, epochs)

def in_order(model, images, labels, epochs):
    return model.fit(images, labels, epochs=epochs, batch_size=8, shuffle=False, verbose=0).history

def of_one_batch(model, images, labels, epochs):
    return model.fit(images, labels, epochs=epochs, batch_size=len(images), verbose=0).history

def failing(model, images, labels, epochs):
    raise RuntimeError("no idea")

def unanswered(model, images, labels, epochs):
    raise NotImplementedError

def uncompiled():
    return keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten()])

def build(accuracy=True):
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])
    metrics = [keras.metrics.SparseCategoricalAccuracy(name="acc")] if accuracy else ["mae"]
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=metrics)
    return model

def compiled(model, kind):
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[kind(name="acc")])
    return model

def one_hot():
    return compiled(build(), keras.metrics.CategoricalAccuracy)

def one_hot_of_which_half_is_the_first():
    inputs = keras.Input((4, 4, 1))
    half = keras.layers.Lambda(lambda images: keras.ops.one_hot(np.arange(len(images)) % 2, 3), output_shape=(3,))
    return compiled(keras.Model(inputs, half(inputs)), keras.metrics.CategoricalAccuracy)

def of_two_classes():
    return compiled(build(), keras.metrics.BinaryAccuracy)

def twice():
    model = build()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[keras.metrics.CategoricalAccuracy(), "accuracy"])
    return model

def of_each_output():
    model = build()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[["acc"]])
    return model

def by_output():
    model = build()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics={model.layers[-1].name: ["accuracy"]})
    return model

def nothing():
    pass
"""


@pytest.fixture(scope="module")
def right():
    return reference("04-lenet").train_lenet


@pytest.mark.parametrize("name", ["trained", "adam"])
def test_any_training_is_right(function, right, name):
    trains(function(name), right)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("untouched", "it was not trained"),
        ("in_place", "changed its argument 2"),
        ("apart", "a label that belongs to another image"),
        ("not_all", r"The last 5 of the images made no difference"),
        ("once", r"1\.\d times as far as one epoch"),
        ("too_often", r"[89]\.\d times as far as one epoch"),
        ("failing", "It raised RuntimeError: no idea"),
        ("nothing", "TypeError"),
    ],
)
def test_what_is_wrong_with_a_training_is_said(function, right, name, message):
    with pytest.raises(CheckFailed, match=message):
        trains(function(name), right)


def test_known_mistakes_get_their_hint(function, right):
    with pytest.raises(CheckFailed, match="Hint: The model is trained for epochs² epochs"):
        trains(function("too_often"), right)


@pytest.mark.parametrize(
    ("name", "habit"),
    [
        ("trained", None),
        ("of_one_batch", None),
        ("failing", None),
        ("shrunk", "small steps"),
        ("in_order", "in order"),
        ("adam", "compiled again"),
    ],
)
def test_habits_are_seen(function, name, habit):
    assert habit_of(function(name)) == habit


def test_a_low_accuracy_is_explained_by_a_habit(function, right):
    known, unseen = digits(train=100)
    model = linear_classifier((28, 28, 1), 10)
    with pytest.raises(CheckFailed, match="Hint: The images are divided by 255"):
        learns(function("shrunk"), model, known, unseen, epochs=1, accuracy=0.9, expected=right)
    with pytest.raises(CheckFailed) as failed:
        learns(function("trained"), model, known, unseen, epochs=1, accuracy=1.0, expected=right)
    assert "Hint" not in str(failed.value)


def test_an_unanswered_exercise_says_so(function, right):
    with pytest.raises(NotImplementedError):
        trains(function("unanswered"), right)
    known, unseen = digits(train=100)
    with pytest.raises(NotImplementedError):
        learns(function("unanswered"), linear_classifier((28, 28, 1), 10), known, unseen, epochs=1, accuracy=0.5)


def test_weights_come_back_and_are_measured_here(function):
    known, unseen = digits(train=300, seed=1)
    model = linear_classifier((28, 28, 1), 10)
    check_learns(function("trained"), model, known, unseen, epochs=3, accuracy=0.6)
    assert np.abs(model.get_weights()[0]).sum() > 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("untouched", r"of 4,700 images that the model has not seen are right; at least 60%.*It says 0 to 100% of all"),
        ("failing", "no idea"),
    ],
)
def test_what_is_wrong_with_the_learning_is_said(function, name, message):
    known, unseen = digits(train=300, seed=1)
    with pytest.raises(CheckFailed, match=message):
        learns(function(name), linear_classifier((28, 28, 1), 10), known, unseen, epochs=3, accuracy=0.6)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("made_up", r"The last number of \['acc'\] is 0.100, but"),
        ("rising", "does not fall"),
        ("in_place", "changed its argument 2"),
    ],
)
def test_what_is_wrong_with_what_is_told_does_not_hide_the_accuracy(function, name, message):
    known, unseen = digits(train=300, seed=1)
    model = linear_classifier((28, 28, 1), 10)
    learns(function(name), model, known, unseen, epochs=3, accuracy=0.6)
    with pytest.raises(CheckFailed, match=message):
        check_learns(function(name), model, known, unseen, epochs=3, accuracy=0.6)


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (None, "None"),
        ([1.0], "A dict is expected, not a list"),
        ({"loss": [1.0, 0.5], "accuracy": [0.1, 0.2]}, r"keys are \['accuracy', 'loss'\]"),
        ({"loss": 0.5, "acc": [0.1, 0.2]}, r"\['loss'\] should be a list"),
        ({"loss": [1.0], "acc": [0.1, 0.2]}, r"length of \['loss'\] is 1; trained for 2"),
        ({"loss": [1.0, float("nan")], "acc": [0.1, 0.2]}, "finite"),
        ({"loss": ["1", "2"], "acc": [0.1, 0.2]}, "finite numbers"),
        ({"loss": [1.0, 0.5], "acc": [10.0, 20.0]}, "from 0 to 1"),
    ],
)
def test_a_history_that_is_none(history, message):
    assert re.search(message, said_of_history(history, 2))


def test_a_history():
    assert said_of_history({"loss": [1.0, 0.5], "acc": np.array([0.1, 0.2]), "val_loss": []}, 2) is None


def test_accuracy_is_among_the_metrics(function):
    watches_accuracy(function("build"), call())
    with pytest.raises(CheckFailed, match=r"with the metrics \['mae'\]"):
        watches_accuracy(function("build"), call(accuracy=False))
    with pytest.raises(CheckFailed, match="not compiled"):
        watches_accuracy(function("uncompiled"), call())
    with pytest.raises(CheckFailed, match="returned None"):
        watches_accuracy(function("nothing"), call())
    with pytest.raises(CheckFailed, match="unexpected keyword"):
        watches_accuracy(function("build"), call(seed=1))


@pytest.mark.parametrize("name", ["twice", "of_each_output", "by_output"])
def test_accuracy_may_be_one_of_several_and_written_by_output(function, name):
    watches_accuracy(function(name), call())


@pytest.mark.parametrize("name", ["one_hot", "one_hot_of_which_half_is_the_first", "of_two_classes"])
def test_accuracy_has_to_suit_integer_labels(function, name):
    with pytest.raises(CheckFailed, match=r"half and all right, acc is .*metrics=\[\"acc\"\]"):
        watches_accuracy(function(name), call())


def test_a_call_may_be_allowed_more_time(learner):
    proxy = Proxy(learner, "slow")
    arguments = linear_classifier((2, 2, 1), 2), np.ones((2, 2, 2, 1), np.float32), np.array([0, 1]), 1
    with pytest.raises(LearnerStopped, match="stopped after 1 seconds"):
        allow_seconds(proxy, 1)(*arguments)
    assert len(allow_seconds(proxy, 30)(*arguments)["loss"]) == 1


def test_without_a_limit_there_is_nothing_to_allow(here):
    assert allow_seconds(here["trained"], 5) is here["trained"]


def test_disguised_digits_are_the_digits_mirrored_and_renamed():
    (images, labels), (test_images, test_labels) = digits_in_disguise(300, 50, seed=3)
    (plain, plain_labels), (unseen, unseen_labels) = digits(train=300, seed=3)
    assert np.all(np.diff(labels) >= 0)
    assert images.shape == (300, 28, 28, 1)
    assert len(test_images) == len(test_labels) == 50
    np.testing.assert_array_equal(test_images, unseen[:50].transpose(0, 2, 1, 3))
    new_names = dict(zip(unseen_labels[:50], test_labels, strict=True))
    assert any(old != new for old, new in new_names.items())
    assert all(new_names[old] == new for old, new in zip(unseen_labels[:50], test_labels, strict=True))
    # The pairs are still pairs.
    pairs = {image.tobytes(): label for image, label in zip(plain.transpose(0, 2, 1, 3), plain_labels, strict=True)}
    assert all(new_names[pairs[image.tobytes()]] == label for image, label in zip(images, labels, strict=True))
