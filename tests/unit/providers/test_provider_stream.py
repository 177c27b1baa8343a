"""Lines, objects, words and counts, out of bytes that nobody vouches for."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.provider import Message, ProviderFault, Tokens
from chorus_hooks.provider_stream import Lines, a_text, counted, parse_object, words

PIECES = st.lists(st.binary(max_size=40), max_size=12)


def read(pieces: Sequence[bytes], *, longest: int = 16, whole: int = 100) -> tuple[list[str], str]:
    """The lines, and the fault that they end with."""
    lines = Lines(longest=longest, whole=whole)
    got: list[str] = []
    try:
        for piece in pieces:
            for line in lines.feed(piece):
                got.append(line)
        got.extend(lines.end())
    except ProviderFault as fault:
        return got, fault.message
    return got, ""


@given(PIECES)
def test_how_bytes_are_cut_changes_nothing(pieces: list[bytes]) -> None:
    assert read(pieces) == read([b"".join(pieces)])


@given(st.lists(st.text("ab é\t", max_size=5), max_size=5))
def test_lines_come_back_as_they_were(lines: list[str]) -> None:
    whole = "".join(f"{line}\r\n" for line in lines).encode()
    assert read([whole]) == (lines, "")


def test_a_last_line_needs_no_end() -> None:
    assert read([b"a\nb"]) == (["a", "b"], "")


def test_a_line_of_the_longest_size_is_taken_and_one_byte_more_is_not() -> None:
    assert read([b"x" * 16 + b"\n"]) == (["x" * 16], "")
    assert "more than 16 bytes" in read([b"ok\n" + b"x" * 17])[1]


def test_what_is_within_the_whole_size_is_given_before_the_fault() -> None:
    got, fault = read([b"1234567\n" * 20])
    assert got == ["1234567"] * 12
    assert "does not end" in fault


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_whatever_is_no_object_is_a_fault(text: bytes | str) -> None:
    try:
        assert isinstance(parse_object(text), dict)
    except ProviderFault as fault:
        assert fault.kind == "cut"


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '{"a": ' + "9" * 10_000 + "}", "NaN", ""])
def test_json_that_breaks_parsers_is_a_fault(text: str) -> None:
    with pytest.raises(ProviderFault):
        parse_object(text)


@given(st.text(st.characters()))
def test_text_can_always_be_written_down(text: str) -> None:
    assert a_text(a_text(text)).encode().decode() == a_text(text)


def test_half_of_a_pair_is_replaced() -> None:
    assert a_text("a\ud83d") == "a\ufffd"


@given(st.text(), st.text("k", min_size=8, max_size=8))
def test_words_are_one_short_line_without_the_secret(text: str, secret: str) -> None:
    told = words(f"{text} {secret} {text}", secret=secret)
    assert secret not in told
    assert len(told) <= 301
    assert told == "" or told.isprintable()


@pytest.mark.parametrize("wrong", [None, -1, 1.0, "1", True, [], 1 << 41])
def test_a_count_that_is_none_is_estimated(wrong: object) -> None:
    messages = (Message("user", "x" * 40),)
    assert counted(wrong, 5, messages=messages, said=9) == Tokens(10, 3)
    assert counted(5, wrong, messages=messages, said=9) == Tokens(10, 3)
    assert counted(0, 5, messages=messages, said=9) == Tokens(0, 5, told=True)
