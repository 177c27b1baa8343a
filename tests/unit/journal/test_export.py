"""An exported log: whole it verifies, changed anywhere it does not."""

import json

import pytest

from chorus_hooks.errors import UsageError
from chorus_hooks.identity import Identity
from chorus_journal.checkpoint import make_origin, sign_checkpoint
from chorus_journal.entry import encode_entry
from chorus_journal.export import head_line, verify_export
from chorus_journal.merkle import Frontier, leaf_hash
from tests.unit.journal.state import fixed_identity

ENTRIES = 5


@pytest.fixture
def lines(identity: Identity) -> list[bytes]:
    origin = make_origin(identity.peer_id, bytes(16))
    ts = "2026-11-22T09:21:00.123Z"
    bodies = [
        encode_entry(log=origin, seq=seq, ts=ts, type="test.said", data={"n": seq}) for seq in range(ENTRIES)
    ]
    frontier = Frontier()
    for body in bodies:
        frontier.add(leaf_hash(body))
    return [head_line(sign_checkpoint(origin, ENTRIES, frontier.root(), identity)), *bodies]


def test_a_whole_export_verifies_on_any_node(lines: list[bytes]) -> None:
    report = verify_export(lines, fixed_identity(2))
    assert (report.ok, report.size, report.checked, report.first_bad) == (True, ENTRIES, ENTRIES, None)


def test_every_line_is_json(lines: list[bytes]) -> None:
    assert [json.loads(line).get("seq") for line in lines] == [None, *range(ENTRIES)]


def test_every_flipped_byte_is_found(lines: list[bytes], identity: Identity) -> None:
    for number in range(1, len(lines)):
        for at in range(len(lines[number])):
            changed = bytearray(lines[number])
            changed[at] ^= 1
            report = verify_export([*lines[:number], bytes(changed), *lines[number + 1 :]], identity)
            assert not report.ok, (number, at)


def test_every_flipped_byte_of_the_checkpoint_is_found(lines: list[bytes], identity: Identity) -> None:
    for at in range(len(lines[0])):
        changed = bytearray(lines[0])
        changed[at] ^= 1
        try:
            assert not verify_export([bytes(changed), *lines[1:]], identity).ok, at
        except UsageError:
            continue


def test_a_missing_last_entry_is_named(lines: list[bytes], identity: Identity) -> None:
    report = verify_export(lines[:-1], identity)
    assert (report.ok, report.first_bad, report.error) == (
        False,
        4,
        "entry 4 is missing: 5 entries were signed",
    )


def test_an_added_entry_is_named(lines: list[bytes], identity: Identity) -> None:
    added = lines[-1].replace(b'"seq":4', b'"seq":5')
    assert verify_export([*lines, added], identity).first_bad == ENTRIES


def test_entries_out_of_order_are_named(lines: list[bytes], identity: Identity) -> None:
    assert verify_export([lines[0], lines[2], lines[1], *lines[3:]], identity).first_bad == 0


@pytest.mark.parametrize(
    "first", [b"", b"{}", b"no json", b'{"checkpoint":1}', b'{"checkpoint":"x","more":1}']
)
def test_what_is_no_export_is_a_usage_error(lines: list[bytes], identity: Identity, first: bytes) -> None:
    with pytest.raises(UsageError, match="no exported log"):
        verify_export([first, *lines[1:]], identity)


def test_a_checkpoint_that_is_none_is_damage(lines: list[bytes], identity: Identity) -> None:
    report = verify_export([b'{"checkpoint":"x"}', *lines[1:]], identity)
    assert (report.ok, report.root) == (False, None) and report.error
