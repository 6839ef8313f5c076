"""Hand a Keras model or layer over as plain data: how it is written, how it is built again, and how its numbers follow.

What is handed over is built again from Keras's own layers where no learner's code has run, and is looked at there. So
a learner's process says what a model *is*, and never what it does. An object that is not made of Keras's own layers
cannot be built again.
"""

import json

import numpy as np

from convnets.checks.objects import introduce


def hand_over(thing):
    """Write a Keras model or layer down.

    Parameters
    ----------
    thing : keras.Model or keras.Layer

    Returns
    -------
    list
        What tells the object from others of its process; the same for each of its numbers, by which two objects are
        known to share them; and what `rebuild` takes.
    """
    import keras

    if not isinstance(thing, keras.Layer):
        raise TypeError("no model and no layer")
    config = keras.saving.serialize_keras_object(thing)
    config.pop("compile_config", None)
    compiling, looked_after = None, None
    if getattr(thing, "compiled", False):
        optimizer = thing.optimizer
        compiling = {**thing.get_compile_config(), "optimizer": keras.saving.serialize_keras_object(optimizer)}
        if optimizer.built:
            places = {id(variable): place for place, variable in enumerate(thing.variables)}
            looked_after = [places[id(variable)] for variable in optimizer._trainable_variables]
    state = _state(thing)
    written = {
        "config": json.dumps(config),
        "compiling": None if compiling is None else json.dumps(compiling),
        "looked_after": looked_after,
        "trainable": [bool(layer._trainable) for layer in thing._flatten_layers()],
        "numbers": [[list(variable.shape), str(variable.dtype), bool(variable.trainable)] for variable in state],
        "size": sum(map(_size, state)),
        "built": bool(thing.built),
        "claims": {name: introduce(thing).get(name) for name in _CLAIMS},
    }
    return [id(thing), [id(variable) for variable in state], written]


_CLAIMS = "class_names", "validation_accuracy"  # what a model says of itself, and is asked for


def rebuild(written):
    """Build what `hand_over` has written, with other numbers.

    Parameters
    ----------
    written : dict
        The last item of what `hand_over` returns.

    Returns
    -------
    keras.Model or keras.Layer
        Its weights are not those of the original, for these are read and written as bytes.

    Raises
    ------
    Exception
        When it is not made of Keras's own layers, optimizers, losses and metrics.

    Examples
    --------
    >>> import keras
    >>> from convnets.checks.handover import hand_over, rebuild
    >>> *_, written = hand_over(keras.layers.Conv2D(8, 3, padding="same"))
    >>> rebuild(written).padding
    'same'
    >>> *_, written = hand_over(keras.layers.Lambda(lambda images: images / 255))
    >>> rebuild(written)
    Traceback (most recent call last):
    ...
    ValueError: Lambda is not of Keras
    """
    import keras

    thing = keras.saving.deserialize_keras_object(_of_keras(json.loads(written["config"])))
    for layer, trainable in zip(thing._flatten_layers(), written["trainable"], strict=True):
        layer._trainable = trainable  # the setter would decide for all layers inside, too
    if written["compiling"] is not None:
        thing.compile(**keras.saving.deserialize_keras_object(_of_keras(json.loads(written["compiling"]))))
        if written["looked_after"] is not None:
            thing.optimizer.build([thing.variables[place] for place in written["looked_after"]])
    state = _state(thing)
    if bool(thing.built) != written["built"] or written["size"] != sum(map(_size, state)):
        raise ValueError("it cannot be built as it was")
    for variable, (shape, dtype, trainable) in zip(state, written["numbers"], strict=True):
        if [list(variable.shape), str(variable.dtype)] != [shape, dtype]:
            raise ValueError("it has other numbers than it had")
        if variable.trainable != trainable:
            variable.trainable = trainable
    for name, claim in written["claims"].items():
        if claim is not None:
            setattr(thing, name, claim)
    return thing


_NOT_PLAIN = {
    "Lambda",
    "__lambda__",
    "TFSMLayer",
    "TorchModuleWrapper",
    "JaxLayer",
    "FlaxLayer",
}  # hold code
_ZEROS = {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None}


def _of_keras(config):
    """Return a configuration if all that it names is of Keras; initial values may be anyone's, for they follow."""
    if isinstance(config, list):
        return [_of_keras(each) for each in config]
    if not isinstance(config, dict):
        return config
    if not _names_keras(config):
        raise ValueError(f"{config['class_name']} is not of Keras")
    kept = {}
    for name, value in config.items():
        if name == "compile_config":  # of a model inside another
            continue
        made_elsewhere = isinstance(value, dict) and not str(value.get("module")).startswith("keras")
        kept[name] = _ZEROS if name.endswith("_initializer") and made_elsewhere else _of_keras(value)
    return kept


def _names_keras(config):
    if "class_name" not in config:
        return True
    module = config.get("module")
    of_keras = module in (None, "builtins", "keras") or (isinstance(module, str) and module.startswith("keras."))
    return of_keras and config["class_name"] not in _NOT_PLAIN


def _state(thing):
    """List all variables: weights, states of random layers, and what the optimizer keeps."""
    optimizer = getattr(thing, "optimizer", None)
    return [*thing.variables, *(optimizer.variables if optimizer is not None and optimizer.built else ())]


def _size(variable):
    item = 2 if variable.dtype == "bfloat16" else np.dtype(variable.dtype).itemsize
    return int(np.prod(variable.shape, dtype=int)) * item


def _bytes(variable):
    return np.array(variable).reshape(-1).view(np.uint8)


def _pieces(thing, start, count):
    """Go through the variables that hold some of the bytes: each with those of its own bytes, and where they begin."""
    place = 0
    for variable in _state(thing):
        size = _size(variable)
        first, last = max(start - place, 0), min(start + count - place, size)
        if first < last:
            yield variable, slice(first, last), place + first - start
        place += size


def _read(thing, start, count):
    return b"".join(_bytes(variable)[part].tobytes() for variable, part, _place in _pieces(thing, start, count))


def _write(thing, start, data):
    for variable, part, place in _pieces(thing, start, len(data)):
        array = np.array(variable)
        array.reshape(-1).view(np.uint8)[part] = np.frombuffer(data, np.uint8, part.stop - part.start, place)
        variable.assign(array)


def _take_over(thing, other, pairs):
    ours, theirs = _state(thing), _state(other)
    for place, other_place in pairs:
        ours[place].assign(theirs[other_place])


def _build(thing, inputs):
    thing(np.asarray(inputs))


HANDING_OVER = {"hand_over": hand_over, "build": _build, "read": _read, "write": _write, "take_over": _take_over}
"""Operations as in `convnets.checks.objects.OPERATIONS`; all numbers in a row are read and written as bytes."""
