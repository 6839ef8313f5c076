"""The one folder that a learner's process may write to, watched from outside."""

import os
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

_ENTRIES = 20_000  # files and folders in a scratch folder


class TooMuchWritten(Exception):
    """The learner's code filled its scratch folder."""


class Scratch:
    """A scratch folder, and how much it may hold."""

    def __init__(self, most_bytes):
        self.path = Path(tempfile.mkdtemp(prefix="scratch-"))
        self._most = most_bytes

    def watch(self, process=None):
        """Raise `TooMuchWritten` when there is too much in it, what a process keeps without a name included."""
        count, used = 0, _unlinked(process)
        for entry in _inside(self.path):
            count += 1
            with suppress(OSError):
                used += entry.stat(follow_symlinks=False).st_blocks * 512
        if count > _ENTRIES:
            raise TooMuchWritten(f"it made more than {_ENTRIES:,} files and folders")
        if used > self._most:
            raise TooMuchWritten(f"it wrote {used:,} bytes of files; {self._most:,} is the limit")

    def remove(self):
        """Remove it, whatever was done to it."""
        for entry in _inside(self.path):
            if entry.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    Path(entry.path).chmod(0o700)
        try:
            shutil.rmtree(self.path, ignore_errors=True)
        except RecursionError:  # thousands of folders inside each other
            subprocess.run(["rm", "-rf", "--", self.path], check=False)


def _unlinked(process):
    """Count the bytes of files that a process holds open and that have no name any more."""
    sizes = {}
    with suppress(OSError):
        for path in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                found = path.stat()
                if stat.S_ISREG(found.st_mode) and found.st_nlink == 0:
                    sizes[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(sizes.values())


def _inside(folder):
    """List everything in a folder, however deep; a walk that calls itself would end at a thousand levels."""
    waiting, count = [folder], 0
    while waiting and count <= _ENTRIES:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    count += 1
                    yield entry
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:  # gone, shut, or its name is too long
            continue
