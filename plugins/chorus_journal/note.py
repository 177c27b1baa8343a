"""Signed notes (C2SP signed-note, as the Go checksum database uses them), with Ed25519 keys. Pure.

    <text, ends with a newline>
    <empty line>
    — <key name> <base64(key id | signature)>          one or more of these

The signature covers the text with its last newline. The key id is the beginning of a hash of name and
key: a hint which key to try. Everything here is strict: one note has one spelling.
"""

import base64
import binascii
import re
from collections.abc import Callable
from hashlib import sha256
from typing import Final

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes], bool]

_DASH: Final = "\N{EM DASH} "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SPACE: Final = re.compile(r"\s")
_ED25519: Final = b"\x01"
_KEY_ID_SIZE: Final = 4
_MAX_NOTE: Final = 1_000_000
_MAX_SIGNATURES: Final = 100


def key_id(name: str, public_key: bytes) -> bytes:
    """The four bytes that say which key signed."""
    return sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:_KEY_ID_SIZE]


def sign_note(text: str, name: str, public_key: bytes, sign: Sign) -> str:
    """The note: text, empty line, one signature line."""
    _check_text(text)
    _check_name(name)
    signature = base64.b64encode(key_id(name, public_key) + sign(text.encode())).decode()
    return f"{text}\n{_DASH}{name} {signature}\n"


def open_note(note: str, name: str, public_key: bytes, verify: Verify) -> str:
    """The text, once the key of that name has signed it. Raises ValueError with what is wrong.

    `verify(message, signature)` checks with that key. Signatures of other keys are ignored.
    """
    text, signatures = parse_note(note)
    wanted = key_id(name, public_key)
    for signer, raw in signatures:
        if signer == name and raw[:_KEY_ID_SIZE] == wanted:
            if verify(text.encode(), raw[_KEY_ID_SIZE:]):
                return text
            raise ValueError(f"the signature by {name} is wrong")
    raise ValueError(f"it is not signed by {name}")


def parse_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Its text, and (key name, key id and signature) of every signature line, none of them checked."""
    if len(note) > _MAX_NOTE:
        raise ValueError("the note is too long")
    text, separator, rest = note.rpartition("\n\n")
    if not separator or not rest.endswith("\n"):
        raise ValueError("the note has no signature lines")
    text += "\n"
    _check_text(text)
    lines = rest[:-1].split("\n")
    if len(lines) > _MAX_SIGNATURES:
        raise ValueError("the note has too many signatures")
    return text, [_parse_signature(line) for line in lines]


def decode_base64(text: str) -> bytes:
    """Standard base64 in its only spelling. Raises ValueError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{text!r} is not base64") from None
    if base64.b64encode(raw).decode() != text:
        raise ValueError(f"{text!r} is not canonical base64")
    return raw


def _parse_signature(line: str) -> tuple[str, bytes]:
    name, _, signature = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not signature:
        raise ValueError("a signature line is malformed")
    _check_name(name)
    raw = decode_base64(signature)
    if len(raw) <= _KEY_ID_SIZE:
        raise ValueError("a signature is too short")
    return name, raw


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise ValueError("the text of a note ends with a newline")
    if _CONTROL.search(text):
        raise ValueError("the text of a note has no control characters")


def _check_name(name: str) -> None:
    if not name or "+" in name or _SPACE.search(name):
        raise ValueError(f"{name!r} is no key name")
