"""The metrics of the membership."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Final, get_args

from chorus_hooks.members import Members, State
from chorus_hooks.metric import Metric, Sample
from chorus_hooks.service import Capabilities
from chorus_members.counts import Counts

_COUNTS: Final[tuple[tuple[str, str, Callable[[Counts], int]], ...]] = (
    ("pings", "Pings that this node sent", lambda counts: counts.pings),
    ("pings_unanswered", "Pings that no answer came to", lambda counts: counts.unanswered),
    ("redials", "Attempts to link a peer", lambda counts: counts.redials),
    ("redials_failed", "Attempts that reached nobody", lambda counts: counts.redials_failed),
    ("rumours", "Claims that peers told", lambda counts: counts.rumours),
    ("rumours_new", "Claims that said something new", lambda counts: counts.rumours_new),
    ("suspected", "Times that a peer was suspected of being dead", lambda counts: counts.suspected),
    ("died", "Times that a peer was found dead", lambda counts: counts.died),
    ("accused", "Times that a peer broke the protocol", lambda counts: counts.accused),
)


def metrics() -> tuple[Metric, ...]:
    """All of them."""
    return (
        Metric("chorus_peers", "gauge", "Peers that are known, by state", _peers, (Members,)),
        Metric(
            "chorus_peers_rtt_seconds",
            "gauge",
            "Round trips of the last pings: the shortest, the median, the longest",
            _round_trips,
            (Members,),
        ),
        *_counters(),
    )


def _counters() -> Iterator[Metric]:
    for name, told, read in _COUNTS:

        async def samples(
            capabilities: Capabilities, read: Callable[[Counts], int] = read
        ) -> Sequence[Sample]:
            return [Sample(float(read(capabilities.get(Counts))))]

        yield Metric(f"chorus_members_{name}_total", "counter", told, samples, (Counts,))


async def _peers(capabilities: Capabilities) -> Sequence[Sample]:
    states = [member.state for member in capabilities.get(Members).all()]
    return [Sample(float(states.count(state)), {"state": state}) for state in get_args(State)]


async def _round_trips(capabilities: Capabilities) -> Sequence[Sample]:
    trips = [member.rtt_ms / 1000 for member in capabilities.get(Members).all() if member.rtt_ms is not None]
    if not trips:
        return []
    found = {"min": min(trips), "median": median(trips), "max": max(trips)}
    return [Sample(value, {"which": which}) for which, value in found.items()]
