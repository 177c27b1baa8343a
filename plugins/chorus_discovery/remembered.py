"""The peers that were reached before, newest first, and the file they are kept in."""

import logging
import os
from pathlib import Path
from typing import Final

import msgspec

from chorus_hooks.address import is_peer_id, parse_address
from chorus_hooks.errors import UsageError

MOST_PEERS: Final = 128
MOST_ADDRESSES: Final = 8
LARGEST_FILE: Final = 256 * 1024

_log = logging.getLogger("chorus.discovery")


class _Peer(msgspec.Struct):
    peer_id: str
    addresses: list[str]


class _File(msgspec.Struct):
    v: int
    peers: list[_Peer]


class Remembered:
    """Peers and their addresses, in memory. Pure."""

    def __init__(self) -> None:
        self._peers: dict[str, tuple[str, ...]] = {}

    def put(self, peer_id: str, addresses: tuple[str, ...]) -> bool:
        """Make it the newest, the oldest goes when there are too many; returns whether anything is new."""
        fit = tuple(dict.fromkeys(address for address in addresses if _is_dialable(address)))[:MOST_ADDRESSES]
        if not is_peer_id(peer_id) or not fit:
            return False
        old = self._peers.pop(peer_id, None)
        self._peers[peer_id] = fit
        while len(self._peers) > MOST_PEERS:
            del self._peers[next(iter(self._peers))]
        return old != fit

    def all(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Every peer with its addresses, newest first."""
        return tuple(reversed(self._peers.items()))

    def encode(self) -> bytes:
        """The content of the file."""
        return msgspec.json.encode(_File(1, [_Peer(peer, list(where)) for peer, where in self.all()]))


def decode(content: bytes) -> Remembered:
    """Read a file's content; what is no peer in it is left out. Raises ValueError when it is not ours."""
    if len(content) > LARGEST_FILE:
        raise ValueError(f"it has more than {LARGEST_FILE} bytes")
    try:
        file = msgspec.json.decode(content, type=_File)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if file.v != 1:
        raise ValueError("another version of CHORUS wrote it")
    remembered = Remembered()
    for peer in reversed(file.peers):
        remembered.put(peer.peer_id, tuple(peer.addresses))
    return remembered


def load(path: Path) -> Remembered:
    """What the file has; nothing, with a warning, when it cannot be read. Blocks on the disk."""
    try:
        with path.open("rb") as file:
            return decode(file.read(LARGEST_FILE + 1))
    except FileNotFoundError:
        return Remembered()
    except (OSError, ValueError) as error:  # msgspec's errors are ValueErrors
        _log.warning("the peers remembered in %s are lost: %s", path, error)
        return Remembered()


def save(path: Path, scratch: Path, content: bytes) -> None:
    """Replace the file, all or nothing. Blocks on the disk, but for no power cut: it is only a help."""
    draft = scratch / f"{path.name}.{os.urandom(8).hex()}"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _is_dialable(address: str) -> bool:
    try:
        parse_address(address)
    except UsageError:
        return False
    return True
