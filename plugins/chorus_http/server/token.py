"""The bearer token of the API: as set, else made once and kept in the state dir.

A file that somebody replaces is read again, so that a token can be rotated without a restart.
"""

import os
import secrets
import time
from contextlib import suppress
from hmac import compare_digest
from pathlib import Path
from typing import Final

from chorus_hooks.endpoint import API_TOKEN, TOKEN_FILE
from chorus_hooks.errors import Refused
from chorus_hooks.setting import Config

LOOK_S: Final = 1.0
"""How often the file is looked at while requests come."""


class Token:
    """Checks the tokens of requests. Used by one thread at a time."""

    def __init__(self, config: Config, state_dir: Path) -> None:
        self._config = config
        self._path = state_dir / TOKEN_FILE
        self._looked = float("-inf")
        self._version: tuple[int, int, int] | None = None
        self._kept = b""

    def prepare(self) -> None:
        """Make the file when it is needed and absent. Raises Refused when it cannot be kept."""
        if not self._config[API_TOKEN]:
            self._kept = ensure(self._path).encode()

    def accepts(self, offered: bytes) -> bool:
        """Whether it is the token, in a time that does not tell how much of it was right."""
        current = self._current()
        return bool(current) and compare_digest(offered, current)

    def _current(self) -> bytes:
        chosen = self._config[API_TOKEN]
        if chosen:
            return chosen.encode()
        now = time.monotonic()
        if now - self._looked >= LOOK_S:
            self._looked = now
            self._refresh()
        return self._kept

    def _refresh(self) -> None:
        """Read the file again when it is another one. One that is gone, or empty, changes nothing."""
        try:
            found = self._path.stat()
            version = (found.st_ino, found.st_mtime_ns, found.st_size)
            if version != self._version:
                self._kept = _read(self._path).encode() or self._kept
                self._version = version
        except OSError:
            return


def ensure(path: Path) -> str:
    """The token in the file; it is made, private to the user, when there is none.

    Of several processes that make it at once, one wins and all get its token.
    """
    try:
        return _kept(path) or _make(path)
    except OSError as error:
        raise _refused(path, error) from None


def _kept(path: Path) -> str:
    try:
        return _read(path)
    except FileNotFoundError:
        return ""


def _make(path: Path) -> str:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_urlsafe(32)}\n")
            file.flush()
            os.fsync(file.fileno())
        if path.exists() and not _read(path):
            draft.replace(path)  # an empty file, as a full disk leaves it
        else:
            with suppress(FileExistsError):  # somebody was faster
                os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return _read(path)


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii", errors="replace").strip()


def _refused(path: Path, error: OSError) -> Refused:
    return Refused(
        f"the API's token cannot be kept in {path}: {error.strerror}",
        hint=f"free some space, or give one with {API_TOKEN.name}",
    )
