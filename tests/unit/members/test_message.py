"""What travels on the kept streams: what is made is read again, and nothing that comes does harm."""

import contextlib
import json

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chorus_members.card import BadCard, StrangeCard
from chorus_members.message import (
    BATCH,
    BATCH_SIZE,
    BadMessage,
    Compare,
    Fetch,
    Follow,
    News,
    Ping,
    Pong,
    Probe,
    Reached,
    Request,
    Rumour,
    Summary,
    Tell,
    UnknownRequest,
    batches,
    claim_in,
    decode_answer,
    decode_request,
    encode,
    rumour_of,
)
from chorus_members.roster import KEPT_S
from tests.unit.members.cards import VERIFY, claim
from tests.unit.members.site import CLUSTER, key

REQUESTS: list[Request] = [
    Ping(),
    Ping(against=rumour_of(claim(1, 2, "suspect"), 1.5), rtt_ms=0.4),
    Probe(peer_id=key(1).peer_id),
    Follow(),
    Compare(root="0" * 64),
    Fetch(peer_ids=(key(1).peer_id,)),
    Tell(rumours=(rumour_of(claim(1), 0),)),
]
ANSWERS = [Pong, Reached, News, Summary]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: type(one).__name__)
def test_a_request_is_read_as_it_was_made(request_: Request) -> None:
    assert decode_request(encode(request_)) == request_


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: type(one).__name__)
def test_fields_of_a_later_version_are_passed_over(request_: Request) -> None:
    later = json.dumps({**json.loads(encode(request_)), "later": {"deep": [1]}})
    assert decode_request(later.encode()) == request_


def test_a_request_of_a_later_version_is_nobodys_fault() -> None:
    with pytest.raises(UnknownRequest):
        decode_request(b'{"type": "lineage", "term": 3}')


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"type": 7}',
        b'{"type": "probe"}',
        b'{"type": "probe", "peer_id": "../../x"}',
        b'{"type": "compare", "root": "zz"}',
        b'{"type": "ping", "rtt_ms": -1}',
        b'{"type": "ping", "rtt_ms": 1e400}',
        b'{"type": "fetch", "peer_ids": ' + json.dumps(["a"] * (BATCH + 1)).encode() + b"}",
        b"[" * 5000,
        b"\xff\xfe",
    ],
)
def test_nonsense_is_named_as_such(raw: bytes) -> None:
    with pytest.raises(BadMessage):
        decode_request(raw)


@settings(deadline=None)
@given(raw=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_request_or_refused_in_order(raw: bytes) -> None:
    with contextlib.suppress(BadMessage, UnknownRequest):
        decode_request(raw)


@settings(deadline=None)
@given(
    request_=st.sampled_from(REQUESTS),
    field=st.sampled_from(["against", "rtt_ms", "peer_id", "root", "peer_ids", "rumours", "type"]),
    value=JSON,
)
def test_any_value_in_a_field_is_refused_in_order(request_: Request, field: str, value: object) -> None:
    raw = json.dumps({**json.loads(encode(request_)), field: value}).encode()
    with contextlib.suppress(BadMessage, UnknownRequest):
        decode_request(raw)


@pytest.mark.parametrize("kind", ANSWERS)
@settings(deadline=None)
@given(raw=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_an_answer_or_refused_in_order(kind: type[msgspec.Struct], raw: bytes) -> None:
    with contextlib.suppress(BadMessage):
        decode_answer(raw, kind)


def test_a_claim_travels() -> None:
    made = claim(1, 3, "suspect")
    raw = encode(News(rumours=(rumour_of(made, 2.5),)))
    assert claim_in(decode_answer(raw, News).rumours[0], CLUSTER, VERIFY) == (made, 2.5)


@settings(deadline=None)
@given(card=st.text(max_size=200), signature=st.text(max_size=88), age=st.floats(0, 1e9))
def test_any_rumour_is_a_claim_or_refused_in_order(card: str, signature: str, age: float) -> None:
    with contextlib.suppress(BadCard, StrangeCard):
        claim_in(Rumour(card=card, signature=signature, state="dead", age=age), CLUSTER, VERIFY)


def test_an_absurd_age_is_only_too_old() -> None:
    found = claim_in(rumour_of(claim(1, 3, "dead"), 1e8), CLUSTER, VERIFY)
    assert found is not None
    assert KEPT_S < found[1] < 1e5


@settings(deadline=None)
@given(sizes=st.lists(st.integers(0, 4096), max_size=200))
@example(sizes=[4096] * BATCH)
def test_portions_fit_and_leave_nothing_out(sizes: list[int]) -> None:
    rumours = [Rumour(card="x" * size, signature="", state="alive") for size in sizes]
    made = list(batches(rumours))
    assert [one for batch in made for one in batch] == rumours
    for batch in made:
        assert 0 < len(batch) <= BATCH
        assert sum(len(one.card) for one in batch) <= BATCH_SIZE


@settings(deadline=None)
@given(request_=st.sampled_from(REQUESTS), data=st.data())
def test_a_request_that_was_changed_on_the_way_is_read_or_refused(
    request_: Request, data: st.DataObject
) -> None:
    raw = bytearray(encode(request_))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadMessage, UnknownRequest):
        decode_request(bytes(raw))
