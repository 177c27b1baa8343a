"""A transcript on the disk while it grows: appended and made durable step by step, a blob in the end."""

import logging
import os
from pathlib import Path
from typing import Any, BinaryIO, Final

import trio

from chorus_hooks.blob import Blobs
from chorus_hooks.task import Artifact
from chorus_reasoner.transcript import Chain

log = logging.getLogger(__name__)

NAME: Final = "transcript.jsonl"
_CHUNK: Final = 1 << 20
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


class Recording:
    """One transcript. `add` remembers a line, `flush` makes all of them durable.

    A `lasting` file stays when it is closed: who named it looks after it.
    """

    def __init__(self, path: Path, *, lasting: bool = False) -> None:
        self._path = path
        self._lasting = lasting
        self._chain = Chain()
        self._waiting: list[bytes] = []
        self._file: BinaryIO = os.fdopen(os.open(path, _FLAGS, 0o600), "w+b")

    def add(self, type_: str, **fields: Any) -> None:
        """One more line."""
        self._waiting.append(self._chain.line(type_, **fields))

    async def flush(self) -> None:
        """Write what was added, and wait until the disk has it."""
        lines, self._waiting = b"".join(self._waiting), []
        if lines:
            await trio.to_thread.run_sync(self._append, lines)

    async def keep(self, blobs: Blobs) -> Artifact:
        """All of it as a blob. Raises Refused when the store is full."""
        await self.flush()
        return await trio.to_thread.run_sync(self._store, blobs)

    def close(self) -> None:
        """Write what is left, which is little, and let go of the file; one that is not lasting is removed."""
        try:
            self._file.write(b"".join(self._waiting))
            self._file.close()
        except OSError as error:
            log.warning("the end of a transcript is not written: %s", error.strerror)
        if not self._lasting:
            self._path.unlink(missing_ok=True)

    def _append(self, lines: bytes) -> None:
        self._file.write(lines)
        self._file.flush()
        os.fdatasync(self._file.fileno())

    def _store(self, blobs: Blobs) -> Artifact:
        self._file.seek(0)
        with blobs.create() as writer:
            while data := self._file.read(_CHUNK):
                writer.write(data)
            blob = writer.commit()
        return Artifact(path=NAME, size=blob.size, sha256=blob.sha256)
