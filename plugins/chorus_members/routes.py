"""Who is in the mesh, over HTTP."""

from collections.abc import Iterable
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from chorus_hooks.members import JournalShare, Kind, Members, Peer, State
from chorus_hooks.peer_json import peer_json
from chorus_hooks.replica import Replica, Replicas
from chorus_hooks.route import Answer, Reply, Request, Route
from chorus_hooks.service import Capabilities, find

_PEER: Final[dict[str, Any]] = {
    "peer_id": "12D3KooWFJ9RJ4rvJ7kdjutpSMFJcE4xoZcP1HzKnz1uSgepkGCT",
    "boot": "9f86d081884c7d659a2feaa0c55ad015",
    "agent_id": "chorus-SgepkGCT",
    "kind": "agent",
    "version": "0.4.0",
    "capabilities": ["gpu"],
    "state": "alive",
    "since": "2026-11-25T12:00:00.123Z",
    "addresses": [
        "/ip4/10.0.0.7/tcp/9000/p2p/12D3KooWFJ9RJ4rvJ7kdjutpSMFJcE4xoZcP1HzKnz1uSgepkGCT",
    ],
    "rtt_ms": 0.6,
    "journal": {"size": 1200, "replicated": 1200},
}


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Of all journals that the peer has written."""

    size: Annotated[int, Meta(description="Entries that are known to be in them")]
    replicated: Annotated[int, Meta(description="Of these, how many are here")]


class PeerView(msgspec.Struct, frozen=True, kw_only=True):
    """A peer, as this node sees it."""

    peer_id: str
    boot: Annotated[str, Meta(description="Names the life of its process: another one after each start")]
    agent_id: str
    kind: Kind
    version: str
    capabilities: tuple[str, ...]
    state: Annotated[
        State,
        Meta(
            description="suspect: it does not answer at the moment; dead: it does not answer, and may come"
            " back; left: it said that it goes. The last two are kept for an hour"
        ),
    ]
    since: Annotated[str, Meta(description="When this node first saw it in this life; RFC 3339, UTC")]
    addresses: tuple[str, ...]
    rtt_ms: Annotated[float | None, Meta(description="Round trip of a ping, when the two are linked")]
    journal: Annotated[Share | None, Meta(description="null when nothing is known of it")]


class PeerList(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody known but the node itself, by peer id."""

    peers: tuple[PeerView, ...]


def routes() -> tuple[Route, ...]:
    """All of them."""
    return (
        Route(
            "GET",
            "/peers",
            "List the peers",
            _peers,
            (
                Answer(
                    200, "Everybody known, those who are gone for an hour too", PeerList, {"peers": [_PEER]}
                ),
            ),
            (Members,),
            "node",
            optional=(Replicas,),
        ),
    )


def share_of(peer_id: str, replicas: Iterable[Replica]) -> JournalShare | None:
    """How much of a peer's journals is here. It has one for each disk that it had. Pure."""
    own = [replica for replica in replicas if replica.peer_id == peer_id]
    if not own:
        return None
    return JournalShare(sum(one.size for one in own), sum(one.replicated for one in own))


async def _peers(capabilities: Capabilities, request: Request) -> Reply:
    replicas = find(capabilities, Replicas)
    kept = replicas.all() if replicas is not None else ()
    members = capabilities.get(Members).all()
    return Reply(
        {"peers": [peer_json(Peer(member, share_of(member.peer_id, kept))) for member in members]},
        headers={"Cache-Control": "private, no-cache"},
    )
