"""The blob store of a running node. Used from worker threads of trio, as the local one is.

A blob on its way passes through a temporary file: an upload knows its length and can be sent again, a
download is a real file with a descriptor, and is checked before anybody reads it.
"""

import hashlib
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

import trio

from chorus_hooks.blob import Blob, BlobUsage, BlobWriter
from chorus_hooks.errors import ChorusError, NotFound, Refused, UsageError
from chorus_http.client.connection import PAUSES_S, Call, Connection
from chorus_http.client.fault import Lost

CHUNK: Final = 256 << 10
STORE_S: Final = 120.0
"""A node answers an upload when it is on the disk: a gigabyte on a slow one takes a minute."""

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class RemoteBlobs:
    """Implements `chorus_hooks.blob.Blobs` at a node; `scratch` holds what is on its way."""

    def __init__(self, connection: Connection, scratch: Path) -> None:
        self._connection = connection
        self._scratch = scratch

    @contextmanager
    def create(self) -> Iterator[BlobWriter]:
        """Begin a new blob; it goes to the node at `commit`."""
        with self._file() as file:
            yield _Upload(self._connection, file)

    def open(self, sha256: str) -> BinaryIO:
        """Fetch a blob. Raises ChorusError when the bytes that came are not those of the hash."""
        _check(sha256)
        file: BinaryIO = self._file()
        try:
            trio.from_thread.run(_fetch, self._connection, sha256, file)
        except BaseException:
            file.close()
            raise
        return file

    def find(self, sha256: str) -> Blob | None:
        """The blob when the node has it."""
        _check(sha256)
        try:
            return trio.from_thread.run(_ask, self._connection, sha256)
        except NotFound:
            return None

    def usage(self) -> BlobUsage:
        """Refused: the store is the node's to look after."""
        _elsewhere()

    def prune(self, *, grace_s: float, dry_run: bool = False) -> tuple[Blob, ...]:
        """Refused: the store is the node's to look after."""
        _elsewhere()

    def _file(self) -> Any:
        return tempfile.TemporaryFile(dir=self._scratch)


class _Upload:
    """A blob being written, here; `commit` sends it."""

    def __init__(self, connection: Connection, file: BinaryIO) -> None:
        self._connection = connection
        self._file = file
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> int:
        try:
            self._file.write(data)
        except OSError as error:
            raise Refused(
                f"the source cannot be kept for the upload: {error.strerror}", hint="free some space"
            ) from error
        self._hash.update(data)
        self._size += len(data)
        return len(data)

    def commit(self) -> Blob:
        blob = Blob(self._hash.hexdigest(), self._size)
        self._file.flush()
        stored = trio.from_thread.run(_send, self._connection, self._file, self._size)
        if stored != blob.sha256:
            raise ChorusError("the node stored other bytes than we sent", hint="try again")
        return blob


class _Body:
    """A file as a request body; each iteration begins at its start."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._file.seek(0)
        return self

    async def __anext__(self) -> bytes:
        chunk = await trio.to_thread.run_sync(self._file.read, CHUNK)
        if not chunk:
            raise StopAsyncIteration
        return chunk


async def _send(connection: Connection, file: BinaryIO, size: int) -> str:
    headers = {"Content-Length": str(size), "Content-Type": "application/octet-stream"}
    call = Call("PUT", ("blobs",), headers=headers, body=_Body(file), read_s=STORE_S)
    stored = await connection.ask(call, again=True)
    return str(stored.get("sha256"))


async def _ask(connection: Connection, sha256: str) -> Blob:
    async with connection.open(Call("HEAD", ("blobs", sha256))) as answer:
        return Blob(sha256, int(answer.headers.get("content-length", "0")))


async def _fetch(connection: Connection, sha256: str, file: BinaryIO) -> None:
    pauses = iter(PAUSES_S)
    while True:
        try:
            return await _fetch_once(connection, sha256, file)
        except Lost:
            pause = next(pauses, None)
            if pause is None:
                raise
        await trio.sleep(pause)


async def _fetch_once(connection: Connection, sha256: str, file: BinaryIO) -> None:
    file.seek(0)
    file.truncate()
    seen = hashlib.sha256()

    def keep(data: bytes) -> None:
        seen.update(data)
        file.write(data)

    async with connection.open(Call("GET", ("blobs", sha256))) as answer:
        async for chunk in answer.chunks():
            await trio.to_thread.run_sync(keep, chunk)
    if seen.hexdigest() != sha256:
        raise ChorusError(f"the blob {sha256[:12]} came damaged: its bytes have another hash")
    file.seek(0)


def _check(sha256: str) -> None:
    if not _SHA256.fullmatch(sha256):
        raise UsageError(f"{sha256!r} is no blob: 64 lower-case hex digits")


def _elsewhere() -> NoReturn:
    raise Refused("the blobs of a node are looked after on its own machine", hint="run this there")
