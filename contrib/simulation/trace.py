"""What happened, a line each: the same lines for the same seed, in any process."""

import hashlib

import trio


class Trace:
    """Kept in memory: a seed has some thousand lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, what: str) -> None:
        """It happens now, on the virtual clock."""
        self.lines.append(f"{trio.current_time():10.4f}  {what}")

    @property
    def digest(self) -> str:
        """SHA-256 of all lines, in hex."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()
