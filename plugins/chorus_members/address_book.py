"""Where peers were found: what worked, what they say, what others offered. Pure, and bounded."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from chorus_members.card import MOST_ADDRESSES

MOST_OFFERED: Final = 8
"""Of one peer: the newest."""
MOST_SEEDS: Final = 256


@dataclass
class _Known:
    proven: str = ""
    seen_at: str = ""
    offered: list[str] = field(default_factory=list)


class AddressBook:
    """Addresses are multiaddrs. Seeds are what Discovery offered: they are never given up."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._seeds: OrderedDict[str, str | None] = OrderedDict()

    def offer(self, address: str, peer_id: str | None) -> bool:
        """Somebody says that this leads to a peer; whether that is news."""
        news = address not in self._seeds or self._seeds[address] != peer_id
        if peer_id is None and self._seeds.get(address) is not None:
            return False  # it was found out since
        self._seeds[address] = peer_id
        self._seeds.move_to_end(address)
        if len(self._seeds) > MOST_SEEDS:
            self._seeds.popitem(last=False)
        if peer_id is not None:
            self._add(peer_id, address)
        return news

    def linked(self, peer_id: str, address: str, dialled: bool) -> None:
        """A connection: by an address that works, or from a place where the peer is seen."""
        known = self._known.setdefault(peer_id, _Known())
        if dialled:
            known.proven = f"{socket(address)}/p2p/{peer_id}"
        known.seen_at = place(address)

    def found(self, address: str, peer_id: str) -> None:
        """A dial told where an address leads."""
        if address in self._seeds:
            self._seeds[address] = peer_id
        self._add(peer_id, address)
        self._known[peer_id].proven = f"{socket(address)}/p2p/{peer_id}"

    def seeds(self) -> tuple[str, ...]:
        """What to dial for ever: peer ids, or addresses that lead nobody knows where."""
        return tuple(sorted({peer_id or address for address, peer_id in self._seeds.items()}))

    def addresses(self, target: str, told: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Where a target is, the best first; `told` are those on its card."""
        if target.startswith("/"):
            return (target,)
        known = self._known.get(target, _Known())
        proven = (known.proven,) if known.proven else ()
        ways = {socket(address): address for address in reversed((*proven, *told, *reversed(known.offered)))}
        return tuple(reversed(ways.values()))[:MOST_ADDRESSES]

    def ways(self, target: str, told: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The same, to be dialled: a seed that led to the target as it was given, so without a peer.

        Whoever is there by now is meant, too: a peer that has lost its key, or took over the address.
        """
        return tuple(
            socket(address) if self._seeds.get(socket(address)) == target else address
            for address in self.addresses(target, told)
        )

    def lost(self, peer_id: str) -> None:
        """It is not any more where it was: what is known of seeds that led to it does not hold."""
        for address, found in self._seeds.items():
            if found == peer_id and address == socket(address):
                self._seeds[address] = None

    def telling(self, peer_id: str, address: str) -> bool:
        """Whether it says something of the peer that nobody listens there: it was there before."""
        known = self._known.get(peer_id, _Known())
        return socket(address) == socket(known.proven) or (
            not known.proven and place(address) == known.seen_at
        )

    def keep(self, peers: set[str]) -> None:
        """Forget all other peers but the seeds."""
        seeds = set(self._seeds.values())
        for peer_id in [peer_id for peer_id in self._known if peer_id not in peers | seeds]:
            del self._known[peer_id]

    def _add(self, peer_id: str, address: str) -> None:
        offered = self._known.setdefault(peer_id, _Known()).offered
        if address in offered:
            offered.remove(address)
        offered.append(address)
        del offered[:-MOST_OFFERED]


def socket(address: str) -> str:
    """A multiaddr without the peer that is expected there."""
    return address.partition("/p2p/")[0]


def place(address: str) -> str:
    """The host of a multiaddr: `/ip4/10.0.0.7` of `/ip4/10.0.0.7/tcp/9000`."""
    return "/".join(address.split("/")[:3])
