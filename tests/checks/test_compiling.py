"""Functions and models that tests hand over, and tests of compiling, in this process and in a learner's."""

import keras
import numpy as np
import pytest

from autograder.course.reference import reference
from autograder.exam.learner import Proxy
from convnets import CheckFailed, Formula, check_compiled, check_equal
from convnets.checks.compiling.hidden import compiles_alike
from convnets.checks.draws import call, descents
from convnets.checks.hidden import agrees
from convnets.checks.objects import facts

LEARNERS_CODE = """
import keras
import numpy as np

def compiled(model, learning_rate=0.001):
    model.compile(keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy")
    return model

def forgets(model, learning_rate=0.001):
    compiled(model, learning_rate)

def copies(model, learning_rate=0.001):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return compiled(copy, learning_rate)

def returns_a_copy(model, learning_rate=0.001):
    compiled(model, learning_rate)
    return copies(model, learning_rate)

def returns_a_number(model, learning_rate=0.001):
    compiled(model, learning_rate)
    return 3

def leaves(model, learning_rate=0.001):
    return model

def slow(model, learning_rate=0.001):
    return compiled(model, learning_rate / 2)

def other(model, learning_rate=0.001):
    model.compile(keras.optimizers.Nadam(learning_rate), "sparse_categorical_crossentropy")
    return model

def one_hot(model, learning_rate=0.001):
    model.compile(keras.optimizers.Adam(learning_rate), "categorical_crossentropy")
    return model

def summed(model, learning_rate=0.001):
    loss = keras.losses.SparseCategoricalCrossentropy(reduction="sum")
    model.compile(keras.optimizers.Adam(learning_rate), loss)
    return model

def strict(model, learning_rate=0.001):
    model.compile(keras.optimizers.Adam(learning_rate, epsilon=0.1), "sparse_categorical_crossentropy")
    return model

def fades(model, learning_rate=0.001):
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([1], [learning_rate, learning_rate / 4])
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model

def clears(model, learning_rate=0.001):
    model.set_weights([0 * weight for weight in model.get_weights()])
    return compiled(model, learning_rate)

def keeps(model, learning_rate=0.001):
    if not model.compiled:
        return compiled(model, learning_rate)
    model.optimizer.learning_rate = learning_rate
    return model

def takes_logits(model, learning_rate=0.001):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(learning_rate), loss)
    return model

def fails(model, learning_rate=0.001):
    raise TypeError("oh no")

def twice(function, point):
    return np.asarray(function(np.asarray(function(point))))
"""


def network():
    dense = keras.layers.Dense(3, activation="softmax", kernel_initializer=keras.initializers.GlorotUniform(1))
    return keras.Sequential([keras.Input((4,)), dense], name="network")  # by this what is known of the mistakes is kept


def check(function):
    rng = np.random.default_rng(0)
    inputs, labels = rng.normal(size=(3, 6, 4)), rng.integers(0, 3, (3, 6))
    right = reference("05-adam").compile_with_adam
    compiles_alike(function, right, network(), [call(learning_rate=0.25), call()], inputs, labels)


# ---------------------------------------------------------------- compiling


def test_a_compiled_model_passes(function):
    check(function("compiled"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("forgets", "is a `return` missing?"),
        ("copies", "The model that was given is not compiled afterwards."),
        ("returns_a_copy", "It returned another model than the one it was given."),
        ("returns_a_number", "It returned 3; it should return the model."),
        ("leaves", "The model that was given is not compiled afterwards."),
        ("slow", "The learning rate is 0.125; it should be 0.25."),
        ("other", "The optimizer is Nadam; it should be Adam."),
        ("one_hot", "The loss is 'categorical_crossentropy', and computing it raises"),
        ("summed", "Of predictions for integer labels it is"),
        ("takes_logits", "Of predictions for integer labels it is"),
        ("strict", "The optimizer has epsilon=0.1; it should be 1e-07."),
        ("fades", "Trained for 3 steps, the model ends with other weights than it should."),
        ("clears", "The weights of the model are not what they were."),
        ("fails", "raised:   TypeError: oh no"),
    ],
)
def test_what_is_wrong_is_said(function, name, said):
    with pytest.raises(CheckFailed) as caught:
        check(function(name))
    assert str(caught.value).startswith(f"{name}(model, learning_rate=0.25)")
    assert said in str(caught.value)


def test_a_model_that_has_been_compiled_is_compiled_anew(function):
    with pytest.raises(CheckFailed, match=r"keeps\(a_compiled_model\)\n  The optimizer is SGD; it should be Adam"):
        check(function("keeps"))


def test_a_known_mistake_is_named(function):
    with pytest.raises(CheckFailed, match="Hint: The loss is for labels that are one-hot vectors"):
        check(function("one_hot"))


ADAM = {"optimizer": "Adam", "learning_rate": 0.25, "loss": "sparse_categorical_crossentropy"}


def test_visible_check_of_a_compiled_model(function):
    check_compiled(function("compiled"), network(), 0.25, expected=ADAM)
    check_compiled(function("compiled"), network(), learning_rate=0.25, expected=ADAM)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("forgets", "forgets(model, 0.25)\n  The function returned None"),
        ("returns_a_number", "A Keras model is expected, not 3."),
        ("leaves", "The model is not compiled."),
        ("slow", "['learning_rate']: It is 0.125; it should be 0.25."),
        ("other", "['optimizer']: It is 'Nadam'; it should be 'Adam'."),
    ],
)
def test_visible_check_says_what_is_wrong(function, name, said):
    with pytest.raises(CheckFailed) as caught:
        check_compiled(function(name), network(), 0.25, expected=ADAM)
    assert said in str(caught.value)


def test_visible_check_passes_errors_on(function):
    with pytest.raises(TypeError, match="oh no"):
        check_compiled(function("fails"), network(), 0.25, expected=ADAM)


@pytest.mark.parametrize(
    "loss",
    [
        "mean_squared_error",
        keras.losses.MeanSquaredError(),
        keras.losses.MeanSquaredError(name="of_my_own"),
        keras.losses.mean_squared_error,
    ],
)
def test_losses_are_named_however_they_were_given(loss):
    model = network()
    model.compile("sgd", loss)
    told = facts(model)
    assert (told["optimizer"]["class"], told["loss"]) == ("SGD", "mean_squared_error")
    assert told["optimizer"]["learning_rate"] == pytest.approx(0.01)


# ---------------------------------------------------------------- functions as arguments


def test_a_formula_is_a_function_that_shows_itself():
    double = Formula("lambda x: 2 * np.asarray(x)")
    np.testing.assert_array_equal(double([1, 2]), [2, 4])
    assert repr(double) == "lambda x: 2 * np.asarray(x)"


def test_a_formula_can_be_handed_over(function):
    check_equal(function("twice"), Formula("lambda x: [3 * x[0], x[1] ** 2]"), [1.0, 3.0], expected=[9.0, 81.0])


def test_messages_show_the_formula(function):
    with pytest.raises(CheckFailed, match=r"twice\(lambda x: 2 \* x, array\(\[1.\]\)\)"):
        check_equal(function("twice"), Formula("lambda x: 2 * x"), np.array([1.0]), expected=[0.0])


def test_descents_are_drawn_for_both_processes(learner):
    answer = reference("05-adam")
    learner.run("def climb(gradient, start, steps, learning_rate):\n    return np.zeros((steps + 1, len(start)))")
    with pytest.raises(CheckFailed, match=r"climb\(\s*lambda p: "):
        agrees(Proxy(learner, "climb"), answer.minimize, descents(), examples=20)
