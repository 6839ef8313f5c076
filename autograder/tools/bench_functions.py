"""Time the course's fast functions beside TensorFlow's and SciPy's: ``python -m autograder bench --kernels``.

The measuring runs in a process of its own, for NumPy and TensorFlow read how many threads they may use when they are
imported. There each function gets the same arrays, one thread, and its turn in every round; medians are compared.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter

from autograder.course.paths import PROJECT

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)

SIZES = {
    "full": {
        "conv_forward": {"images": (32, 64, 64, 16), "filters": (3, 3, 16, 32)},
        "convolve2d_fast": {"image": (512, 512), "kernel": (5, 5)},
        "max_pool": {"images": (32, 64, 64, 16), "size": 2},
    },
    "tiny": {
        "conv_forward": {"images": (2, 7, 5, 3), "filters": (3, 2, 3, 4)},
        "convolve2d_fast": {"image": (9, 7), "kernel": (3, 2)},
        "max_pool": {"images": (2, 7, 5, 3), "size": 2},
    },
}
"""Shapes of the arrays, in float32."""


@dataclass
class Timing:
    """One function of the course beside one of a library.

    Attributes
    ----------
    function : str
        The course's.
    arrays : str
        What both were given.
    library : str
        The library's function.
    seconds, library_seconds : float
        Medians.
    """

    function: str
    arrays: str
    library: str
    seconds: float
    library_seconds: float

    @property
    def ratio(self):
        """How many times as long as the library the course's function takes."""
        return self.seconds / self.library_seconds


def measure(size="full", rounds=20):
    """Time every function in a new process that has one thread.

    Parameters
    ----------
    size : str
        One of `SIZES`.
    rounds : int
        How often each function runs.

    Returns
    -------
    list of Timing

    Raises
    ------
    RuntimeError
        When two functions give different results, or the process fails in another way.
    """
    environment = {**os.environ, **dict.fromkeys(_THREADS, "1"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-m", "autograder.tools.bench_functions", size, str(rounds)],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"the measuring ended early:\n{done.stderr.strip()[-2000:]}")
    return [Timing(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def table(timings):
    """Draw timings as a table.

    Parameters
    ----------
    timings : list of Timing

    Returns
    -------
    rich.table.Table
    """
    from rich.table import Table

    drawn = Table(title="One thread each, medians; equal results were checked", title_justify="left")
    for column, options in [
        ("function", {"no_wrap": True}),
        ("on", {}),
        ("ms", {"justify": "right"}),
        ("beside", {"no_wrap": True}),
        ("ms", {"justify": "right"}),
        ("times as long", {"justify": "right"}),
    ]:
        drawn.add_column(column, **options)
    for timing in timings:
        drawn.add_row(
            timing.function,
            timing.arrays,
            f"{1000 * timing.seconds:.2f}",
            timing.library,
            f"{1000 * timing.library_seconds:.2f}",
            f"{timing.ratio:.2f}",
        )
    return drawn


def _contests(sizes):
    """Set up what is timed.

    Yields
    ------
    (str, str, callable, dict of str to callable)
        The course's function, its arrays in words, a call of it, and the same by libraries. Calls return arrays.
    """
    import numpy as np
    import tensorflow as tf
    from scipy.signal import correlate2d

    from autograder.course.reference import reference
    from autograder.course.source import assignment_names

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    rng = np.random.default_rng(0)

    def draw(shape):
        return rng.normal(size=shape).astype(np.float32)

    # TensorFlow gets its tensors ready-made, as the course's functions get their arrays.
    images, filters = draw(sizes["conv_forward"]["images"]), draw(sizes["conv_forward"]["filters"])
    bias = draw(filters.shape[-1:])
    conv_forward = reference("02-conv-layer").conv_forward
    tensors = tf.constant(images), tf.constant(filters), tf.constant(bias)
    yield (
        "conv_forward",
        f"{_by(images.shape)}, {filters.shape[3]} filters of {_by(filters.shape[:2])}",
        lambda: conv_forward(images, filters, bias),
        {"tf.nn.conv2d": lambda: tf.nn.bias_add(tf.nn.conv2d(*tensors[:2], 1, "VALID"), tensors[2]).numpy()},
    )

    image, kernel = draw(sizes["convolve2d_fast"]["image"]), draw(sizes["convolve2d_fast"]["kernel"])
    convolve2d_fast = reference("01-convolution").convolve2d_fast
    tensor, weights = tf.constant(image[np.newaxis, ..., np.newaxis]), tf.constant(kernel[..., np.newaxis, np.newaxis])
    yield (
        "convolve2d_fast",
        f"{_by(image.shape)}, kernel {_by(kernel.shape)}",
        lambda: convolve2d_fast(image, kernel),
        {
            "scipy.signal.correlate2d": lambda: correlate2d(image, kernel, mode="valid"),
            "tf.nn.conv2d": lambda: tf.nn.conv2d(tensor, weights, 1, "VALID").numpy()[0, ..., 0],
        },
    )

    if "04-lenet" in assignment_names() and hasattr(reference("04-lenet"), "max_pool"):
        max_pool = reference("04-lenet").max_pool
        pooled, window = draw(sizes["max_pool"]["images"]), sizes["max_pool"]["size"]
        pooled_tensor = tf.constant(pooled)
        yield (
            "max_pool",
            f"{_by(pooled.shape)}, size {window}",
            lambda: max_pool(pooled, window),
            {"tf.nn.max_pool2d": lambda: tf.nn.max_pool2d(pooled_tensor, window, window, "VALID").numpy()},
        )


def _by(shape):
    return "×".join(map(str, shape))


def _timings(size, rounds):
    import numpy as np

    timings = []
    for function, arrays, ours, theirs in _contests(SIZES[size]):
        result = ours()
        for library, compute in theirs.items():
            other = compute()
            # Sums of some hundred float32 products, in two orders.
            if result.shape != other.shape or not np.allclose(result, other, rtol=1e-3, atol=1e-3):
                raise RuntimeError(f"{function} and {library} give different results on {arrays}")
        contestants = {function: ours, **theirs}
        seconds = {name: [] for name in contestants}
        for _ in range(rounds):  # in turn, so that what slows the machine down for a while slows all of them
            for name, compute in contestants.items():
                start = perf_counter()
                compute()
                seconds[name].append(perf_counter() - start)
        middle = {name: median(taken) for name, taken in seconds.items()}
        timings += [Timing(function, arrays, library, middle[function], middle[library]) for library in theirs]
    return timings


if __name__ == "__main__":
    print(json.dumps([asdict(timing) for timing in _timings(sys.argv[1], int(sys.argv[2]))]))
