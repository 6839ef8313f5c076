"""Try whether learners' code can use a graphics card."""

from functools import cache

# What grading needs of a card: numbers that come back right, and a network that Keras compiles for it.
_ON_THE_GPU = """
import keras, numpy as np, tensorflow as tf

if not tf.config.list_physical_devices("GPU"):
    raise SystemError("TensorFlow finds no GPU")
with tf.device("/GPU:0"):
    ones = tf.ones((64, 64))
    assert float(tf.reduce_sum(ones @ ones)) == 64**3, "the GPU computes wrong numbers"
model = keras.Sequential([keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((8, 8, 8, 3)), np.ones((8, 1)), verbose=0)
"""


@cache
def try_gpu():
    """Let code that is shut in as a learner's train a small network on the graphics card.

    Returns
    -------
    str or None
        What went wrong; None when it works.
    """
    from autograder.exam.forkserver import WarmProcess

    warm = WarmProcess()
    try:
        warm.wait()
        return train_on_the_gpu(warm.wire)
    finally:
        warm.close()


def train_on_the_gpu(wire):
    """The same in a fork of a warm process that is there.

    Parameters
    ----------
    wire : autograder.exam.wire.Wire
        To the warm process.

    Returns
    -------
    str or None
    """
    from autograder.exam.learner import Learner
    from autograder.exam.limits import Rules

    learner = Learner(wire, Rules())
    try:
        outputs, stop = learner.run(_ON_THE_GPU)
    finally:
        learner.close()
    errors = [f"{output['ename']}: {output['evalue']}" for output in outputs if output["output_type"] == "error"]
    return stop.text if stop else next(iter(errors), None)
