"""The provider of `Fetcher`: finds holders of a blob, brings it, and finds out who lied."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import Final
from weakref import WeakValueDictionary

import msgspec
import trio

from chorus_hooks.blob import Blob
from chorus_hooks.errors import ChorusError, Full, NotFound, Unreachable
from chorus_hooks.mesh import Mesh
from chorus_hooks.wire.lines import Lines
from chorus_hooks.wire.reach import Reach
from chorus_journal.blob_store import FileBlobs
from chorus_journal.exchange.download import Download
from chorus_journal.exchange.message import BadMessage, Size, decode_sized
from chorus_journal.exchange.record import record_key
from chorus_journal.exchange.traffic import Traffic

_log = logging.getLogger("chorus.journal.exchange")

AT_ONCE: Final = 4
"""Blobs that are fetched at once; others wait."""
HOLDERS: Final = 8
"""Peers that one blob comes from at once."""
ASKED: Final = 64
"""Peers that are asked for it at most, those who said that they have it first."""
ASK_S: Final = 5.0
PROVIDERS_S: Final = 3.0
"""For the records: they only know more holders than those that are asked anyhow."""
PAUSES_S: Final = (0.0, 1.0, 3.0)
"""Before each look for holders: a peer that was cut off or starts again is back soon."""


class Came(Enum):
    """How far a try got."""

    WHOLE = auto()
    SHORT = auto()
    DAMAGED = auto()


class PeerFetcher:
    """Asks whom it can reach; `accuse` is told a peer and its fault."""

    def __init__(
        self,
        store: FileBlobs,
        mesh: Mesh,
        lines: Lines,
        reach: Reach,
        accuse: Callable[[str, str], None],
        traffic: Traffic,
    ) -> None:
        self._store = store
        self._mesh = mesh
        self._lines = lines
        self._reach = reach
        self._accuse = accuse
        self._traffic = traffic
        self._few = trio.CapacityLimiter(AT_ONCE)
        self._locks: WeakValueDictionary[str, trio.Lock] = WeakValueDictionary()

    async def fetch(self, sha256: str, *, holders: tuple[str, ...] = ()) -> Blob:
        """The blob, from here or from peers, checked; resumes what an earlier try left."""
        async with self._alone(sha256):
            here = await trio.to_thread.run_sync(self._store.find, sha256)
            if here is not None:
                return here
            async with self._few:
                return await self._bring(sha256, holders)

    @asynccontextmanager
    async def _alone(self, sha256: str) -> AsyncIterator[None]:
        """Whoever wants the same blob waits for it, and goes on when the first one gives up."""
        lock = self._locks.setdefault(sha256, trio.Lock())
        async with lock:
            yield

    async def _bring(self, sha256: str, holders: tuple[str, ...]) -> Blob:
        liars: set[str] = set()
        full: Full | None = None
        for pause in PAUSES_S:
            await trio.sleep(pause)
            sizes = await self._sizes(sha256, await self._candidates(sha256, holders, liars))
            for size, _ in Counter(sizes.values()).most_common():
                having = [peer_id for peer_id in sizes if sizes[peer_id] == size][:HOLDERS]
                try:
                    if await self._from(Blob(sha256, size), having, liars):
                        self._traffic.results["fetched"] += 1
                        return Blob(sha256, size)
                except Full as error:
                    full = error  # another one may tell a size that is true
        if full is not None:
            raise full
        self._traffic.results["not_found"] += 1
        raise NotFound(
            f"nobody who can be reached has the whole blob {sha256[:12]}",
            hint="`chorus peers` shows who is there; what came so far is kept for the next try",
        )

    async def _from(self, blob: Blob, holders: list[str], liars: set[str]) -> bool:
        """Whether it came. When what came together is wrong, each is asked alone, which tells who lied."""
        came = await self._try(blob, holders, liars)
        if came is not Came.DAMAGED:
            return came is Came.WHOLE
        for holder in holders:
            if holder not in liars and await self._try(blob, [holder], liars) is Came.WHOLE:
                return True
        return False

    async def _try(self, blob: Blob, holders: list[str], liars: set[str]) -> Came:
        with self._store.partial(blob.sha256, blob.size) as into:
            download = Download(blob, into, self._lines, self._traffic, self._accuse)
            await download.run(holders)
            if not into.whole:
                return Came.SHORT
            if await trio.to_thread.run_sync(into.commit):
                return Came.WHOLE
        self._traffic.results["damaged"] += 1
        _log.warning("blob %s came with other bytes than its hash says", blob.sha256[:12])
        if len(download.givers) == 1 and not into.resumed:
            liars |= download.givers
            for liar in download.givers:
                self._accuse(liar, f"gave other bytes as blob {blob.sha256[:12]}")
        return Came.DAMAGED

    async def _candidates(self, sha256: str, holders: tuple[str, ...], liars: set[str]) -> list[str]:
        named: tuple[str, ...] = ()
        with trio.move_on_after(PROVIDERS_S):
            named = await self._mesh.records.providers(record_key(sha256))
        known = dict.fromkeys((*holders, *named, *self._reach.linked))
        return [peer_id for peer_id in known if peer_id not in {*liars, self._mesh.peer_id}][:ASKED]

    async def _sizes(self, sha256: str, candidates: Iterable[str]) -> dict[str, int]:
        """Who has it, and how large they say it is; in the order of the candidates."""
        found: dict[str, int] = {}

        async def ask(peer_id: str) -> None:
            try:
                await self._reach.to(peer_id)
                answer = await self._lines.ask(peer_id, msgspec.json.encode(Size(sha256)), within=ASK_S)
                found[peer_id] = decode_sized(answer).size
            except (NotFound, Unreachable):
                return
            except ChorusError as error:
                _log.debug("%s does not say whether it has blob %s: %s", peer_id, sha256[:12], error.message)
            except BadMessage as fault:
                self._accuse(peer_id, str(fault))

        candidates = list(candidates)
        async with trio.open_nursery() as nursery:
            for peer_id in candidates:
                nursery.start_soon(ask, peer_id)
        return {peer_id: found[peer_id] for peer_id in candidates if peer_id in found}
