"""Members over a mesh in memory, on a virtual clock: they find each other, notice who is gone, and heal."""

from itertools import combinations, permutations

import pytest
import trio
from trio.testing import MockClock

from chorus_hooks.members import Member
from tests.unit.members.site import Running, Site, site

HEAL_S = 10.0


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, MockClock]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


def died(here: Site) -> list[str]:
    return [
        member.peer_id for node in here.nodes.values() for member in node.heard.members if is_dead(member)
    ]


def is_dead(member: Member) -> bool:
    return member.state == "dead"


def seen_as(here: Site, gone: Running, state: str) -> bool:
    return all(node.states()[gone.peer_id] == state for node in here.nodes.values() if node is not gone)


async def test_those_who_know_one_of_them_soon_know_all() -> None:
    async with site() as here:
        for number in range(1, 6):
            await here.start(number, know=here.nodes[1].mesh.addresses if number > 1 else ())
        assert await here.until(here.whole) < 2
        (member,) = (one for one in here.nodes[5].members.all() if one.agent_id == "agent-2")
        assert member.addresses == here.nodes[2].mesh.addresses
        assert (member.kind, member.version, member.boot) == ("agent", "1.0", f"{2:032x}")


async def test_it_does_not_matter_who_is_up_first() -> None:
    async with site() as here:
        later = here.network.mesh("later").addresses[0].replace("later", "")
        here.network.crash("later")
        first = await here.start(1, know=(later.removesuffix("/p2p/"),))
        await trio.sleep(20)
        assert first.members.all() == ()
        second = await here.start(2, know=first.mesh.addresses)
        await here.until(here.whole, 5)
        assert second.members.find(first.peer_id) is not None
        assert second.members.find(second.peer_id) is None


async def test_a_killed_peer_is_known_to_all_of_eight_within_a_second() -> None:
    async with site() as here:
        await here.mesh(8)
        for number in (3, 1, 8):
            killed = here.kill(number)
            assert await here.until(lambda gone=killed: seen_as(here, gone, "dead")) < 1  # type: ignore[misc]
        assert len(died(here)) == 3 * 5
        assert [node.counts.died for node in here.nodes.values()] == [3] * 5


async def test_a_pause_of_three_seconds_is_no_death() -> None:
    async with site() as here:
        await here.mesh(5)
        frozen = here.nodes[2]
        here.network.freeze(frozen.peer_id)
        await here.until(lambda: seen_as(here, frozen, "suspect"))
        await trio.sleep(1)
        here.network.thaw(frozen.peer_id)
        await here.until(here.whole, 5)
        assert not died(here)
        assert all(node.counts.suspected for node in here.nodes.values() if node is not frozen)
        assert not any(node.counts.died for node in here.nodes.values())


async def test_a_peer_that_stands_still_for_long_is_dead_and_comes_back() -> None:
    async with site() as here:
        await here.mesh(4)
        frozen = here.nodes[2]
        since = {node.peer_id: node.members.find(frozen.peer_id) for node in here.nodes.values()}
        here.network.freeze(frozen.peer_id)
        assert 5 < await here.until(lambda: seen_as(here, frozen, "dead")) < 20
        await trio.sleep(60)
        here.network.thaw(frozen.peer_id)
        assert await here.until(here.whole) < HEAL_S
        for number in (1, 3, 4):
            back, before = here.nodes[number].members.find(frozen.peer_id), since[here.nodes[number].peer_id]
            assert back is not None
            assert before is not None
            assert (back.boot, back.since) == (before.boot, before.since)


async def test_who_goes_says_so() -> None:
    async with site() as here:
        await here.mesh(4)
        began = trio.current_time()
        gone = await here.stop(3)
        assert trio.current_time() - began < 0.1
        assert await here.until(lambda: seen_as(here, gone, "left")) < 0.1
        assert not died(here)


async def test_a_goodbye_does_not_wait_for_a_peer_that_does_not_hear() -> None:
    async with site() as here:
        await here.mesh(3)
        here.network.freeze(here.nodes[2].peer_id)
        began = trio.current_time()
        await here.stop(1)
        assert trio.current_time() - began < 1


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
async def test_three_that_die_and_start_again_in_any_order_are_whole_again(order: tuple[int, ...]) -> None:
    async with site() as here:
        await here.mesh(3)
        everywhere = tuple(address for node in here.nodes.values() for address in node.mesh.addresses)
        for number in order:
            here.kill(number)
            await trio.sleep(0.7)
        for number in order:
            await here.start(number, know=everywhere)
            await trio.sleep(0.7)
        assert await here.until(here.whole) < HEAL_S


async def test_a_new_life_is_seen_as_one() -> None:
    async with site() as here:
        await here.mesh(3)
        old = here.nodes[1].members.find(here.nodes[2].peer_id)
        here.kill(2)
        await here.start(2, know=here.nodes[1].mesh.addresses)
        await here.until(here.whole, HEAL_S)
        new = here.nodes[1].members.find(here.nodes[2].peer_id)
        assert old is not None
        assert new is not None
        assert new.boot != old.boot
        assert new.since > old.since


@pytest.mark.parametrize("pair", list(combinations([1, 2, 3], 2)))
async def test_a_broken_link_between_two_is_no_death(pair: tuple[int, int]) -> None:
    async with site() as here:
        await here.mesh(3)
        one, other = (here.nodes[number].peer_id for number in pair)
        here.network.cut(one, other)
        assert await here.until(here.whole) < 2
        here.network.partition([one], [other])
        await trio.sleep(90)
        assert not died(here)
        here.network.heal()
        assert await here.until(here.whole) < HEAL_S
        assert not died(here)


async def test_a_partition_is_two_meshes_and_heals() -> None:
    async with site() as here:
        await here.mesh(5)
        sides = [[here.nodes[n].peer_id for n in side] for side in ((1, 2), (3, 4, 5))]
        here.network.partition(*sides)
        await here.until(
            lambda: all(
                node.alive() == {*side} - {node.peer_id}
                for side in sides
                for node in here.nodes.values()
                if node.peer_id in side
            ),
            60,
        )
        await trio.sleep(120)
        here.network.heal()
        assert await here.until(here.whole) < HEAL_S


async def test_a_peer_that_is_heard_and_does_not_hear_is_not_called_dead_by_those_it_reaches() -> None:
    async with site() as here:
        await here.mesh(4)
        half = here.nodes[4].peer_id
        here.network.block([here.nodes[1].peer_id], [half])
        await trio.sleep(60)
        assert not died(here)
        here.network.heal()
        assert await here.until(here.whole) < HEAL_S


async def test_all_that_restart_at_once_are_whole_again() -> None:
    async with site() as here:
        await here.mesh(5)
        everywhere = tuple(address for node in here.nodes.values() for address in node.mesh.addresses)
        for number in range(1, 6):
            here.kill(number)
        for number in range(1, 6):
            await here.start(number, know=everywhere)
        assert await here.until(here.whole) < HEAL_S


async def test_a_peer_that_can_only_dial_is_a_full_member() -> None:
    async with site() as here:
        await here.mesh(3)
        laptop = await here.start(4, know=here.nodes[1].mesh.addresses, dialable=False)
        assert await here.until(here.whole) < HEAL_S
        for number in (1, 2, 3):
            here.network.cut(here.nodes[number].peer_id, laptop.peer_id)
        assert await here.until(here.whole) < HEAL_S
        assert not died(here)


async def test_two_that_can_only_dial_know_each_other_through_others() -> None:
    async with site() as here:
        await here.mesh(2)
        one = await here.start(3, know=here.nodes[1].mesh.addresses, dialable=False)
        other = await here.start(4, know=here.nodes[1].mesh.addresses, dialable=False)
        await here.until(lambda: len(one.alive()) == 3 and len(other.alive()) == 3, HEAL_S)
        await trio.sleep(120)
        assert not died(here)
        here.kill(4)
        await here.until(lambda: seen_as(here, other, "dead"), 30)


async def test_a_peer_that_moves_is_found_again() -> None:
    async with site() as here:
        await here.mesh(3)
        moved = here.nodes[2]
        here.network.move(moved.peer_id)
        assert await here.until(here.whole) < HEAL_S

        def told() -> bool:
            found = [here.nodes[number].members.find(moved.peer_id) for number in (1, 3)]
            return all(one is not None and one.addresses == moved.mesh.addresses for one in found)

        await here.until(told, 1)


@pytest.mark.slow
async def test_in_a_large_mesh_all_know_of_a_death() -> None:
    async with site() as here:
        for number in range(1, 27):
            await here.start(number, know=here.nodes[1].mesh.addresses if number > 1 else ())
        names = {node.peer_id for node in here.nodes.values()}
        await here.until(
            lambda: all(node.alive() == names - {node.peer_id} for node in here.nodes.values()), 30
        )
        killed = here.kill(20)
        assert await here.until(lambda: seen_as(here, killed, "dead")) < 2
        assert len(died(here)) == 25


async def test_an_idle_mesh_says_little() -> None:
    async with site() as here:
        await here.mesh(6)
        await trio.sleep(30)
        before = sum(node.counts.pings for node in here.nodes.values())
        await trio.sleep(50)
        pings = sum(node.counts.pings for node in here.nodes.values()) - before
        assert pings / 50 == pytest.approx(15, rel=0.15)  # one a pair and second
        rumours = sum(node.counts.rumours for node in here.nodes.values())
        await trio.sleep(50)
        assert sum(node.counts.rumours for node in here.nodes.values()) == rumours


async def test_a_reader_sees_everybody_and_then_the_newest_of_each() -> None:
    async with site() as here:
        await here.mesh(3)
        reader, gone = here.nodes[1], here.nodes[3]
        async with reader.members.watch() as members:
            first = {(await anext(members)).peer_id for _ in range(2)}
            assert first == reader.alive()
            here.kill(3)
            await here.until(lambda: seen_as(here, gone, "dead"))
            await here.start(3, know=reader.mesh.addresses)
            await here.until(here.whole, HEAL_S)
            member = await anext(members)
            assert (member.peer_id, member.state) == (gone.peer_id, "alive")


async def test_plugins_are_told_of_each_change_once() -> None:
    async with site() as here:
        await here.mesh(3)
        listener, gone = here.nodes[1], here.nodes[3]
        await trio.sleep(60)
        here.kill(3)
        await here.until(lambda: seen_as(here, gone, "dead"))
        await trio.sleep(60)
        told = [(member.peer_id, member.state) for member in listener.heard.members]
        assert told.count((gone.peer_id, "alive")) == told.count((gone.peer_id, "dead")) == 1
        assert len(told) == len(set(told))


async def test_both_ends_know_how_long_a_ping_takes() -> None:
    async with site() as here:
        await here.mesh(2)
        await trio.sleep(10)
        for number in (1, 2):
            (member,) = here.nodes[number].members.all()
            assert member.rtt_ms is not None
        here.kill(2)
        await trio.sleep(1)
        (member,) = here.nodes[1].members.all()
        assert member.rtt_ms is None
