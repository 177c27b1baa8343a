"""A node whose machine moves: it tells its new addresses, and gives up what went by the old ones."""

import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from chorus_hooks.address import parse_address
from chorus_libp2p.interfaces import IP
from chorus_libp2p.listening import Listening
from chorus_libp2p.traffic import Traffic
from chorus_libp2p.whereabouts import LOOK_S, Whereabouts
from chorus_libp2p.wire import Wire

WITHIN_S = 10.0


class Machine:
    """Its interfaces; loopback may be renumbered, too."""

    def __init__(self, *ips: str) -> None:
        self.has = ips

    def ips(self) -> list[IP]:
        return [ipaddress.ip_address(ip) for ip in self.has]

    def addresses(self) -> tuple[str, ...]:
        return tuple(f"/ip4/{ip}/tcp/9000" for ip in self.has)

    def whereabouts(self) -> Whereabouts:
        return Whereabouts(Listening((), self.addresses(), self.addresses), self.ips)


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Wire, trio.SocketStream]]:
    """A wire from 127.0.0.1, and the other end of its connection."""
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        ours = await trio.open_tcp_stream(*listener.socket.getsockname()[:2])
        async with await listener.accept() as theirs:
            wire = Wire(ours, Traffic())
            yield wire, theirs
            wire.abort()


async def test_a_connection_by_an_address_that_is_gone_is_given_up_and_others_are_not() -> None:
    machine = Machine("127.0.0.1", "192.0.2.1")
    whereabouts = machine.whereabouts()
    async with connected() as (wire, peer):
        whereabouts.add(wire)
        machine.has = ("127.0.0.1", "192.0.2.2")
        whereabouts.look()
        await wire.write(b"still there")
        assert await peer.receive_some() == b"still there"
        machine.has = ("192.0.2.2",)
        whereabouts.look()
        with trio.fail_after(WITHIN_S):
            assert await peer.receive_some() == b""


async def test_a_connection_by_an_address_that_was_never_on_an_interface_stays() -> None:
    machine = Machine("192.0.2.1")
    whereabouts = machine.whereabouts()
    async with connected() as (wire, peer):
        whereabouts.add(wire)
        machine.has = ("192.0.2.2",)
        whereabouts.look()
        await wire.write(b"still there")
        assert await peer.receive_some() == b"still there"


async def test_addresses_are_followed_while_time_goes_by() -> None:
    machine = Machine("192.0.2.1")
    whereabouts = machine.whereabouts()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(whereabouts.follow)
        machine.has = ("192.0.2.2",)
        with trio.fail_after(LOOK_S + WITHIN_S):
            while whereabouts.addresses != ("/ip4/192.0.2.2/tcp/9000",):  # noqa: ASYNC110 - it tells nobody
                await trio.sleep(0.01)
        nursery.cancel_scope.cancel()


async def test_addresses_that_were_set_are_told_wherever_the_machine_is() -> None:
    machine = Machine("192.0.2.1")
    whereabouts = Whereabouts(Listening((), ("/dns4/build.example.org/tcp/9000",)), machine.ips)
    machine.has = ("192.0.2.2",)
    whereabouts.look()
    assert whereabouts.addresses == ("/dns4/build.example.org/tcp/9000",)


async def test_what_nobody_acknowledges_is_given_up_by_the_kernel() -> None:
    async with connected() as (wire, _):
        assert wire._stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000


def listening(*binds: tuple[str, int]) -> Listening:
    """Sockets that are bound so, as far as anybody asks them."""
    return Listening(tuple(Bound(bind) for bind in binds), ())  # type: ignore[misc]


class Bound:
    def __init__(self, name: tuple[str, int]) -> None:
        self.getsockname = lambda: name


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("/ip4/127.0.0.1/tcp/9000", True),
        ("/ip4/127.8.0.1/tcp/9000", True),
        ("/ip4/192.0.2.1/tcp/9000", True),
        ("/ip4/192.0.2.1/tcp/9001", False),
        ("/ip4/192.0.2.2/tcp/9000", False),
        ("/ip6/::1/tcp/9000", False),
        ("/dns4/localhost/tcp/9000", False),
    ],
)
def test_an_address_is_its_own_when_it_listens_there(address: str, own: bool) -> None:
    machine = Machine("127.0.0.1", "192.0.2.1", "::1")
    whereabouts = Whereabouts(listening(("0.0.0.0", 9000)), machine.ips)
    assert whereabouts.include(parse_address(address)) is own


def test_a_socket_of_one_address_is_at_no_other() -> None:
    machine = Machine("127.0.0.1", "192.0.2.1")
    whereabouts = Whereabouts(listening(("192.0.2.1", 9000)), machine.ips)
    assert whereabouts.include(parse_address("/ip4/192.0.2.1/tcp/9000"))
    assert not whereabouts.include(parse_address("/ip4/127.0.0.1/tcp/9000"))
