"""The answer to one call as it comes in: messages out of frames, and credit for more. Pure."""

from collections import deque
from typing import Final

from chorus_hooks.wire.frame import WINDOW, BadFrame, Frame
from chorus_hooks.wire.message import Assembly

_ENOUGH: Final = WINDOW // 2  # credit is sent in such portions, not for every frame


class Incoming:
    """Holds at most one message in the making, of `limit` bytes, and WINDOW frames of complete ones."""

    def __init__(self, limit: int) -> None:
        self._assembly = Assembly(limit)
        self._messages: deque[tuple[bytes, int]] = deque()
        self._allowed = WINDOW
        self._partial = 0
        self._owed = 0
        self._ended = False

    def receive(self, frame: Frame) -> None:
        """Take an ANSWER frame. Raises BadFrame when it was not allowed, or does not fit."""
        if self._ended or not self._allowed:
            raise BadFrame("an answer without end" if self._ended else "more frames than were allowed")
        self._allowed -= 1
        self._ended = frame.last
        if frame.last and not frame.body and self._assembly.empty:
            return
        self._partial += 1
        message = self._assembly.add(frame)
        if message is not None:
            self._messages.append((message, self._partial))
            self._partial = 0
        elif not self._messages:
            self._settle()

    def take(self) -> bytes | None:
        """The next message; None when there is none now."""
        if not self._messages:
            return None
        message, frames = self._messages.popleft()
        self._owed += frames
        if not self._messages:
            self._settle()
        return message

    def credit(self) -> int:
        """Frames to allow now; whoever asks sends it."""
        if self._ended or self._owed < _ENOUGH:
            return 0
        owed, self._owed = self._owed, 0
        self._allowed += owed
        return owed

    @property
    def ended(self) -> bool:
        """Whether the last frame is in; messages may still wait to be taken."""
        return self._ended

    def _settle(self) -> None:
        """A message in the making may grow while nothing else waits: it has a limit of its own."""
        self._owed += self._partial
        self._partial = 0
