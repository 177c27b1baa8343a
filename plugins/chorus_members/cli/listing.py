"""Peers as a table. Pure."""

from collections.abc import Sequence
from typing import Final

from chorus_hooks.members import JournalShare, Peer

HEADINGS: Final = (
    "PEER",
    "NAME",
    "KIND",
    "STATE",
    "KNOWN",
    "RTT",
    "VERSION",
    "JOURNAL",
    "ADDRESS",
    "CAPABILITIES",
)
_NOTHING: Final = "-"
_WIDEST: Final = 60


def listing(peers: Sequence[Peer], now: float) -> str:
    """Aligned columns under a heading; empty when there is nobody. `now` in Unix seconds."""
    if not peers:
        return ""
    rows = [HEADINGS, *(_row(peer, now) for peer in peers)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(peer: Peer, now: float) -> tuple[str, ...]:
    member = peer.member
    where = member.addresses[0].partition("/p2p/")[0] if member.addresses else _NOTHING
    return (
        plain(member.peer_id[-8:]),
        plain(member.agent_id),
        member.kind,
        member.state,
        age(now - member.since),
        _NOTHING if member.rtt_ms is None else f"{member.rtt_ms:.1f} ms",
        plain(member.version),
        _share(peer.journal),
        plain(where),
        plain(",".join(member.capabilities)) or _NOTHING,
    )


def _share(journal: JournalShare | None) -> str:
    return _NOTHING if journal is None else f"{journal.replicated}/{journal.size}"


def age(seconds: float) -> str:
    """How long, in one unit: 42s, 5m, 3h, 2d."""
    whole = max(int(seconds), 0)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def plain(text: str) -> str:
    """What a peer says of itself, without anything that a terminal would obey."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    return shown if len(shown) <= _WIDEST else shown[: _WIDEST - 1] + "…"
