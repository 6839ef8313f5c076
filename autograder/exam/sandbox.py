"""Shut a Linux process in before a learner's code runs in it. Everything here works without privileges.

Four locks, each put on by the process itself and never taken off again:

* A file system of its own, where the kernel lets everyone have one: other files are not there at all.
* Landlock: which files can be read and written.
* seccomp: which system calls are answered: no sockets, no new processes, no signals to others, no tracing.
* resource limits: memory, processor time, open files, file size.

Where there is a graphics card, a learner's code may use it: its device files and what its driver reads are left open.
"""

import os
import resource
import struct
import sys
import sysconfig
from pathlib import Path

from autograder.exam.gpu import gpu_devices
from autograder.exam.landlock import DEVICES, landlock_abi, restrict_files
from autograder.exam.libc import _PR_CAPBSET_DROP, SandboxError, _libc
from autograder.exam.limits import Limits
from autograder.exam.mounts import leave_only
from autograder.exam.seccomp import restrict_calls


def readable_paths():
    """List what a Python process needs to read: the interpreter, installed packages, system libraries and data.

    Returns
    -------
    list of pathlib.Path
        The project's own folder is not among them, nor anyone's home.
    """
    import convnets

    installed = {sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    installed |= {path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")}
    system = ["/usr", "/lib", "/lib64", "/bin", "/opt/nvidia", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts"]
    system += ["/etc/nsswitch.conf", "/etc/mime.types", "/sys/devices/system/cpu", "/proc/cpuinfo", "/proc/meminfo"]
    here = [f"{sys.prefix}/lib", f"{sys.base_prefix}/lib", f"{sys.prefix}/share", str(Path(convnets.__file__).parent)]
    return [Path(path) for path in sorted({*installed, *system, *here}) if Path(path).exists()]


def drop_capabilities():
    """Give up what root can do, so that a process of root's is worth no more than anyone's."""
    for capability in range(64):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = struct.pack("=Ii", 0x20080522, 0)
    _libc.capset(header, struct.pack("=6I", *[0] * 6))


# ---------------------------------------------------------------- limits


def limit_resources(limits, gpu=False):
    """Set the resource limits.

    Parameters
    ----------
    limits : Limits
    gpu : bool
        Whether there is a graphics card to be used. Its driver reserves far more addresses than there is memory, so
        that not what is mapped is limited but what is mapped to be written to. Shared memory escapes that.
    """
    kind, mapped = ("RLIMIT_DATA", 5) if gpu and sys.platform == "linux" else ("RLIMIT_AS", 0)
    there = 0
    if sys.platform == "linux":
        there = int(Path("/proc/self/statm").read_text().split()[mapped]) * resource.getpagesize()
    for name, value in [
        (kind, there + limits.memory),
        ("RLIMIT_CPU", limits.cpu_seconds),
        ("RLIMIT_FSIZE", limits.file_bytes),
        ("RLIMIT_NOFILE", limits.open_files),
        ("RLIMIT_CORE", 0),
    ]:
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # A process that reaches its hard limit of processor time is killed as if for any reason; at the soft one, it is
        # ended by a signal of its own.
        resource.setrlimit(kind, (value - (kind == resource.RLIMIT_CPU), value))


def enter(scratch, limits=None, readable=None, abi=None):
    """Put on every lock there is here.

    Parameters
    ----------
    scratch : path-like
        The one folder that stays writable.
    limits : Limits, optional
    readable : list of path-like, optional
        Default: `readable_paths`.
    abi : int, optional
        The version of Landlock to be used; default: the kernel's.

    Returns
    -------
    list of str
        What could not be locked, a sentence each; empty when all is shut.
    """
    missing = []
    readable = readable_paths() if readable is None else readable
    limit_resources(limits or Limits(), gpu=bool(gpu_devices()))
    if sys.platform != "linux":
        return [
            "Files, network and other processes are open to learners' code: "
            "they can be shut on Linux only. Resource limits hold."
        ]
    if not gpu_devices():  # whose driver looks for more than can be listed
        leave_only(scratch, [*readable, *filter(os.path.exists, DEVICES)])
    drop_capabilities()
    abi = landlock_abi() if abi is None else abi
    for restrict in (lambda: restrict_files(scratch, readable, abi=abi), lambda: restrict_calls(abi)):
        try:
            restrict()
        except SandboxError as error:
            missing.append(f"{error.strerror}.")
    return missing
