"""What is remembered of peers: bounded, and no file of whatever content stops a start."""

import json
import logging
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_discovery.remembered import (
    LARGEST_FILE,
    MOST_ADDRESSES,
    MOST_PEERS,
    Remembered,
    decode,
    load,
    save,
)

PEER = "12D3KooWBmwkafWE2fqfzS96VoTZgpGp6aJsF4N7eAR5AHXCTdK8"
OTHER = "12D3KooWJWEKvSFbben74C7H4YtKjhPMTDxd7gP7zxWSUEeF27st"
ADDRESS = "/ip4/192.0.2.7/tcp/9000"
SECOND = "/ip4/192.0.2.8/tcp/9000"


def test_the_newest_comes_first_and_replaces_what_was_known_of_it() -> None:
    remembered = Remembered()
    assert remembered.put(PEER, (ADDRESS,))
    assert remembered.put(OTHER, (SECOND,))
    assert not remembered.put(PEER, (ADDRESS,))
    assert remembered.put(PEER, (SECOND, ADDRESS, SECOND))
    assert remembered.all() == ((PEER, (SECOND, ADDRESS)), (OTHER, (SECOND,)))


def test_the_oldest_is_forgotten_and_of_many_addresses_the_first_are_kept() -> None:
    remembered = Remembered()
    peers = [PEER[:-3] + f"{a}{b}x" for a in "123456789ABCD" for b in "123456789ABCD"]
    for peer in peers:
        remembered.put(peer, tuple(f"/ip4/192.0.2.{n}/tcp/9000" for n in range(1, 100)))
    kept = remembered.all()
    assert [peer for peer, _ in kept] == peers[: -MOST_PEERS - 1 : -1]
    assert {len(addresses) for _, addresses in kept} == {MOST_ADDRESSES}
    assert len(remembered.encode()) < LARGEST_FILE


def test_what_is_no_peer_or_leads_nowhere_is_not_remembered() -> None:
    remembered = Remembered()
    assert not remembered.put("nonsense!", (ADDRESS,))
    assert not remembered.put(PEER, ("nowhere",))
    assert remembered.all() == ()


def test_it_is_written_and_read_back_in_its_order(tmp_path: Path) -> None:
    remembered = Remembered()
    remembered.put(PEER, (ADDRESS,))
    remembered.put(OTHER, (SECOND, ADDRESS))
    path = tmp_path / "peers.json"
    save(path, tmp_path, remembered.encode())
    save(path, tmp_path, remembered.encode())
    assert load(path).all() == remembered.all()
    assert list(tmp_path.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_not_there_is_no_news(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert load(tmp_path / "peers.json").all() == ()
    assert caplog.records == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"v":2,"peers":[]}',
        b'{"v":1,"peers":[{"peer_id":1}]}',
        b"[" * 100_000,
        b'{"v":1,"peers":[],"more":' + b"[" * 100_000,
        b" " * (LARGEST_FILE + 1),
    ],
)
def test_junk_is_a_warning_and_a_fresh_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    (tmp_path / "peers.json").write_bytes(content)
    assert load(tmp_path / "peers.json").all() == ()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


peers = st.fixed_dictionaries(
    {"peer_id": st.sampled_from([PEER, OTHER]) | st.text(max_size=20)},
    optional={"addresses": st.lists(st.sampled_from([ADDRESS, SECOND]) | st.text(max_size=20), max_size=12)},
)
values = st.recursive(
    st.none() | st.integers() | st.text(max_size=9), lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@given(st.fixed_dictionaries({"v": st.just(1) | values, "peers": st.lists(peers, max_size=5) | values}))
def test_whatever_a_file_has_what_is_read_can_be_dialled(document: dict[str, Any]) -> None:
    try:
        kept = decode(json.dumps(document).encode()).all()
    except ValueError:
        return
    assert {peer for peer, _ in kept} <= {PEER, OTHER} | {
        peer["peer_id"] for peer in document["peers"] if len(peer["peer_id"]) >= 16
    }
    assert all(address in (ADDRESS, SECOND) for _, addresses in kept for address in addresses)


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(content: bytes) -> None:
    try:
        decode(content)
    except ValueError:
        return
