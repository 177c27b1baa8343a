"""What the pure part wants done. The driver does it, and tells what came of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ping:
    """Ask a linked peer whether it answers, within so many seconds."""

    peer_id: str
    number: int
    within: float


@dataclass(frozen=True, slots=True)
class Vouch:
    """Ask others whether they reach a peer, within so many seconds."""

    peer_id: str
    number: int
    within: float


@dataclass(frozen=True, slots=True)
class Dial:
    """Connect to a peer, or to an address of which nobody knows where it leads."""

    target: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the connections to a peer: they lead nowhere."""

    peer_id: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """It may be dead."""

    peer_id: str


@dataclass(frozen=True, slots=True)
class Dead:
    """It is dead, as far as this node and those that it asked can tell."""

    peer_id: str


@dataclass(frozen=True, slots=True)
class Changed:
    """Something new is known of a peer, or of oneself: tell the others."""

    peer_id: str


@dataclass(frozen=True, slots=True)
class Doubled:
    """Another process is up with the key of this node."""


Effect = Ping | Vouch | Dial | HangUp | Suspect | Dead | Changed | Doubled
