"""The processes of a keeper's namespace, by their numbers in there."""

import os
import signal
from contextlib import suppress

from chorus_hooks.errors import Unreachable


class ProcessTable:
    """The /proc of one namespace, held open.

    A path to it would name the keeper by its pid. That may be another process's once the keeper is gone, with
    all of this machine behind it, while what is held open is empty then. Raises Unreachable when it is gone.
    """

    def __init__(self, keeper: int) -> None:
        try:
            self._proc = os.open(f"/proc/{keeper}/root/proc", os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            why = f"its processes cannot be seen: {error.strerror}"
            raise Unreachable("the sandbox did not start", hint=why) from None

    def pids(self) -> list[str]:
        """Every process, unreaped dead ones included; none when the keeper is gone."""
        try:
            return [name for name in os.listdir(self._proc) if name.isdecimal()]  # noqa: PTH208
        except OSError:
            return []

    def stat(self, pid: str) -> list[str]:
        """What proc(5) tells of a process, from its state and its parent on; nothing when it is gone."""
        try:
            # A task names its processes as it likes, in any bytes.
            with open(f"{pid}/stat", errors="replace", opener=self._open) as file:
                return file.read().rpartition(")")[2].split()
        except OSError:
            return []

    def kill(self, pid: str) -> None:
        """SIGKILL a process, if it is still there: its directory stands for it as a pidfd does."""
        with suppress(OSError):
            held = self._open(pid, os.O_RDONLY | os.O_DIRECTORY)
            try:
                signal.pidfd_send_signal(held, signal.SIGKILL)
            finally:
                os.close(held)

    def close(self) -> None:
        """Let go of it; from then on it is empty. May be called again."""
        if self._proc >= 0:
            os.close(self._proc)
            self._proc = -1

    def _open(self, path: str, flags: int) -> int:
        return os.open(path, flags, dir_fd=self._proc)
