"""What each fault of the network in memory does, and what it does not do."""

import random

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from chorus.testing.memory import Conditions, MemoryMesh, open_network
from chorus_hooks.errors import Unreachable
from chorus_hooks.mesh import Link
from tests.unit.memory.nodes import ECHO, echo, exactly, linked

LONG = 5.0
"""Virtual seconds after which something that has not happened does not happen."""


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, MockClock]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


async def test_a_way_takes_its_delay() -> None:
    async with open_network(conditions=Conditions(delay=0.25)) as network:
        one, _ = await linked(network, "one", "other")
        assert trio.current_time() == pytest.approx(0.5)
        stream = await one.open("other", ECHO)
        assert trio.current_time() == pytest.approx(1.0)
        await stream.send(b"x")
        await stream.receive()
        assert trio.current_time() == pytest.approx(1.5)


async def test_bandwidth_makes_much_take_long() -> None:
    async with open_network(conditions=Conditions(bandwidth=100_000)) as network:
        one, _ = await linked(network, "one", "other")
        stream = await one.open("other", ECHO)
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.send, bytes(1_000_000))
            await exactly(stream, 1_000_000)
        assert trio.current_time() - began == pytest.approx(10, rel=0.2)


async def test_jitter_never_disorders_a_stream_and_does_disorder_messages() -> None:
    numbers = [bytes([number]) for number in range(100)]
    async with open_network(conditions=Conditions(jitter=0.5)) as network:
        one, other = await linked(network, "one", "other")
        stream = await one.open("other", ECHO)
        for number in numbers:
            await stream.send(number)
        assert await exactly(stream, 100) == b"".join(numbers)
        async with other.topics.subscribe("news") as news:
            for number in numbers:
                await one.topics.publish("news", number)
            heard = [(await anext(news)).data for _ in numbers]
        assert heard != numbers
        assert sorted(heard) == numbers


async def test_shares_of_messages_vanish_and_come_twice() -> None:
    async with open_network(conditions=Conditions(loss=0.3, duplicate=0.2)) as network:
        one, other = await linked(network, "one", "other")
        async with other.topics.subscribe("news") as news:
            for number in range(1000):
                await one.topics.publish("news", str(number).encode())
            heard: list[bytes] = []
            with trio.move_on_after(LONG):
                async for message in news:
                    heard.append(message.data)
    assert 630 < len(dict.fromkeys(heard)) < 770
    assert 90 < len(heard) - len(dict.fromkeys(heard)) < 190


async def test_what_a_partition_keeps_from_a_stream_comes_when_it_heals() -> None:
    async with open_network() as network:
        one, _ = await linked(network, "one", "other")
        stream = await one.open("other", ECHO)
        network.partition(["one"], ["other"])
        await stream.send(b"late")
        with trio.move_on_after(LONG) as patience:
            await stream.receive()
        assert patience.cancelled_caught
        network.heal()
        assert await stream.receive() == b"late"


async def test_a_partition_loses_messages_and_lets_dials_time_out() -> None:
    async with open_network() as network:
        one, other = await linked(network, "one", "other")
        third = network.mesh("third")
        network.partition(["one"], ["other", "third"])
        async with other.topics.subscribe("news") as news:
            await one.topics.publish("news", b"lost")
            with pytest.raises(Unreachable, match="does not answer"):
                await third.dial(one.addresses[0])
            network.heal()
            await one.topics.publish("news", b"heard")
            assert (await anext(news)).data == b"heard"


async def test_a_way_can_be_blocked_while_the_other_way_is_open() -> None:
    async with open_network() as network:
        one, other = await linked(network, "one", "other")
        network.block(["one"], ["other"])
        async with one.topics.subscribe("news") as at_one, other.topics.subscribe("news") as at_other:
            await one.topics.publish("news", b"from one")
            await other.topics.publish("news", b"from other")
            assert (await anext(at_one)).data == b"from other"
            with trio.move_on_after(LONG) as patience:
                await anext(at_other)
            assert patience.cancelled_caught


async def test_a_link_that_is_cut_breaks_streams_at_both_ends_and_can_be_dialled_again() -> None:
    async with open_network() as network:
        one, other = await linked(network, "one", "other")
        stream = await one.open("other", ECHO)
        async with one.links() as links:
            assert (await anext(links)).up
            network.cut("one", "other")
            assert await anext(links) == Link("other", False, "/ip4/10.0.0.2/tcp/32769", False)
            with pytest.raises(Unreachable, match="broke"):
                await stream.receive()
            with pytest.raises(Unreachable, match="broke"):
                await stream.send(b"x")
            assert not other.is_linked("one")
            await one.dial(other.addresses[0])
            assert await anext(links) == Link("other", True, "/ip4/10.0.0.2/tcp/9000", True)


async def test_a_node_that_crashed_ends_its_streams_and_its_handlers() -> None:
    ended = trio.Event()

    async def handler(_stream: object) -> None:
        try:
            await trio.sleep_forever()
        finally:
            ended.set()

    async with open_network() as network:
        one, other = await linked(network, "one", "other")
        other.serve("/test/wait/1", handler)
        stream = await one.open("other", "/test/wait/1")
        network.crash("other")
        assert await stream.receive() == b""
        await ended.wait()
        assert not one.is_linked("other")
        with pytest.raises(Unreachable, match="nobody listens"):
            await one.dial("/ip4/10.0.0.2/tcp/9000")
        with pytest.raises(Unreachable, match="does not run"):
            await other.dial(one.addresses[0])


async def test_a_node_starts_again_with_nothing_of_its_earlier_life() -> None:
    async with open_network() as network:
        one, _ = await linked(network, "one", "other")
        with pytest.raises(RuntimeError, match="runs already"):
            network.mesh("other")
        network.crash("other")
        again = network.mesh("other")
        await trio.testing.wait_all_tasks_blocked()
        assert not one.is_linked("other")
        await one.dial(again.addresses[0])
        with pytest.raises(Unreachable, match="does not speak"):
            await one.open("other", ECHO)


async def test_a_crash_behind_a_partition_is_seen_when_it_heals() -> None:
    async with open_network() as network:
        one, _ = await linked(network, "one", "other")
        network.partition(["one"], ["other"])
        network.crash("other")
        await trio.sleep(LONG)
        assert one.is_linked("other")
        network.heal()
        async with one.links() as links:
            while (await anext(links)).up:
                pass


async def test_a_frozen_node_is_linked_and_silent_and_answers_when_it_is_thawed() -> None:
    async with open_network() as network:
        one, other = await linked(network, "one", "other")
        stream = await one.open("other", ECHO)
        network.freeze("other")
        await stream.send(b"x")
        async with other.topics.subscribe("news") as news:
            await one.topics.publish("news", b"kept")
            with trio.move_on_after(LONG) as patience:
                await one.open("other", ECHO)
            assert patience.cancelled_caught
            with trio.move_on_after(LONG) as patience:
                await stream.receive()
            assert patience.cancelled_caught
            assert one.is_linked("other")
            network.thaw("other")
            assert await stream.receive() == b"x"
            assert (await anext(news)).data == b"kept"


async def test_a_node_that_moved_answers_at_its_new_address_only() -> None:
    async with open_network() as network:
        one, other = await linked(network, "one", "other")
        old = other.addresses[0]
        assert network.move("other") == other.addresses[0] != old
        assert not one.is_linked("other")
        with pytest.raises(Unreachable, match="nobody listens"):
            await one.dial(old)
        assert await one.dial(other.addresses[0]) == "other"


async def test_a_node_behind_nat_can_dial_and_is_not_reached() -> None:
    async with open_network() as network:
        (one,) = await linked(network, "one")
        laptop = network.mesh("laptop", dialable=False)
        laptop.serve(ECHO, echo)
        with pytest.raises(Unreachable, match="does not answer"):
            await one.dial(laptop.addresses[0])
        await laptop.dial(one.addresses[0])
        stream = await one.open("laptop", ECHO)
        await stream.send(b"x")
        assert await stream.receive() == b"x"


async def test_a_dial_that_was_given_up_makes_no_link_when_the_way_is_free_again() -> None:
    async with open_network() as network:
        one, other = network.mesh("one"), network.mesh("other")
        network.block(["other"], ["one"])
        with pytest.raises(Unreachable, match="does not answer"):
            await one.dial(other.addresses[0])
        assert other.is_linked("one")  # the answer that was lost made a connection at this end
        network.heal()
        await trio.sleep(LONG)
        assert not other.is_linked("one")
        assert not one.is_linked("other")


async def test_a_sender_waits_at_a_peer_that_does_not_read() -> None:
    reading = trio.Event()

    async def slow(stream: object) -> None:
        await reading.wait()
        await echo(stream)  # type: ignore[arg-type]

    async with open_network() as network:
        one, other = await linked(network, "one", "other")
        other.serve("/test/slow/1", slow)
        stream = await one.open("other", "/test/slow/1")
        sent = 0
        with trio.move_on_after(LONG):
            while True:
                await stream.send(bytes(10_000))
                sent += 10_000
        assert 200_000 < sent < 300_000
        reading.set()
        await exactly(stream, sent)


async def test_a_slow_reader_of_a_topic_keeps_the_newest_messages() -> None:
    async with open_network() as network:
        one, other = await linked(network, "one", "other")
        async with other.topics.subscribe("news") as news:
            for number in range(1500):
                await one.topics.publish("news", str(number).encode())
            await trio.sleep(LONG)
            assert (await anext(news)).data == b"476"
        assert network.traffic.dropped("other", "news").messages == 476


async def test_traffic_is_counted_by_node_and_purpose() -> None:
    async with open_network() as network:
        one, _ = await linked(network, "one", "other")
        network.traffic.clear()
        stream = await one.open("other", ECHO)
        await stream.send(bytes(1000))
        await exactly(stream, 1000)
        await one.topics.publish("news", bytes(100))
        assert network.traffic.names() == (ECHO, "news")
        assert 1000 < network.traffic.sent("one", ECHO).bytes < 1100
        assert 1000 < network.traffic.sent("other", ECHO).bytes < 1100
        assert network.traffic.sent(name="news").messages == 1
        assert network.traffic.sent().bytes == sum(
            network.traffic.sent(name).bytes for name in ("one", "other")
        )


async def test_a_message_reaches_everybody_over_a_part_of_many_links() -> None:
    heard: list[str] = []

    async def listen(mesh: MemoryMesh, task_status: trio.TaskStatus[None]) -> None:
        async with mesh.topics.subscribe("news") as news:
            task_status.started()
            await anext(news)
            heard.append(mesh.peer_id)

    async with open_network(random.Random(1)) as network, trio.open_nursery() as nursery:
        meshes = await linked(network, *(f"n{number}" for number in range(30)))
        for mesh in meshes[1:]:
            await nursery.start(listen, mesh)
        await meshes[0].topics.publish("news", b"x")
        await trio.sleep(LONG)
        nursery.cancel_scope.cancel()
    assert len(heard) == 29
    assert network.traffic.sent(name="news").messages <= 30 * 12


async def test_the_same_generator_gives_the_same_losses() -> None:
    async def run(seed: int) -> list[bytes]:
        heard = []
        async with open_network(random.Random(seed), conditions=Conditions(loss=0.5)) as network:
            one, other = await linked(network, "one", "other")
            async with other.topics.subscribe("news") as news:
                for number in range(50):
                    await one.topics.publish("news", bytes([number]))
                with trio.move_on_after(LONG):
                    async for message in news:
                        heard.append(message.data)
        return heard

    assert await run(1) == await run(1) != await run(2)
