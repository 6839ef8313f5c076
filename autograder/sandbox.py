"""Shut a Linux process in before a learner's code runs in it. Everything here works without privileges.

Three locks, each put on by the process itself and never taken off again:

* Landlock: which files can be read and written.
* seccomp: which system calls are answered: no sockets, no new processes, no signals to others, no tracing.
* resource limits: memory, processor time, open files, file size.

Where there is a graphics card, a learner's code may use it: its device files and what its driver reads are left open.
"""

import ctypes
import errno
import os
import platform
import re
import resource
import struct
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_PR_CAPBSET_DROP = 24
_SECCOMP_MODE_FILTER = 2


class SandboxError(OSError):
    """A lock cannot be put on here."""


@dataclass
class Limits:
    """What one learner's process may use.

    Attributes
    ----------
    memory : int
        Bytes it may map beyond what the warm process had mapped.
    cpu_seconds : int
        Processor time in all.
    file_bytes : int
        Size of one file.
    scratch_bytes : int
        Size of its scratch folder in all; watched by the examiner.
    open_files : int
    """

    memory: int = 4 * 2**30
    cpu_seconds: int = 900
    file_bytes: int = 64 * 2**20
    scratch_bytes: int = 256 * 2**20
    open_files: int = 256


def _check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise SandboxError(number, f"{what}: {os.strerror(number)}")
    return result


# ---------------------------------------------------------------- Landlock
# linux/landlock.h; the numbers of these three system calls are the same on every architecture.

_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_ALL_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_FILE_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14 | 1 << 15
_NET_ALL = 0b11  # bind, connect over TCP
_SCOPE_ALL = 0b11  # abstract Unix sockets, signals


def landlock_abi():
    """Return the version of Landlock that the kernel offers, 0 when there is none."""
    return max(0, _libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1))


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


_DEVICES = ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/dev/full"]

# What NVIDIA's driver looks up in the system before it opens a card.
_DRIVER_READS = [
    "proc/driver/nvidia",
    "proc/devices",
    "proc/modules",
    "proc/sys/vm/mmap_min_addr",
    "sys/bus/pci/devices",
]
_DRIVER_READS += ["sys/devices/system/node", "sys/devices/system/memory"]
_DRIVER_GLOBS = ["sys/devices/pci*", "sys/module/nvidia*"]


def gpu_devices(root="/"):
    """List the device files of NVIDIA graphics cards that learners' code may use.

    Parameters
    ----------
    root : path-like
        Where ``dev`` is.

    Returns
    -------
    list of pathlib.Path
        Empty where there is no card, and where ``CUDA_VISIBLE_DEVICES`` hides them all.
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1", "NoDevFiles"):
        return []
    found = sorted(Path(root, "dev").glob("nvidia*"))
    return found if any(re.fullmatch(r"nvidia\d+", path.name) for path in found) else []


def driver_paths(root="/"):
    """List what the driver of a graphics card reads: nothing of anybody's, only what hardware there is.

    Parameters
    ----------
    root : path-like
        Where ``proc`` and ``sys`` are.

    Returns
    -------
    list of pathlib.Path
    """
    found = [Path(root, path) for path in _DRIVER_READS]
    found += [path for pattern in _DRIVER_GLOBS for path in sorted(Path(root).glob(pattern))]
    return [path for path in found if path.exists()]


def restrict_files(scratch, readable, root="/"):
    """Allow reading ``readable``, reading and writing ``scratch`` and devices without memory, and no other file.

    Parameters
    ----------
    scratch : path-like
    readable : list of path-like
    root : path-like
        Where a graphics card is looked for.

    Raises
    ------
    SandboxError
        When the kernel has no Landlock.
    """
    abi = landlock_abi()
    if not abi:
        raise SandboxError(errno.ENOSYS, "this kernel has no Landlock")
    everything = _ALL_BY_ABI[min(abi, 5)]
    attributes = struct.pack("=QQQ", everything, _NET_ALL if abi >= 4 else 0, _SCOPE_ALL if abi >= 6 else 0)
    attributes = attributes[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = _check(_libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0), "landlock ruleset")
    cards = gpu_devices(root)
    devices = [*_DEVICES, *map(str, cards)]
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


# ---------------------------------------------------------------- seccomp
# A classic BPF program over struct seccomp_data {int nr; u32 arch; u64 ip; u64 args[6]} (linux/seccomp.h).

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _JUMP_EQUAL, _JUMP_SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_CLONE_THREAD = 0x00010000

# Names of system calls with their numbers on x86_64 and aarch64 (-1: that architecture has none).
_NUMBERS = {
    "clone": (56, 220), "fork": (57, -1), "vfork": (58, -1), "clone3": (435, 435),
    "execve": (59, 221), "execveat": (322, 281),
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242), "sendto": (44, 206), "socketpair": (53, 199),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "perf_event_open": (298, 241), "bpf": (321, 280),
    "userfaultfd": (323, 282), "move_pages": (279, 239), "migrate_pages": (256, 238),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "prlimit64": (302, 261), "setpriority": (141, 140), "ioprio_set": (251, 30), "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118), "sched_setattr": (314, 274), "sched_setaffinity": (203, 122),
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "semget": (64, 190), "semctl": (66, 191),
    "semop": (65, 193), "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
    "mq_open": (240, 180), "mq_unlink": (241, 181), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "quotactl": (179, 60), "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142), "acct": (163, 89),
    "sethostname": (170, 161), "setdomainname": (171, 162), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294), "syslog": (103, 116),
    "iopl": (172, -1), "ioperm": (173, -1), "vhangup": (153, 58),
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, -1), "lchown": (94, -1), "fchown": (93, 55), "fchownat": (260, 54),
    "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14),
    "lremovexattr": (198, 15), "fremovexattr": (199, 16), "setxattrat": (463, 463), "removexattrat": (466, 466),
    "setuid": (105, 146), "setgid": (106, 144), "setreuid": (113, 145), "setregid": (114, 143),
    "setresuid": (117, 147), "setresgid": (119, 149), "setgroups": (116, 159), "setfsuid": (122, 151),
    "setfsgid": (123, 152), "capset": (126, 91), "personality": (135, 92),
}  # fmt: skip

# Landlock does not cover these. Answered with "done" and not done: honest code copies files, and must not fail.
_PRETENDED = {
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchown", "fchownat", "utime", "utimes",
    "futimesat", "utimensat", "sched_setaffinity",
}  # fmt: skip
# Allowed where the process means itself: kill(own pid), tgkill(own pid), prlimit(0).
_OWN_PID_ONLY = {"kill", "tgkill", "prlimit64"}
_SENT_ONLY_WHEN_CONNECTED = {"sendto"}  # sendto(address=NULL) is what send() is made of

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def _filter_program():
    """Assemble the filter for this machine.

    Returns
    -------
    bytes
        struct sock_filter {u16 code; u8 jt; u8 jf; u32 k}, one after another.
    """
    if platform.machine() not in _ARCHITECTURES:
        raise SandboxError(errno.ENOSYS, f"no system call filter for {platform.machine()}")
    column, architecture = _ARCHITECTURES[platform.machine()]

    def step(code, k, true=0, false=0):
        return struct.pack("=HBBI", code, true, false, k)

    number, arch, argument = 0, 4, [16 + 8 * i for i in range(6)]  # low halves: both machines are little-endian
    deny = step(_RETURN, _ERRNO | errno.EPERM)
    program = [
        step(_LOAD, arch),
        step(_JUMP_EQUAL, architecture, 1, 0),
        step(_RETURN, _KILL),
        step(_LOAD, number),
    ]
    if column == 0:  # the x32 numbers would go round the list
        program += [step(_JUMP_SET, 0x40000000, 0, 1), step(_RETURN, _KILL)]
    for name, numbers in _NUMBERS.items():
        if numbers[column] < 0:
            continue
        if name == "clone":  # threads may be started, processes may not
            block = [step(_LOAD, argument[0]), step(_JUMP_SET, _CLONE_THREAD, 0, 1), step(_RETURN, _ALLOW), deny]
        elif name == "clone3":  # its flags cannot be seen from here; the C library falls back to clone
            block = [step(_RETURN, _ERRNO | errno.ENOSYS)]
        elif name in _OWN_PID_ONLY:
            block = [
                step(_LOAD, argument[0]),
                step(_JUMP_EQUAL, os.getpid(), 1, 0),
                step(_JUMP_EQUAL, 0 if name == "prlimit64" else os.getpid(), 0, 1),
                step(_RETURN, _ALLOW),
                deny,
            ]
        elif name in _SENT_ONLY_WHEN_CONNECTED:
            block = [
                step(_LOAD, argument[4]),
                step(_JUMP_EQUAL, 0, 0, 3),
                step(_LOAD, argument[4] + 4),
                step(_JUMP_EQUAL, 0, 0, 1),
                step(_RETURN, _ALLOW),
                deny,
            ]
        elif name == "socketpair":
            # Datagram sockets can send to any other. SOCK_DGRAM and SOCK_RAW have bit 2, streams have not.
            block = [step(_LOAD, argument[1]), step(_JUMP_SET, 2, 0, 1), deny, step(_RETURN, _ALLOW)]
        elif name in _PRETENDED:
            block = [step(_RETURN, _ERRNO | 0)]
        else:
            block = [deny]
        program += [step(_JUMP_EQUAL, numbers[column], 0, len(block)), *block]
    program.append(step(_RETURN, _ALLOW))
    return b"".join(program)


def restrict_calls():
    """Refuse the system calls that reach out of the process.

    Raises
    ------
    SandboxError
        When the kernel has no seccomp filters or the machine is not one whose numbers are known.
    """
    program = _filter_program()
    buffer = ctypes.create_string_buffer(program, len(program))
    fprog = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _check(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, fprog, 0, 0), "seccomp")


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


def enter(scratch, limits=None, readable=None):
    """Put on every lock there is here.

    Parameters
    ----------
    scratch : path-like
        The one folder that stays writable.
    limits : Limits, optional
    readable : list of path-like, optional
        Default: `readable_paths`.

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
    drop_capabilities()
    for restrict in (lambda: restrict_files(scratch, readable), restrict_calls):
        try:
            restrict()
        except SandboxError as error:
            missing.append(f"{error.strerror}.")
    return missing
