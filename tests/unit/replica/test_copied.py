"""Every step is proved: what does not follow is told apart by who is at fault, and nothing of it is kept."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_journal.merkle import leaf_hash
from chorus_journal.replica.copied import BadParcel, Copied, Malformed, Unproven, add
from chorus_journal.replica.message import Parcel
from chorus_journal.replica.statement import Statement, contradict, state
from tests.unit.journal.state import fixed_identity
from tests.unit.replica.logs import Log, copied

CUTS = st.lists(st.integers(1, 40), min_size=1, max_size=8)


@given(CUTS)
def test_any_cutting_into_parcels_gives_the_same_copy(cuts: list[int]) -> None:
    log = Log().grow(sum(cuts))
    ends = [sum(cuts[: place + 1]) for place in range(len(cuts))]
    whole = copied(log, ends)
    assert (whole.size, whole.whole) == (len(log.entries), log.checkpoint())
    assert whole.frontier == tuple(log.frontier(len(log.entries)).hashes)
    assert whole.length == sum(map(len, log.entries))


@given(st.integers(1, 30), st.integers(1, 30), st.data())
def test_a_wrong_byte_in_any_entry_of_a_parcel_is_never_kept(
    held: int, more: int, data: st.DataObject
) -> None:
    log = Log().grow(held + more + 3)
    before, parcel = copied(log, [held]), log.parcel(held, held + more)
    place = data.draw(st.integers(0, more - 1))
    body = bytearray(parcel.entries[place])
    body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    entries = (*parcel.entries[:place], bytes(body), *parcel.entries[place + 1 :])
    with pytest.raises(Unproven):
        add(before, replace(parcel, entries=entries), log.checkpoint())


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 30), st.integers(1, 30))
def test_a_second_history_is_always_seen_and_can_be_proved(
    same: int, mine: int, theirs: int, beyond: int
) -> None:
    common = Log().grow(same)
    one, other = common.branch(same).grow(mine, "a"), common.branch(same).grow(theirs + mine + beyond, "b")
    here = copied(one, [same + mine])
    with pytest.raises(Unproven) as caught:
        add(here, other.parcel(here.size, here.size + 1), other.checkpoint())
    doubt = caught.value.mine
    new = len(other.entries)
    shown = Statement(
        other.checkpoint().note, doubt.size, other.frontier(doubt.size).root(), other.proof(doubt.size, new)
    )
    assert contradict(doubt, shown, fixed_identity())
    assert not contradict(doubt, doubt, fixed_identity())


def test_a_copy_between_two_checkpoints_can_still_prove_a_second_history() -> None:
    common = Log().grow(10)
    one, other = common.branch(10).grow(20, "a"), common.branch(10).grow(25, "b")
    here = copied(one, [15])
    assert here.whole is None
    with pytest.raises(Unproven) as caught:
        add(here, other.parcel(15, 35), other.checkpoint())
    shown = Statement(other.checkpoint().note, 15, other.frontier(15).root(), other.proof(15, 35))
    assert contradict(caught.value.mine, shown, fixed_identity())


def test_entries_that_pass_another_checkpoint_must_be_those_that_it_signs() -> None:
    common = Log().grow(10)
    one, other = common.branch(10).grow(10, "a"), common.branch(10).grow(20, "b")
    claims = {20: one.checkpoint()}
    with pytest.raises(Unproven) as caught:
        add(copied(common, [10]), other.parcel(10, 30), other.checkpoint(), claims)
    assert caught.value.mine == state(one.checkpoint())
    claims = {20: other.checkpoint(20)}
    assert add(copied(common, [10]), other.parcel(10, 30), other.checkpoint(), claims).copied.size == 30


def test_of_two_faults_that_of_what_is_held_is_told() -> None:
    common = Log().grow(10)
    one, other = common.branch(10).grow(5, "a"), common.branch(10).grow(20, "b")
    here, claims = copied(one, [15]), {20: other.checkpoint(20), 30: other.checkpoint()}
    with pytest.raises(Unproven) as caught:
        add(here, other.parcel(15, 30), other.checkpoint(), claims)
    assert caught.value.mine == state(one.checkpoint())


def test_of_the_first_entries_only_the_sender_can_be_at_fault() -> None:
    log, other = Log().grow(3, "a"), Log().grow(3, "b")
    with pytest.raises(BadParcel):
        add(
            Copied(log.origin),
            replace(other.parcel(0, 3), checkpoint=log.checkpoint().note),
            log.checkpoint(),
        )


@pytest.mark.parametrize("change", ["start", "more than signed", "another log"])
def test_a_parcel_that_does_not_even_claim_to_follow(change: str) -> None:
    log = Log().grow(9)
    parcel, checkpoint = log.parcel(4, 9), log.checkpoint()
    if change == "start":
        parcel = log.parcel(5, 9)
    elif change == "more than signed":
        checkpoint = log.checkpoint(6)
    else:
        checkpoint = Log(incarnation=b"1" * 16).grow(9).checkpoint()
    with pytest.raises(BadParcel):
        add(copied(log, [4]), parcel, checkpoint)


@pytest.mark.parametrize("body", [b"{}", b"no JSON", b"[" * 5000, b'{"v":1,"log":"elsewhere","seq":0}'])
def test_what_a_node_signed_but_is_no_entry_of_its_journal(body: bytes) -> None:
    log = Log(entries=[body])
    with pytest.raises(Malformed):
        add(Copied(log.origin), log.parcel(0, 1), log.checkpoint())


def test_a_statement_of_nothing_or_by_another_key_proves_nothing() -> None:
    log, other = Log().grow(5, "a"), Log().grow(5, "b")
    forged = Log(identity=fixed_identity(8), incarnation=log.incarnation).grow(5, "b")
    mine = state(log.checkpoint())
    assert contradict(mine, state(other.checkpoint()), fixed_identity())
    assert not contradict(mine, state(forged.checkpoint()), fixed_identity())
    bent = forged.checkpoint().note.replace(forged.origin, log.origin)
    assert not contradict(mine, Statement(bent, 5, forged.checkpoint().root), fixed_identity())
    assert not contradict(
        Statement(mine.note, 0, b"1" * 32), Statement(mine.note, 0, b"2" * 32), fixed_identity()
    )
    assert not contradict(mine, Statement(mine.note, 5, leaf_hash(b"")), fixed_identity())


def test_a_parcel_says_where_it_ends() -> None:
    assert Parcel("", 4, (), (b"a", b"b")).end == 6
