"""`chorus peers`."""

import time

import typer

from chorus_hooks.command import Host
from chorus_hooks.members import Peer, Peers
from chorus_hooks.peer_json import peer_json
from chorus_hooks.service import Capabilities
from chorus_members.cli.listing import listing


def peers(ctx: typer.Context) -> None:
    """Show who is in the mesh: state, since when, round trip, version, journal, address, capabilities.

    SUSPECT means that a peer does not answer at the moment, DEAD that it may come back, LEFT that it said
    goodbye; those who are gone are shown for an hour. JOURNAL is how many of its entries are here. Needs a
    node: the one of the state dir, or the one that CHORUS_URL names. Exits with 3 when there is none.
    """
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> tuple[Peer, ...]:
        return await capabilities.get(Peers).list()

    found = host.run(main, requires=(Peers,), where="node")
    host.console.result([peer_json(peer) for peer in found], listing(found, time.time()))
    if not found and not host.console.json:
        host.console.note("no other peer is known; `chorus join-token` here gives the word to join with")
