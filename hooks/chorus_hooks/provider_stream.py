"""What every provider needs to read a stream that nobody vouches for: lines, objects, words, counts. Pure.

Whatever the bytes are, and however they are cut into pieces, these raise ProviderFault and nothing else, and
do so at the same byte.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from chorus_hooks.provider import Message, ProviderFault, Tokens

LONGEST_LINE: Final = 1 << 20
"""One piece of a reply is some bytes; a file as the argument of a tool call is some hundred thousand."""
LONGEST_REPLY: Final = 32 << 20
"""JSON around each token makes a reply about fifty times larger: this is some hundred thousand tokens."""
LONGEST_WORDS: Final = 300
MOST_CALLS: Final = 64
"""No model asks for more tools in one turn that means it."""
BYTES_A_TOKEN: Final = 4
"""Of English and of code, near enough to estimate with."""

_LONE = re.compile("[\ud800-\udfff]")
_MOST_COUNTED = 1 << 40


class Lines:
    """Cuts bytes into lines of text, ended by LF or CR LF, whatever pieces they come in.

    `longest` and `whole` bound a line and everything together, in bytes.
    """

    def __init__(self, *, longest: int = LONGEST_LINE, whole: int = LONGEST_REPLY) -> None:
        self._longest = longest
        self._left = whole
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that end in `data`. Raises ProviderFault: too much, or no UTF-8."""
        taken = data[: self._left]
        self._left -= len(taken)
        start = 0
        while (end := taken.find(b"\n", start)) >= 0:
            self._keep(taken[start:end])
            start = end + 1
            yield self._line()
        self._keep(taken[start:])
        if len(taken) < len(data):
            raise ProviderFault("cut", "the reply does not end: it was left after its largest allowed size")

    def end(self) -> Iterator[str]:
        """What came after the last line end, when nothing follows."""
        if self._rest:
            yield self._line()

    def _keep(self, data: bytes) -> None:
        self._rest += data
        if len(self._rest) > self._longest:
            raise ProviderFault("cut", f"a line of the reply has more than {self._longest} bytes")

    def _line(self) -> str:
        line = bytes(self._rest).removesuffix(b"\r")
        self._rest.clear()
        try:
            return line.decode()
        except UnicodeDecodeError:
            raise ProviderFault("cut", "the reply is not UTF-8 text") from None


def parse_object(text: str | bytes) -> dict[str, Any]:
    """A JSON object. Raises ProviderFault when it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ProviderFault("cut", "the reply is malformed: it is not JSON") from None
    return an_object(value)


def an_object(value: object) -> dict[str, Any]:
    """`value`, which has to be an object. Raises ProviderFault."""
    if not isinstance(value, dict):
        raise ProviderFault("cut", "the reply is malformed: an object is missing in it")
    return value


def a_text(value: object) -> str:
    """`value`, which has to be text or null, as text that can be encoded. Raises ProviderFault."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ProviderFault("cut", "the reply is malformed: something in it should be text")
    return _LONE.sub("\ufffd", value)


def a_list(value: object) -> list[Any]:
    """`value`, which has to be a list or null. Raises ProviderFault."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise ProviderFault("cut", "the reply is malformed: a list is missing in it")
    return value


def words(text: str, *, secret: str = "") -> str:
    """What a server said, to be told in one line: printable, short, and without `secret`."""
    if secret:
        text = text.replace(secret, "********")
    plain = " ".join("".join(char if char.isprintable() else " " for char in text[:4096]).split())
    return plain if len(plain) <= LONGEST_WORDS else f"{plain[:LONGEST_WORDS]}…"


def counted(prompt: object, reply: object, *, messages: Sequence[Message], said: int) -> Tokens:
    """What a server counted; if that is nonsense, an estimate from the messages and the bytes `said`."""
    told, came = a_count(prompt), a_count(reply)
    if told is not None and came is not None:
        return Tokens(told, came, told=True)
    asked = sum(len(message.text.encode(errors="replace")) for message in messages)
    return Tokens(-(-asked // BYTES_A_TOKEN), -(-said // BYTES_A_TOKEN))


def a_count(value: object) -> int | None:
    """`value` when it can be a number of tokens."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_COUNTED:
        return value
    return None
