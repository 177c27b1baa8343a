"""A change of one file in git's extended diff format (git-diff(1), "Generating patch text"). Pure."""

import base64
import difflib
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

MAX_LINES: Final = 20_000
"""A longer file is replaced as a whole: finding the least difference takes quadratic time."""

_PRINTABLE: Final = frozenset(range(0x20, 0x7F)) - set(b'"\\')
_ESCAPES: Final = {0x22: b'\\"', 0x5C: b"\\\\", 0x0A: b"\\n", 0x09: b"\\t"}
_LENGTHS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

Mode = Literal["100644", "100755", "120000"]
LINK: Final = "120000"


@dataclass(frozen=True)
class File:
    """One side of a change: git's mode, and the contents; those of a link are its target."""

    mode: Mode
    data: bytes


def file_patch(path: str, before: File | None, after: File | None, *, binary: bool = False) -> bytes:
    """The patch of one file; None is a file that is not there. `binary` gives binary files whole.

    A file that became a link, or the other way, is deleted and added: git has no other way to say it.
    """
    if before and after and (before.mode == LINK) != (after.mode == LINK):
        return file_patch(path, before, None, binary=binary) + file_patch(path, None, after, binary=binary)
    names = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    head = b"diff --git " + names[0] + b" " + names[1] + b"\n" + _modes(before, after)
    old, new = (side.data if side else b"" for side in (before, after))
    if old == new:
        return head
    shown = (names[0] if before else b"/dev/null", names[1] if after else b"/dev/null")
    if b"\0" in old or b"\0" in new:
        if binary:
            return head + _index(before, after) + _binary(new, old)
        return head + b"Binary files " + shown[0] + b" and " + shown[1] + b" differ\n"
    labels = b"--- " + _label(shown[0]) + b"\n+++ " + _label(shown[1]) + b"\n"
    return head + labels + b"".join(_hunks(old, new))


def _modes(before: File | None, after: File | None) -> bytes:
    if before is None and after is not None:
        return b"new file mode " + after.mode.encode() + b"\n"
    if after is None and before is not None:
        return b"deleted file mode " + before.mode.encode() + b"\n"
    if before and after and before.mode != after.mode:
        return b"old mode " + before.mode.encode() + b"\nnew mode " + after.mode.encode() + b"\n"
    return b""


def _hunks(old: bytes, new: bytes) -> Iterator[bytes]:
    before, after = _lines(old), _lines(new)
    if max(len(before), len(after)) > MAX_LINES:
        yield b"@@ -%s +%s @@\n" % (_range(len(before)), _range(len(after)))
        yield from (_line(b"-", line) for line in before)
        yield from (_line(b"+", line) for line in after)
        return
    told = difflib.diff_bytes(difflib.unified_diff, before, after, lineterm=b"\n")
    for number, line in enumerate(told):
        if number >= 2:  # the first two are the file names, already told
            yield _line(line[:1], line[1:])


def _lines(data: bytes) -> list[bytes]:
    """Lines as git counts them: ended by a line feed and nothing else."""
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _line(sign: bytes, line: bytes) -> bytes:
    return sign + line if line.endswith(b"\n") else sign + line + b"\n\\ No newline at end of file\n"


def _range(count: int) -> bytes:
    return b"%d,%d" % (min(1, count), count)


def _index(before: File | None, after: File | None) -> bytes:
    """git applies a binary patch only where it knows the whole names of both blobs."""
    ids = [_blob_id(side.data) if side else b"0" * 40 for side in (before, after)]
    return b"index " + ids[0] + b".." + ids[1] + b"\n"


def _blob_id(data: bytes) -> bytes:
    """git's own name of the contents."""
    sha1 = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False)
    return sha1.hexdigest().encode()


def _binary(forward: bytes, back: bytes) -> bytes:
    return b"GIT binary patch\n" + _literal(forward) + _literal(back)


def _literal(data: bytes) -> bytes:
    """Deflated, in lines of up to 52 bytes as base 85, each led by a letter for its length."""
    packed = zlib.compress(data)
    lines = [b"literal %d\n" % len(data)]
    for start in range(0, len(packed), 52):
        piece = packed[start : start + 52]
        encoded = base64.b85encode(piece, pad=True)
        lines.append(_LENGTHS[len(piece) - 1 : len(piece)] + encoded + b"\n")
    return b"".join(lines) + b"\n"


def _label(name: bytes) -> bytes:
    """A name with a space ends with a tab, so that nothing after it is taken for a time."""
    return name + b"\t" if b" " in name and not name.startswith(b'"') else name


def _quoted(name: str) -> bytes:
    """A name as git prints it: in C quotes with octal escapes when it has anything but plain ASCII."""
    raw = name.encode("utf-8", "surrogateescape")
    if all(byte in _PRINTABLE for byte in raw):
        return raw
    pieces = (bytes([b]) if b in _PRINTABLE else _ESCAPES.get(b, b"\\%03o" % b) for b in raw)
    return b'"' + b"".join(pieces) + b'"'
