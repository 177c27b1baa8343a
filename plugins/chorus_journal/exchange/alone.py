"""The provider of `Fetcher` at a node without a mesh."""

import trio

from chorus_hooks.blob import Blob, Blobs
from chorus_hooks.errors import NotFound


class AloneFetcher:
    """Finds what is here."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def fetch(self, sha256: str, *, holders: tuple[str, ...] = ()) -> Blob:
        """The blob, from here. Raises NotFound."""
        blob = await trio.to_thread.run_sync(self._blobs.find, sha256)
        if blob is None:
            raise NotFound(f"the blob {sha256[:12]} is not here")
        return blob
