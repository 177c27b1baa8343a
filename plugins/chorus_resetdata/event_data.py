"""Server-sent events (WHATWG HTML, 9.2) as far as a chat needs them: the data of each event. Pure."""

from collections.abc import Iterator
from typing import Final

from chorus_hooks.provider import ProviderFault
from chorus_hooks.provider_stream import LONGEST_LINE

_MOST_LINES: Final = 1024


class EventData:
    """Takes lines, gives the data of each event that they complete. Other fields mean nothing here."""

    def __init__(self) -> None:
        self._data: list[str] = []
        self._size = 0

    def take(self, line: str) -> str | None:
        """One line; the data of the event that it ends, if any. Raises ProviderFault."""
        if not line:
            return self.end()
        name, _, value = line.partition(":")
        if name == "data":
            self._keep(value.removeprefix(" "))
        return None

    def end(self) -> str | None:
        """Nothing follows: the data of an event that misses its empty line."""
        data = "\n".join(self._data) if self._data else None
        self._data, self._size = [], 0
        return data

    def _keep(self, value: str) -> None:
        self._data.append(value)
        self._size += len(value)
        if self._size > LONGEST_LINE or len(self._data) > _MOST_LINES:
            raise ProviderFault("cut", "an event of the reply is too large")


def data_of(lines: Iterator[str], events: EventData) -> Iterator[str]:
    """The data of every event that these lines complete."""
    for line in lines:
        data = events.take(line)
        if data is not None:
            yield data
