"""How large each place of a sandbox is. Pure."""

from dataclasses import dataclass

from chorus_hooks.sandbox import BoxSpec

PAGE = 4096
"""A file in a tmpfs takes whole pages."""

TASK_INODES = 200_000
OUTPUT_INODES = 20_000
TMP_INODES = 50_000
SLACK = 1 << 20
"""Room in the input for what is not the content of files: long links."""


@dataclass(frozen=True)
class Quota:
    """One tmpfs: its size in bytes and how many files, directories and links it may hold."""

    size: int
    inodes: int

    @property
    def options(self) -> str:
        """As `mount -o` takes it. A size of 0 would mean no limit, so it is never below one page."""
        return f"size={max(self.size, PAGE)},nr_inodes={max(self.inodes, 1)}"


@dataclass(frozen=True)
class Quotas:
    """The places of one sandbox. /tmp and /dev/shm share `tmp`."""

    input: Quota
    data: Quota
    output: Quota
    tmp: Quota


def quotas(spec: BoxSpec) -> Quotas:
    """Share `disk` out: two thirds to DATA, a quarter to OUTPUT, a twelfth to /tmp.

    The copy of the source in DATA comes on top, so a large source leaves a task the same room.
    """
    copy = spec.input_size + spec.input_files * PAGE
    entries = spec.input_files * 4
    return Quotas(
        input=Quota(copy + SLACK, entries + 10_000),
        data=Quota(spec.disk * 2 // 3 + copy, entries + TASK_INODES),
        output=Quota(spec.disk // 4, OUTPUT_INODES),
        tmp=Quota(spec.disk // 12, TMP_INODES),
    )
