"""Hostile tars, made by code: what a task could hand to whoever collects its files.

Each entry of HOSTILE is a name and a function that gives the bytes of an archive. `honest.txt` in
`output/` is a good file in most of them, and must survive where the archive is whole.
"""

import io
import struct
import tarfile
from collections.abc import Callable, Iterator
from typing import Final

BLOCK: Final = 512
HONEST: Final = ("output/honest.txt", b"honest")


def header(
    name: bytes,
    size: int = 0,
    kind: bytes = b"0",
    *,
    link: bytes = b"",
    mode: bytes = b"0000644\0",
    **fields: bytes,
) -> bytes:
    """A raw header, with a good checksum over whatever is in it."""
    size_field = fields.get("size_field", b"%011o\0" % size if size < 8 << 30 else _base256(size))
    block = bytearray(BLOCK)
    block[0:100] = name[:100].ljust(100, b"\0")
    block[100:108] = mode
    block[108:124] = b"0000000\0" * 2
    block[124:136] = size_field
    block[136:148] = b"00000000000\0"
    block[156:157] = kind
    block[157:257] = link[:100].ljust(100, b"\0")
    block[257:265] = fields.get("magic", b"ustar  \0")
    block[345 : 345 + len(fields.get("prefix", b""))] = fields.get("prefix", b"")
    for at, data in ((386, fields.get("sparse", b"")),):
        block[at : at + len(data)] = data
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def _base256(number: int) -> bytes:
    return b"\x80" + number.to_bytes(11, "big")


def entry(name: bytes, data: bytes = b"", kind: bytes = b"0", **fields: bytes) -> bytes:
    """A header with its data, padded."""
    return header(name, len(data), kind, **fields) + data + bytes(-len(data) % BLOCK)


def archive(*parts: bytes) -> bytes:
    """Parts, a good file, and the end marker."""
    return b"".join(parts) + entry(HONEST[0].encode(), HONEST[1]) + bytes(2 * BLOCK)


def pax(records: dict[str, bytes]) -> bytes:
    """A pax header for the entry that follows."""
    return entry(
        b"PaxHeaders/x", b"".join(_record(key.encode(), value) for key, value in records.items()), b"x"
    )


def _record(key: bytes, value: bytes) -> bytes:
    body = b" " + key + b"=" + value + b"\n"
    length = len(body) + 1
    while len(str(length)) + len(body) != length:
        length = len(str(length)) + len(body)
    return str(length).encode() + body


def longname(name: bytes, kind: bytes = b"L") -> bytes:
    """A GNU long name for the entry that follows."""
    return entry(b"././@LongLink", name + b"\0", kind)


def sparse(
    name: bytes, segments: list[tuple[int, int]], real: int, data: bytes, stored: int | None = None
) -> bytes:
    """An old GNU sparse file with up to four segments in its header."""
    table = b"".join(b"%011o\0%011o\0" % segment for segment in segments[:4]).ljust(96, b"\0")
    field = table + b"\0" + (b"%011o\0" % real if real < 8 << 30 else _base256(real))
    size = len(data) if stored is None else stored
    return header(name, size, b"S", sparse=field) + data + bytes(-len(data) % BLOCK)


def _many(count: int) -> bytes:
    return b"".join(entry(b"output/%06d" % number) for number in range(count))


def _deep(depth: int) -> bytes:
    return longname(b"output/" + b"d/" * depth + b"leaf") + entry(b"output/x", b"deep")


def _by_tarfile(form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for name, content in ((HONEST[0], HONEST[1]), ("output/" + "long/" * 40 + "name", b"x")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


HOSTILE: Final[dict[str, Callable[[], bytes]]] = {
    "nothing at all": lambda: b"",
    "only an end marker": lambda: bytes(1024),
    "garbage": lambda: b"this is no tar at all. " * 100,
    "half a block": lambda: b"\1" * 100,
    "truncated header": lambda: archive()[:300],
    "truncated data": lambda: entry(b"output/big", b"x" * 5000)[:2000],
    "no end marker": lambda: entry(HONEST[0].encode(), HONEST[1]),
    "bad checksum": lambda: archive(b"Z" + entry(b"output/a", b"a")[1:]),
    "absolute name": lambda: archive(entry(b"/etc/passwd", b"root")),
    "absolute below output": lambda: archive(entry(b"output//etc/passwd", b"root")),
    "dot dot": lambda: archive(entry(b"output/../../etc/passwd", b"root")),
    "dot dot at the front": lambda: archive(entry(b"../output/x", b"x")),
    "dot dot at the end": lambda: archive(entry(b"output/a/..", b"x", b"5")),
    "only dots": lambda: archive(entry(b"output/.", b"x"), entry(b"output/..", b"x")),
    "another root": lambda: archive(entry(b"elsewhere/x", b"x"), entry(b"outputs/x", b"x")),
    "the root is a file": lambda: archive(entry(b"output", b"x")),
    "the root is a link": lambda: archive(entry(b"output", b"", b"2", link=b"/etc")),
    "link out": lambda: archive(entry(b"output/link", b"", b"2", link=b"/etc/passwd")),
    "link up": lambda: archive(entry(b"output/link", b"", b"2", link=b"../../../etc/passwd")),
    "link, then a file through it": lambda: archive(
        entry(b"output/d", b"", b"2", link=b"/tmp"), entry(b"output/d/through", b"x")
    ),
    "link, then a directory over it, then a file": lambda: archive(
        entry(b"output/d", b"", b"2", link=b"/tmp"),
        entry(b"output/d/", b"", b"5"),
        entry(b"output/d/f", b"x"),
    ),
    "file, then a file below it": lambda: archive(entry(b"output/f", b"x"), entry(b"output/f/g", b"y")),
    "file below, then a file above": lambda: archive(entry(b"output/f/g", b"y"), entry(b"output/f", b"x")),
    "hard link out": lambda: archive(entry(b"output/h", b"", b"1", link=b"/etc/shadow")),
    "hard link to itself": lambda: archive(entry(b"output/h", b"", b"1", link=b"output/h")),
    "hard link in": lambda: archive(
        entry(b"output/a", b"a"), entry(b"output/h", b"", b"1", link=b"output/a")
    ),
    "hard link across": lambda: archive(
        entry(b"data/a", b"a"), entry(b"output/h", b"", b"1", link=b"data/a")
    ),
    "duplicate": lambda: archive(entry(b"output/a", b"first"), entry(b"output/a", b"second")),
    "duplicate of another spelling": lambda: archive(entry(b"output/a", b"1"), entry(b"./output/a", b"2")),
    "character device": lambda: archive(entry(b"output/null", b"", b"3")),
    "block device": lambda: archive(entry(b"output/disk", b"", b"4")),
    "fifo": lambda: archive(entry(b"output/pipe", b"", b"6")),
    "unknown type": lambda: archive(entry(b"output/what", b"data", b"Z")),
    "setuid": lambda: archive(entry(b"output/su", b"#!", mode=b"0006755\0")),
    "newline": lambda: archive(entry(b"output/a\nb", b"x")),
    "terminal escape": lambda: archive(entry(b"output/\x1b[2Jclear", b"x")),
    "not utf-8": lambda: archive(entry(b"output/\xff\xfe", b"x")),
    "right to left": lambda: archive(entry("output/\u202egnp.exe".encode(), b"x")),
    "name of 255 bytes": lambda: archive(longname(b"output/" + b"n" * 255), entry(b"output/n", b"x")),
    "name of 256 bytes": lambda: archive(longname(b"output/" + b"n" * 256), entry(b"output/n", b"x")),
    "path of 5000 bytes": lambda: archive(longname(b"output/" + b"abcd/" * 1000 + b"x"), entry(b"o", b"x")),
    "60 directories": lambda: archive(_deep(60)),
    "500 directories": lambda: archive(_deep(500)),
    "empty name": lambda: archive(entry(b"", b"x")),
    "size of a terabyte": lambda: header(b"output/huge", 1 << 40) + bytes(BLOCK),
    "size of 2 to the 87": lambda: header(b"output/huge", (1 << 87) - 1) + bytes(BLOCK),
    "global header of 2 to the 87": lambda: header(b"g", (1 << 87) - 1, b"g") + bytes(BLOCK),
    "long name of 2 to the 87": lambda: header(b"L", (1 << 87) - 1, b"L") + bytes(BLOCK),
    "negative size": lambda: archive(header(b"output/neg", size_field=b"\xff" * 12)),
    "octal rubbish": lambda: archive(header(b"output/oct", size_field=b"99999999999\0")),
    "size with a minus": lambda: archive(header(b"output/neg", size_field=b"-0000000001\0")),
    "link with a size": lambda: archive(header(b"output/l", 1 << 30, b"2", link=b"x")),
    "pax path": lambda: archive(pax({"path": b"../../evil"}), entry(b"output/innocent", b"x")),
    "pax absolute path": lambda: archive(pax({"path": b"/evil"}), entry(b"output/innocent", b"x")),
    "pax path with a NUL": lambda: archive(pax({"path": b"output/a\0b"}), entry(b"output/a", b"x")),
    "pax link path": lambda: archive(pax({"linkpath": b"/etc"}), entry(b"output/l", b"", b"2", link=b"safe")),
    "pax size too large": lambda: archive(pax({"size": b"999999999999"}), entry(b"output/a", b"x")),
    "pax size of zero": lambda: archive(
        pax({"size": b"0"}), entry(b"output/a", entry(b"output/hidden", b"x"))
    ),
    "pax negative size": lambda: archive(pax({"size": b"-1"}), entry(b"output/a", b"x")),
    "pax size in words": lambda: archive(pax({"size": b"many"}), entry(b"output/a", b"x")),
    "pax record too long": lambda: archive(entry(b"p", b"999 path=x\n", b"x"), entry(b"output/a", b"x")),
    "pax record of length zero": lambda: archive(entry(b"p", b"0 path=x\n", b"x"), entry(b"output/a", b"x")),
    "pax record without a number": lambda: archive(entry(b"p", b"path=x\n", b"x"), entry(b"output/a", b"x")),
    "pax record of superscript": lambda: archive(entry(b"p", "²² path=x\n".encode(), b"x")),
    "pax global path": lambda: archive(
        entry(b"g", _record(b"path", b"/evil"), b"g"), entry(b"output/a", b"x")
    ),
    "pax header of 10 MB": lambda: archive(pax({"comment": b"c" * (10 << 20)}), entry(b"output/a", b"x")),
    "pax sparse": lambda: archive(
        pax({"GNU.sparse.major": b"1", "GNU.sparse.realsize": b"999999999999"}),
        entry(b"output/s", b"1\n0\n5\n"),
    ),
    "long name of 10 MB": lambda: archive(longname(b"n" * (10 << 20)), entry(b"output/a", b"x")),
    "long name that leaves": lambda: archive(
        longname(b"output/../../" + b"e" * 120), entry(b"output/a", b"x")
    ),
    "20,000 long names in a row": lambda: archive(longname(b"output/a") * 20_000, entry(b"output/a", b"x")),
    "long name at the end": lambda: longname(b"output/a") + bytes(1024),
    "sparse of a terabyte": lambda: archive(sparse(b"output/s", [(0, 4)], 1 << 40, b"data")),
    "sparse, honest": lambda: archive(sparse(b"output/s", [(4, 4), (12, 2)], 16, b"dataxy")),
    "sparse that overlaps": lambda: archive(sparse(b"output/s", [(0, 4), (2, 4)], 16, b"datadata")),
    "sparse beyond its end": lambda: archive(sparse(b"output/s", [(100, 4)], 16, b"data")),
    "sparse with less than it says": lambda: archive(sparse(b"output/s", [(0, 400)], 1000, b"data")),
    "sparse whose map goes on for ever": lambda: (
        header(b"output/s", 0, b"S", sparse=b"\0" * 96 + b"\1" + b"%011o\0" % 10)
        + (struct.pack("504s", b"") + b"\1" + bytes(7)) * 100
    ),
    "prefix that leaves": lambda: archive(entry(b"x", b"x", magic=b"ustar\x0000", prefix=b"../../..")),
    "10,000 entries": lambda: archive(_many(10_000)),
    "made by tarfile, pax": lambda: _by_tarfile(tarfile.PAX_FORMAT),
    "made by tarfile, gnu": lambda: _by_tarfile(tarfile.GNU_FORMAT),
    "made by tarfile, ustar": lambda: _by_tarfile(tarfile.USTAR_FORMAT),
    "gzip": lambda: b"\x1f\x8b\x08" + bytes(600),
}


def all_hostile() -> Iterator[tuple[str, bytes]]:
    """Every name and archive."""
    for name, make in HOSTILE.items():
        yield name, make()
