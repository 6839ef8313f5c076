"""What the project works with: folders of drawn fruits, a model whose answers are known, and visible checks."""

import numpy as np

from convnets.checks.calls import attempt, perform
from convnets.checks.compare import difference
from convnets.checks.objects import predict, use
from convnets.checks.words import CheckFailed, Words, describe_error, show_value

LARGEST = 256
"""Height and width that a model may declare at most."""
_AT_A_TIME = 2**24  # bytes of images that are sent to a model
COLOUR_WIDTH = 13  # of a colour's neighbourhood in a model of colours; they are at least 60 apart


def look(model):
    """Say what a model tells of itself, wherever it is.

    Parameters
    ----------
    model : keras.Model
        Or the grader's stand-in for one in another process.

    Returns
    -------
    dict
        ``input_shape``, ``compiled``, ``class_names``, and ``validation_accuracy``: where it has no attribute of that
        name, the last validation accuracy in the history of its last training; None where it has neither.
    """
    told = use(model, "introduce")
    fits = type(told) is dict and {name: type(value) for name, value in told.items()}
    # What another process says of itself may be anything.
    if not fits or fits.get("class") is not str or told["class"] != "Model":
        return {"class": "nothing of the kind"}
    names, shape, claim = (told.get(name) for name in ("class_names", "input_shape", "validation_accuracy"))
    return {
        "class": "Model",
        "input_shape": shape if type(shape) is list else None,
        "compiled": told.get("compiled") is True,
        "class_names": names if type(names) is list and all(type(name) is str for name in names) else None,
        "validation_accuracy": claim if type(claim) is float else None,
    }


def train_on(function, folder, seconds):
    """Let a function train a model on a folder, and check that the model is of the form the project asks for.

    Parameters
    ----------
    function : callable
        Called as ``function(directory)``.
    folder : Fruits
    seconds : float
        How long it may take, where the grader can tell.

    Returns
    -------
    (keras.Model, dict)
        The model, or a stand-in for it, and what `look` says of it.

    Raises
    ------
    CheckFailed
        When it is not of that form.
    """
    patient = function.allow_seconds(seconds) if hasattr(function, "allow_seconds") else function
    names = sorted(name for name in folder.classes if name)
    shown = Words(f"a folder of {len(folder.labels)} images in {len(names)} folders")
    outcome = attempt(patient, (folder,))

    def fail(said, symptom=None):
        failed = CheckFailed(f"train_classifier({shown!r})\n  {said}")
        failed.symptom = symptom
        raise failed

    if outcome.error is not None:
        raise CheckFailed(describe_error(function, (shown,), {}, outcome.error, "a trained Keras model"))
    if outcome.changed:
        fail("It changed the files in the folder. They are not yours: write somewhere else.")
    model = outcome.value
    told = look(model) if model is not None else {"class": "NoneType"}
    if told["class"] != "Model":
        symptom = "returns a tuple" if isinstance(model, tuple) else None
        fail(f"It returned {show_value(model)}; a trained Keras model is expected.", symptom)
    shape = told["input_shape"]
    if not shape or len(shape) != 4 or shape[3] != 3 or not all(type(side) is int and side > 0 for side in shape[1:3]):
        symptom = "leaves the size open" if shape and None in shape[1:3] else None
        said = (
            f"The model declares the input {show_value(shape)}. Declare a height and a width: "
            "keras.Input((height, width, 3))."
        )
        fail(said, symptom)
    if max(shape[1:3]) > LARGEST:
        fail(f"The model declares images of {shape[1]} × {shape[2]} pixels; {LARGEST} is the most.")
    if not told["compiled"]:
        fail("The model is not compiled.")
    if told["class_names"] is None:
        fail(
            "The model has no class_names. Set model.class_names to the list of the names, in the order of its outputs."
        )
    if told["class_names"] != names:
        same = sorted(told["class_names"]) == names
        fail(
            f"model.class_names is {show_value(told['class_names'])}; it should be {names}"
            + (", sorted." if same else ": the names of the folders inside, sorted."),
            None if same else "has other names",
        )
    return model, told


def outputs_of(model, images):
    """Call a model on images of 0…255, batch by batch.

    Parameters
    ----------
    model : keras.Model
        Or a stand-in for one.
    images : numpy.ndarray

    Returns
    -------
    numpy.ndarray
    """

    def call(batch):
        value = predict(model, batch)
        # What another process sends may be anything, and a list of texts would grow in an array.
        if not isinstance(value, np.ndarray) or (value.dtype.kind not in "biuf" and value.dtype.name != "bfloat16"):
            raise TypeError(f"it gave {show_value(value)}; an array of numbers is expected")
        return value

    size = max(1, min(64, _AT_A_TIME // images[0].nbytes))
    return np.concatenate([call(images[start : start + size]) for start in range(0, len(images), size)])


def check_outputs(model, told, images):
    """Check what a model of the project says of images: a number for each class, whatever else is in the batch.

    Parameters
    ----------
    model : keras.Model
        Or a stand-in for one.
    told : dict
        From `look`.
    images : numpy.ndarray
        Of 0…255, in the size that the model declares.

    Returns
    -------
    numpy.ndarray
        Shape ``(images, classes)``.

    Raises
    ------
    CheckFailed
    """
    try:
        outputs = outputs_of(model, images)
        alone = outputs_of(model, images[:1])
    except Exception as error:
        raise CheckFailed(
            f"model(images), with images of the size it declares\n  raised {type(error).__name__}: {error}"
        ) from None
    wanted = (len(images), len(told["class_names"]))
    if outputs.shape != wanted or not np.isfinite(outputs).all():
        said = f"the shape {outputs.shape}" if outputs.shape != wanted else "numbers that are not finite"
        raise CheckFailed(
            f"model(images), with {wanted[0]} images\n  What comes out has {said}; a number for each image and "
            f"each of the {wanted[1]} classes is expected: {wanted}."
        )
    if not np.allclose(alone[0], outputs[0], rtol=1e-2, atol=1e-3):
        failed = CheckFailed(
            "model(images, training=False)\n  What it says of an image depends on which others are in the batch. Is a "
            "mean over the batch taken inside the model, or does batch normalisation run in training mode there?"
        )
        failed.symptom = "depends on the batch"
        raise failed
    return outputs


def check_classifier(function, folder):
    """Check that a function trains a classifier of the form that the project asks for. How good it is does not matter.

    Parameters
    ----------
    function : callable
    folder : Fruits

    Raises
    ------
    CheckFailed
        With the first thing that is wrong.
    """
    model, told = train_on(function, folder, 45)
    images, _ = folder.load(tuple(told["input_shape"][1:3]))
    check_outputs(model, told, images)
    claim = told["validation_accuracy"]
    if claim is None or not 0 <= claim <= 1:
        print(
            f"The point for an honest validation cannot be earned: model.validation_accuracy is {claim}. It should be "
            "a share from 0 to 1: how often the model was right about images that it was not trained on."
        )


def check_predictions(function, model, album, expected):
    """Check what a function answers for the images in a folder.

    Parameters
    ----------
    function : callable
        Called as ``function(model, directory)``.
    model : keras.Model
    album : Album
    expected : dict of str to str
        The class of each file.

    Raises
    ------
    CheckFailed
        With the first file whose answer is wrong.
    Exception
        Whatever the function raises.
    """
    outcome = perform(function, (model, album))
    if outcome.error is not None:
        raise outcome.error
    shown = f"{getattr(function, '__name__', 'predict')}(model, {album!r})"
    said = difference(outcome.value, expected)
    if said:
        raise CheckFailed(f"{shown}\n  {said}\n  expected: {show_value(expected)}")
