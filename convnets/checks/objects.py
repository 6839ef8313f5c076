"""How a test looks at what does not cross between processes: Keras models and layers, generators, data sets.

Under the sealed grader such an object stays in the learner's process and a test holds a `Remote`; under stock nbgrader
the test holds the object itself. The functions here take either, and do the same with both. What they return is plain
data, said by a process that may lie: recompute in the test what can be recomputed, for instance by giving a model's
weights to the reference's model and comparing predictions.
"""

import itertools
import json
import re
import warnings

import numpy as np

from convnets.checks.calls import look_again
from convnets.checks.outcomes import error_text


class Handle:
    """Stands for an object that stays in the process it was made in.

    Attributes
    ----------
    number : int
        Tells handles of one process apart.
    type_name : str
        Name of the object's type.

    Examples
    --------
    >>> from convnets.checks.objects import Handle
    >>> from convnets.checks.words import kind_of_value
    >>> Handle(3, "Sequential")
    <Sequential>
    >>> kind_of_value(Handle(3, "Sequential"))  # as messages name it
    'a Sequential'
    """

    def __init__(self, number, type_name):
        self.number = number
        self.type_name = type_name

    def __repr__(self):
        return f"<{self.type_name}>"


class Remote(Handle):
    """Stands for an object in a learner's process.

    Parameters
    ----------
    learner : autograder.exam.learner.Learner
    number : int
    type_name : str

    Examples
    --------
    Of a learner it needs two attributes: here is one whose process has a generator of squares and knows one operation.

    >>> from types import SimpleNamespace
    >>> from convnets.checks.objects import Remote, take
    >>> there = {3: (number**2 for number in range(10))}
    >>> def do(remote, operation, arguments):
    ...     return [next(there[remote.number]) for _ in range(*arguments)]
    >>> squares = Remote(SimpleNamespace(process="process 1", use=do), 3, "generator")
    >>> take(squares, 4)
    [0, 1, 4, 9]
    """

    def __init__(self, learner, number, type_name):
        super().__init__(number, type_name)
        self.learner = learner
        self.process = learner.process

    def ask(self, operation, *arguments):
        """Do one of `OPERATIONS` with the object."""
        return self.learner.use(self, operation, arguments)


def use(thing, operation, *arguments):
    """Do one of `OPERATIONS` with an object, wherever it is.

    Parameters
    ----------
    thing : object or Remote
    operation : str
    *arguments
        Plain data.

    Returns
    -------
    object
        Plain data.

    Raises
    ------
    Exception
        What the operation raises, in whichever process.
    """
    if isinstance(thing, Remote):
        return thing.ask(operation, *arguments)
    return OPERATIONS[operation](thing, *arguments)


def facts(model):
    """Describe a Keras model or layer.

    Parameters
    ----------
    model : keras.Model, keras.Layer or Remote

    Returns
    -------
    dict
        ``class``, of a layer the one of Keras's that a learner's own is made from; ``parameters`` and
        ``trainable_parameters``; ``input_shape`` and ``output_shape`` (lists, None for the batch) where they are
        defined; ``config`` (plain values of ``get_config()``); ``layers``, a list of the same for each layer; for a
        compiled model ``optimizer`` (``class``, ``learning_rate`` and its config), ``loss`` and ``metrics`` as names.
    """
    return use(model, "facts")


def facts_or_none(thing):
    """Describe a Keras model or layer as `facts` does; None for anything else."""
    try:
        return facts(thing)
    except Exception:  # nothing of Keras's
        return None


def get_weights(model):
    """Return the weights of a Keras model or layer, a list of arrays in Keras's order."""
    return use(model, "weights")


def set_weights(model, weights):
    """Set the weights of a Keras model or layer."""
    use(model, "set_weights", list(weights))


def predict(model, inputs, training=False):
    """Call a Keras model or layer on an array.

    Parameters
    ----------
    model : keras.Model, keras.Layer or Remote
    inputs : numpy.ndarray
    training : bool

    Returns
    -------
    numpy.ndarray
    """
    return use(model, "predict", inputs, training)


def loss(model, inputs, labels):
    """Compute the loss of a compiled Keras model from its predictions.

    The loss gets the predictions as bare numbers. In training Keras lets it know of the softmax they came from, which
    hides a wrong ``from_logits``.

    Parameters
    ----------
    model : keras.Model or Remote
    inputs, labels : numpy.ndarray
        One batch.

    Returns
    -------
    float or str
        Where there is no loss, why, in words that are the same in every process.
    """
    try:
        return use(model, "loss", inputs, labels)
    except Exception as error:  # whatever a strange loss provokes
        return error_text(error)


def train(model, inputs, labels):
    """Train a compiled Keras model for one step on each of some batches.

    Parameters
    ----------
    model : keras.Model or Remote
    inputs : numpy.ndarray
        A batch in each row of the first axis.
    labels : numpy.ndarray
        The same.

    Returns
    -------
    list of float
        The loss of each batch, as the model was before the step.
    """
    return use(model, "train", inputs, labels)


def take(iterable, count):
    """Take the first items of a generator, data set or sequence.

    Parameters
    ----------
    iterable : iterable or Remote
    count : int

    Returns
    -------
    list
        At most ``count`` items; TensorFlow tensors become arrays.
    """
    return use(iterable, "take", count)


def passes(loader, times, most=500):
    """Go through a data set or a flow some times.

    Parameters
    ----------
    loader : iterable or Remote
        One with a length, such as a flow of Keras's, is over after as many items, else when it ends.
    times : int
    most : int
        Items of one pass to be taken at most.

    Returns
    -------
    list of list
        The items of each pass.
    """
    return use(loader, "passes", times, most)


def loader_facts(loader):
    """Describe what loads images.

    Parameters
    ----------
    loader : iterable or Remote

    Returns
    -------
    dict
        ``kind``: "flow" for one of ``ImageDataGenerator``, "dataset" for one of ``tf.data``, else the name of its type;
        ``steps``: for a data set the types of its transformations, the last one first; ``length``, None where it has
        none; ``classes``: ``class_indices`` or ``class_names`` where it has them.
    """
    return use(loader, "loader_facts")


def lend(function, model):
    """Give a Keras model to the process in which a learner's function runs.

    Parameters
    ----------
    function : callable
        The learner's function.
    model : keras.Model or keras.Layer

    Returns
    -------
    keras.Model, keras.Layer or Remote
        What to pass to the function: the model itself under stock nbgrader, else a copy of it over there.
    """
    learner = getattr(function, "learner", None)
    return model if learner is None else learner.make("model", recipe(model))


# ---------------------------------------------------------------- where the object is


def recipe(model):
    """Write a Keras model or layer down for `make`.

    Parameters
    ----------
    model : keras.Model or keras.Layer

    Returns
    -------
    dict
        ``config``, JSON; ``weights``, a list of arrays in Keras's order; ``class_names``, a list, None where the model
        has none.

    Examples
    --------
    >>> import keras
    >>> from convnets.checks.objects import make, recipe
    >>> network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> written = recipe(network)
    >>> [weight.shape for weight in written["weights"]]
    [(3, 2), (2,)]
    >>> make(**written).count_params()
    8
    """
    import keras

    names = getattr(model, "class_names", None)
    return {
        "config": json.dumps(keras.saving.serialize_keras_object(model)),
        "weights": model.get_weights(),
        "class_names": None if names is None else list(names),
    }


def make(config, weights, class_names=None):
    """Build a Keras model or layer from what `lend` sends."""
    import keras

    model = keras.saving.deserialize_keras_object(json.loads(config))
    if weights:
        model.set_weights(weights)
    if class_names is not None:
        model.class_names = class_names
    return model


def _facts(model):
    told = {
        "class": type(model).__name__,
        "name": model.name,
        "trainable": bool(model.trainable),
        "parameters": int(model.count_params()) if model.built else None,
        "trainable_parameters": int(sum(np.prod(weight.shape, dtype=int) for weight in model.trainable_weights)),
        "input_shape": _shape(model, "input"),
        "output_shape": _shape(model, "output"),
        "weights": [[list(weight.shape), bool(weight.trainable)] for weight in model.weights],
    }
    if hasattr(model, "layers"):
        told["layers"] = [_facts(layer) for layer in model.layers]
        if getattr(model, "compiled", False):
            optimizer = model.optimizer
            told["optimizer"] = {"class": type(optimizer).__name__, **_plain_config(optimizer.get_config())}
            told["optimizer"]["learning_rate"] = float(np.asarray(optimizer.learning_rate))
            asked = model.get_compile_config() or {}
            told["loss"] = _kind_of_loss(asked.get("loss"))
            told["metrics"] = _names(asked.get("metrics"))
    else:
        told["class"] = next((kind.__name__ for kind in type(model).__mro__ if _is_kerass(kind)), told["class"])
        told["config"] = _plain_config(model.get_config())
    return told


def _names(asked):
    """Metrics as Keras takes them, in lists, by the names of outputs, or one alone, as their names."""
    if isinstance(asked, dict) and "class_name" not in asked:
        asked = list(asked.values())
    if isinstance(asked, list | tuple):
        return [name for each in asked for name in _names(each)]
    return [] if asked is None else [_name(asked)]


def _is_kerass(kind):
    return kind.__module__.startswith("keras.src.")


def _shape(model, side):
    try:
        shape = getattr(model, f"{side}_shape", None) or getattr(model, side).shape
    except (AttributeError, ValueError):  # a layer that was never called has neither
        return None
    if not all(length is None or isinstance(length, int) for length in shape):
        return None
    return list(shape)


def _plain_config(config):
    plain = {}
    for key, value in config.items():
        if isinstance(value, bool | int | float | str | None):
            plain[key] = value
        elif isinstance(value, np.generic):
            plain[key] = value.item()
        elif isinstance(value, list | tuple) and all(
            isinstance(item, bool | int | float | str | None) for item in value
        ):
            plain[key] = list(value)
        elif isinstance(value, dict) and "class_name" in value:
            plain[key] = str(value["class_name"])
    return plain


def _name(asked):
    """Name a loss or metric as ``compile`` was given it: a string, or the name of a serialized object."""
    if isinstance(asked, dict):
        config = asked.get("config") or {}
        return config if isinstance(config, str) else str(config.get("name") or asked.get("class_name"))
    return None if asked is None else str(asked)


def _kind_of_loss(asked):
    """Name a loss as Keras does: one that is an object may have been given any other name."""
    named = isinstance(asked, dict) and not isinstance(asked.get("config"), str)
    return re.sub(r"(?<=[a-z\d])(?=[A-Z])", "_", str(asked.get("class_name"))).lower() if named else _name(asked)


def _predict(model, inputs, training):
    return np.asarray(model(np.asarray(inputs), training=training))


def _loss(model, inputs, labels):
    return float(np.asarray(model.compute_loss(x=inputs, y=labels, y_pred=_predict(model, inputs, False))))


def _train(model, inputs, labels):
    # For a few steps, tracing and compiling would take far longer than the steps themselves.
    model.run_eagerly, model.jit_compile, model.train_function = True, False, None
    losses = []
    for batch in zip(inputs, labels, strict=True):
        model.reset_metrics()  # else the loss would be the mean so far
        losses.append(float(model.train_on_batch(*batch, return_dict=True)["loss"]))
    return losses


def _measure(model, inputs, labels):
    model.run_eagerly, model.jit_compile, model.test_function = True, False, None
    model.reset_metrics()  # else they would be the mean so far
    return {name: float(value) for name, value in model.test_on_batch(inputs, labels, return_dict=True).items()}


def _take(iterable, count):
    iterator = iterable if hasattr(iterable, "__next__") else iter(iterable)
    return [_arrays(item) for item in itertools.islice(iterator, count)]


def _take_and_look(iterable, count):
    taken = _take(iterable, count)
    return taken, look_again(iterable, taken)


def _passes(loader, times, most):
    length = _length(loader)
    count = most if length is None else min(length, most)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one would go to stderr, and nbgrader takes every text there for a failed test
        return [_take(loader, count) for _ in range(times)]


def _length(loader):
    try:
        return len(loader)
    except TypeError:
        return None


def _loader_facts(loader):
    names = [kind.__name__ for kind in type(loader).__mro__]
    kind = (
        "dataset"
        if "DatasetV2" in names
        else "flow"
        if "DirectoryIterator" in names or "DataFrameIterator" in names
        else type(loader).__name__
    )
    steps, step = [], loader
    while kind == "dataset" and step is not None and len(steps) < 50:
        steps.append(type(step).__name__.strip("_"))
        step = getattr(step, "_input_dataset", None)
    classes = getattr(loader, "class_indices", None) or getattr(loader, "class_names", None)
    return {"kind": kind, "steps": steps, "length": _length(loader), "classes": classes}


def _arrays(item):
    if isinstance(item, tuple | list):
        return type(item)(_arrays(each) for each in item)
    return np.asarray(item) if type(item).__module__.startswith("tensorflow") else item


def _weights(model):
    return [np.asarray(weight) for weight in model.get_weights()]


def introduce(model):
    """Do what `look` does in the process where the model is."""
    import keras

    if not isinstance(model, keras.Model):
        return {"class": type(model).__name__}
    claim = getattr(model, "validation_accuracy", None)
    history = getattr(getattr(model, "history", None), "history", None) or {}
    for name, values in history.items():  # val_acc, val_accuracy, val_sparse_categorical_accuracy, …
        if claim is None and name.startswith("val_") and "acc" in name and values:
            claim = values[-1]
    names = getattr(model, "class_names", None)
    names = names.tolist() if isinstance(names, np.ndarray) else names
    try:
        claim = None if claim is None else float(claim)
    except (TypeError, ValueError):
        claim = None
    try:
        shape = model.input_shape
    except (AttributeError, ValueError):  # a model that has never been called has none
        shape = None
    return {
        "class": "Model",
        "input_shape": list(shape) if isinstance(shape, tuple) else None,
        "compiled": bool(getattr(model, "compiled", False)),
        # Keras wraps a list in one of its own.
        "class_names": [str(name) for name in names] if isinstance(names, list | tuple) else None,
        "validation_accuracy": claim,
    }


def model_between(outputs, inputs):
    """Make the Keras model that leads from one Keras tensor to another."""
    import keras

    return keras.Model(inputs, outputs)


OPERATIONS = {
    "facts": _facts,
    "weights": _weights,
    "look": lambda model: [_facts(model), _weights(model)],
    "set_weights": lambda model, weights: model.set_weights(weights),
    "predict": _predict,
    "loss": _loss,
    "train": _train,
    "measure": _measure,
    "introduce": introduce,
    "layer": lambda model, name: model.get_layer(name),
    "model_between": model_between,
    "take": _take,
    "take_and_look": _take_and_look,
    "passes": _passes,
    "loader_facts": _loader_facts,
}
