"""Writes a tar that depends on nothing but the names and contents given to it.

The format is GNU's: long names and big sizes as the tars of GNU, busybox, Go and Python all read them
(busybox ignores the names in pax headers), and names as raw bytes, so that any name survives. Owner, time
and mode are fixed. The time is in 1980, the oldest that zip files can hold, a day in, for time zones.
"""

from collections.abc import Callable, Iterable
from typing import Final

BLOCK: Final = 512
_CHUNK: Final = 1 << 20
_TIME: Final = 315619200
_LATER: Final = _TIME + 60
_OWNERS: Final = b"0000000\0" * 2
_MAGIC: Final = b"ustar  \0"
_TAIL: Final = bytes(BLOCK - 265)


class TarWriter:
    """Writes members in the order of the calls. `write` receives large pieces."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._buffer = bytearray()

    def directory(self, path: str) -> None:
        """A directory, 0755."""
        self._header(_bytes(path) + b"/", b"5", 0o755, 0, b"")

    def symlink(self, path: str, target: str) -> None:
        """A symbolic link."""
        self._header(_bytes(path), b"2", 0o777, 0, _bytes(target))

    def file(
        self, path: str, size: int, chunks: Iterable[bytes], *, executable: bool, later: bool = False
    ) -> None:
        """A file, 0755 or 0644. ValueError when the chunks are not `size` bytes: the tar is lost then.

        One that is `later` is a minute newer than others, so that make takes it for changed.
        """
        mode, time = 0o755 if executable else 0o644, _LATER if later else _TIME
        self._header(_bytes(path), b"0", mode, size, b"", time)
        written = 0
        for chunk in chunks:
            written += len(chunk)
            self._append(chunk)
        if written != size:
            raise ValueError(f"{written} bytes in place of {size}")
        if size % BLOCK:
            self._buffer += bytes(BLOCK - size % BLOCK)

    def close(self) -> None:
        """Write the end marker."""
        self._buffer += bytes(2 * BLOCK)
        self._flush()

    def _header(
        self, name: bytes, kind: bytes, mode: int, size: int, target: bytes, time: int = _TIME
    ) -> None:
        if len(target) > 100:
            self._long(b"K", target)
        if len(name) > 100:
            self._long(b"L", name)
        self._append(_header(name, kind, mode, size, target, time))

    def _long(self, kind: bytes, text: bytes) -> None:
        data = text + b"\0"
        self._append(_header(b"././@LongLink", kind, 0o644, len(data), b""))
        self._append(data + bytes(-len(data) % BLOCK))

    def _append(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) >= _CHUNK:
            self._flush()

    def _flush(self) -> None:
        self._write(bytes(self._buffer))
        self._buffer.clear()


def _header(name: bytes, kind: bytes, mode: int, size: int, target: bytes, time: int = _TIME) -> bytes:
    before = b"".join(
        (
            name[:100].ljust(100, b"\0"),
            b"%07o\0" % mode,
            _OWNERS,
            b"%011o\0" % size if size < 8 << 30 else b"\x80" + size.to_bytes(11, "big"),
            b"%011o\0" % time,
        )
    )
    after = b"".join((kind, target[:100].ljust(100, b"\0"), _MAGIC, _TAIL))
    checksum = sum(before) + 8 * 0x20 + sum(after)
    return b"".join((before, b"%06o\0 " % checksum, after))


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
