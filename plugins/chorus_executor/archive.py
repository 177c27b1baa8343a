"""Reads a tar that nobody vouches for. Nothing is unpacked: members are places in the file.

It knows what GNU tar, busybox and Python write: ustar and pax (IEEE Std 1003.1, "pax"), and of GNU tar the
long names, the big numbers and the sparse files (type S, "Basic Tar Format" in its manual). Python's
tarfile is not used, since a hostile archive makes it recurse, hold gigabytes or loop; here memory is
bounded and each header moves the position forward.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Literal

BLOCK: Final = 512
MOST_MEMBERS: Final = 500_000
MOST_SEGMENTS: Final = 500_000
_LONGEST_EXTENSION: Final = 64 << 10

Kind = Literal["file", "directory", "symlink", "hardlink", "other"]

_KINDS: Final[dict[bytes, Kind]] = {
    b"0": "file",
    b"\0": "file",
    b"7": "file",
    b"1": "hardlink",
    b"2": "symlink",
    b"5": "directory",
    b"S": "file",
}
_NAMES: Final = {b"3": "a device", b"4": "a device", b"6": "a fifo"}


class Damaged(ValueError):  # noqa: N818 - reads as what happened
    """The archive cannot be read any further. What came before it is fine."""


@dataclass(frozen=True, slots=True)
class Member:
    """One entry: its name as it stands there, and where its `size` bytes begin.

    Names are UTF-8 with surrogate escapes. `what` describes an `other`, which has no contents for us.
    A sparse file has `segments`, pairs of where in the file and how long, whose bytes follow each other at
    `offset`; the rest of its `size` is zeros.
    """

    name: str
    kind: Kind
    offset: int = 0
    size: int = 0
    executable: bool = False
    target: str = ""
    what: str = ""
    segments: tuple[tuple[int, int], ...] | None = None


@dataclass
class _Extension:
    """What extension headers say about the member that follows them."""

    name: bytes | None = None
    target: bytes | None = None
    size: int | None = None
    refused: str = ""


@dataclass
class _SparseMap:
    """Where in a sparse file of `size` bytes there is data."""

    size: int
    segments: list[tuple[int, int]] = field(default_factory=list)


def read_members(archive: BinaryIO) -> Iterator[Member]:
    """The members of a tar, in their order. Raises Damaged where it is not whole or makes no sense."""
    end = archive.seek(0, io.SEEK_END)
    position = count = segments = 0
    extension = _Extension()
    while True:
        header = _block(archive, position)
        if header.count(0) == BLOCK:
            return
        _check(header, position)
        size = _number(header[124:136], position)
        kind = header[156:157]
        position += BLOCK
        if kind in (b"L", b"K", b"x", b"g", b"X"):
            _extend(extension, kind, archive, position, size, end)
            position = _after(position, size)
            continue
        count += 1
        if count > MOST_MEMBERS:
            raise Damaged(f"it has more than {MOST_MEMBERS} members")
        size = size if extension.size is None else extension.size
        sparse = None
        if kind == b"S":
            sparse, position = _sparse_map(archive, header, position, MOST_SEGMENTS - segments)
            segments += len(sparse.segments)
            if sum(length for _, length in sparse.segments) != size:
                raise Damaged(f"the map of a sparse file at {position} does not fit")
        if kind in (b"1", b"2", b"3", b"4", b"5", b"6"):
            size = 0
        yield _member(header, kind, position, size, end, extension, sparse)
        position = _after(position, size)
        extension = _Extension()


def _block(archive: BinaryIO, position: int) -> bytes:
    archive.seek(position)
    block = archive.read(BLOCK)
    if len(block) < BLOCK:
        raise Damaged("it ends too early")
    return block


def _check(header: bytes, position: int) -> None:
    """The checksum: the sum of all bytes, its own field taken as spaces."""
    stated = _number(header[148:156], position)
    if stated != sum(header) - sum(header[148:156]) + 8 * 0x20:
        raise Damaged(f"the header at {position} is damaged")


def _number(field: bytes, position: int) -> int:
    if field[0] == 0x80:  # base 256, GNU
        return int.from_bytes(field[1:], "big")
    text = field.strip(b" \0")
    if not text:
        return 0
    if text.strip(b"01234567"):
        raise Damaged(f"the header at {position} has a number that is none")
    return int(text, 8)


def _after(position: int, size: int) -> int:
    return position + (size + BLOCK - 1) // BLOCK * BLOCK


def _member(
    header: bytes,
    kind: bytes,
    position: int,
    size: int,
    end: int,
    extension: _Extension,
    sparse: _SparseMap | None,
) -> Member:
    if position + size > end:
        raise Damaged("it ends too early")
    name = _text(extension.name if extension.name is not None else _ustar_name(header))
    if extension.refused:
        return Member(name, "other", what=extension.refused)
    known = _KINDS.get(kind)
    if known is None:
        return Member(name, "other", what=_NAMES.get(kind, "something unknown"))
    if known == "file" and name.endswith("/"):  # how tar wrote directories before POSIX
        known = "directory"
    target = _text(extension.target if extension.target is not None else _until_nul(header[157:257]))
    executable = bool(_number(header[100:108], position) & 0o100)
    if sparse is not None:
        return Member(name, "file", position, sparse.size, executable, segments=tuple(sparse.segments))
    return Member(name, known, position, size if known == "file" else 0, executable, target)


def _ustar_name(header: bytes) -> bytes:
    name = _until_nul(header[:100])
    prefix = _until_nul(header[345:500]) if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _until_nul(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _extend(
    extension: _Extension, kind: bytes, archive: BinaryIO, position: int, size: int, end: int
) -> None:
    if position + size > end:
        raise Damaged("it ends too early")
    if kind == b"g":  # says something about all members; nothing that we would believe
        return
    if size > _LONGEST_EXTENSION:
        extension.refused = "something with a name that is too long"
        return
    archive.seek(position)
    data = archive.read(size)
    if kind == b"L":
        extension.name = _until_nul(data)
    elif kind == b"K":
        extension.target = _until_nul(data)
    else:
        _read_pax(extension, data)


def _read_pax(extension: _Extension, data: bytes) -> None:
    """Records of `LENGTH KEY=VALUE\\n`, where LENGTH counts the whole record."""
    position = 0
    while position < len(data):
        digits, space, _ = data[position : position + 12].partition(b" ")
        length = int(digits) if space and digits.isdigit() else 0
        record = data[position + len(digits) + 1 : position + length]
        key, equals, value = record.partition(b"=")
        if length <= len(digits) + 1 or position + length > len(data) or not equals or value[-1:] != b"\n":
            raise Damaged("a pax header makes no sense")
        _apply_pax(extension, key, value[:-1])
        position += length


def _apply_pax(extension: _Extension, key: bytes, value: bytes) -> None:
    if key == b"path":
        extension.name = value
    elif key == b"linkpath":
        extension.target = value
    elif key == b"size":
        if not value.isdigit() or len(value) > 20:
            raise Damaged("a pax header has a size that is none")
        extension.size = int(value)
    elif key.startswith(b"GNU.sparse."):
        extension.refused = "a sparse file"


def _sparse_map(archive: BinaryIO, header: bytes, position: int, most: int) -> tuple[_SparseMap, int]:
    """The map of a sparse file, and where its data begins: after the blocks that continue the map."""
    found = _SparseMap(_number(header[483:495], position))
    found.segments += _segments(header, 386, 4, position)
    more = header[482]
    while more:
        block = _block(archive, position)
        found.segments += _segments(block, 0, 21, position)
        more = block[504]
        position += BLOCK
        if len(found.segments) > most:
            raise Damaged("its sparse files have too many holes")
    ends = [0, *(at + length for at, length in found.segments)]
    starts = [*(at for at, _ in found.segments), found.size]
    if any(start < end for end, start in zip(ends, starts, strict=True)):
        raise Damaged(f"the map of a sparse file at {position} makes no sense")
    return found, position


def _segments(block: bytes, start: int, count: int, position: int) -> Iterator[tuple[int, int]]:
    for entry in range(start, start + 24 * count, 24):
        if not block[entry]:
            return
        at, length = (
            _number(block[entry : entry + 12], position),
            _number(block[entry + 12 : entry + 24], position),
        )
        if length:
            yield at, length
