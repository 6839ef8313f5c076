"""Seccomp: which system calls a process may make."""

import ctypes
import errno
import os
import platform
import struct

from autograder.exam.libc import (
    _PR_SET_NO_NEW_PRIVS,
    _PR_SET_SECCOMP,
    _SECCOMP_MODE_FILTER,
    SandboxError,
    _check,
    _libc,
)

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
    "inotify_init": (253, -1), "inotify_init1": (294, 26), "file_setattr": (469, 469),
    "fcntl": (72, 25), "ioctl": (16, 29),
    "truncate": (76, 45), "open": (2, -1), "openat": (257, 56), "openat2": (437, 437),
}  # fmt: skip


# Landlock does not cover these. Answered with "done" and not done: honest code copies files, and must not fail.
_PRETENDED = {
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchown", "fchownat", "utime", "utimes",
    "futimesat", "utimensat", "sched_setaffinity",
}  # fmt: skip


# Allowed where the process means itself: kill(own pid), tgkill(own pid), prlimit(0).
_OWN_PID_ONLY = {"kill", "tgkill", "prlimit64"}


_SENT_ONLY_WHEN_CONNECTED = {"sendto"}  # sendto(address=NULL) is what send() is made of


# By these an owner is named to whom the system sends signals, and what is asked for is told.
_FCNTL = {"F_SETOWN": 8, "F_SETSIG": 10, "F_SETOWN_EX": 15, "F_SETLEASE": 1024, "F_NOTIFY": 1026}
_IOCTL = {
    "FIOSETOWN": 0x8901, "SIOCSPGRP": 0x8902, "FS_IOC_SETFLAGS": 0x40086602, "FS_IOC32_SETFLAGS": 0x40046602,
    "FS_IOC_FSSETXATTR": 0x401C5820, "TIOCSTI": 0x5412, "TIOCLINUX": 0x541C,
}  # fmt: skip
_REFUSED_COMMANDS = {"fcntl": _FCNTL, "ioctl": _IOCTL}


# What Landlock watches over from this version on: below it, the filter refuses what it can see of that.
TRUNCATING = 3
_TRUNCATE = {"truncate", "open", "openat", "openat2"}


_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def _filter_program(landlock):
    """Assemble the filter for this machine, whose Landlock is of some version.

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
        if numbers[column] < 0 or (name in _TRUNCATE and landlock >= TRUNCATING):
            continue
        if name == "clone":  # threads may be started, processes may not
            block = [step(_LOAD, argument[0]), step(_JUMP_SET, _CLONE_THREAD, 0, 1), step(_RETURN, _ALLOW), deny]
        elif name in _REFUSED_COMMANDS:
            block = [step(_LOAD, argument[1])]
            for command in _REFUSED_COMMANDS[name].values():
                block += [step(_JUMP_EQUAL, command, 0, 1), deny]
            block.append(step(_RETURN, _ALLOW))
        elif name in ("open", "openat"):  # for reading only, and emptied: Landlock would take that for reading
            flags = step(_LOAD, argument[2 if name == "openat" else 1])
            allow = step(_RETURN, _ALLOW)
            block = [flags, step(_JUMP_SET, os.O_TRUNC, 1, 0), allow, step(_JUMP_SET, os.O_ACCMODE, 0, 1), allow, deny]
        elif name in ("clone3", "openat2"):  # their flags cannot be seen from here; all fall back to the older call
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


def restrict_calls(landlock):
    """Refuse the system calls that reach out of the process.

    Parameters
    ----------
    landlock : int
        Its version here: what it lacks is made up for.

    Raises
    ------
    SandboxError
        When the kernel has no seccomp filters or the machine is not one whose numbers are known.
    """
    program = _filter_program(landlock)
    buffer = ctypes.create_string_buffer(program, len(program))
    fprog = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _check(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, fprog, 0, 0), "seccomp")
