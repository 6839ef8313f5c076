"""System calls that Python has no function for."""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)


_PR_SET_NO_NEW_PRIVS = 38


_PR_SET_SECCOMP = 22


_PR_CAPBSET_DROP = 24


_SECCOMP_MODE_FILTER = 2


class SandboxError(OSError):
    """A lock cannot be put on here."""


def _check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise SandboxError(number, f"{what}: {os.strerror(number)}")
    return result
