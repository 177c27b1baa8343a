"""Text for a model to read: safe characters, and of a long one its head and its tail. Pure."""

import re
from typing import Final

_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def readable(data: bytes) -> str:
    """Bytes as text: what is no UTF-8 and what would move a cursor is written as an escape."""
    return visible(data.decode("utf-8", "backslashreplace"))


def visible(text: str) -> str:
    """Text without colours and without characters that act on a terminal."""
    plain = _ESCAPES.sub("", text.replace("\r\n", "\n"))
    return _CONTROLS.sub(lambda char: f"\\x{ord(char[0]):02x}", plain)


def head_and_tail(text: str, most: int) -> str:
    """At most `most` characters and a line of their own that tells how many are left out."""
    if len(text) <= most:
        return text
    head, tail = most // 2, most - most // 2
    left_out = f"\n[{len(text) - most} characters left out]\n"
    return text[:head] + left_out + (text[-tail:] if tail else "")
