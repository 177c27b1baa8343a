"""Gossip: what arrives, what is dropped, and that it is counted."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from libp2p.network.stream.net_stream import NetStream
from libp2p.pubsub.gossipsub import PROTOCOL_ID_V11

from chorus_hooks.errors import UsageError
from chorus_hooks.mesh import MESSAGE_LIMIT, Message
from chorus_libp2p import topics
from chorus_libp2p.mesh import Libp2pMesh
from chorus_libp2p.traffic import Traffic
from tests.integration.libp2p.nodes import WITHIN_S, mesh, until

TOPIC = "test/topic/1"


@asynccontextmanager
async def meshed(*nodes: Libp2pMesh) -> AsyncIterator[list[AsyncIterator[Message]]]:
    """All subscribed, in a line, and each known as a subscriber to its neighbours."""
    for one, other in itertools.pairwise(nodes):
        await one.dial(other.addresses[0])
    async with trio.open_nursery() as nursery:
        readers: list[AsyncIterator[Message]] = []

        async def hold(node: Libp2pMesh, *, task_status: trio.TaskStatus[AsyncIterator[Message]]) -> None:
            async with node.topics.subscribe(TOPIC) as reader:
                task_status.started(reader)
                await trio.sleep_forever()

        for node in nodes:
            readers.append(await nursery.start(hold, node))
        await until(lambda: all(grafted(node) for node in nodes))
        yield readers
        nursery.cancel_scope.cancel()


def grafted(node: Libp2pMesh) -> bool:
    return set(map(str, node.topics._pubsub.router.mesh.get(TOPIC, ()))) == set(node._links.peers())


async def test_a_message_reaches_all_once_with_its_sender_also_through_others() -> None:
    async with mesh() as a, mesh() as b, mesh() as c, meshed(a, b, c) as (mine, near, far):
        await a.topics.publish(TOPIC, b"one")
        await a.topics.publish(TOPIC, b"two")
        with trio.fail_after(WITHIN_S):
            for reader in (near, far):
                got = {(await anext(reader)).data for _ in range(2)}
                assert got == {b"one", b"two"}
        await c.topics.publish(TOPIC, b"back")
        with trio.fail_after(WITHIN_S):
            assert await anext(mine) == Message(TOPIC, c.peer_id, b"back")


async def test_a_burst_of_500_messages_arrives_whole() -> None:
    async with mesh() as a, mesh() as b, meshed(a, b) as (_, reader):
        for number in range(500):
            await a.topics.publish(TOPIC, str(number).encode())
        with trio.fail_after(WITHIN_S):
            got = {int((await anext(reader)).data) for _ in range(500)}
        assert got == set(range(500))


async def test_a_message_that_is_too_long_is_refused_here_and_by_others() -> None:
    traffic = Traffic()
    async with mesh() as a, mesh(traffic=traffic) as b, meshed(a, b) as (_, reader):
        with pytest.raises(UsageError):
            await a.topics.publish(TOPIC, bytes(MESSAGE_LIMIT + 1))
        a.topics._pubsub.remove_topic_validator(TOPIC)
        await a.topics._pubsub.publish(TOPIC, bytes(MESSAGE_LIMIT + 1))
        await a.topics.publish(TOPIC, bytes(MESSAGE_LIMIT))
        with trio.fail_after(WITHIN_S):
            assert len((await anext(reader)).data) == MESSAGE_LIMIT
        assert traffic.dropped[TOPIC, "invalid"] == 1


async def test_a_reader_that_is_too_slow_loses_the_oldest_and_it_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(topics, "QUEUE", 4)
    traffic = Traffic()
    async with mesh() as a, mesh(traffic=traffic) as b, meshed(a, b) as (_, reader):
        for number in range(10):
            await a.topics.publish(TOPIC, bytes([number]))
        await until(lambda: traffic.topic_messages[TOPIC, "in"] == 10)
        assert traffic.dropped[TOPIC, "slow_reader"] == 6
        assert traffic.queues() == {TOPIC: 4}
        assert [(await anext(reader)).data[0] for _ in range(4)] == [6, 7, 8, 9]


async def test_who_left_a_topic_gets_nothing_and_may_come_back() -> None:
    async with mesh() as a, mesh() as b:
        for _ in range(2):
            async with meshed(a, b) as (_, reader):
                await a.topics.publish(TOPIC, b"x")
                with trio.fail_after(WITHIN_S):
                    assert (await anext(reader)).data == b"x"
            assert b.topics.waiting() == {}


async def test_a_topic_that_is_joined_while_a_peer_arrives_is_known_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write, telling, joined = NetStream.write, trio.Event(), trio.Event()

    async def late(stream: NetStream, data: bytes) -> None:
        if stream.get_protocol() == PROTOCOL_ID_V11:
            telling.set()
            await joined.wait()
        await write(stream, data)

    monkeypatch.setattr(NetStream, "write", late)
    async with mesh() as one, mesh() as other:
        with trio.fail_after(WITHIN_S):
            await one.dial(other.addresses[0])
            await telling.wait()
            async with other.topics.subscribe(TOPIC):
                joined.set()
                await until(lambda: TOPIC in one.topics._pubsub.peer_topics)
