"""A stand-in for Colab: its package ``google.colab``, as far as the course uses it, and what it keeps.

The package is written into a folder, so that kernels and other processes can import it as well as a test itself. Real
ones behave alike in what matters here: a download needs a file on the disk, an upload lands in the working folder, the
front end may not answer.
"""

import json
import os
import textwrap
from pathlib import Path

import pytest

_STATE = '''
"""What the stand-in for Colab keeps in its folder."""

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2]


def note(kind, value):
    with Path(FOLDER, f"{kind}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(str(value)) + "\\n")
'''

_FILES = '''
"""The stand-in for ``google.colab.files``."""

import shutil
from pathlib import Path

from google.colab._state import FOLDER, note


def download(filename):
    """Keep the file as the browser would; as in Colab it has to be on the disk."""
    if not Path(filename).is_file():
        raise FileNotFoundError(f"Cannot find file: {filename}")
    target = FOLDER / "downloaded" / Path(filename).name
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(filename, target)
    note("downloads", Path(filename).name)


def upload(target_dir=""):
    """Put what the test offers into the folder, and return it by name."""
    offered = sorted((FOLDER / "offered").glob("*"))
    for path in offered:
        shutil.copyfile(path, Path(target_dir, path.name))
    return {path.name: path.read_bytes() for path in offered}
'''

_DRIVE = '''
"""The stand-in for ``google.colab.drive``."""

from pathlib import Path

from google.colab._state import note


def mount(mountpoint, force_remount=False, timeout_ms=120000, readonly=False):
    """Make the folder that a mounted drive has."""
    Path(mountpoint, "MyDrive").mkdir(parents=True, exist_ok=True)
    note("mounts", mountpoint)
    print(f"Mounted at {mountpoint}")


def flush_and_unmount(timeout_ms=86400000):
    note("mounts", "unmounted")
'''

_MESSAGE = '''
"""The stand-in for ``google.colab._message``, which is private in the real one."""

import json

from google.colab._state import FOLDER, note


class MessageError(Exception):
    """The front end answered with an error."""


def blocking_request(request_type, request="", timeout_sec=5, parent=None):
    """Answer ``get_ipynb`` with the notebook; None, as after a time-out, where the test has given none."""
    note("requests", request_type)
    path = FOLDER / "notebook.ipynb"
    if request_type != "get_ipynb" or not path.is_file():
        return None
    return {"ipynb": json.loads(path.read_text(encoding="utf-8"))}
'''


class Colab:
    """A folder with the package in it.

    Parameters
    ----------
    folder : path-like
        An empty one.

    Attributes
    ----------
    folder : pathlib.Path
        To be put on the search path. Files in its ``offered`` folder are what an upload brings; ``downloaded`` holds
        what was downloaded.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        package = self.folder / "google" / "colab"  # no __init__ in google: other packages are in it too
        package.mkdir(parents=True)
        (self.folder / "offered").mkdir()
        init = '"""The stand-in for Colab\'s package."""\n\nfrom google.colab import drive, files\n'
        for name, text in {
            "__init__": init, "_state": _STATE, "files": _FILES, "drive": _DRIVE, "_message": _MESSAGE,
        }.items():  # fmt: skip
            (package / f"{name}.py").write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")

    @property
    def environment(self):
        """This process's environment as it would be on Colab."""
        path = os.pathsep.join(filter(None, [str(self.folder), os.environ.get("PYTHONPATH")]))
        return {**os.environ, "PYTHONPATH": path, "COLAB_RELEASE_TAG": "release-colab-external-stub"}

    def shows(self, notebook):
        """Let the front end have this notebook open (JSON text or a dict); None: it does not answer."""
        path = self.folder / "notebook.ipynb"
        if notebook is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(notebook if isinstance(notebook, str) else json.dumps(notebook), encoding="utf-8")

    def offers(self, name, data):
        """Let the learner choose this file in the next upload."""
        (self.folder / "offered" / name).write_bytes(data)

    @property
    def downloads(self):
        """Paths of what was downloaded, in order."""
        return [self.folder / "downloaded" / name for name in self.noted("downloads")]

    def noted(self, kind):
        """List what was asked of it: "downloads", "mounts" or "requests"."""
        path = self.folder / f"{kind}.jsonl"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []

    def forget(self, modules):
        """Remove the package from a table of modules, such as ``sys.modules``."""
        for name in [name for name in modules if name == "google.colab" or name.startswith("google.colab.")]:
            del modules[name]


@pytest.fixture
def colab(tmp_path_factory, monkeypatch):
    """This process, and those it starts, on Colab: a `Colab`."""
    import sys

    made = Colab(tmp_path_factory.mktemp("colab"))
    made.forget(sys.modules)
    monkeypatch.syspath_prepend(str(made.folder))
    for name in ("PYTHONPATH", "COLAB_RELEASE_TAG"):
        monkeypatch.setenv(name, made.environment[name])
    yield made
    made.forget(sys.modules)
