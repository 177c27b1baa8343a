"""A task document from a file: read with a bound, and every fault told with its field and its line."""

import re
import sys
from pathlib import Path
from typing import Final

import msgspec

from chorus_coordinator.cli.json_lines import line_of
from chorus_coordinator.cli.text import plain
from chorus_hooks.errors import UsageError
from chorus_hooks.task import TaskDocument

MAX_BYTES: Final = 1 << 20
"""Sixteen times what a document may have: enough to say what is wrong with it."""

_FILE: Final = "name a file with a task as JSON, or - for stdin"
_CORRECT: Final = "correct it, and submit it again"
_FIELDS: Final = f"a task has {', '.join(TaskDocument.__struct_fields__)}"

_AT: Final = " - at `"
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>.*)`", re.DOTALL)
_BYTE = re.compile(r"\(byte (\d+)\)")


def read(file: str) -> tuple[bytes, str]:
    """The bytes of a file, and what to call it; `-` is stdin. Raises UsageError when it cannot be read."""
    try:
        if file == "-":
            raw, name = sys.stdin.buffer.read(MAX_BYTES + 1), "stdin"
        else:
            with Path(file).open("rb") as opened:
                raw, name = opened.read(MAX_BYTES + 1), plain(file)
    except (OSError, ValueError, AttributeError) as error:
        why = getattr(error, "strerror", None) or "it is closed"
        raise UsageError(f"{plain(file)} cannot be read: {why}", hint=_FILE) from None
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{name} has more than {MAX_BYTES} bytes", hint="put long scripts into the source")
    return raw, name


def document_of(raw: bytes, name: str) -> TaskDocument:
    """The document in `raw`. Raises UsageError that names the field and the line."""
    try:
        msgspec.json.decode(raw)  # a field is told only of what is JSON to its end
        return msgspec.json.decode(raw, type=TaskDocument)
    except msgspec.ValidationError as error:
        raise _invalid(raw, name, str(error)) from None
    except msgspec.DecodeError as error:
        raise _malformed(raw, name, str(error)) from None
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not UTF-8 text", hint=_CORRECT) from None


def _invalid(raw: bytes, name: str, told: str) -> UsageError:
    what, at, path = told.rpartition(_AT)
    what, path = (what, path.removesuffix("`")) if at else (told, "$")
    unknown = _UNKNOWN.fullmatch(what)
    if unknown:
        path, what = f"{path}.{unknown['field']}", "there is no such field"
    line = line_of(raw, path)
    field = path.removeprefix("$").lstrip(".") or "the document"
    hint = _FIELDS if unknown else _CORRECT
    return UsageError(f"{name}, line {line}, {plain(field)}: {_lower(what)}", hint=hint)


def _malformed(raw: bytes, name: str, told: str) -> UsageError:
    match = _BYTE.search(told)
    offset = int(match[1]) if match else len(raw)
    line = raw.count(b"\n", 0, offset) + 1
    column = offset - (raw.rfind(b"\n", 0, offset) + 1) + 1
    what = _lower(_BYTE.sub("", told).removeprefix("JSON is malformed:").strip())
    return UsageError(f"{name}, line {line}, column {column}: no JSON: {what}", hint=_CORRECT)


def _lower(text: str) -> str:
    return plain(text[:1].lower() + text[1:])
