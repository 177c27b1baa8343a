"""Records: the newest wins, foreign namespaces are refused, and a peer is believed nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from chorus_hooks.errors import NotFound, UsageError
from chorus_hooks.records import VALUE_LIMIT
from chorus_libp2p import records
from chorus_libp2p.mesh import Libp2pMesh
from chorus_libp2p.records import DhtRecords
from tests.integration.libp2p.nodes import mesh, until

KEY = "/test/one"


def register(node: Libp2pMesh) -> None:
    def check(key: str, value: bytes) -> bool:
        if value == b"bomb":
            raise RuntimeError("a rule that fails")
        return value.startswith(b"good")

    node.records.register("test", check=check, newer=lambda value, than: value > than)


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Libp2pMesh, Libp2pMesh]]:
    async with mesh() as one, mesh() as other:
        for node in (one, other):
            register(node)
        await one.dial(other.addresses[0])
        await until(lambda: all(table(node) for node in (one, other)))
        yield one, other


def table(node: Libp2pMesh) -> int:
    return dht(node).dht.routing_table.size()


def dht(node: Libp2pMesh) -> DhtRecords:
    assert isinstance(node.records, DhtRecords)
    return node.records


async def test_a_value_is_found_by_another_peer() -> None:
    async with pair() as (one, other):
        await one.records.put(KEY, b"good")
        dht(other).dht.value_store.remove(KEY.encode())
        assert await other.records.get(KEY) == b"good"
        with pytest.raises(NotFound):
            await other.records.get("/test/two")


async def test_the_newest_is_found_even_where_an_older_one_is() -> None:
    """libp2p gives what is here without asking."""
    async with pair() as (one, other):
        await one.records.put(KEY, b"good 1")
        dht(other)._keep(KEY, b"good 2")
        assert await one.records.get(KEY) == b"good 2"
        with pytest.raises(UsageError, match="newer"):
            await one.records.put(KEY, b"good 1")
        assert await other.records.get(KEY) == b"good 2"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (KEY, b"bad"),
        (KEY, b"bomb"),
        (KEY, b"good" + bytes(VALUE_LIMIT)),
        ("/other/one", b"good"),
        ("plain", b"good"),
        ("/test/", b"good"),
    ],
)
async def test_what_may_not_be_put_is_refused_here_and_by_the_peer(key: str, value: bytes) -> None:
    async with pair() as (one, other):
        with pytest.raises(UsageError):
            await one.records.put(key, value)
        with pytest.raises(NotFound):
            await one.records.get(key)
        peer = one._host.get_connected_peers()[0]
        await dht(one).dht.value_store._store_at_peer(peer, key.encode(), value)
        assert dht(other).dht.value_store.get(key.encode()) is None


async def test_a_peer_that_gives_a_wrong_value_is_not_believed() -> None:
    async with pair() as (one, other):
        dht(other)._keep(KEY, b"bad")
        with pytest.raises(NotFound):
            await one.records.get(KEY)


async def test_a_namespace_has_one_owner() -> None:
    async with mesh() as one:
        register(one)
        with pytest.raises(ValueError, match="registered"):
            register(one)


async def test_providers_are_found_oneself_left_out() -> None:
    async with pair() as (one, other):
        await one.records.provide("a blob")
        assert await other.records.providers("a blob") == (one.peer_id,)
        assert await one.records.providers("a blob") == ()
        await other.records.provide("a blob")
        assert await one.records.providers("a blob") == (other.peer_id,)
        assert await one.records.providers("another blob") == ()


async def test_more_than_ten_blobs_in_a_moment_are_provided() -> None:
    """libp2p drops what is more."""
    async with pair() as (one, other):
        for number in range(30):
            await one.records.provide(f"blob {number}")
        await until(lambda: dht(other).dht.provider_store.size() == 30)


async def test_the_keys_whose_providers_are_known_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "TOLD", 5)
    async with mesh() as one:
        for number in range(9):
            await one.records.provide(f"blob {number}")
        assert dht(one).dht.provider_store.size() == 5


async def test_switched_off_it_finds_nothing_and_puts_nowhere() -> None:
    async with mesh(dht=False) as one, mesh() as other:
        for node in (one, other):
            register(node)
        await one.dial(other.addresses[0])
        await one.records.put(KEY, b"good")
        await one.records.provide("a blob")
        assert await one.records.providers("a blob") == ()
        for node in (one, other):
            with pytest.raises(NotFound):
                await node.records.get(KEY)
