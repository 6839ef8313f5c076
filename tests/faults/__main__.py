"""Plant faults, one after the other, each in a copy of the project of its own, and see that the tests find them.

``python -m tests.faults`` plants all of `tests.faults.planted`; with names, only those. It ends with the number that
was found, and with an error where one was not.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from functools import cache, cached_property
from pathlib import Path

from tests.conftest import PROJECT
from tests.faults.planted import FAULTS

# Who changes these makes the notebooks anew, so that those that are committed betray nothing.
RELEASED_FROM = (
    "solutions/",
    "autograder/course/release.py",
    "autograder/course/markdown.py",
    "autograder/course/pages.py",
)
PASSED, FAILED, NOT_COLLECTED = 0, 1, 2  # what pytest ends with


class Copy:
    """The project once more, with a Python that imports its packages and no others of these names.

    ``PYTHONPATH`` would not do: the processes in which learners' code runs are not told of it.

    Parameters
    ----------
    folder : path-like
        Empty.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        names = subprocess.run(listing, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split("\0")
        for name in filter(None, names):
            if (PROJECT / name).is_file():
                target = self.folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(PROJECT / name, target)

    @cached_property
    def python(self):
        """A Python with the packages of this one, but for the project's own."""
        here, there = Path(sys.prefix), self.folder / ".venv"
        venv.create(there, symlinks=True, with_pip=False)
        installed = next(there.glob("lib/python*/site-packages"))
        others = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})"
        (installed / "project.pth").write_text(f"{self.folder}\n{others}\n", encoding="utf-8")
        for program in (here / "bin").iterdir():
            if not (there / "bin" / program.name).exists():
                (there / "bin" / program.name).symlink_to(program)
        (there / "share").symlink_to(here / "share")
        return there / "bin" / "python"

    def plant(self, fault):
        """Put a fault into the copy, and do what its author would do then."""
        path = self.folder / fault.path
        before, after = path.read_text(encoding="utf-8").split(fault.old)  # once, or it is none that fits the file
        path.write_text(before + fault.new + after, encoding="utf-8")
        if fault.released and fault.path.startswith(RELEASED_FROM):
            self._run("-m", "autograder", "release").check_returncode()

    def first_failure(self, tests, nightly):
        """Run tests, those that wait for the night among them or not, and name the first that fails, if one does."""
        options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", *(["--nightly"] if nightly else [])]
        done = self._run("-m", "pytest", *options, *tests)
        if done.returncode not in (PASSED, FAILED, NOT_COLLECTED):
            raise RuntimeError(f"these tests did not run: {tests}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        told = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
        return None if done.returncode == PASSED else told[1]

    def _run(self, *arguments):
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "CI": "true"}
        return subprocess.run(
            [self.python, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True
        )


@cache
def fail_anyway(tests, nightly):
    """Say whether tests fail in the project as it is, so that they say nothing of a fault."""
    with tempfile.TemporaryDirectory() as folder:
        return bool(Copy(folder).first_failure(tests, nightly))


def finder(fault):
    """Name the test that finds a fault; None where the tests that should do so pass, or fail anyway."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(folder)
        copy.plant(fault)
        failed = copy.first_failure(fault.tests, fault.nightly)
    return None if failed is None or fail_anyway(fault.tests, fault.nightly) else failed


def main(names):
    """Plant the faults of these names, or all."""
    chosen = [fault for fault in FAULTS if not names or fault.name in names]
    found = 0
    for fault in chosen:
        before = _processor_seconds()
        test = finder(fault)
        found += test is not None
        print(
            f"{fault.name} ({_processor_seconds() - before:.0f} s of processor time): {test or 'NOT FOUND'}", flush=True
        )
    print(f"{found} of {len(chosen)} found")
    return 0 if found == len(chosen) else 1


def _processor_seconds():
    """Of all that was run from here."""
    used = os.times()
    return used.children_user + used.children_system


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
