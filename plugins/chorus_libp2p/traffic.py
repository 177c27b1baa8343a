"""What the mesh of this process has carried, counted for `/metrics`. Labels are names that code uses."""

from collections import Counter
from collections.abc import Callable
from typing import Literal

Direction = Literal["in", "out"]
Reason = Literal["slow_reader", "invalid", "unsent"]


class Traffic:
    """Counts; nothing here is ever reset."""

    def __init__(self) -> None:
        self.wire: Counter[Direction] = Counter()
        self.protocol_bytes: Counter[tuple[str, Direction]] = Counter()
        self.streams: Counter[tuple[str, Direction]] = Counter()
        self.topic_messages: Counter[tuple[str, Direction]] = Counter()
        self.topic_bytes: Counter[tuple[str, Direction]] = Counter()
        self.dropped: Counter[tuple[str, Reason]] = Counter()
        self.refused: Counter[str] = Counter()
        self.links: Callable[[], int] = int
        self.queues: Callable[[], dict[str, int]] = dict

    def message(self, topic: str, direction: Direction, size: int) -> None:
        """A message of a topic came or went."""
        self.topic_messages[topic, direction] += 1
        self.topic_bytes[topic, direction] += size


TRAFFIC = Traffic()
"""That of the node."""
