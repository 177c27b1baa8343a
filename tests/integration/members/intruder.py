"""A peer in a process of its own that knows the secret, or only the address, and misbehaves in one way.

`python -m tests.integration.members.intruder WAY ADDRESS SECRET` prints its peer id, and how it ended.
"""

import sys
from collections.abc import Awaitable, Callable

import trio
from msgspec.structs import replace

from chorus_hooks.errors import ChorusError, Unreachable
from chorus_hooks.wire.frame import CALLS, FRAME_LIMIT, Frame, Kind, credit_frame, message_frames
from chorus_identity.cluster import SecretCluster
from chorus_identity.join_token import JoinToken
from chorus_libp2p.mesh import Libp2pMesh
from chorus_libp2p.service import PURPOSE
from chorus_members.card import seal
from chorus_members.claim import claim_of
from chorus_members.message import Follow, Message, Ping, Tell, encode, rumour_of
from chorus_members.talk import PROTOCOL
from tests.integration.libp2p.nodes import identity, mesh
from tests.unit.members.cards import card

AT_IT_S = 4.0
"""For how long it floods, or holds what it has opened."""
STRANGERS = 200


def asked(call: int, message: bytes | Message) -> bytes:
    raw = message if isinstance(message, bytes) else encode(message)
    return b"".join(frame.encode() for frame in message_frames(Kind.ASK, call, raw))


class Intruder:
    """What it can do to the peer `victim`."""

    def __init__(self, own: Libp2pMesh, victim: str) -> None:
        self.own = own
        self.victim = victim

    async def flood(self) -> int:
        """As many frames as it is let: at the pace of 10,000 a second or more."""
        stream = await self.own.open(self.victim, PROTOCOL)
        burst = b"".join(credit_frame(7, 1).encode() for _ in range(1000))
        sent = 0
        with trio.move_on_after(AT_IT_S):
            while True:
                await stream.send(burst)
                sent += 1000
        return sent

    async def say(self, *frames: bytes) -> str:
        """Some bytes on a stream, and what becomes of the link."""
        stream = await self.own.open(self.victim, PROTOCOL)
        for raw in frames:
            await stream.send(raw)
        async with self.own.links() as links:
            with trio.move_on_after(AT_IT_S):
                while (await anext(links)).up:
                    pass
                return "cut off"
        return "linked"

    async def deaf(self) -> str:
        """All calls that there may be, of the longest answers, on many streams, and no answer is read."""
        streams = []
        for _ in range(16):
            streams.append(await self.own.open(self.victim, PROTOCOL))
            await streams[-1].send(b"".join(asked(call, Follow()) for call in range(CALLS)))
        await trio.sleep(AT_IT_S)
        return f"held {len(streams)} streams"

    async def old(self) -> str:
        """A protocol of another version."""
        try:
            await self.own.open(self.victim, "/chorus/members/0")
        except Unreachable as error:
            return error.message
        return "taken"


def forged(tag: str) -> bytes:
    """A card of one peer that another one signed."""
    made = seal(replace(card(1, 5), cluster=tag), identity().sign)
    return encode(Tell(rumours=(rumour_of(claim_of(made), 0),)))


def ways(one: Intruder, tag: str) -> dict[str, Callable[[], Awaitable[object]]]:
    half = Frame(Kind.ASK, 1, bytes(1000)).encode()[:500]
    return {
        "flood": one.flood,
        "malformed": lambda: one.say(asked(1, b"\xff nonsense")),
        "no-frame": lambda: one.say(b"\x00\x00\x00\x06\x3f" + bytes(5)),
        "oversized": lambda: one.say((FRAME_LIMIT * 4).to_bytes(4) + bytes(60_000)),
        "oversized-request": lambda: one.say(asked(1, bytes(300_000))),
        "forged": lambda: one.say(asked(1, forged(tag))),
        "unknown": lambda: one.say(asked(1, b'{"type": "lineage"}')),
        "replayed": lambda: one.say(*(asked(call, Ping()) for call in (1, 2, 2, 1, 1, 2))),
        "half-open": lambda: one.say(half),
        "deaf": one.deaf,
        "old": one.old,
    }


async def strangers(address: str) -> str:
    """Many connections of somebody without the secret: half of them silent, half with junk."""
    _, _, host, _, port = address.split("/")[:5]

    async def one(number: int) -> None:
        try:
            async with await trio.open_tcp_stream(host, int(port)) as stream:
                if number % 2:
                    await stream.send_all(bytes(70_000))
                while await stream.receive_some():
                    pass
        except (OSError, trio.BrokenResourceError):
            return

    with trio.move_on_after(2 * AT_IT_S):
        async with trio.open_nursery() as nursery:
            for number in range(STRANGERS):
                nursery.start_soon(one, number)
        return "all closed"
    return "some open"


async def main(way: str, address: str, secret: str) -> None:
    cluster = SecretCluster(JoinToken(secret, ()))
    who = identity()
    print(who.peer_id, flush=True)
    if way == "strangers":
        print(await strangers(address), flush=True)
        return
    async with mesh(who, secret=cluster.key(PURPOSE).hex(), dht=False) as own:
        with trio.fail_after(20):
            victim = await own.dial(address)
        try:
            print(await ways(Intruder(own, victim), cluster.tag)[way](), flush=True)
        except ChorusError as error:
            print(f"cut off: {error.message}", flush=True)


if __name__ == "__main__":
    trio.run(main, sys.argv[1], sys.argv[2], sys.argv[3])
