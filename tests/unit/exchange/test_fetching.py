"""Blobs from peers: whole and checked or not at all, from many at once, and on from where it stopped."""

import pytest
import trio
import trio.lowlevel

from chorus_hooks.errors import Full, NotFound, UsageError
from chorus_journal.exchange import announcing, download, fetcher
from chorus_journal.exchange.message import PIECE
from tests.unit.exchange.nodes import BIG, SMALL, Street, gives, gives_and_fails, gives_and_stops, name

WITHIN_S = 20.0


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads write the blobs, so the clock is a real one: the pauses between tries are made short."""
    monkeypatch.setattr(fetcher, "PAUSES_S", (0.0, 0.01, 0.02))
    monkeypatch.setattr(announcing, "COALESCE_S", 0.01)


@pytest.mark.parametrize("data", [b"", SMALL, BIG], ids=["empty", "small", "big"])
async def test_a_blob_of_a_peer_is_here_afterwards(place: Street, data: bytes) -> None:
    one, other = await place.node(1), await place.node(2)
    sha256 = one.keep(data)
    with trio.fail_after(WITHIN_S):
        assert await other.fetcher.fetch(sha256) == one.store.find(sha256)
    assert other.read(sha256) == data
    assert other.partials() == []
    assert other.traffic.taken == one.traffic.served == len(data)


async def test_a_blob_that_is_here_is_not_asked_for(place: Street) -> None:
    one = await place.node(1)
    sha256 = one.keep(SMALL)
    await place.stranger(2, gives(b"other"), 5)
    assert (await one.fetcher.fetch(sha256)).size == len(SMALL)
    assert one.accused.told == []


async def test_what_nobody_has_is_not_found_in_a_few_seconds(place: Street) -> None:
    one = await place.node(1)
    await place.node(2)
    with trio.fail_after(WITHIN_S), pytest.raises(NotFound, match="nobody who can be reached"):
        await one.fetcher.fetch(name(b"unknown"))


async def test_a_name_that_is_none_is_refused(place: Street) -> None:
    with pytest.raises(UsageError):
        await (await place.node(1)).fetcher.fetch("../passwd")


async def test_several_holders_give_parts_of_it(place: Street) -> None:
    holders = [await place.node(number) for number in (1, 2, 3)]
    for holder in holders:
        holder.keep(BIG)
    other = await place.node(4)
    with trio.fail_after(WITHIN_S):
        await other.fetcher.fetch(name(BIG))
    assert other.read(name(BIG)) == BIG
    assert sum(holder.traffic.served > 0 for holder in holders) >= 2


async def test_a_holder_that_fails_midway_is_replaced_by_another(place: Street) -> None:
    one = await place.node(1)
    await place.stranger(2, gives_and_fails(BIG, 30 * PIECE), len(BIG))
    third = await place.node(3)
    third.keep(BIG)
    with trio.fail_after(WITHIN_S):
        await one.fetcher.fetch(name(BIG))
    assert one.read(name(BIG)) == BIG
    assert one.accused.told == []


async def test_a_holder_that_falls_silent_is_given_up(place: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "SILENCE_S", 0.2)
    one = await place.node(1)
    await place.stranger(2, gives_and_stops(BIG, 30 * PIECE), len(BIG))
    third = await place.node(3)
    third.keep(BIG)
    with trio.fail_after(2 * WITHIN_S):
        await one.fetcher.fetch(name(BIG))
    assert one.read(name(BIG)) == BIG


async def test_what_came_before_a_cut_is_not_asked_for_again(place: Street) -> None:
    one = await place.node(1)
    await place.stranger(2, gives_and_fails(BIG, len(BIG) // 2), len(BIG))
    with trio.fail_after(WITHIN_S), pytest.raises(NotFound):
        await one.fetcher.fetch(name(BIG))
    assert one.traffic.taken == len(BIG) // 2
    third = await place.node(3)
    third.keep(BIG)
    with trio.fail_after(WITHIN_S):
        await one.fetcher.fetch(name(BIG))
    assert one.read(name(BIG)) == BIG
    assert one.traffic.taken == len(BIG)


async def test_it_goes_on_after_a_restart(place: Street) -> None:
    one = await place.node(1)
    sha256 = name(BIG)
    with one.store.partial(sha256, len(BIG)) as into:
        into.write(0, BIG[:8_000_000])
    third = await place.node(3)
    third.keep(BIG)
    with trio.fail_after(WITHIN_S):
        await one.fetcher.fetch(sha256)
    assert one.read(sha256) == BIG
    assert one.traffic.taken == len(BIG) - 8_000_000


async def test_a_liar_is_named_and_the_blob_comes_from_another(place: Street) -> None:
    one = await place.node(1)
    liar = await place.stranger(2, gives(bytes(len(BIG))), len(BIG))
    third = await place.node(3)
    third.keep(BIG)
    with trio.fail_after(WITHIN_S):
        await one.fetcher.fetch(name(BIG))
    assert one.read(name(BIG)) == BIG
    assert [peer for peer, _ in one.accused.told] == [liar.peer_id]


async def test_a_liar_alone_gives_nothing_and_leaves_nothing(place: Street) -> None:
    one = await place.node(1)
    liar = await place.stranger(2, gives(b"world"), 5)
    with trio.fail_after(WITHIN_S), pytest.raises(NotFound):
        await one.fetcher.fetch(name(SMALL))
    assert one.store.find(name(SMALL)) is None
    assert one.partials() == []
    assert [peer for peer, _ in one.accused.told] == [liar.peer_id]


async def test_a_holder_is_not_blamed_for_what_an_earlier_life_left(place: Street) -> None:
    one = await place.node(1)
    with one.store.partial(name(BIG), len(BIG)) as into:
        into.write(0, bytes(1000))
    third = await place.node(3)
    third.keep(BIG)
    with trio.fail_after(WITHIN_S):
        await one.fetcher.fetch(name(BIG))
    assert one.read(name(BIG)) == BIG
    assert one.accused.told == []


async def test_who_says_a_wrong_size_cannot_keep_the_blob_away(place: Street) -> None:
    one = await place.node(1, quota=1 << 20)
    await place.stranger(2, gives(SMALL), 1 << 50)
    third = await place.node(3)
    third.keep(SMALL)
    with trio.fail_after(WITHIN_S):
        await one.fetcher.fetch(name(SMALL))
    assert one.read(name(SMALL)) == SMALL


async def test_a_gigantic_one_is_refused_before_a_byte_is_taken(place: Street) -> None:
    one = await place.node(1, quota=1 << 20)
    await place.stranger(2, gives(b""), 1 << 50)
    with trio.fail_after(WITHIN_S), pytest.raises(Full, match="quota"):
        await one.fetcher.fetch(name(BIG))
    assert one.traffic.taken == 0
    assert one.partials() == []


async def test_more_than_was_asked_for_is_not_taken(place: Street) -> None:
    one = await place.node(1)

    async def flood(call: object, ask: object) -> None:
        while True:
            await call.send(bytes(PIECE))  # type: ignore[attr-defined]

    await place.stranger(2, flood, 5)
    with trio.fail_after(WITHIN_S), pytest.raises(NotFound):
        await one.fetcher.fetch(name(SMALL))
    assert one.store.find(name(SMALL)) is None


async def test_who_sends_less_than_it_said_is_accused(place: Street) -> None:
    one = await place.node(1)
    short = await place.stranger(2, gives(b"hell"), 5)
    with trio.fail_after(WITHIN_S), pytest.raises(NotFound):
        await one.fetcher.fetch(name(SMALL))
    assert {peer for peer, _ in one.accused.told} == {short.peer_id}


async def test_two_who_want_the_same_blob_bring_it_once(place: Street) -> None:
    one, other = await place.node(1), await place.node(2)
    one.keep(BIG)
    with trio.fail_after(WITHIN_S):
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(other.fetcher.fetch, name(BIG))
    assert other.traffic.taken == len(BIG)


async def test_a_fetch_that_is_cancelled_keeps_what_came(place: Street) -> None:
    one, other = await place.node(1), await place.node(2)
    one.keep(BIG)
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(other.fetcher.fetch, name(BIG))
            while other.traffic.taken < len(BIG) // 3:
                await trio.lowlevel.checkpoint()
            scope.cancel()
    before = other.traffic.taken
    with trio.fail_after(WITHIN_S):
        await other.fetcher.fetch(name(BIG))
    assert other.read(name(BIG)) == BIG
    assert other.traffic.taken - before < len(BIG)


async def test_holders_are_found_by_what_they_told_the_mesh(place: Street) -> None:
    one, other = await place.node(1), await place.node(2)
    sha256 = one.keep(SMALL)
    await one.journal.write(lambda tx: tx.hold(sha256, "task:1"))
    await one.journal.write(lambda tx: tx.append("test.said", {}))
    with trio.fail_after(WITHIN_S):
        while await other.mesh.records.providers(f"/chorus-blob/{sha256}") != (one.peer_id,):  # noqa: ASYNC110
            await trio.sleep(0.1)
