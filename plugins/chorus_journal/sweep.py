"""The sweeper `blobs`: what nothing holds, drafts whose writer died, and what never came whole."""

from collections.abc import Callable
from typing import Final

import trio

from chorus_hooks.blob import Blobs
from chorus_hooks.leftover import Leftover
from chorus_hooks.node import Node
from chorus_journal.blob_files import BlobFiles, StoredFile
from chorus_journal.blob_partial import forget

YOUNGEST_S: Final = 2 * 3600.0
"""Younger blobs stay whatever CHORUS_RETENTION says: who wrote one records its hold within minutes, and the
clock may be set by an hour meanwhile."""


class BlobSweep:
    """Implements `chorus_hooks.leftover.Sweep`. `retention` tells how long unreferenced blobs stay (s)."""

    def __init__(self, blobs: Blobs, node: Node, retention: Callable[[], float]) -> None:
        self._blobs = blobs
        self._node = node
        self._retention = retention
        self._files = BlobFiles(node.state_dir)

    async def find(self) -> tuple[Leftover, ...]:
        """What would go. Blobs that only a task holds which goes first are not seen yet."""
        return await self._in_thread(dry_run=True)

    async def remove(self) -> tuple[Leftover, ...]:
        """Remove it. Whether a blob is held is looked up under the lock that it goes under."""
        return await self._in_thread(dry_run=False)

    async def _in_thread(self, *, dry_run: bool) -> tuple[Leftover, ...]:
        """A large store takes seconds. A node that stops does not wait: killed midway it has done no harm."""
        return await trio.to_thread.run_sync(lambda: self._sweep(dry_run=dry_run), abandon_on_cancel=True)

    def _sweep(self, *, dry_run: bool) -> tuple[Leftover, ...]:
        grace_s = max(self._retention(), YOUNGEST_S)
        blobs = self._blobs.prune(grace_s=grace_s, dry_run=dry_run)
        partials = forget(self._files, grace_s=grace_s, dry_run=dry_run)
        drafts = [draft for draft in self._files.all_drafts() if self._is_abandoned(draft)]
        if not dry_run:
            for draft in drafts:
                draft.path.unlink(missing_ok=True)
        return (
            *(Leftover("blob", blob.sha256, blob.size) for blob in blobs),
            *(Leftover("partial", blob.sha256, blob.size) for blob in partials),
            *(Leftover("draft", draft.path.name, draft.size) for draft in drafts),
        )

    def _is_abandoned(self, draft: StoredFile) -> bool:
        return not self._node.alive(draft.path.name.partition(".")[0])
