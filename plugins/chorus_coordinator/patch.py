"""A task's changes as a patch in git's extended diff format (git-diff(1), "Generating patch text")."""

import difflib
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from chorus_hooks.blob import Blobs
from chorus_hooks.task import Changes

MAX_FILE: Final = 8 << 20
"""A larger file is told to differ, and not shown."""
MAX_LINES: Final = 20_000
"""A longer file is replaced as a whole: finding the least difference takes quadratic time."""

_PLAIN: Final = frozenset(range(0x20, 0x7F)) - set(b'"\\')


@dataclass(frozen=True)
class File:
    """One side of a change: git's mode, and the contents (a link's are its target)."""

    mode: str
    data: bytes
    whole: bool = True


def patch(blobs: Blobs, source: str | None, changes: Changes) -> bytes:
    """The patch from the source blob to what the task left. Blocks on the disk."""
    after = _files(blobs, changes.sha256, None)
    before = _files(blobs, source, frozenset(after) | frozenset(changes.deleted)) if source else {}
    paths = sorted(set(after) | (set(changes.deleted) & set(before)))
    return b"".join(file_patch(path, before.get(path), after.get(path)) for path in paths)


def file_patch(path: str, before: File | None, after: File | None) -> bytes:
    """The patch of one file; None is a file that is not there. Pure."""
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    lines = [b"diff --git " + old + b" " + new]
    if before is None and after is not None:
        lines.append(b"new file mode " + after.mode.encode())
    elif after is None and before is not None:
        lines.append(b"deleted file mode " + before.mode.encode())
    elif before and after and before.mode != after.mode:
        lines += [b"old mode " + before.mode.encode(), b"new mode " + after.mode.encode()]
    old_data, new_data = (side.data if side else b"" for side in (before, after))
    head = b"\n".join(lines) + b"\n"
    if old_data == new_data and all(side is None or side.whole for side in (before, after)):
        return head
    names = (old if before else b"/dev/null", new if after else b"/dev/null")
    if any(side and (not side.whole or b"\0" in side.data) for side in (before, after)):
        return head + b"Binary files " + names[0] + b" and " + names[1] + b" differ\n"
    return head + b"--- " + names[0] + b"\n+++ " + names[1] + b"\n" + b"".join(_hunks(old_data, new_data))


def _hunks(old: bytes, new: bytes) -> Iterable[bytes]:
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


def _quoted(name: str) -> bytes:
    """A name as git prints it: in C quotes with octal escapes when it has anything but plain ASCII."""
    raw = name.encode("utf-8", "surrogateescape")
    if all(byte in _PLAIN for byte in raw):
        return raw
    escapes = {0x22: b'\\"', 0x5C: b"\\\\", 0x0A: b"\\n", 0x09: b"\\t"}
    pieces = (bytes([b]) if b in _PLAIN else escapes.get(b, b"\\%03o" % b) for b in raw)
    return b'"' + b"".join(pieces) + b'"'


def _files(blobs: Blobs, sha256: str | None, wanted: frozenset[str] | None) -> dict[str, File]:
    if sha256 is None:
        return {}
    found: dict[str, File] = {}
    with (
        blobs.open(sha256) as blob,
        tarfile.open(fileobj=blob, mode="r|", errors="surrogateescape") as archive,
    ):
        for member in archive:
            if wanted is not None and member.name not in wanted:
                continue
            if member.issym():
                found[member.name] = File("120000", member.linkname.encode("utf-8", "surrogateescape"))
            elif member.isreg():
                content = archive.extractfile(member)
                data = content.read(MAX_FILE) if content else b""
                mode = "100755" if member.mode & 0o100 else "100644"
                found[member.name] = File(mode, data, whole=member.size <= MAX_FILE)
    return found
