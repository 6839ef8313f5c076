"""Graphics cards: which there are, and what a process needs to use one."""

import os
import re
from pathlib import Path

# What NVIDIA's driver looks up in the system before it opens a card.
_DRIVER_READS = [
    "proc/driver/nvidia",
    "proc/devices",
    "proc/modules",
    "proc/sys/vm/mmap_min_addr",
    "sys/bus/pci/devices",
    "sys/devices/system/node",
    "sys/devices/system/memory",
]
_DRIVER_GLOBS = ["sys/devices/pci*", "sys/module/nvidia*"]


def gpu_devices(root="/"):
    """List the device files of NVIDIA graphics cards that learners' code may use.

    Parameters
    ----------
    root : path-like
        Where ``dev`` is.

    Returns
    -------
    list of pathlib.Path
        Empty where there is no card, and where ``CUDA_VISIBLE_DEVICES`` hides them all.

    Examples
    --------
    >>> from pathlib import Path
    >>> from unittest.mock import patch
    >>> from autograder.exam.gpu import gpu_devices
    >>> Path("machine/dev").mkdir(parents=True)
    >>> for name in ("nvidia0", "nvidiactl", "tty"):
    ...     Path("machine/dev", name).touch()
    >>> with patch.dict("os.environ", CUDA_VISIBLE_DEVICES="0"):
    ...     [path.name for path in gpu_devices("machine")]
    ['nvidia0', 'nvidiactl']
    >>> with patch.dict("os.environ", CUDA_VISIBLE_DEVICES="-1"):
    ...     gpu_devices("machine")
    []
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1", "NoDevFiles"):
        return []
    found = sorted(Path(root, "dev").glob("nvidia*"))
    return found if any(re.fullmatch(r"nvidia\d+", path.name) for path in found) else []


def driver_paths(root="/"):
    """List what the driver of a graphics card reads: nothing of anybody's, only what hardware there is.

    Parameters
    ----------
    root : path-like
        Where ``proc`` and ``sys`` are.

    Returns
    -------
    list of pathlib.Path
    """
    found = [Path(root, path) for path in _DRIVER_READS]
    found += [path for pattern in _DRIVER_GLOBS for path in sorted(Path(root).glob(pattern))]
    return [path for path in found if path.exists()]


# Where a machine with a graphics card says which one is meant and where its libraries are.
GPU_VARIABLES = ["CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "XLA_FLAGS", "CUDA_HOME", "NVIDIA_VISIBLE_DEVICES"]


def gpu_settings():
    """Find out what TensorFlow in a learner's process has to be told of graphics cards.

    Returns
    -------
    dict of str to str
        For the environment: where there is a card, that a process takes no more of its memory than it uses, for others
        are graded beside it, and where its libraries are; where cards are hidden, that they are.
    """
    told = {name: os.environ[name] for name in GPU_VARIABLES if name in os.environ}
    if gpu_devices():
        return {**told, "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    return {"CUDA_VISIBLE_DEVICES": "-1"} if "CUDA_VISIBLE_DEVICES" in told else {}
