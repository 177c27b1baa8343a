"""Topics: hints to everybody who subscribes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from chorus.testing.mesh.bench import PATIENCE_S, Start, cluster, join, within
from chorus_hooks.errors import UsageError
from chorus_hooks.mesh import MESSAGE_LIMIT, Mesh, Message

NEWS = "conformance/news"
OTHER = "conformance/other"
EVERY_S = 0.1


class PublishingPromises:
    """What `Topics` promises. A hint may get lost, so a test says it until it is heard."""

    async def test_a_message_reaches_everybody_and_names_its_sender(self, start: Start) -> None:
        """All that subscribe."""
        async with (
            cluster(start, 3) as (one, other, third),
            other.topics.subscribe(NEWS) as here,
            third.topics.subscribe(NEWS) as there,
            _saying(one, NEWS, b"hello"),
        ):
            for messages in (here, there):
                assert await within(anext(messages)) == Message(NEWS, one.peer_id, b"hello")

    async def test_ones_own_messages_are_left_out(self, start: Start) -> None:
        """Nobody hears himself."""
        async with (
            cluster(start, 2) as (one, other),
            one.topics.subscribe(NEWS) as at_one,
            other.topics.subscribe(NEWS),
        ):
            await one.topics.publish(NEWS, b"own")
            async with _saying(other, NEWS, b"from the other"):
                assert (await within(anext(at_one))).sender == other.peer_id

    async def test_another_topic_is_not_heard(self, start: Start) -> None:
        """Only what one subscribes to."""
        async with (
            cluster(start, 2) as (one, other),
            other.topics.subscribe(NEWS) as news,
            _saying(one, OTHER, b"something else"),
            _saying(one, NEWS, b"news"),
        ):
            for _ in range(3):
                assert (await within(anext(news))).topic == NEWS

    async def test_everybody_who_subscribes_at_a_node_hears_it(self, start: Start) -> None:
        """Two parts of a node may listen to one topic."""
        async with (
            cluster(start, 2) as (one, other),
            other.topics.subscribe(NEWS) as first,
            other.topics.subscribe(NEWS) as second,
            _saying(one, NEWS, b"x"),
        ):
            assert await within(anext(first)) == await within(anext(second))

    async def test_a_subscription_begins_and_ends_with_its_context(self, start: Start) -> None:
        """What was said before it, or between two of them, is not heard later."""
        async with cluster(start, 2) as (one, other):
            async with other.topics.subscribe(NEWS) as before, _saying(one, NEWS, b"before"):
                await within(anext(before))
            async with other.topics.subscribe(OTHER) as between:
                await one.topics.publish(NEWS, b"meanwhile")
                async with _saying(one, OTHER, b"between"):
                    await within(anext(between))
            async with other.topics.subscribe(NEWS) as after, _saying(one, NEWS, b"after"):
                heard = [(await within(anext(after))).data for _ in range(2)]
        assert heard == [b"after", b"after"]

    async def test_a_message_passes_through_peers_that_subscribe(self, start: Start) -> None:
        """To a peer that its sender is not linked to, and still names its sender."""
        async with start() as one, start() as middle, start() as far:
            await join(one, middle)
            await join(middle, far)
            async with (
                middle.topics.subscribe(NEWS),
                far.topics.subscribe(NEWS) as news,
                _saying(one, NEWS, b"hello"),
            ):
                assert (await within(anext(news))).sender == one.peer_id

    async def test_the_largest_message_passes_and_a_larger_one_is_refused(self, start: Start) -> None:
        """At MESSAGE_LIMIT."""
        async with cluster(start, 2) as (one, other), other.topics.subscribe(NEWS) as news:
            with pytest.raises(UsageError):
                await one.topics.publish(NEWS, bytes(MESSAGE_LIMIT + 1))
            async with _saying(one, NEWS, bytes(MESSAGE_LIMIT)):
                assert (await within(anext(news))).data == bytes(MESSAGE_LIMIT)

    async def test_publishing_where_nobody_listens_is_no_error(self, start: Start) -> None:
        """A hint that nobody takes."""
        async with start() as one:
            await within(one.topics.publish(NEWS, b"anybody?"))

    async def test_any_bytes_may_be_said(self, start: Start) -> None:
        """Not only text."""
        data = bytes(range(256))
        async with (
            cluster(start, 2) as (one, other),
            other.topics.subscribe(NEWS) as news,
            _saying(one, NEWS, data),
        ):
            assert (await within(anext(news))).data == data


@asynccontextmanager
async def _saying(mesh: Mesh, topic: str, data: bytes) -> AsyncIterator[None]:
    async def say() -> None:
        while True:
            await mesh.topics.publish(topic, data)
            await trio.sleep(EVERY_S)

    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(say)
            yield
            nursery.cancel_scope.cancel()
