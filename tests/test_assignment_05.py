"""Assignment 5 has a reference that agrees with Keras where the formulas are the same."""

import keras
import numpy as np
import pytest

from autograder.course.reference import reference
from convnets import CheckFailed
from convnets.checks.cost import uses_only
from convnets.checks.draws import call

OURS = reference("05-adam")
SHAPES = [(3,), (2, 5), (3, 2, 1, 4)]  # a bias, a dense layer, filters


def draw(shape, steps=6):
    """Draw weights, and a gradient for each of some steps, none of it near zero: there epsilon decides."""
    rng = np.random.default_rng(sum(shape))
    signs = rng.choice([-1, 1], size=(steps, *shape))
    return rng.normal(size=shape), signs * rng.uniform(0.1, 10, size=(steps, *shape))


def keras_weights(optimizer, weights, gradients):
    """Take a step for each gradient with one of Keras's optimizers; return the weights after each."""
    variable = keras.Variable(weights, dtype="float64")
    after = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        after.append(variable.numpy())
    return np.array(after)


@pytest.mark.parametrize("shape", SHAPES)
def test_sgd_agrees_with_keras(shape):
    weights, gradients = draw(shape)
    theirs = keras_weights(keras.optimizers.SGD(0.25), weights, gradients)
    for gradient, expected in zip(gradients, theirs, strict=True):
        weights = OURS.sgd_step(weights, gradient, 0.25)
        np.testing.assert_allclose(weights, expected, rtol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_momentum_agrees_with_keras(shape):
    weights, gradients = draw(shape)
    theirs = keras_weights(keras.optimizers.SGD(0.1, momentum=0.8), weights, gradients)
    velocity = np.zeros(shape)
    for gradient, expected in zip(gradients, theirs, strict=True):
        weights, velocity = OURS.momentum_step(weights, gradient, velocity, 0.1, 0.8)
        np.testing.assert_allclose(weights, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_rmsprop_agrees_with_keras_where_epsilon_does_not_count(shape):
    weights, gradients = draw(shape)
    theirs = keras_weights(keras.optimizers.RMSprop(0.1, rho=0.8, epsilon=1e-12), weights, gradients)
    average = np.zeros(shape)
    for gradient, expected in zip(gradients, theirs, strict=True):
        weights, average = OURS.rmsprop_step(weights, gradient, average, 0.1, 0.8, 1e-12)
        np.testing.assert_allclose(weights, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_adam_agrees_with_keras_where_epsilon_does_not_count(shape):
    weights, gradients = draw(shape)
    theirs = keras_weights(keras.optimizers.Adam(0.1, beta_1=0.8, beta_2=0.95), weights, gradients)
    state = None
    for gradient, expected in zip(gradients, theirs, strict=True):
        weights, state = OURS.adam_step(weights, gradient, state, 0.1, 0.8, 0.95)
        np.testing.assert_allclose(weights, expected, rtol=1e-4, atol=1e-5)


def test_adam_is_the_paper_and_not_keras_where_epsilon_counts():
    """One step for a tiny gradient, by algorithm 1 of Kingma and Ba, written out."""
    gradient, epsilon = 1e-6, 1e-7
    weights, _ = OURS.adam_step([0.0], [gradient], None, 1.0, epsilon=epsilon)
    np.testing.assert_allclose(weights, [-gradient / (gradient + epsilon)], rtol=1e-12)
    (theirs,) = keras_weights(keras.optimizers.Adam(1.0, epsilon=epsilon), np.zeros(1), [np.array([gradient])])
    np.testing.assert_allclose(theirs, [-gradient / (gradient + epsilon / np.sqrt(0.001))], rtol=1e-4)


def test_bias_correction_makes_the_averages_exact():
    """When the gradient stays the same, what Adam divides is the gradient and its square, from the first step on."""
    weights, state = np.zeros(2), None
    for steps in range(1, 30):
        weights, state = OURS.adam_step(weights, [3.0, -0.2], state, 0.5, epsilon=0)
        np.testing.assert_allclose(weights, [-0.5 * steps, 0.5 * steps], rtol=1e-9)


@pytest.mark.parametrize("start", [(-1.5, 2.0), (0.5, 0.0, 3.0)])
def test_minimize_agrees_with_keras(start):
    def gradient(point):
        return np.arange(1, len(start) + 1) * point**3 + 1

    path = OURS.minimize(gradient, start, 25, 0.2)
    variable = keras.Variable(np.array(start), dtype="float64")
    optimizer = keras.optimizers.Adam(learning_rate=0.2)
    for expected in path:
        np.testing.assert_allclose(variable.numpy(), expected, atol=1e-3)
        optimizer.apply([keras.ops.convert_to_tensor(gradient(variable.numpy()))], [variable])


def test_keras_at_work_is_seen():
    def by_keras(weights, gradient, learning_rate=0.01):
        return np.array(keras.ops.subtract(weights, learning_rate * np.asarray(gradient)))

    with pytest.raises(CheckFailed, match="hands work to keras"):
        uses_only(by_keras, call([1.0], [2.0]), {"keras", "tensorflow"})
