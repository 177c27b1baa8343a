"""Journals become the same everywhere: over links, relays, cuts, crashes, and lost hints."""

import trio
import trio.testing

from chorus_journal.replica.verifying import verify_copy
from tests.unit.replica.nodes import Company, Member, mesh_of, until, whole


async def _same(*members: Member) -> None:
    for member in members:
        for other in members:
            if member is not other:
                assert await member.copy(other.identity.peer_id) == await other.entries()


async def test_what_is_written_anywhere_is_soon_everywhere(company: Company) -> None:
    members = [await company.start(number) for number in (1, 2, 3)]
    await members[0].say(3, "before anybody is linked")
    await mesh_of(*members)
    for member in members:
        await member.say(5, "after")
    for member in members:
        await until(whole(member, *(other for other in members if other is not member)))
    await _same(*members)
    assert not any(member.accused.told for member in members)


async def test_a_copy_is_verified_as_its_original_is(company: Company) -> None:
    one, two = [await company.start(number) for number in (1, 2)]
    await one.say_at_once(700)
    await mesh_of(one, two)
    await until(whole(two, one))
    peer, checkpoint = one.identity.peer_id, await one.journal.checkpoint()
    report = await two.journal.read(lambda reader: verify_copy(reader, peer, two.identity))
    assert (report.ok, report.size, report.checked) == (True, 700, 700)
    assert two.replica(checkpoint.origin) is not None


async def test_a_dead_nodes_journal_comes_from_whoever_has_it(company: Company) -> None:
    dead, heir, late = [await company.start(number) for number in (1, 2, 3)]
    await dead.say(20)
    await mesh_of(dead, heir)
    await until(whole(heir, dead))
    entries = await dead.entries()
    await company.stop(dead)
    await mesh_of(heir, late)
    await until(lambda: any(r.replicated == 20 for r in late.replicas.all()))
    assert await late.copy(dead.identity.peer_id) == entries


async def test_it_goes_over_nodes_between(company: Company) -> None:
    one, between, other = [await company.start(number) for number in (1, 2, 3)]
    await mesh_of(one, between)
    await mesh_of(between, other)
    await one.say(10)
    await until(whole(other, one))


async def test_a_long_journal_resumes_after_every_cut(company: Company) -> None:
    one, two = [await company.start(number) for number in (1, 2)]
    await one.say_at_once(3000)
    cuts = 0
    for _ in range(50):
        await mesh_of(one, two)
        seen = sum(r.replicated for r in two.replicas.all())
        async with two.replicas.arrivals() as arrivals:
            async for sizes in arrivals:
                # What was on its way to the disk when the link was cut may have been the rest of it.
                if sum(sizes.values()) > seen or whole(two, one)():
                    break
        if whole(two, one)():
            break
        company.network.cut(one.mesh.peer_id, two.mesh.peer_id)
        await until(lambda: not one.mesh.is_linked(two.mesh.peer_id))
        cuts += 1
    assert cuts > 2
    await _same(one, two)
    assert not one.accused.told + two.accused.told


async def test_a_node_that_was_away_gets_what_it_missed(company: Company) -> None:
    one, two = [await company.start(number) for number in (1, 2)]
    await mesh_of(one, two)
    await one.say(5)
    await until(whole(two, one))
    await company.stop(two)
    await one.say(300)
    two = await company.start(2)
    assert sum(r.replicated for r in two.replicas.all()) == 5
    await two.say(2)
    await mesh_of(one, two)
    await until(whole(two, one))
    await until(whole(one, two))
    await _same(one, two)


async def test_a_lost_disk_begins_another_journal_and_the_old_one_comes_back_as_a_copy(
    company: Company,
) -> None:
    one, two = [await company.start(number) for number in (1, 2)]
    await mesh_of(one, two)
    await one.say(5, "old disk")
    await until(whole(two, one))
    old = await one.entries()
    await company.stop(one)
    one = await company.start(1, disk="another")
    await one.say(3, "new disk")
    await mesh_of(one, two)
    await until(lambda: sum(r.replicated for r in two.replicas.all()) == 8)
    await until(lambda: sum(r.replicated for r in one.replicas.all()) == 5)
    assert await one.copy(one.identity.peer_id) == old
    assert [r.peer_id for r in two.replicas.all()] == [one.identity.peer_id] * 2


async def test_who_waits_is_told_of_arrivals(company: Company) -> None:
    one, two = [await company.start(number) for number in (1, 2)]
    origin = (await one.journal.checkpoint()).origin
    async with two.replicas.arrivals() as arrivals:
        with trio.fail_after(20):
            assert await anext(arrivals) == {}
            await mesh_of(one, two)
            await one.say(4)
            async for sizes in arrivals:
                if sizes.get(origin) == 4:
                    break


async def test_a_large_entry_travels_alone(company: Company) -> None:
    one, two = [await company.start(number) for number in (1, 2)]
    await one.say(2)
    await one.say(1, "y" * 4_000_000)
    await one.say(2)
    await mesh_of(one, two)
    await until(whole(two, one))
    await _same(one, two)


async def test_the_quota_stops_copying_and_nobody_is_accused(company: Company) -> None:
    one, two = await company.start(1), await company.start(2, quota=20_000)
    await one.say(300, "z" * 100)
    await mesh_of(one, two)
    await until(lambda: any(r.size == 300 for r in two.replicas.all()))
    await trio.testing.wait_all_tasks_blocked(0.2)
    assert sum(map(len, await two.copy(one.identity.peer_id))) <= 20_000
    assert not two.accused.told
