"""Puts the frames of one direction of a call together into messages. Pure."""

from chorus_hooks.wire.frame import BadFrame, Frame


class Assembly:
    """One message in the making, no longer than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def empty(self) -> bool:
        """Whether no message has begun."""
        return not self._parts

    def add(self, frame: Frame) -> bytes | None:
        """Take a frame; the message when this completes it. Raises BadFrame when it gets too long."""
        self._size += len(frame.body)
        if self._size > self._limit:
            raise BadFrame(f"a message of more than {self._limit} bytes")
        if frame.more and (frame.last or not frame.body):
            raise BadFrame("a frame that goes on and does not")
        self._parts.append(frame.body)
        if frame.more:
            return None
        message = b"".join(self._parts)
        self._parts, self._size = [], 0
        return message
