"""The fact `result.made`: what a worker says came out of an attempt, signed with its journal."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from chorus_coordinator.control import encode
from chorus_hooks.blob import Blobs
from chorus_hooks.task import Result

MOST_INLINE: Final = 1 << 20
"""A journal entry is bounded (4 MiB). A result that names ten thousand artifacts becomes a blob instead."""


@dataclass(frozen=True)
class Made:
    """The fact's data, what it refers to, and the blob to hold when the result is one."""

    data: Mapping[str, object]
    ref: str
    blob: str | None = None


def made_fact(blobs: Blobs, task: str, result: Result) -> Made:
    """The fact for a result: `ref` is the address of its canonical JSON, which `data` holds when small."""
    raw = encode(result)
    sha256 = hashlib.sha256(raw).hexdigest()
    data: dict[str, object] = {"task": task, "attempt": result.attempt}
    if len(raw) <= MOST_INLINE:
        return Made({**data, "result": msgspec.to_builtins(result)}, f"sha256:{sha256}")
    with blobs.create() as writer:
        writer.write(raw)
        return Made(data, f"sha256:{sha256}", writer.commit().sha256)
