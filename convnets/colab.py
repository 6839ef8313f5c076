"""What a notebook says when it has been set up on Colab or Kaggle."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version

TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos")  # by these names it is installed


def gpu_name():
    """Name the graphics card, without importing TensorFlow.

    Returns
    -------
    str or None
        For instance ``"Tesla T4"``; None where there is none.
    """
    try:
        found = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    names = found.stdout.strip().splitlines()
    return names[0] if found.returncode == 0 and names else None


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def welcome(gpu=False):
    """Print one line: versions, and the graphics card or how to get one.

    Parameters
    ----------
    gpu : bool
        Whether the notebook is slow without a graphics card.
    """
    parts = [f"Python {platform.python_version()}"]
    for packages, shown in ((TENSORFLOW, "TensorFlow"), (["keras"], "Keras"), (["numpy"], "NumPy")):
        found = next(filter(None, map(_version, packages)), None)
        parts.append(f"{shown} {found}" if found else f"no {shown}")
    name = gpu_name()
    if name:
        parts.append(f"GPU: {name}")
    elif gpu:
        parts.append("no GPU: choose Runtime → Change runtime type → T4 GPU (on Kaggle: Settings → Accelerator)")
    else:
        parts.append("no GPU, and none is needed here")
    print("Ready. " + ", ".join(parts) + ".")
