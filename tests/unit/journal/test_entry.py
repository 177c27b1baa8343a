import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.errors import UsageError
from chorus_journal.entry import MAX_ENTRY, decode_entry, decode_place, encode_entry

LOG = f"chorus/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/{'0' * 32}"
TS = "2026-11-22T09:21:00.123Z"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e15, 1e15) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def _encode(data: Any, *, type: str = "task.submitted", ref: str | None = None) -> bytes:
    return encode_entry(log=LOG, seq=17, ts=TS, type=type, data=data, ref=ref)


def test_an_entry_is_canonical_json() -> None:
    body = _encode({"b": 1.0, "a": "é\n", "\N{GRINNING FACE}": [True, None, 1e21]}, ref="sha256:ab")
    assert body.decode() == (
        '{"data":{"a":"é\\n","b":1,"\N{GRINNING FACE}":[true,null,1e+21]},'
        f'"log":"{LOG}","ref":"sha256:ab","seq":17,"ts":"{TS}","type":"task.submitted","v":1}}'
    )


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_what_is_written_is_read_back_and_is_one_line(data: dict[str, Any]) -> None:
    body = _encode(data)
    entry = decode_entry(body)
    assert entry.data == json.loads(json.dumps(data))
    assert (entry.log, entry.seq, entry.ts, entry.type, entry.ref) == (LOG, 17, TS, "task.submitted", None)
    assert _encode(entry.data) == body
    assert b"\n" not in body and b"\r" not in body


def test_the_order_of_keys_does_not_matter() -> None:
    assert _encode({"a": 1, "b": 2}) == _encode({"b": 2, "a": 1})


def _nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(depth):
        inner = {"a": inner}
    return inner


@pytest.mark.parametrize(
    "data",
    [
        {"a": float("nan")},
        {"a": float("-inf")},
        {"a": 2**53},
        {"a": -(2**53)},
        {1: "a"},
        {"a": {None: 1}},
        {"a": b"bytes"},
        {"a": {1, 2}},
        {"a": "\ud800"},
        {"\ud800": 1},
        {"a": object()},
        _nested(5000),
    ],
)
def test_what_is_not_canonical_is_refused_with_the_cure(data: Any) -> None:
    with pytest.raises(UsageError, match="not canonical JSON") as caught:
        _encode(data)
    assert "text" in caught.value.hint


@pytest.mark.parametrize("type", ["", "task", "Task.submitted", "task.", ".made", "task submitted", "a.b\n"])
def test_a_type_is_a_noun_and_what_befell_it(type: str) -> None:
    with pytest.raises(UsageError, match="not a type"):
        _encode({}, type=type)


@pytest.mark.parametrize("ref", ["", "abc", "sha256:", "sha256:a b", "sha256:a\n"])
def test_a_ref_is_a_content_address(ref: str) -> None:
    with pytest.raises(UsageError, match="content address"):
        _encode({}, ref=ref)


def test_an_entry_that_is_too_large_is_refused() -> None:
    with pytest.raises(UsageError, match="too large") as caught:
        _encode({"a": "x" * MAX_ENTRY})
    assert "blob" in caught.value.hint


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"v":1,"log":"x","seq":"1"}'])
def test_what_is_no_entry_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):
        decode_entry(body)
    with pytest.raises(ValueError):
        decode_place(body)
