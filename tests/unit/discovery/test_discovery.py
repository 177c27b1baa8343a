"""One list of candidates from all that tells of peers, for any number of readers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
import trio.testing

from chorus_discovery.advert import Advert
from chorus_discovery.candidates import MOST_HEARD, MOST_PENDING
from chorus_discovery.discovery import LocalDiscovery
from chorus_discovery.remembered import Remembered, load
from chorus_hooks.address import Address
from chorus_hooks.discovery import Candidate

OWN = "12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X"
PEER = "12D3KooWBmwkafWE2fqfzS96VoTZgpGp6aJsF4N7eAR5AHXCTdK8"
OTHER = "12D3KooWJWEKvSFbben74C7H4YtKjhPMTDxd7gP7zxWSUEeF27st"
ADDRESS = "/ip4/192.0.2.7/tcp/9000"


class _Node:
    serving, version, boot = True, "0", "0" * 32

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.scratch = state_dir / "scratch"
        self.scratch.mkdir(exist_ok=True)

    def alive(self, boot: str) -> bool:
        return boot == self.boot


def discovery(tmp_path: Path, remembered: Remembered | None = None) -> LocalDiscovery:
    return LocalDiscovery(_Node(tmp_path), OWN, remembered or Remembered())


async def take(reading: AsyncIterator[Candidate], count: int) -> list[Candidate]:
    with trio.fail_after(1):
        return [await anext(reading) for _ in range(count)]


async def nothing_more(reading: AsyncIterator[Candidate]) -> bool:
    with trio.move_on_after(0.01):
        await anext(reading)
        return False
    return True


async def test_a_reader_gets_what_is_known_and_then_what_is_found(tmp_path: Path) -> None:
    remembered = Remembered()
    remembered.put(OTHER, (ADDRESS,))
    found = discovery(tmp_path, remembered)
    found.offer((f"{ADDRESS}/p2p/{PEER}",), "join")
    found.offer(("/dns/node.example/tcp/9000",), "bootstrap")
    async with found.candidates() as reading:
        assert await take(reading, 3) == [
            Candidate(ADDRESS, OTHER, "remembered"),
            Candidate(f"{ADDRESS}/p2p/{PEER}", PEER, "join"),
            Candidate("/dns/node.example/tcp/9000", None, "bootstrap"),
        ]
        found.heard(Advert(PEER, "", "", (Address("ip4", "192.0.2.9", 9000, PEER),)))
        assert await take(reading, 1) == [Candidate(f"/ip4/192.0.2.9/tcp/9000/p2p/{PEER}", PEER, "mdns")]
        assert await nothing_more(reading)
    async with found.candidates() as late:
        assert len(await take(late, 4)) == 4


async def test_what_is_found_again_is_told_again(tmp_path: Path) -> None:
    found = discovery(tmp_path)
    advert = Advert(PEER, "", "", (Address("ip4", "192.0.2.9", 9000, PEER),))
    async with found.candidates() as reading:
        for _ in range(2):
            found.heard(advert)
            assert len(await take(reading, 1)) == 1


async def test_nobody_looks_for_himself(tmp_path: Path) -> None:
    found = discovery(tmp_path)
    found.offer((f"{ADDRESS}/p2p/{OWN}",), "bootstrap")
    found.heard(Advert(OWN, "", "", (Address("ip4", "192.0.2.9", 9000, OWN),)))
    await found.remember(OWN, (ADDRESS,))
    async with found.candidates() as reading:
        assert await nothing_more(reading)


async def test_an_address_that_cannot_be_dialled_is_told_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = discovery(tmp_path)
    found.offer(("/ip4/192.0.2.7/udp/9000/quic-v1",), "join")
    async with found.candidates() as reading:
        assert await nothing_more(reading)
    assert "cannot be dialled" in caplog.text


async def test_who_was_reached_is_offered_after_a_restart_and_by_new_addresses_only(tmp_path: Path) -> None:
    found = discovery(tmp_path)
    await found.remember(PEER, (ADDRESS,))
    await found.remember(PEER, ("/ip4/192.0.2.8/tcp/9000",))
    expected = [Candidate("/ip4/192.0.2.8/tcp/9000", PEER, "remembered")]
    again = discovery(tmp_path, load(tmp_path / "peers.json"))
    for known in (found, again):
        async with known.candidates() as reading:
            assert await take(reading, 1) == expected
            assert await nothing_more(reading)


async def test_a_full_disk_costs_the_memory_and_not_the_node(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = discovery(tmp_path)
    (tmp_path / "scratch").rmdir()
    await found.remember(PEER, (ADDRESS,))
    assert "cannot be remembered" in caplog.text
    async with found.candidates() as reading:
        assert len(await take(reading, 1)) == 1


async def test_whoever_says_he_is_thousands_of_peers_pushes_out_himself_and_no_list(tmp_path: Path) -> None:
    found = discovery(tmp_path)
    found.offer((f"{ADDRESS}/p2p/{PEER}",), "bootstrap")
    async with found.candidates() as sleeping:
        for n in range(5000):
            place = Address("ip4", f"10.{n // 62500}.{n // 250 % 250}.{n % 250}", 9000, OTHER)
            found.heard(Advert(OTHER, "", "", (place,)))
        async with found.candidates() as reading:
            told = await take(reading, MOST_HEARD + 1)
            assert told[0].origin == "bootstrap"
            assert await nothing_more(reading)
        assert len(await take(sleeping, MOST_PENDING)) == MOST_PENDING
        assert await nothing_more(sleeping)
