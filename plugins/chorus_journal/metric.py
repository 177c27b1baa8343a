"""The metrics of the journal, the blobs and the disk under them."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import trio

from chorus_hooks.blob import Blobs, BlobUsage
from chorus_hooks.journal import Journal
from chorus_hooks.metric import Metric, Sample
from chorus_hooks.node import Node
from chorus_hooks.service import Capabilities

KEPT_S: Final = 60.0
"""Counting the blobs walks through the store: scraped each few seconds, it would be felt."""


class KeptUsage:
    """The usage of the store, counted anew after a while."""

    def __init__(self) -> None:
        self._counting = trio.Lock()
        self._usage: BlobUsage | None = None
        self._until = float("-inf")

    async def get(self, blobs: Blobs) -> BlobUsage:
        """At most `KEPT_S` old."""
        async with self._counting:
            if self._usage is None or trio.current_time() >= self._until:
                self._usage = await trio.to_thread.run_sync(blobs.usage, abandon_on_cancel=True)
                self._until = trio.current_time() + KEPT_S
            return self._usage


def metrics() -> tuple[Metric, ...]:
    """All of them."""
    return (*_journal_metrics(), *_blob_metrics(), *_disk_metrics())


def _journal_metrics() -> Iterator[Metric]:
    async def entries(capabilities: Capabilities) -> Sequence[Sample]:
        rows = await capabilities.get(Journal).read(lambda reader: reader.query("SELECT size FROM log"))
        return [Sample(float(rows[0][0]))]

    async def size(capabilities: Capabilities) -> Sequence[Sample]:
        return [Sample(float(_file_size(capabilities.get(Journal).database)))]

    yield Metric("chorus_journal_entries", "gauge", "Entries in the log of this node", entries, (Journal,))
    yield Metric(
        "chorus_journal_size_bytes", "gauge", "The database of the journal on disk", size, (Journal,)
    )


def _blob_metrics() -> Iterator[Metric]:
    kept = KeptUsage()

    async def count(capabilities: Capabilities) -> Sequence[Sample]:
        return [Sample(float((await kept.get(capabilities.get(Blobs))).count))]

    async def size(capabilities: Capabilities) -> Sequence[Sample]:
        return [Sample(float((await kept.get(capabilities.get(Blobs))).size))]

    async def quota(capabilities: Capabilities) -> Sequence[Sample]:
        return [Sample(float((await kept.get(capabilities.get(Blobs))).quota))]

    yield Metric("chorus_blobs", "gauge", "Blobs in the store", count, (Blobs,))
    yield Metric("chorus_blobs_size_bytes", "gauge", "What the blobs take", size, (Blobs,))
    yield Metric("chorus_blobs_quota_bytes", "gauge", "What the blobs may take", quota, (Blobs,))


def _disk_metrics() -> Iterator[Metric]:
    async def free(capabilities: Capabilities) -> Sequence[Sample]:
        seen = await _statvfs(capabilities)
        return [Sample(float(seen.f_bavail * seen.f_frsize))]

    async def free_inodes(capabilities: Capabilities) -> Sequence[Sample]:
        return [Sample(float((await _statvfs(capabilities)).f_favail))]

    yield Metric("chorus_state_dir_free_bytes", "gauge", "Free space under the state dir", free, (Node,))
    yield Metric(
        "chorus_state_dir_free_inodes", "gauge", "Free inodes under the state dir", free_inodes, (Node,)
    )


async def _statvfs(capabilities: Capabilities) -> os.statvfs_result:
    path = capabilities.get(Node).state_dir
    return await trio.to_thread.run_sync(os.statvfs, path, abandon_on_cancel=True)


def _file_size(database: Path) -> int:
    """The database and what is not yet moved into it (WAL)."""
    size = 0
    for path in (database, database.with_name(f"{database.name}-wal")):
        try:
            size += path.stat().st_size
        except FileNotFoundError:
            continue
    return size
