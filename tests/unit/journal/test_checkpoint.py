import pytest

from chorus_hooks.identity import Identity
from chorus_journal.checkpoint import (
    make_origin,
    open_checkpoint,
    origin_peer,
    parse_checkpoint,
    sign_checkpoint,
)
from tests.unit.journal.state import fixed_identity

ROOT = bytes(range(32))


@pytest.fixture
def note(identity: Identity) -> str:
    return sign_checkpoint(make_origin(identity.peer_id, b"\1" * 16), 17, ROOT, identity).note


def test_a_checkpoint_says_what_was_signed(identity: Identity, note: str) -> None:
    checkpoint = open_checkpoint(note, identity)
    assert checkpoint.origin == f"chorus/{identity.peer_id}/{'01' * 16}"
    assert (checkpoint.size, checkpoint.root, checkpoint.note) == (17, ROOT, note)


def test_anybody_can_open_it(note: str) -> None:
    assert open_checkpoint(note, fixed_identity(2)).size == 17


def test_its_text_is_that_of_c2sp_tlog_checkpoint(identity: Identity, note: str) -> None:
    lines = note.split("\n")
    assert lines[1:4] == ["17", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", ""]
    assert lines[4].startswith(f"\N{EM DASH} {lines[0]} ")
    assert origin_peer(lines[0]) == identity.peer_id


def test_every_flipped_byte_is_found(identity: Identity, note: str) -> None:
    for at in range(len(note.encode())):
        for bit in (1, 32):
            raw = bytearray(note.encode())
            raw[at] ^= bit
            with pytest.raises(ValueError):
                open_checkpoint(raw.decode(errors="replace"), identity)


def test_another_peer_cannot_sign_for_this_one(identity: Identity) -> None:
    origin = make_origin(identity.peer_id, bytes(16))
    forged = sign_checkpoint(origin, 17, ROOT, fixed_identity(2)).note
    with pytest.raises(ValueError, match="not signed"):
        open_checkpoint(forged, identity)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n17\n", "\n017\n"),
        ("\n17\n", "\n-1\n"),
        ("\n17\n", "\n\n"),
        ("\n17\n", "\n99999999999999999\n"),
        ("GxwdHh8=", "GxwdHg=="),
        ("chorus/", "other/"),
        ("\n17\n", "\n17\nmore\n"),
    ],
)
def test_what_is_no_checkpoint_is_refused(note: str, old: str, new: str) -> None:
    with pytest.raises(ValueError):
        parse_checkpoint(note.replace(old, new))


@pytest.mark.parametrize(
    "origin", ["", "chorus/x", "chorus/x/y", f"chorus/0OIl/{'0' * 32}", "chorus//" + "0" * 32]
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="not the origin"):
        origin_peer(origin)
