"""The join token: what is put in comes out, and whatever copying does to it is told without showing it."""

import contextlib

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.setting import SecretError
from chorus_identity.cluster_secret import new_secret
from chorus_identity.join_token import LONGEST, MOST_ADDRESSES, PREFIX, JoinToken, decode_token, encode_token

SECRET = "a secret of tests: 0123456789abcdef".replace(" ", "-")
PEER = "12D3KooWBmwkafWE2fqfzS96VoTZgpGp6aJsF4N7eAR5AHXCTdK8"
OTHER = "12D3KooWJWEKvSFbben74C7H4YtKjhPMTDxd7gP7zxWSUEeF27st"

visible = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
places = st.text(visible, min_size=1, max_size=40).map(lambda text: f"/ip4/{text}")
addresses = st.one_of(
    places, st.tuples(places, st.sampled_from([PEER, OTHER])).map(lambda pair: f"{pair[0]}/p2p/{pair[1]}")
)


@given(st.lists(addresses, max_size=MOST_ADDRESSES))
def test_what_goes_in_comes_out(given_addresses: list[str]) -> None:
    token = JoinToken(SECRET, tuple(given_addresses))
    assert decode_token(encode_token(token)) == token


def test_it_is_one_word_of_letters_and_digits_that_writes_a_peer_id_once() -> None:
    word = encode_token(
        JoinToken(new_secret(), tuple(f"/ip4/10.0.0.{n}/tcp/9000/p2p/{PEER}" for n in range(4)))
    )
    assert word.isalnum()
    assert len(word) < 320


def test_of_many_addresses_it_has_the_first() -> None:
    many = tuple(f"/ip4/10.0.0.{n}/tcp/9000" for n in range(50))
    assert decode_token(encode_token(JoinToken(SECRET, many))).addresses == many[:MOST_ADDRESSES]


def test_line_ends_and_spaces_of_copying_are_passed_over() -> None:
    token = JoinToken(SECRET, (f"/ip4/10.0.0.1/tcp/9000/p2p/{PEER}",))
    word = encode_token(token)
    assert decode_token(f" {word[:40]}\n  {word[40:]}\r\n") == token


@given(st.data())
def test_any_wrong_missing_or_doubled_character_is_seen_and_the_secret_is_not_shown(
    data: st.DataObject,
) -> None:
    word = encode_token(JoinToken(SECRET, ("/ip4/10.0.0.1/tcp/9000",)))
    place = data.draw(st.integers(len(PREFIX), len(word) - 1))
    wrong = data.draw(st.sampled_from(["", word[place] * 2, "1" if word[place] != "1" else "2", "0", "é"]))
    with pytest.raises(SecretError, match="copy it once more") as caught:
        decode_token(word[:place] + wrong + word[place + 1 :])
    assert not any(part in str(caught.value) for part in (SECRET, word[10:20]))


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("", "begins with chorus1"),
        ("12D3KooWBmwkafWE2fqfzS96VoTZgpGp6aJsF4N7eAR5AHXCTdK8", "begins with chorus1"),
        ("chorus2abc", "another version"),
        ("chorus1", "copy it once more"),
        ("chorus1" + "2" * LONGEST, "no more than"),
    ],
)
def test_what_is_no_token_is_told(word: str, said: str) -> None:
    with pytest.raises(SecretError, match=said):
        decode_token(word)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("short", "32 to 256"),
        (f"{SECRET}\nnowhere", "no multiaddr"),
        (f"{SECRET}\n/ip4/1 2", "no multiaddr"),
        (f"{SECRET}\n/ip4/" + "1" * 600, "too long"),
        (f"{SECRET}\n" + "\n".join(["/ip4/1"] * (MOST_ADDRESSES + 1)), "more than"),
    ],
)
def test_a_whole_token_with_nonsense_in_it_is_refused(text: str, said: str) -> None:
    with pytest.raises(SecretError, match=said):
        decode_token(PREFIX + base58.b58encode_check(text.encode()).decode())


@given(st.binary(max_size=300))
def test_no_bytes_in_a_valid_wrapping_do_more_than_be_unfit(content: bytes) -> None:
    with contextlib.suppress(SecretError):
        decode_token(PREFIX + base58.b58encode_check(content).decode())


@given(st.text(max_size=200))
def test_no_text_does_more_than_be_unfit(text: str) -> None:
    with pytest.raises(SecretError):
        decode_token(text)


def test_a_token_never_shows_its_secret() -> None:
    token = JoinToken(SECRET, ("/ip4/10.0.0.1/tcp/9000",))
    assert SECRET not in f"{token} {token!r} {[token]}"
