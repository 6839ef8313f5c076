"""Landlock: which files a process may touch."""

import errno
import os
import struct
from pathlib import Path

from autograder.exam.gpu import driver_paths, gpu_devices
from autograder.exam.libc import _PR_SET_NO_NEW_PRIVS, SandboxError, _check, _libc

_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446


_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3


_ALL_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}


_FILE_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14 | 1 << 15


_NET_ALL = 0b11  # bind, connect over TCP


_SCOPE_ALL = 0b11  # abstract Unix sockets, signals


def landlock_abi():
    """Return the version of Landlock that the kernel offers.

    Returns
    -------
    int
        0 where there is none.
    """
    return max(0, _libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1))


DEVICES = ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/dev/full"]


def restrict_files(scratch, readable, root="/", abi=None):
    """Allow reading ``readable``, reading and writing ``scratch`` and devices without memory, and no other file.

    Parameters
    ----------
    scratch : path-like
    readable : list of path-like
    root : path-like
        Where a graphics card is looked for.
    abi : int, optional
        The version of Landlock to be used; default: the kernel's.

    Raises
    ------
    SandboxError
        When the kernel has no Landlock.
    """
    abi = landlock_abi() if abi is None else abi
    if not abi:
        raise SandboxError(errno.ENOSYS, "this kernel has no Landlock")
    everything = _ALL_BY_ABI[min(abi, 5)]
    attributes = struct.pack("=QQQ", everything, _NET_ALL if abi >= 4 else 0, _SCOPE_ALL if abi >= 6 else 0)
    attributes = attributes[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = _check(_libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0), "landlock ruleset")
    cards = gpu_devices(root)
    devices = [*DEVICES, *map(str, cards)]
    rules = [(path, _READ_FILE | _READ_DIR | _EXECUTE) for path in [*readable, *(driver_paths(root) if cards else [])]]
    rules += [(path, _READ_FILE | _WRITE_FILE | 1 << 15) for path in devices if Path(path).exists()]
    rules += [(f"/proc/{os.getpid()}", _READ_FILE | _READ_DIR), (scratch, everything)]
    for path, access in rules:
        access &= everything if Path(path).is_dir() else everything & _FILE_ONLY
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", access, descriptor)
        _check(_libc.syscall(_LANDLOCK_ADD_RULE, ruleset, 1, rule, 0), f"landlock rule for {path}")
        os.close(descriptor)
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _check(_libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0), "landlock")
    os.close(ruleset)
