"""The provider of `Discovery`: what was told, remembered and heard, in one list."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import trio

from chorus_discovery import remembered as memory
from chorus_discovery.advert import Advert
from chorus_discovery.candidates import Candidates
from chorus_discovery.remembered import Remembered
from chorus_hooks.address import parse_address
from chorus_hooks.discovery import Candidate, Origin
from chorus_hooks.errors import UsageError
from chorus_hooks.node import Node

PEERS_FILE = "peers.json"

_log = logging.getLogger("chorus.discovery")


class LocalDiscovery:
    """What this node knows of where peers are. `own` is its peer id, or empty: nobody looks for oneself."""

    def __init__(self, node: Node, own: str, remembered: Remembered) -> None:
        self._path: Path = node.state_dir / PEERS_FILE
        self._scratch = node.scratch
        self._own = own
        self._remembered = remembered
        self._candidates = Candidates()
        self._saving = trio.Lock()
        for peer_id, addresses in remembered.all():
            for address in addresses:
                self._offer(address, peer_id, "remembered")

    def candidates(self) -> AbstractAsyncContextManager[AsyncIterator[Candidate]]:
        """What is known now, then what is found."""
        return self._candidates.read()

    def offer(self, addresses: tuple[str, ...], origin: Origin) -> None:
        """Addresses that settings name."""
        for address in addresses:
            try:
                peer_id = parse_address(address).peer_id
            except UsageError:
                _log.warning("%s, from the %s list, cannot be dialled", address, origin)
                continue
            self._offer(address, peer_id, origin)

    def heard(self, advert: Advert) -> None:
        """Somebody of this cluster was heard on the LAN."""
        for address in advert.addresses:
            self._offer(str(address), advert.peer_id, "mdns")

    async def remember(self, peer_id: str, addresses: tuple[str, ...]) -> None:
        """Keep it for the next start. A disk that is full is told of, and no reason to fail."""
        if peer_id == self._own or not self._remembered.put(peer_id, addresses):
            return
        kept = dict(self._remembered.all())
        self._candidates.keep_only("remembered", frozenset(kept))
        self._candidates.replace("remembered", peer_id, kept[peer_id])
        await self.save()

    async def save(self) -> None:
        """Write down what is remembered."""
        async with self._saving:
            content = self._remembered.encode()
            try:
                await trio.to_thread.run_sync(memory.save, self._path, self._scratch, content)
            except OSError as error:
                _log.warning("peers cannot be remembered in %s: %s", self._path, error.strerror)

    def _offer(self, address: str, peer_id: str | None, origin: Origin) -> None:
        if peer_id is None or peer_id != self._own:
            self._candidates.add(Candidate(address, peer_id, origin))
