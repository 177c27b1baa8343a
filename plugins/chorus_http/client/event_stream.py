"""Server-sent events, read as the WHATWG HTML standard says (section 9.2.6). Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_EVENT: Final = 8 << 20
"""More than any event of a node has, in bytes: a stream that never ends an event is cut here."""

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class ServerEvent:
    """One event: its type, its data, and the last id that the stream gave up to here."""

    type: str
    data: str
    id: str


class EventParser:
    """Cuts a byte stream into events, wherever its chunks end.

    What stands at the end of the stream without its blank line is no event, and is never given out. `retry`
    is passed over: pauses between connections are the caller's.
    """

    def __init__(self, last_id: str = "") -> None:
        self._id = last_id
        self._type = ""
        self._data: list[str] = []
        self._size = 0
        self._lines = _Lines()

    def feed(self, chunk: bytes) -> Iterator[ServerEvent]:
        """The events that `chunk` completes. Raises ValueError for one larger than `MAX_EVENT`."""
        for line in self._lines.feed(chunk):
            if line:
                self._field(line.decode("utf-8", "replace"))
            elif event := self._dispatch():
                yield event
        if self._size + self._lines.waiting > MAX_EVENT:
            raise ValueError(f"an event of more than {MAX_EVENT} bytes")

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._size += len(value) + 1
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._id = value

    def _dispatch(self) -> ServerEvent | None:
        type_, data = self._type, self._data
        self._type, self._data, self._size = "", [], 0
        return ServerEvent(type_ or "message", "\n".join(data), self._id) if data else None


class _Lines:
    """Lines that end with LF, CR or CRLF, without a byte order mark at the stream's start."""

    def __init__(self) -> None:
        self._rest = b""
        self._began = False
        self._after_cr = False

    @property
    def waiting(self) -> int:
        """Bytes of the line that has not ended."""
        return len(self._rest)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        searched, fed = len(self._rest), self._rest + chunk
        if not self._began:
            if len(fed) < len(_BOM) and _BOM.startswith(fed):
                self._rest = fed
                return
            searched, fed, self._began = 0, fed.removeprefix(_BOM), True
        start = 0
        while end := _LINE_END.search(fed, max(start, searched)):
            yield fed[start : end.start()]
            start = end.end()
            self._after_cr = end.group() == b"\r" and start == len(fed)
        self._rest = fed[start:]
