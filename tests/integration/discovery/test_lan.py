"""Nodes that find each other by multicast DNS, over real sockets of this machine's loopback."""

import logging
import secrets
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from chorus.config import read
from chorus_discovery import multicast
from chorus_discovery.advert import SERVICE, Advert
from chorus_discovery.candidates import MOST_HEARD
from chorus_discovery.discovery import LocalDiscovery
from chorus_discovery.mdns import LONGEST_STOP_S, on_the_lan
from chorus_discovery.service import serve
from chorus_discovery.settings import SETTINGS
from chorus_hooks.address import parse_address
from chorus_hooks.discovery import Candidate

pytestmark = pytest.mark.slow

PATIENCE_S = 15.0
"""The number of issue 5: nodes that know nothing but the secret find each other within it."""
PEERS = [f"12D3KooWBmwkafWE2fqfzS96VoTZgpGp6aJsF4N7eAR5AHXCTd{mark}" for mark in ("K8", "K9", "KA")]


class _Node:
    serving, version, boot = True, "0.1.0", "0" * 32

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.scratch = state_dir / "scratch"
        self.scratch.mkdir(parents=True)

    def alive(self, boot: str) -> bool:
        return boot == self.boot


class _Cluster:
    introducers: tuple[str, ...] = ()

    def __init__(self, tag: str) -> None:
        self.tag = tag

    def key(self, purpose: str, length: int = 32) -> bytes:
        raise NotImplementedError

    def join_token(self, addresses: tuple[str, ...]) -> str:
        raise NotImplementedError


class _Mesh:
    """As much of a mesh as discovery sees."""

    topics: Any = None
    records: Any = None

    def __init__(self, peer_id: str, port: int) -> None:
        self.peer_id = peer_id
        self.addresses: tuple[str, ...] = (f"/ip4/127.0.0.1/tcp/{port}/p2p/{peer_id}",)

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(name)


@pytest.fixture
def tag() -> str:
    """Of this test alone: other tests may be on the same loopback."""
    return secrets.token_hex(8)


@pytest.fixture(autouse=True)
def _loopback_has_multicast() -> Iterator[None]:
    if "127.0.0.1" not in multicast.usable_addresses():
        pytest.skip("no multicast on loopback here")
    yield


@asynccontextmanager
async def node(state_dir: Path, tag: str, mesh: Any, **environment: str) -> AsyncIterator[LocalDiscovery]:
    async with serve(_Node(state_dir), read(SETTINGS, environment), _Cluster(tag), mesh) as discovery:
        yield discovery


async def until_heard(discovery: LocalDiscovery, address: str) -> None:
    with trio.fail_after(PATIENCE_S):
        async with discovery.candidates() as candidates:
            async for candidate in candidates:
                if candidate == Candidate(address, address.rpartition("/")[2], "mdns"):
                    return


async def heard(discovery: LocalDiscovery) -> set[str | None]:
    """Whom it knows of by now."""
    found = set()
    async with discovery.candidates() as candidates:
        with trio.move_on_after(0.05):
            async for candidate in candidates:
                found.add(candidate.peer_id)
    return found


async def test_two_of_one_cluster_find_each_other_and_nobody_of_another(tmp_path: Path, tag: str) -> None:
    first, second, stranger = (_Mesh(peer, 9001 + n) for n, peer in enumerate(PEERS))
    async with (
        node(tmp_path / "3", secrets.token_hex(8), stranger) as elsewhere,
        node(tmp_path / "1", tag, first) as one,
        node(tmp_path / "2", tag, second) as two,
    ):
        await until_heard(one, second.addresses[0])
        await until_heard(two, first.addresses[0])
        assert await heard(one) == {second.peer_id}
        assert await heard(elsewhere) == set()


async def test_new_addresses_are_shown(tmp_path: Path, tag: str) -> None:
    first, second = (_Mesh(peer, 9001 + n) for n, peer in enumerate(PEERS[:2]))
    async with node(tmp_path / "1", tag, first) as one, node(tmp_path / "2", tag, second):
        await until_heard(one, second.addresses[0])
        second.addresses = (f"/ip4/127.0.0.1/tcp/9777/p2p/{second.peer_id}",)
        await until_heard(one, second.addresses[0])


async def test_a_node_stops_in_less_than_a_second_and_says_goodbye(tmp_path: Path, tag: str) -> None:
    from zeroconf import ServiceBrowser, ServiceStateChange, Zeroconf

    first, second = (_Mesh(peer, 9001 + n) for n, peer in enumerate(PEERS[:2]))
    gone = []
    zeroconf = await trio.to_thread.run_sync(lambda: Zeroconf(interfaces=["127.0.0.1"], use_asyncio=False))

    def changed(*, name: str, state_change: ServiceStateChange, **_: object) -> None:
        if state_change is ServiceStateChange.Removed:
            gone.append(name)

    try:
        async with node(tmp_path / "1", tag, first) as one:
            async with node(tmp_path / "2", tag, second):
                await until_heard(one, second.addresses[0])
                ServiceBrowser(zeroconf, SERVICE, handlers=[changed])
                await trio.to_thread.run_sync(zeroconf.get_service_info, SERVICE, _name(second), 3000)
                began = time.monotonic()
            assert time.monotonic() - began < 1.0
            with trio.fail_after(5):
                while _name(second) not in gone:  # noqa: ASYNC110 - another thread's list
                    await trio.sleep(0.01)
    finally:
        await trio.to_thread.run_sync(zeroconf.close)


async def test_a_node_that_nobody_has_seen_yet_does_not_wait_for_its_own_announcement(
    tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zeroconf import Zeroconf

    real, over = Zeroconf.close, threading.Event()

    def close(zeroconf: Zeroconf) -> None:
        """As slow as what waits for the announcement may be."""
        over.wait(PATIENCE_S)
        real(zeroconf)

    monkeypatch.setattr(Zeroconf, "close", close)
    try:
        address = parse_address(f"/ip4/127.0.0.1/tcp/9001/p2p/{PEERS[0]}")
        async with on_the_lan(Advert(PEERS[0], tag, "1.0", (address,)), lambda _: None):
            began = time.monotonic()
        assert time.monotonic() - began < LONGEST_STOP_S / 2
    finally:
        over.set()


def _name(mesh: _Mesh) -> str:
    return f"{Advert(mesh.peer_id, '', '', ()).host}.{SERVICE}"


async def test_off_is_silent_and_needs_no_library(tmp_path: Path, tag: str) -> None:
    first, second = (_Mesh(peer, 9001 + n) for n, peer in enumerate(PEERS[:2]))
    async with (
        node(tmp_path / "1", tag, first, CHORUS_MDNS_ENABLED="false") as silent,
        node(tmp_path / "2", tag, second) as one,
        node(tmp_path / "3", tag, third := _Mesh(PEERS[2], 9003)),
    ):
        await until_heard(one, third.addresses[0])
        assert await heard(one) == {third.peer_id}
        assert await heard(silent) == set()


async def test_without_multicast_there_is_one_warning_and_a_node(
    tmp_path: Path, tag: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chorus_discovery.mdns.usable_addresses", tuple)
    monkeypatch.setattr("chorus_discovery.service.AGAIN_S", 0.001)
    async with node(tmp_path, tag, _Mesh(PEERS[0], 9001), CHORUS_BOOTSTRAP_PEERS="192.0.2.1:9000") as one:
        async with one.candidates() as candidates:
            assert (await anext(candidates)).origin == "bootstrap"
        with trio.fail_after(5):
            while not caplog.records:  # noqa: ASYNC110 - the log tells
                await trio.sleep(0.001)
        await trio.sleep(0.02)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "CHORUS_BOOTSTRAP_PEERS" in caplog.text


async def test_a_flood_of_made_up_services_and_junk_hides_nobody(tmp_path: Path, tag: str) -> None:
    first, second = (_Mesh(peer, 9001 + n) for n, peer in enumerate(PEERS[:2]))
    async with node(tmp_path / "1", tag, first) as one:
        await trio.to_thread.run_sync(_flood, tag)
        async with node(tmp_path / "2", tag, second):
            await until_heard(one, second.addresses[0])
        assert len(one._candidates._known) <= MOST_HEARD


def _flood(tag: str) -> None:
    """Two thousand services that are nowhere, two thousand with junk for text, and bytes that are no DNS."""
    from zeroconf._dns import DNSPointer, DNSService, DNSText
    from zeroconf._protocol.outgoing import DNSOutgoing

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        sender.bind(("127.0.0.1", 0))
        for batch in range(100):
            out = DNSOutgoing(0x8400)
            for n in range(40):
                name = f"junk-{batch}-{n}.{SERVICE}"
                out.add_answer_at_time(DNSPointer(SERVICE, 12, 1, 120, name), 0)
                if n % 2:
                    out.add_answer_at_time(DNSService(name, 33, 1, 120, 0, 0, 1, f"junk-{n}.local."), 0)
                    out.add_answer_at_time(DNSText(name, 16, 1, 120, secrets.token_bytes(40)), 0)
            for packet in out.packets():
                sender.sendto(packet, (multicast.GROUP, 5353))
            sender.sendto(secrets.token_bytes(200), (multicast.GROUP, 5353))
