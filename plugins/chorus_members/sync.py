"""Push and pull: two rosters become one, by what differs in them."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from chorus_members.claim import RANK, Claim
from chorus_members.message import BATCH, Held
from chorus_members.roster import Roster

_NONE: Final = (-1, "", 0)


def held(claim: Claim) -> Held:
    """A claim without its card."""
    card = claim.signed.card
    return Held(peer_id=card.peer_id, incarnation=card.incarnation, boot=card.boot, state=claim.state)


def difference(roster: Roster, there: Iterable[Held]) -> tuple[list[str], list[str]]:
    """Peers of whom the other side knows more, and those of whom this side does. Pure."""
    theirs = {one.peer_id: _order(one) for one in there}
    ours = {entry.claim.peer_id: _order(held(entry.claim)) for entry in roster.entries()}
    names = sorted({*theirs, *ours})
    more_there = [name for name in names if theirs.get(name, _NONE) > ours.get(name, _NONE)]
    more_here = [name for name in names if ours.get(name, _NONE) > theirs.get(name, _NONE)]
    return more_there, more_here


def portions(names: Iterable[str]) -> Iterable[tuple[str, ...]]:
    """As many names as one request may have."""
    rest = iter(names)
    while portion := tuple(islice(rest, BATCH)):
        yield portion


def _order(one: Held) -> tuple[int, str, int]:
    return one.incarnation, one.boot, RANK[one.state]
