"""What is fetched next and from whom, what is told to others, and what is a fork at sight."""

from dataclasses import replace

import pytest

from chorus_journal.replica.board import ASKED, ORIGINS, Board, Heard
from chorus_journal.replica.copied import Copied
from tests.unit.journal.state import fixed_identity
from tests.unit.replica.logs import Log, copied

OWNER = fixed_identity(7).peer_id


@pytest.fixture
def board() -> Board:
    return Board()


def test_its_own_node_is_asked_first_then_who_has_most(board: Board) -> None:
    log = Log().grow(9)
    board.hear(log.checkpoint(5), "some")
    board.hear(log.checkpoint(9), "most")
    assert board.begin() == (log.origin, "most")
    assert board.begin() is None  # it is being fetched
    board.hear(log.checkpoint(7), OWNER)
    board.end(log.origin, "most", failed=False)
    assert board.begin() == (log.origin, OWNER)


def test_who_failed_or_left_is_asked_again_only_when_it_shows_its_heads(board: Board) -> None:
    log = Log().grow(9)
    board.hear(log.checkpoint(), "peer")
    board.begin()
    board.end(log.origin, "peer", failed=True)
    assert board.begin() is None
    board.hear(log.checkpoint(), "peer")
    assert board.begin() == (log.origin, "peer")
    board.end(log.origin, "peer", failed=False)
    board.gone("peer")
    assert board.begin() is None


def test_a_hint_of_somebody_who_cannot_be_asked_is_known_and_not_fetched(board: Board) -> None:
    log = Log().grow(9)
    assert board.hear(log.checkpoint(), None) is Heard.NEW
    assert board.begin() is None
    assert [(replica.size, replica.replicated) for replica in board.all()] == [(9, 0)]


def test_journals_take_turns_and_one_peer_is_not_asked_for_too_many(board: Board) -> None:
    logs = [Log(incarnation=bytes([number]) * 16).grow(1) for number in range(ASKED + 1)]
    for log in logs:
        board.hear(log.checkpoint(), "peer")
    begun = [board.begin() for _ in logs]
    assert begun == [*((log.origin, "peer") for log in logs[:-1]), None]
    board.end(logs[0].origin, "peer", failed=False)
    assert board.begin() == (logs[-1].origin, "peer")


def test_two_roots_of_one_size_are_a_fork_at_sight(board: Board) -> None:
    one, other = Log().grow(4, "a"), Log().grow(4, "b")
    assert board.hear(one.checkpoint(), "a") is Heard.NEW
    assert board.hear(one.checkpoint(), "b") is Heard.KNOWN
    assert board.hear(other.checkpoint(), "c") is Heard.FORKED


def test_an_earlier_size_is_looked_up_once(board: Board) -> None:
    log = Log().grow(9)
    board.load(copied(log, [9]))
    assert board.hear(log.checkpoint(4), "late") is Heard.CHECK
    board.checked(log.checkpoint(4))
    assert board.hear(log.checkpoint(4), "late") is Heard.KNOWN


def test_heads_are_told_when_they_changed_and_only_of_what_is_whole(board: Board) -> None:
    own, log = Log(incarnation=b"o" * 16).grow(2), Log().grow(9)
    board.grow(own.checkpoint())
    revision = board.revision
    board.hear(log.checkpoint(), "peer")
    assert board.heads(revision) == []
    board.advance(copied(log, [4]))
    assert board.heads(revision) == []
    board.advance(copied(log, [4, 9]))
    assert board.heads(revision) == [log.checkpoint()]
    assert board.heads() == [own.checkpoint(), log.checkpoint()]
    assert board.heads(board.revision) == []


def test_a_fork_is_fetched_no_more(board: Board) -> None:
    log = Log().grow(9)
    board.load(replace(copied(log, [4], 4), forked=True))
    board.hear(log.checkpoint(), "peer")
    assert board.begin() is None


def test_there_is_an_end_to_journals_that_one_may_make_up(board: Board) -> None:
    for number in range(ORIGINS):
        board.load(Copied(f"origin {number}"))
    assert board.hear(Log().grow(1).checkpoint(), "peer") is Heard.REFUSED
