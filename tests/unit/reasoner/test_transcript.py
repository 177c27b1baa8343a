"""The chain of a transcript: a reader finds what was changed, cut or put in, and names the first bad line."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_reasoner.transcript import Chain, check


def chain(*texts: str) -> list[bytes]:
    made = Chain()
    lines = [made.line("event", text=text) for text in texts]
    return [*lines, made.line("end")]


def test_a_whole_transcript_is_good() -> None:
    checked = check(chain("a", "b"))
    assert (checked.first_bad, checked.ended) == (None, True)
    assert [line["type"] for line in checked.lines] == ["event", "event", "end"]


@given(st.lists(st.text(max_size=10), min_size=1, max_size=6), st.data())
def test_a_changed_line_is_named(texts: list[str], data: st.DataObject) -> None:
    lines = chain(*texts)
    number = data.draw(st.integers(0, len(lines) - 2))
    record = msgspec.json.decode(lines[number])
    lines[number] = msgspec.json.encode({**record, "text": record["text"] + "!"}) + b"\n"
    checked = check(lines)
    assert checked.first_bad == number
    assert len(checked.lines) == number
    assert not checked.ended


@given(st.lists(st.text(max_size=10), min_size=2, max_size=6), st.data())
def test_a_missing_line_is_named(texts: list[str], data: st.DataObject) -> None:
    lines = chain(*texts)
    number = data.draw(st.integers(0, len(lines) - 2))
    del lines[number]
    assert check(lines).first_bad == number


def test_a_transcript_without_its_end_was_cut_off() -> None:
    checked = check(chain("a", "b")[:-1])
    assert (checked.first_bad, checked.ended) == (None, False)
    assert not check([]).ended


@pytest.mark.parametrize("line", [b"", b"{\n", b"[]\n", b'{"seq": 0}\n', b"[" * 100_000 + b"\n", b"\xff\n"])
def test_garbage_is_named_and_not_raised(line: bytes) -> None:
    assert check([line]).first_bad == 0


def test_a_line_without_a_hash_is_bad() -> None:
    assert check([b'{"seq": 0, "type": "event"}\n']).first_bad == 0
