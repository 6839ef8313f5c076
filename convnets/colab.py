"""What a notebook says when it has been set up on Colab or Kaggle."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version


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


def welcome(gpu=False):
    """Print one line: versions, and the graphics card or how to get one.

    Parameters
    ----------
    gpu : bool
        Whether the notebook is slow without a graphics card.
    """
    parts = [f"Python {platform.python_version()}"]
    for package, shown in (("tensorflow", "TensorFlow"), ("keras", "Keras"), ("numpy", "NumPy")):
        try:
            parts.append(f"{shown} {version(package)}")
        except PackageNotFoundError:
            parts.append(f"no {shown}")
    name = gpu_name()
    if name:
        parts.append(f"GPU: {name}")
    elif gpu:
        parts.append("no GPU: choose Runtime → Change runtime type → T4 GPU (on Kaggle: Settings → Accelerator)")
    else:
        parts.append("no GPU, and none is needed here")
    print("Ready. " + ", ".join(parts) + ".")
