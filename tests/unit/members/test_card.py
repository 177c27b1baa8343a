"""What a peer says of itself: nobody else can say it, and nonsense does no harm."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_members.card import TEXT_LIMIT, BadCard, StrangeCard, open_card, seal
from chorus_members.own import Description, Own
from tests.unit.members.cards import VERIFY, card, own, signed
from tests.unit.members.site import CLUSTER, key


def test_a_card_is_read_as_it_was_signed() -> None:
    made = signed(1, 7)
    assert open_card(made.text, made.signature, CLUSTER, VERIFY) == made


def test_nobody_signs_for_another_peer() -> None:
    forged = seal(card(1), key(2).sign)
    with pytest.raises(BadCard, match="did not sign"):
        open_card(forged.text, forged.signature, CLUSTER, VERIFY)


def test_a_signature_for_another_use_of_the_key_is_none() -> None:
    made = signed(1)
    with pytest.raises(BadCard, match="did not sign"):
        open_card(made.text, key(1).sign(made.text.encode()), CLUSTER, VERIFY)


def test_a_changed_card_is_none() -> None:
    made = signed(1)
    with pytest.raises(BadCard, match="did not sign"):
        open_card(made.text.replace("agent-1", "agent-9"), made.signature, CLUSTER, VERIFY)


def test_a_card_of_another_cluster_does_not_count() -> None:
    made = signed(1)
    with pytest.raises(BadCard, match="another cluster"):
        open_card(made.text, made.signature, "ffff", VERIFY)


def test_fields_of_a_later_version_are_passed_on_with_their_signature() -> None:
    later = json.dumps({**json.loads(signed(1).text), "colour": "red"}, separators=(",", ":"), sort_keys=True)
    signature = key(1).sign(b"chorus/member/1\n" + later.encode())
    assert open_card(later, signature, CLUSTER, VERIFY).text == later


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"kind": "ghost"},
        {"incarnation": -1},
        {"incarnation": 2**53},
        {"boot": "x"},
        {"peer_id": "../etc"},
        {"agent_id": "x" * 101},
        {"addresses": ["/ip4/1.2.3.4/tcp/1"] * 17},
        {"addresses": ["not one"]},
        {"addresses": ["/ip4/\x1b[2J"]},
        {"capabilities": ["x" * 65]},
        {"peer_id": None},
    ],
)
def test_what_this_version_cannot_read_is_nobodys_fault(change: dict[str, object]) -> None:
    fields = msgspec.to_builtins(card(1)) | change
    with pytest.raises(StrangeCard):
        open_card(json.dumps(fields), b"", CLUSTER, VERIFY)


def test_a_gigantic_card_is_not_read() -> None:
    with pytest.raises(BadCard, match="characters"):
        open_card("x" * (TEXT_LIMIT + 1), b"", CLUSTER, VERIFY)


@given(text=st.text(max_size=300), signature=st.binary(max_size=70))
def test_any_text_is_refused_in_order(text: str, signature: bytes) -> None:
    with pytest.raises((BadCard, StrangeCard)):
        open_card(text, signature, CLUSTER, VERIFY)


@given(position=st.integers(0, 63), bit=st.integers(0, 7))
def test_a_flipped_bit_makes_a_signature_void(position: int, bit: int) -> None:
    made = signed(1)
    flipped = bytearray(made.signature)
    flipped[position] ^= 1 << bit
    with pytest.raises(BadCard):
        open_card(made.text, bytes(flipped), CLUSTER, VERIFY)


def test_each_word_of_a_node_is_above_its_last() -> None:
    mine = own()
    first = mine.signed.card
    assert mine.move(("/ip4/10.9.9.9/tcp/1",))
    assert not mine.move(("/ip4/10.9.9.9/tcp/1",))
    moved = mine.signed.card
    last = mine.leave().card
    assert first.incarnation < moved.incarnation < last.incarnation
    assert (last.left, last.addresses) == (True, ("/ip4/10.9.9.9/tcp/1",))


def test_an_outdone_incarnation_is_passed_but_never_beyond_what_json_can_carry() -> None:
    mine = own()
    made = mine.outdo(5000)
    assert made is not None
    assert made.card.incarnation == 5001
    assert mine.outdo(2**53 - 1) is None


def test_what_a_person_set_too_long_is_cut_to_what_others_take() -> None:
    description = Description(
        CLUSTER, key(1).peer_id, "0" * 32, "n" * 500, "agent", "v" * 500, ("c" * 90,) * 90
    )
    made = Own(description, ("/ip4/1.1.1.1/tcp/1",) * 40, 1, key(1).sign).signed
    assert open_card(made.text, made.signature, CLUSTER, VERIFY) == made
