"""Arguments that live in one process: a test writes them down, and a learner's process makes them.

Each has `for_a_call` for a function in this process (see `convnets.checks.calls.copy_plain`) and ``lend(learner)`` for
one in a learner's process, which asks for it by ``learner.make(kind, *arguments)``: one of `MAKERS`.
"""

from collections import defaultdict

import numpy as np

from convnets.checks.calls import same_plain
from convnets.checks.folders.folder import write_folder
from convnets.checks.formula import define
from convnets.checks.objects import facts, make, recipe, use
from convnets.checks.words import Words, show_call

_HERE = "this process"

# Making a model takes longer than most learners' functions do. So one that came back unchanged is used again.
_spare = defaultdict(list)  # (process, the call that makes it) -> (model, what it is like)
_handed_out = {}  # id(model) -> (model, what it was like)


class ModelOf:
    """A Keras model to hand to a learner's function, written down as the call that makes it.

    It can be drawn and kept like plain data. Messages show the call, so that learners can make the same model. Each
    call of the learner's function gets a model that no earlier call has changed, and when it changes its model, that
    is noted as with every other argument.

    Parameters
    ----------
    function : callable
        Makes the model, always with the same weights. A learner should be able to import it.
    *arguments, **keywords
        What it is called with; plain data.
    """

    def __init__(self, function, *arguments, **keywords):
        self.function, self.arguments, self.keywords = function, arguments, keywords

    def __repr__(self):
        return show_call(self.function, self.arguments, self.keywords)

    def __call__(self):
        return self.function(*self.arguments, **self.keywords)

    def for_a_call(self):
        """Return the model that a function in this process gets."""
        return self._hand_out(_HERE, self)

    def lend(self, learner):
        """Return the `convnets.checks.objects.Remote` that a function in a learner's process gets."""
        return self._hand_out(learner.process, lambda: learner.make("model", recipe(self())))

    def is_still(self, model):
        """Say whether a model that was handed out is what it was."""
        model, before = _handed_out.pop(id(model), (model, None))
        still = before is not None and same_plain(before, _look(model))
        if still:
            _spare[getattr(model, "process", _HERE), repr(self)].append((model, before))
        return still

    def describe(self, model):
        """Say what has become of a model that was handed out."""
        try:
            told = facts(model)
        except Exception:  # it can be changed until nothing can be said of it
            return Words("something that is no model any more")
        layers = ", ".join(layer["class"] for layer in told.get("layers", []))
        return Words(f"a changed {told['class']}({layers})")

    def _hand_out(self, process, make_one):
        spares = _spare[process, repr(self)]
        if spares:
            model, look = spares.pop()
        else:
            model = make_one()
            look = _look(model)
        _handed_out[id(model)] = model, look
        return model


def _look(model):
    try:
        return use(model, "look")
    except Exception:
        return None


_MOST_PASSES = 4


class Described:
    """An argument that lives in one process only, written down as what it is made of."""

    def __init__(self, kind, arguments, text):
        self.kind, self.arguments, self.text = kind, arguments, text

    def __repr__(self):
        return self.text

    def for_a_call(self):
        """Make what a function in this process gets."""
        return MAKERS[self.kind](*self.arguments)

    def lend(self, learner):
        """Make what a function in a learner's process gets."""
        return learner.make(self.kind, *self.arguments)

    def is_still(self, _given):
        """Say that it is as it was: nothing of it can be changed but how far it has been read."""
        return True


def keras_input(shape):
    """Describe a Keras tensor: what ``keras.Input(shape)`` gives."""
    return Described("input", (tuple(shape),), f"keras.Input({tuple(shape)})")


def batches_of(images, labels, size, kind="dataset"):
    """Describe something that gives batches.

    Parameters
    ----------
    images, labels : numpy.ndarray
    size : int
        Of a batch; the last one may have fewer.
    kind : {"dataset", "flow"}
        A ``tf.data.Dataset``, in the order given, or a flow of ``ImageDataGenerator``, which is shuffled and begins
        again when it is through.

    Returns
    -------
    Described
    """
    return Described(kind, (images, labels, size), f"a {kind} of {len(images)} images in batches of {size}")


def _input(shape):
    import keras

    return keras.Input(tuple(shape))


def _dataset(images, labels, size):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((images, labels)).batch(size)


def _flow(images, labels, size):
    from tensorflow.keras.preprocessing.image import ImageDataGenerator, NumpyArrayIterator

    class Flow(NumpyArrayIterator):
        """As every flow it never ends; a test that went along would not either, so here it stops with an error."""

        handed_out = 0

        def __next__(self):
            self.handed_out += 1
            if self.handed_out > _MOST_PASSES * len(self):
                raise RuntimeError("The flow was read again and again: a flow never ends by itself.")
            return super().__next__()

    flow = Flow(images, labels, ImageDataGenerator(), batch_size=size, shuffle=True, seed=1)
    flow.classes = np.asarray(labels)  # as a flow of a folder has, in the order of the files, not of the images
    return flow


def _model(written):
    return make(**written)


MAKERS = {
    "input": _input, "dataset": _dataset, "flow": _flow, "model": _model, "function": define, "folder": write_folder,
}  # fmt: skip
"""What makes an argument in the process where it is used, by its kind."""
