"""Who is connected: dialling, being dialled, and noticing that somebody is gone."""

import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator

import pytest
import trio

from chorus_hooks.errors import Unreachable, UsageError
from chorus_hooks.mesh import Link, Mesh
from chorus_libp2p import dialling
from chorus_libp2p import links as links_module
from tests.integration.libp2p.nodes import SECRET, WITHIN_S, identity, mesh, until


async def test_a_mesh_is_its_identity_and_tells_concrete_addresses() -> None:
    who = identity()
    async with mesh(who) as one:
        assert one.peer_id == who.peer_id
        assert all(
            address.startswith("/ip4/127.0.0.1/tcp/") and address.endswith(f"/p2p/{who.peer_id}")
            for address in one.addresses
        )


async def test_both_ends_learn_of_a_link_and_who_dialled() -> None:
    async with mesh() as one, mesh() as other:
        assert await one.dial(other.addresses[0]) == other.peer_id
        async with one.links() as mine, other.links() as theirs:
            up, seen = await anext(mine), await anext(theirs)
        assert up == Link(other.peer_id, True, other.addresses[0], dialled=True)
        assert (seen.peer_id, seen.up, seen.dialled) == (one.peer_id, True, False)


async def test_an_address_that_tells_no_peer_leads_to_whoever_is_there() -> None:
    async with mesh() as one, mesh() as other:
        assert await one.dial(other.addresses[0].partition("/p2p/")[0]) == other.peer_id


async def test_another_peer_than_the_address_says_is_refused() -> None:
    async with mesh() as one, mesh() as other:
        address = f"{other.addresses[0].partition('/p2p/')[0]}/p2p/{identity().peer_id}"
        with pytest.raises(Unreachable, match="is another peer"):
            await one.dial(address)
        assert len(one._links) == 0


async def test_a_node_does_not_dial_itself() -> None:
    async with mesh() as one:
        port = one.addresses[0].partition("/p2p/")[0].rpartition("/")[2]
        with pytest.raises(Unreachable, match="this node itself"):
            await one.dial(f"/dns4/localhost/tcp/{port}")
        assert await one.dial(f"/ip4/127.0.0.1/tcp/{port}") == one.peer_id


async def test_an_address_where_nobody_listens_is_unreachable_and_may_be_tried_again() -> None:
    async with mesh() as one:
        async with mesh() as other:
            address = other.addresses[0]
        for _ in range(2):
            with pytest.raises(Unreachable, match="does not answer"):
                await one.dial(address)
        with pytest.raises(UsageError):
            await one.dial("somewhere")


async def test_a_peer_that_comes_back_is_dialled_at_once() -> None:
    """libp2p refuses for a minute whom it could not reach."""
    who = identity()
    async with mesh() as one:
        async with mesh(who) as other:
            await one.dial(other.addresses[0])
            gone = other.addresses[0]
        with pytest.raises(Unreachable):
            await one.dial(gone)
        async with mesh(who) as again:
            await until(lambda: not len(one._links))
            assert await one.dial(again.addresses[0]) == who.peer_id


async def test_whoever_has_another_secret_is_turned_away_at_both_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dialling, "HANDSHAKE_S", 0.5)  # which ends it when neither made sense of the other
    async with mesh() as one, mesh(secret="77" * 32) as other:
        with pytest.raises(Unreachable, match="does not understand") as refusal:
            await one.dial(other.addresses[0])
        assert "CHORUS_CLUSTER_SECRET" in refusal.value.hint
        assert (len(one._links), len(other._links)) == (0, 0)


async def test_both_ends_dialling_at_once_make_one_link() -> None:
    async with mesh() as one, mesh() as other, one.links() as links:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(one.dial, other.addresses[0])
            nursery.start_soon(other.dial, one.addresses[0])
        assert (await anext(links)).up
        await one.hang_up(other.peer_id)
        assert not (await anext(links)).up
        with trio.move_on_after(0):
            pytest.fail(f"another event: {await anext(links)}")
        await until(lambda: not len(other._links))


async def test_who_dials_again_later_has_lost_what_it_had_and_keeps_its_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with mesh() as one, mesh() as other, other.links() as links:
        address = other.addresses[0].partition("/p2p/")[0]  # whom it knows by name it dials once
        await one.dial(address)
        assert (await anext(links)).up
        await one.dial(address)
        await until(lambda: len(other._links.of(one.peer_id)) == 2)  # as if at once
        monkeypatch.setattr(links_module, "HANDSHAKE_S", 0.0)
        await one.dial(address)
        await until(lambda: len(other._links.of(one.peer_id)) == 1)
        await until(lambda: len(one._links.of(other.peer_id)) == 1)
        with trio.move_on_after(0):
            pytest.fail(f"another event: {await anext(links)}")


async def test_a_link_is_down_at_both_ends_as_soon_as_one_hangs_up() -> None:
    async with mesh() as one, mesh() as other:
        await one.dial(other.addresses[0])
        async with other.links() as links:
            assert (await anext(links)).up
            await one.hang_up(other.peer_id)
            assert len(one._links) == 0
            with trio.fail_after(WITHIN_S):
                down = await anext(links)
            assert (down.peer_id, down.up) == (one.peer_id, False)


async def test_a_node_stops_within_a_second_however_many_peers_it_has() -> None:
    async with mesh() as a, mesh() as b, mesh() as c:
        async with mesh() as one:
            for other in (a, b, c):
                await one.dial(other.addresses[0])
            began = trio.current_time()
        assert trio.current_time() - began < 1.0
        await until(lambda: not any(len(other._links) for other in (a, b, c)))


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.libp2p.peer", SECRET],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    yield started
    started.kill()
    started.communicate()


async def test_a_process_that_is_killed_is_noticed_at_once(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    address = (await trio.to_thread.run_sync(process.stdout.readline)).strip()
    async with mesh() as one:
        peer_id = await one.dial(address)
        assert await echoed(one, peer_id, b"hello") == b"hello"
        async with one.links() as links:
            assert (await anext(links)).up
            process.send_signal(signal.SIGKILL)
            with trio.fail_after(WITHIN_S):
                assert await anext(links) == Link(peer_id, False, address, dialled=True)


async def echoed(one: Mesh, peer_id: str, data: bytes) -> bytes:
    stream = await one.open(peer_id, "/test/echo/1")
    await stream.send(data)
    answer = await stream.receive()
    await stream.aclose()
    return answer


async def test_who_resets_a_connection_that_was_just_made_is_not_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect = trio.open_tcp_stream

    async def connected_and_reset(host: str, port: int) -> trio.SocketStream:
        stream = await connect(host, port)
        accepted, _ = server.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted.close()
        return stream

    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(trio, "open_tcp_stream", connected_and_reset)
        async with mesh() as one:
            with pytest.raises(Unreachable, match="closed the connection at once"):
                await one.dial(f"/ip4/127.0.0.1/tcp/{server.getsockname()[1]}")


async def test_who_says_goodbye_takes_nobody_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "HANDSHAKE_S", 0.5)
    async with mesh() as one, mesh() as other, other.links() as links:
        await one.dial(other.addresses[0])
        await one.say_goodbye()
        with trio.fail_after(WITHIN_S):
            assert [(await anext(links)).up for _ in range(2)] == [True, False]
        with pytest.raises(Unreachable):
            await other.dial(one.addresses[0])
