"""How much of what a box holds: sizes of its four file systems, and the memory that carries them. Pure.

All four are tmpfs, whose pages are charged to the container: a full one must be `no space left` and never
an OOM kill. So the container gets what the task was promised, plus the two copies of the source.
"""

from dataclasses import dataclass
from typing import Final

from chorus_hooks.sandbox import BoxSpec

PAGE: Final = 4096
MIB: Final = 1 << 20

DATA_INODES: Final = 200_000
"""Enough for a large node_modules."""

SMALL_INODES: Final = 20_000

INODE_COST: Final = 4096
"""Kernel memory is charged too: at about 1 KiB for an inode these take at most a quarter of the memory."""


@dataclass(frozen=True)
class Layout:
    """Sizes in bytes, counts of inodes."""

    input: int
    data: int
    output: int
    tmp: int
    shm: int
    memory: int
    input_inodes: int
    data_inodes: int
    output_inodes: int


def lay_out(spec: BoxSpec) -> Layout:
    """Two thirds of `disk` for DATA, a quarter for OUTPUT, the rest for /tmp; the source's copies on top.

    `disk` counts up to three quarters of the memory: more would end in an OOM kill before it is full.
    """
    source = _pages(spec.input_size + (spec.input_files + 1) * PAGE)
    disk = min(spec.disk, spec.memory * 3 // 4)
    output, tmp = _pages(disk // 4), _pages(disk // 12)
    inodes = spec.memory // INODE_COST
    return Layout(
        input=source + MIB,
        data=source + max(_pages(disk - output - tmp), PAGE),
        output=max(output, PAGE),
        tmp=max(tmp, PAGE),
        shm=_pages(min(64 * MIB, spec.memory // 8)),
        memory=spec.memory + 2 * source + MIB,
        input_inodes=2 * spec.input_files + 1000,
        data_inodes=min(DATA_INODES, inodes) + 2 * spec.input_files,
        output_inodes=min(SMALL_INODES, inodes),
    )


def _pages(size: int) -> int:
    return size // PAGE * PAGE
