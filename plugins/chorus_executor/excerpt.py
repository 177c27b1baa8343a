"""The two ends of a long output: what somebody has to read of it. Pure."""


class Excerpt:
    """Keeps the first and the last bytes of what is added, `most` of them in all, and counts the rest."""

    def __init__(self, most: int) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._head_most = most // 2
        self._tail_most = most - most // 2
        self.size = 0

    def add(self, data: bytes) -> None:
        """The next bytes."""
        self.size += len(data)
        room = self._head_most - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._tail_most:  # not each time: moving the rest up costs
            self._cut()

    def _cut(self) -> None:
        del self._tail[: max(0, len(self._tail) - self._tail_most)]

    def read(self) -> bytes:
        """What is kept; a line in the middle tells how much is not."""
        self._cut()
        left_out = self.size - len(self._head) - len(self._tail)
        mark = b"\n[%d bytes left out]\n" % left_out if left_out else b""
        return bytes(self._head) + mark + bytes(self._tail)
