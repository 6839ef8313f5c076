"""Plant faults, one after the other, each in a copy of the project of its own, and see that the tests find them.

``python -m tests.faults`` plants all of `tests.faults.planted`; with names, only those. It ends with the number that
was found, and with an error where one was not.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import PROJECT
from tests.faults.planted import FAULTS


def copy_of_the_project(folder):
    """Copy every file that is, or would be, under version control."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (PROJECT / name).is_file():
            target = Path(folder, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, target)


def is_found(fault, folder):
    """Plant a fault in a copy, and say whether the tests that should find it fail."""
    path = Path(folder, fault.path)
    path.write_text(path.read_text(encoding="utf-8").replace(fault.old, fault.new), encoding="utf-8")
    if fault.path.startswith(("book/", "solutions/", "autograder/templates/")):  # an author would make them too
        subprocess.run([sys.executable, "-m", "autograder", "release"], cwd=folder, env=_environment(folder))
    nightly = ["--nightly"] if fault.nightly else []
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *nightly, *fault.tests]
    done = subprocess.run(command, cwd=folder, env=_environment(folder), capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{fault.name}: the tests did not run\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == 1


def _environment(folder):
    return {**os.environ, "PYTHONPATH": str(folder), "CI": "true"}


def main(names):
    """Plant the faults of these names, or all."""
    chosen = [fault for fault in FAULTS if not names or fault.name in names]
    found = 0
    for fault in chosen:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            copy_of_the_project(folder)
            seen = is_found(fault, folder)
        found += seen
        seconds = time.monotonic() - began
        print(f"{'found' if seen else 'NOT FOUND':9}  {seconds:4.0f} s  {fault.name}: {fault.path}", flush=True)
    print(f"{found} of {len(chosen)} found")
    return 0 if found == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
