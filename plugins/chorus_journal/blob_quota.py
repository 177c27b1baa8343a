"""How much the blobs take, and whether more may come."""

import threading
import time
from collections.abc import Callable
from itertools import chain
from typing import Final

from chorus_hooks.blob import BlobUsage
from chorus_hooks.errors import Full
from chorus_hooks.quantity import format_size
from chorus_journal.blob_files import BlobFiles

_FRESH: Final = 30.0
"""Seconds for which a count is believed; meanwhile other processes' blobs are not seen."""


class Quota:
    """Counts the tree when it must and adds up what this process writes in between. Thread-safe.

    Several processes may together exceed the quota by what they write between two counts.
    """

    def __init__(self, files: BlobFiles, limit: int, make_room: Callable[[], object]) -> None:
        self._files = files
        self._limit = limit
        self._make_room = make_room
        self._lock = threading.Lock()
        self._used = 0
        self._counted = float("-inf")

    def take(self, size: int) -> None:
        """Count `size` more bytes, if need be after making room; Full, counting none, when too many."""
        with self._lock:
            if time.monotonic() - self._counted > _FRESH or self._used + size > self._limit:
                self._recount()
            if self._used + size > self._limit:
                self._make_room()
                self._recount()
            if self._used + size > self._limit:
                raise Full(
                    f"the blobs would take more than the quota of {format_size(self._limit)},"
                    " and all that are there are in use",
                    hint="raise CHORUS_BLOB_QUOTA",
                )
            self._used += size

    def give_back(self, size: int) -> None:
        """Bytes that were taken are not kept after all."""
        with self._lock:
            self._used = max(0, self._used - size)

    def usage(self) -> BlobUsage:
        """Count blobs and bytes, unfinished ones left out."""
        sizes = [file.size for file in self._files.all()]
        return BlobUsage(count=len(sizes), size=sum(sizes), quota=self._limit)

    def _recount(self) -> None:
        unfinished = chain(self._files.all_drafts(), self._files.all_partials())
        self._used = self.usage().size + sum(file.size for file in unfinished)
        self._counted = time.monotonic()
