"""Whatever a peer sends is read or refused, and never anything else."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chorus_hooks.errors import UsageError
from chorus_journal.replica.message import (
    PAGE,
    PARCEL,
    BadMessage,
    Entries,
    Heads,
    Parcel,
    Prove,
    Watch,
    decode_ask,
    decode_page,
    decode_parcel,
    decode_proved,
)

LINES = st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b""))


@given(st.binary(max_size=300))
@example(b"[" * 100_000)
@example(b'{"heads":["' + b"a" * 5000 + b'"]}')
@example(b'{"checkpoint":"a","start":0,"proof":["AA=="]}\n{}')
@example(b'{"checkpoint":"a","start":-1,"proof":[]}\n{}')
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for decode in (decode_page, decode_parcel, decode_proved):
        with suppress(BadMessage):
            decode(raw)
    with suppress(UsageError):
        decode_ask(raw)


@given(
    st.text(max_size=40),
    st.integers(0, 1 << 53),
    st.lists(st.binary(min_size=32, max_size=32), max_size=60),
    st.lists(LINES, min_size=1, max_size=PARCEL),
)
def test_a_parcel_comes_out_as_it_went_in(
    note: str, start: int, proof: list[bytes], entries: list[bytes]
) -> None:
    parcel = Parcel(note, start, tuple(proof), tuple(entries))
    assert decode_parcel(parcel.encode()) == parcel


@pytest.mark.parametrize("entries", [(), (b"{}",) * (PARCEL + 1)])
def test_a_parcel_has_some_entries_and_not_too_many(entries: tuple[bytes, ...]) -> None:
    with pytest.raises(BadMessage):
        decode_parcel(Parcel("a", 0, (), entries).encode())


def test_hashes_have_their_length_and_pages_theirs() -> None:
    with pytest.raises(BadMessage):
        decode_parcel(Parcel("a", 0, (b"1" * 31,), (b"{}",)).encode())
    with pytest.raises(BadMessage):
        decode_page(b'{"heads":[' + b",".join([b'"a"'] * (PAGE + 1)) + b"]}")


def test_what_is_asked_may_have_more_to_it_in_a_later_version() -> None:
    assert decode_ask(b'{"ask":"heads","later":[1]}') == Heads()
    assert decode_ask(b'{"ask":"watch"}') == Watch()
    assert decode_ask(b'{"ask":"entries","origin":"o","start":3,"later":{}}') == Entries("o", 3)
    assert decode_ask(b'{"ask":"proof","origin":"o","old":3,"new":9}') == Prove("o", 3, 9)
    with pytest.raises(UsageError):
        decode_ask(b'{"ask":"later"}')
