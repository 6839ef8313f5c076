"""What hidden tests say of built Keras models, with the model in this process and in a learner's."""

import keras
import pytest
from keras import layers

from convnets.checks import judging
from convnets.checks.draws import call
from convnets.checks.networks.hidden import builds_alike
from convnets.checks.words import CheckFailed

LEARNERS_CODE = """
import keras
from keras import layers

def network(*between, input_shape=(6, 5, 2), padding="valid", loss="sparse_categorical_crossentropy", **convolution):
    model = keras.Sequential([
        keras.Input(input_shape),
        layers.Conv2D(4, 3, padding=padding, activation=convolution.pop("activation", "relu"), **convolution),
        *between,
        layers.Flatten(),
        layers.Dense(3, activation="softmax"),
    ])
    if loss:
        model.compile("adam", loss)
    return model

def right(size): return network()
def fails(size): raise KeyError("filters")
def returns_nothing(size): network()
def returns_text(size): return "a model"
def returns_layer(size): return layers.Conv2D(4, 3)
def other_input(size): return network(input_shape=(5, 6, 2))
def other_output(size): return keras.Sequential([keras.Input((6, 5, 2)), layers.Flatten(), layers.Dense(2)])
def padded(size): return network(padding="same")
def frozen(size): return network(trainable=False)
def no_activation(size): return network(activation="linear")
def dropout(size): return network(layers.Dropout(0.5))
def not_compiled(size): return network(loss=None)
def logits(size): return network(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
def zeros(size): return network(kernel_initializer="zeros")
def unanswered(size): raise NotImplementedError()

KEPT = []
def kept(size):
    if not KEPT:
        KEPT.append(network())
    return KEPT[0]

def layer():
    made = layers.Conv2D(1, 2, use_bias=False, kernel_initializer="ones")
    made.build((None, None, None, 1))
    return made
def unbuilt_layer(): return layers.Conv2D(1, 2, use_bias=False)
def whole_model(): return keras.Sequential([keras.Input((4, 4, 1)), layer()])
def other_layer(): return layers.Dense(2)
def random_layer():
    made = layers.Conv2D(1, 2, use_bias=False)
    made.build((None, None, None, 1))
    return made
def twos():
    made = layers.Conv2D(1, 2, use_bias=False, kernel_initializer=keras.initializers.Constant(2))
    made.build((None, None, None, 1))
    return made
def with_relu():
    made = layers.Conv2D(1, 2, use_bias=False, kernel_initializer="ones", activation="relu")
    made.build((None, None, None, 1))
    return made
"""
SPACE = {}
exec(LEARNERS_CODE, SPACE)


def test_right_models_pass(function):
    builds_alike(function("right"), SPACE["right"], call(3), call(4))
    builds_alike(function("layer"), SPACE["layer"], call(), inputs=(2, 5, 4, 1), own_weights=True)


def test_ways_of_writing_do_not_matter():
    def functional(size):
        inputs = keras.Input((6, 5, 2))
        features = layers.ReLU()(layers.Conv2D(4, (3, 3))(inputs))
        scores = layers.Dense(3)(layers.Reshape((48,))(features))
        model = keras.Model(inputs, layers.Softmax()(scores))
        model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(), metrics=["acc"])
        return model

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.parts = [layers.Conv2D(4, 3, activation="relu"), layers.Flatten(), layers.Dense(3, "softmax")]

        def call(self, images):
            for part in self.parts:
                images = part(images)
            return images

    def of_its_own_class(size):
        model = Own()
        model.build((None, 6, 5, 2))
        model(keras.ops.zeros((1, 6, 5, 2)))
        model.compile(loss="sparse_categorical_crossentropy")
        return model

    for other in (functional, of_its_own_class):
        builds_alike(other, SPACE["right"], call(3))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fails", "raised:   KeyError: "),
        ("returns_nothing", "The function returned None: is a `return` missing?"),
        ("returns_text", "It returned 'a model'; it should return a Keras model."),
        ("returns_layer", "It returned a Conv2D; it should return a model."),
        ("other_input", "An input has the shape [None, 5, 6, 2]; it should be [None, 6, 5, 2]."),
        ("other_output", "The output has the shape [None, 2]; it should be [None, 3]."),
        ("padded", "The weights have the shapes [(3, 3, 2, 4), (4,), (120, 3), (3,)]; it should be"),
        ("frozen", "Whether each of the weights is trained: [False, False, True, True]"),
        ("no_activation", "With the same weights and inputs, the outputs are not what they should be."),
        ("dropout", "It predicts what it should, but in training it computes something else."),
        ("not_compiled", "For a batch with integer labels there is no loss: ValueError"),
        ("logits", "For integer labels the loss is"),
        ("zeros", "In the weights of shape (3, 3, 2, 4) every filter or unit starts with the same numbers."),
        ("kept", "A second call returns the same model again. Each call must build a new one."),
    ],
)
def test_what_is_wrong_with_a_model(function, name, said):
    with pytest.raises(CheckFailed) as failed:
        builds_alike(function(name), SPACE["right"], call(3))
    assert str(failed.value).startswith(f"{name}(3)\n")
    assert said in str(failed.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("unbuilt_layer", "Its weights differ from call to call: they are still the random ones it starts with."),
        ("whole_model", "It returned a whole model; it should return a Conv2D."),
        ("other_layer", "It returned a Dense; it should return a Conv2D."),
        ("random_layer", "Its weights differ from call to call"),
        ("twos", "In the weights of shape (2, 2, 1, 1): 4 of 4 elements differ."),
        ("with_relu", "the outputs are not what they should be."),
    ],
)
def test_what_is_wrong_with_a_layer(function, name, said):
    with pytest.raises(CheckFailed) as failed:
        builds_alike(function(name), SPACE["layer"], call(), inputs=(2, 5, 4, 1), own_weights=True)
    assert said in str(failed.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({2: layers.Dense(3, "sigmoid")}, ["Dense(units=3, activation='sigmoid') should have another activation."]),
        ({0: layers.AveragePooling2D(2)}, ["AveragePooling2D(pool_size=[2, 2]) should pool in another way."]),
        ({1: layers.Reshape((12,))}, []),
        ({1: layers.Reshape((12,)), 2: layers.Dense(3, "sigmoid")}, []),
    ],
)
def test_layers_that_differ_in_kind_are_named_where_the_others_are_the_same(changed, said):
    def right():
        return keras.Sequential(
            [keras.Input((4, 6, 2)), layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(3, "softmax")]
        )

    def answer():
        parts = [layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(3, "softmax")]
        fresh = {place: type(layer).from_config(layer.get_config()) for place, layer in changed.items()}
        return keras.Sequential([keras.Input((4, 6, 2)), *(fresh.get(place, part) for place, part in enumerate(parts))])

    try:
        builds_alike(answer, right, call())
        told = ""
    except CheckFailed as failed:
        told = str(failed)
    assert [line.strip() for line in told.splitlines() if " should have " in line or " should pool " in line] == said


def test_a_layer_made_from_keras_s_own_is_one_of_its_kind():
    class Sobel(layers.Conv2D):
        pass

    def answer():
        made = Sobel(1, 2, use_bias=False, kernel_initializer="ones")
        made.build((None, None, None, 1))
        return made

    builds_alike(answer, SPACE["layer"], call(), inputs=(2, 5, 4, 1), own_weights=True)


def test_built_layers_are_shown(function):
    with pytest.raises(CheckFailed) as failed:
        builds_alike(function("padded"), SPACE["right"], call(3))
    shown = "Conv2D(filters=4, kernel_size=[3, 3], padding='same', activation='relu'), Flatten(), Dense(units=3"
    assert shown in str(failed.value)


def test_unanswered_exercise_says_so_itself(function):
    with pytest.raises(NotImplementedError):
        builds_alike(function("unanswered"), SPACE["right"], call(3))


def test_reference_that_raises_is_the_authors_mistake():
    with pytest.raises(RuntimeError, match="the reference raises KeyError"):
        builds_alike(SPACE["right"], SPACE["fails"], call(3))


def test_known_mistake_gets_its_hint(function, monkeypatch):
    catalogue = [(f"hint on {name}", SPACE[name]) for name in ("padded", "no_activation", "logits", "kept")]
    monkeypatch.setattr(judging, "misconceptions", lambda _expected: catalogue)
    for name in ("padded", "no_activation", "logits", "kept"):
        with pytest.raises(CheckFailed, match=rf"\n  Hint: hint on {name}$"):
            builds_alike(function(name), SPACE["right"], call(3))
    with pytest.raises(CheckFailed) as failed:
        builds_alike(function("dropout"), SPACE["right"], call(3))
    assert "Hint" not in str(failed.value)
