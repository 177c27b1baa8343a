"""Reading a blob, with its hash checked on the way. Blocks."""

import contextlib
import io
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chorus_hooks.errors import ChorusError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER: Final = 256 << 10


def open_blob(path: Path, name: str) -> io.BufferedReader:
    """A real file (it has a descriptor, it can seek) that is read through `VerifiedFile`."""
    return io.BufferedReader(VerifiedFile(path, name), _BUFFER)


def is_whole(path: Path, name: str) -> bool:
    """Whether the file holds the bytes that its name promises. False also when it is gone."""
    with contextlib.suppress(FileNotFoundError), open_blob(path, name) as blob:
        try:
            while blob.read(_BUFFER):
                pass
        except ChorusError:
            return False
        return True
    return False


class VerifiedFile(io.FileIO):
    """A file that, read from its start to its end, raises ChorusError there when it is not what it was.

    Who seeks elsewhere, or hands the descriptor on, is on his own until he reads it from the start.
    """

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(path, "r")
        self._path = path
        self._expected = name
        self._hash = sha256()
        self._hashed = 0
        self._position = 0

    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        """Read some bytes; at the end, check the hash."""
        count = super().readinto(buffer)
        if self._position == self._hashed and count is not None:
            self._hash.update(memoryview(buffer).cast("B")[:count])
            self._hashed += count
            if count == 0 and len(memoryview(buffer)):
                self._check()
        self._position += count or 0
        return count

    def readall(self) -> bytes:
        """Read all that is left."""
        pieces = []
        while piece := self.read(_BUFFER):
            pieces.append(piece)
        return b"".join(pieces)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to `size` bytes, or all that is left."""
        if size is None or size < 0:
            return self.readall()
        buffer = bytearray(size)
        count = self.readinto(buffer)
        return bytes(buffer[:count])

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move. From the start on, the hash is computed anew."""
        self._position = super().seek(offset, whence)
        if self._position == 0:
            self._hash = sha256()
            self._hashed = 0
        return self._position

    def _check(self) -> None:
        if self._hash.hexdigest() != self._expected:
            raise ChorusError(
                f"the blob {self._path} is damaged: its bytes have another hash",
                hint="remove that file; it is stored anew when the same bytes come again",
            )
