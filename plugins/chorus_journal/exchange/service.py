"""The service `fetcher`: blobs for peers that ask, and from peers for whoever asks here."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

import trio

from chorus_hooks.blob import Blobs
from chorus_hooks.journal import Journal
from chorus_hooks.members import Members
from chorus_hooks.mesh import Mesh
from chorus_hooks.node import Node
from chorus_hooks.replica import Fetcher
from chorus_hooks.service import Capabilities, find
from chorus_hooks.wire.lines import Lines
from chorus_hooks.wire.reach import Reach
from chorus_journal.blob_store import FileBlobs
from chorus_journal.exchange.alone import AloneFetcher
from chorus_journal.exchange.announcing import Announcer
from chorus_journal.exchange.fetcher import PeerFetcher
from chorus_journal.exchange.message import PIECE, PROTOCOL, REQUEST_LIMIT
from chorus_journal.exchange.serving import Server
from chorus_journal.exchange.traffic import TRAFFIC, Traffic

_log = logging.getLogger("chorus.journal.exchange")


def start(capabilities: Capabilities, quota: int) -> AbstractAsyncContextManager[Fetcher]:
    """With the blobs of this node, whoever stores them; `quota` is in bytes. Without a mesh nothing comes."""
    node, mesh = capabilities.get(Node), find(capabilities, Mesh)
    if mesh is None:
        return nullcontext(AloneFetcher(capabilities.get(Blobs)))
    return open_fetcher(
        FileBlobs(node.state_dir, node.boot, quota),
        capabilities.get(Blobs),
        capabilities.get(Journal),
        mesh,
        find(capabilities, Members),
        TRAFFIC,
    )


@asynccontextmanager
async def open_fetcher(
    store: FileBlobs, blobs: Blobs, journal: Journal, mesh: Mesh, members: Members | None, traffic: Traffic
) -> AsyncIterator[PeerFetcher]:
    """Give `blobs` to peers, and bring theirs into `store`."""
    accuse = members.accuse if members is not None else _name
    lines = Lines(mesh, PROTOCOL, accuse=accuse, answer_limit=PIECE)
    reach = Reach(mesh, members)
    async with trio.open_nursery() as nursery:
        await nursery.start(lines.run)
        lines.serve(Server(blobs, traffic), limit=REQUEST_LIMIT)
        nursery.start_soon(reach.run)
        nursery.start_soon(Announcer(journal, mesh).run)
        yield PeerFetcher(store, mesh, lines, reach, accuse, traffic)
        nursery.cancel_scope.cancel()


def _name(peer_id: str, why: str) -> None:
    _log.warning("%s broke the protocol: %s", peer_id, why)
