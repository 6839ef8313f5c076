"""A mount namespace: of files that a process may not open, it does not even see the names."""

import os
import platform
import tempfile
from contextlib import suppress
from pathlib import Path

from autograder.exam.libc import _check, _libc

_NEW_NAMESPACES = 0x10000000 | 0x00020000  # CLONE_NEWUSER | CLONE_NEWNS
_BIND, _RECURSIVE, _PRIVATE, _DETACH = 1 << 12, 1 << 14, 1 << 18, 2
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


def leave_only(scratch, paths):
    """Give this process a file system of its own that holds some paths and nothing else.

    Needs no privileges where the kernel lets everyone make user namespaces, and a process of one thread. Nothing can be
    written where nothing could before.

    Parameters
    ----------
    scratch : path-like
        A folder, whatever lies in it.
    paths : list of path-like
        Files and folders.

    Returns
    -------
    bool
        Whether it could be done; nothing has changed where it could not.
    """
    if platform.machine() not in _PIVOT_ROOT:
        return False
    own, root = Path("/proc", str(os.getpid())), tempfile.mkdtemp(dir=scratch)
    try:
        _begin()
        _mount("tmpfs", root, 0, "tmpfs")
    except OSError:  # a system may give namespaces that are of no use
        Path(root).rmdir()
        return False
    try:
        for path in map(Path, [*paths, own]):
            _bind(path, Path(root + str(path)), _RECURSIVE)
        _bind(Path(scratch), Path(root + str(scratch)))  # without the new root, which lies in it
        Path(root, "proc", "self").symlink_to(own.name)
        os.chdir(root)
        _check(_libc.syscall(_PIVOT_ROOT[platform.machine()], b".", b"."), "pivot_root")
        old, done = ".", True  # which now lies over the new one
    except OSError:
        os.chdir(scratch)
        old, done = root, False
    _libc.umount2(old.encode(), _DETACH)
    os.chdir(scratch)
    Path(root).rmdir()
    return done


def _begin():
    """Enter namespaces of our own, as who we were; what is mounted here is not mounted elsewhere."""
    user, group = os.getuid(), os.getgid()
    _check(_libc.unshare(_NEW_NAMESPACES), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _mount("none", "/", _RECURSIVE | _PRIVATE)


def _bind(path, place, flags=0):
    with suppress(FileExistsError):
        (place if path.is_dir() else place.parent).mkdir(parents=True)
    if not path.is_dir():
        place.touch()
    _mount(path, place, _BIND | flags)


def _mount(source, place, flags, kind=None):
    arguments = str(source).encode(), str(place).encode(), kind and kind.encode()
    _check(_libc.mount(*arguments, flags, None), f"mounting {source} at {place}")
