"""A peer in a process of its own that gives a journal away: not its own, and not always an honest one.

`python -m tests.integration.replica.stranger WAY ADDRESS SECRET` prints its peer id, and gives until its
input ends.
"""

import sys
from dataclasses import replace

import trio

from chorus_hooks.errors import ChorusError
from chorus_identity.cluster import SecretCluster
from chorus_identity.join_token import JoinToken
from chorus_journal.replica.message import Entries
from chorus_libp2p.service import PURPOSE
from tests.integration.libp2p.nodes import identity, mesh
from tests.unit.replica.logs import Log
from tests.unit.replica.nodes import Stranger, gives, proves

COMMON = 300
"""Entries that both histories begin with."""
WITHIN_S = 20.0


def history(way: str) -> Log:
    """The journal: `one` and `other` begin alike, and are signed by the same key."""
    return Log().grow(COMMON).grow(9, "b") if way == "other" else Log().grow(COMMON).grow(4, "a")


def forged(log: Log, ask: Entries) -> list[bytes]:
    """Entries whose text was changed on the way."""
    parcel = log.parcel(ask.start, len(log.entries))
    bent = tuple(entry.replace(b'"x"', b'"y"') for entry in parcel.entries)
    return [replace(parcel, entries=bent).encode()]


async def main(way: str, address: str, secret: str) -> None:
    cluster = SecretCluster(JoinToken(secret, ()))
    who, log = identity(), history(way)
    async with mesh(who, secret=cluster.key(PURPOSE).hex(), dht=False) as own:
        stranger = Stranger(own, heads=[log.checkpoint().note], entries=gives(log), prove=proves(log))
        if way == "forged":
            stranger.entries = lambda ask: forged(log, ask)
        stranger.serve()
        with trio.fail_after(WITHIN_S):
            await own.dial(address)
        print(who.peer_id, flush=True)
        await trio.to_thread.run_sync(sys.stdin.read, abandon_on_cancel=True)


if __name__ == "__main__":
    try:
        trio.run(main, sys.argv[1], sys.argv[2], sys.argv[3])
    except ChorusError as error:
        sys.exit(error.message)
