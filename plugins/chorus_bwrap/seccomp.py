"""The system call filter of a sandbox: a classic BPF program (seccomp(2), `linux/seccomp.h`). Pure.

Namespaces and missing capabilities already stop nearly everything. The filter takes away what they leave:
keyrings (a session keyring is inherited, whoever holds it may read it), bpf, perf, io_uring, userfaultfd and
the mount API, each a large piece of kernel to attack. Everything else is allowed.
"""

import struct
from typing import Final

NONE: Final = -1
"""The call does not exist there."""

DENIED: Final[dict[str, tuple[int, int]]] = {
    # name: (x86_64, aarch64); from 424 on the numbers are the same everywhere
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, NONE),
    "iopl": (172, NONE),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setns": (308, 268),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}

AUDIT_ARCH: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT: Final = 0x40000000
"""Set in system call numbers of the x32 ABI, which would be a way around a list of numbers."""

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NUMBER_AT, _ARCH_AT = 0, 4


def supported(machine: str) -> bool:
    """Whether there is a filter for this machine (as `os.uname().machine` names it)."""
    return machine in AUDIT_ARCH


def program(machine: str) -> bytes:
    """The filter, as an array of `struct sock_filter`. Other ABIs of the machine get ENOSYS.

    Raises KeyError when the machine is not supported.
    """
    column = list(AUDIT_ARCH).index(machine)
    numbers = sorted(pair[column] for pair in DENIED.values() if pair[column] != NONE)
    other_abi = (_RETURN, 0, 0, _ERRNO | _ENOSYS)
    steps = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        other_abi,
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if machine == "x86_64":
        steps += [(_AT_LEAST, 0, 1, X32_BIT), other_abi]
    # A match jumps over the checks that are left and over `allow`, to the last step.
    steps += [(_EQUAL, len(numbers) - index, 0, number) for index, number in enumerate(numbers)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
