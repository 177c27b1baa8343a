"""Signed notes, against the published vector of Go's golang.org/x/mod/sumdb/note."""

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from chorus_journal.note import Verify, decode_base64, key_id, open_note, parse_note, sign_note
from tests.unit.journal.state import fixed_identity

NAME = "PeterNeumann"
KEY = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NOTE = (
    f"{TEXT}\n\N{EM DASH} PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def _verify(message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(KEY).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def test_the_key_id_is_that_of_go() -> None:
    assert key_id(NAME, KEY).hex() == "c74f20a3"


def test_opens_the_note_of_go() -> None:
    assert open_note(NOTE, NAME, KEY, _verify) == TEXT


@pytest.mark.parametrize("at", range(len(NOTE.encode())))
def test_every_flipped_byte_of_a_note_is_found(at: int) -> None:
    raw = bytearray(NOTE.encode())
    raw[at] ^= 1
    with pytest.raises(ValueError):
        open_note(raw.decode(), NAME, KEY, _verify)


def test_what_is_signed_opens() -> None:
    identity = fixed_identity()
    note = sign_note("hello\n", "me", identity.public_key, identity.sign)
    assert open_note(note, "me", identity.public_key, _verify_for(identity.peer_id)) == "hello\n"


def test_signatures_of_others_do_not_matter() -> None:
    line = NOTE.rpartition("\n\n")[2]
    other = fixed_identity()
    note = sign_note(TEXT, "other", other.public_key, other.sign)
    assert open_note(note + line, NAME, KEY, _verify) == TEXT
    with pytest.raises(ValueError, match="not signed by PeterNeumann"):
        open_note(note, NAME, KEY, _verify)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        NOTE[:-1],
        NOTE.replace("\N{EM DASH}", "-"),
        NOTE.replace(TEXT, "bell \a\n"),
        NOTE.replace("BwJnAM=", "BwJnAN="),  # the same bytes in another spelling
        NOTE.replace("PeterNeumann x", "PeterNeumann\N{NO-BREAK SPACE}x x"),
        f"{TEXT}\n\N{EM DASH} PeterNeumann AAAA\n",
        "text\n\n" + "\N{EM DASH} a AAAAAAAA\n" * 101,
        "x" * 1_000_001,
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(ValueError):
        open_note(note, NAME, KEY, _verify)


@pytest.mark.parametrize(("text", "name"), [("no end", "me"), ("x\n", ""), ("x\n", "a b"), ("x\n", "a+b")])
def test_what_could_not_be_opened_is_not_signed(text: str, name: str) -> None:
    identity = fixed_identity()
    with pytest.raises(ValueError):
        sign_note(text, name, identity.public_key, identity.sign)


@given(st.text(max_size=200))
def test_any_other_text_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        open_note(text, NAME, KEY, _verify)


@given(st.binary(max_size=100))
def test_base64_has_one_spelling(raw: bytes) -> None:
    assert decode_base64(base64.b64encode(raw).decode()) == raw


def test_a_text_may_have_empty_lines() -> None:
    identity = fixed_identity()
    text = "one\n\ntwo\n"
    assert parse_note(sign_note(text, "me", identity.public_key, identity.sign))[0] == text


def _verify_for(peer_id: str) -> Verify:
    identity = fixed_identity()
    return lambda message, signature: identity.verify(peer_id, message, signature)
