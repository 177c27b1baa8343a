"""Envelopes of topics: what was sealed is read, from its signer alone, once, and junk never."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.mesh import MESSAGE_LIMIT
from chorus_hooks.traceparent import child
from chorus_hooks.wire.envelope import BadEnvelope, Envelope, Newest, decode

WHOLE = st.integers(0, 2**53 - 1)
PLAIN = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=12),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)
ENVELOPES = st.builds(
    Envelope,
    st.text(max_size=20),
    st.text(max_size=20),
    WHOLE,
    WHOLE,
    PLAIN,
    st.none() | st.builds(child, st.none()),
)


def document(**changes: object) -> bytes:
    whole = {"v": 1, "type": "head", "from": "alice", "seq": 1, "ts": 2, "data": {}}
    return json.dumps({**whole, **changes}).encode()


@given(envelope=ENVELOPES)
def test_an_envelope_is_read_as_it_was_written(envelope: Envelope) -> None:
    assert decode(envelope.encode(), envelope.sender) == envelope


def test_a_field_of_a_later_version_is_passed_over() -> None:
    assert decode(document(colour="blue"), "alice") == Envelope("head", "alice", 1, 2, {})


def test_nobody_speaks_for_another() -> None:
    with pytest.raises(BadEnvelope, match="'alice'"):
        decode(document(), "mallory")


@pytest.mark.parametrize(
    "changes",
    [{"v": 2}, {"seq": -1}, {"seq": 2**53}, {"ts": "now"}, {"data": []}, {"type": None}, {"from": 7}],
    ids=str,
)
def test_what_is_no_envelope_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BadEnvelope):
        decode(document(**changes), "alice")


@given(junk=st.binary(max_size=200) | st.just(b"[" * 10_000) | st.just(b'{"v":1,"data":' + b'{"a":' * 3000))
def test_junk_is_refused_and_nothing_else_is_raised(junk: bytes) -> None:
    with pytest.raises(BadEnvelope):
        decode(junk, "alice")


def test_what_is_too_long_is_neither_written_nor_read() -> None:
    long = Envelope("head", "alice", 1, 2, {"x": "y" * MESSAGE_LIMIT})
    with pytest.raises(ValueError, match="more than 16384"):
        long.encode()
    with pytest.raises(BadEnvelope, match="bytes"):
        decode(document(data={"x": "y" * MESSAGE_LIMIT}), "alice")


def test_a_traceparent_that_is_none_is_left_out() -> None:
    assert decode(document(traceparent="junk"), "alice").traceparent is None


@given(seqs=st.lists(st.integers(0, 20)))
def test_only_what_is_newer_than_all_before_is_admitted(seqs: list[int]) -> None:
    newest = Newest()
    admitted = [seq for seq in seqs if newest.admits(Envelope("t", "alice", seq, 0, {}))]
    assert admitted == [seq for at, seq in enumerate(seqs) if all(seq > before for before in seqs[:at])]


def test_senders_do_not_get_in_each_others_way() -> None:
    newest = Newest()
    assert newest.admits(Envelope("t", "alice", 9, 0, {}))
    assert newest.admits(Envelope("t", "bob", 3, 0, {}))
    assert not newest.admits(Envelope("t", "alice", 9, 0, {}))


@given(data=st.data())
def test_an_envelope_that_was_changed_on_the_way_is_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(document(data={"size": 7, "root": "ab"}))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadEnvelope):
        assert decode(bytes(raw), "alice").sender == "alice"
