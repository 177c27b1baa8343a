"""The metrics of the copies."""

from collections.abc import Iterator, Sequence

from chorus_hooks.journal import Journal
from chorus_hooks.metric import Metric, Sample
from chorus_hooks.replica import Replica, Replicas
from chorus_hooks.service import Capabilities


def metrics() -> Iterator[Metric]:
    """All of them."""

    async def states(capabilities: Capabilities) -> Sequence[Sample]:
        counts = dict.fromkeys(("whole", "behind", "forked"), 0)
        for replica in capabilities.get(Replicas).all():
            counts[_state(replica)] += 1
        return [Sample(float(count), {"state": state}) for state, count in counts.items()]

    async def entries(capabilities: Capabilities) -> Sequence[Sample]:
        replicas = capabilities.get(Replicas).all()
        return [Sample(sum(float(replica.replicated) for replica in replicas))]

    async def lag(capabilities: Capabilities) -> Sequence[Sample]:
        replicas = capabilities.get(Replicas).all()
        return [Sample(sum(float(r.size - r.replicated) for r in replicas if not r.forked))]

    async def size(capabilities: Capabilities) -> Sequence[Sample]:
        sql = "SELECT coalesce(sum(length), 0) FROM replica"
        ((length,),) = await capabilities.get(Journal).read(lambda reader: reader.query(sql))
        return [Sample(float(length))]

    yield Metric("chorus_replicas", "gauge", "Journals of other nodes by state", states, (Replicas,))
    yield Metric("chorus_replica_entries", "gauge", "Entries of others that are here", entries, (Replicas,))
    yield Metric(
        "chorus_replica_lag_entries", "gauge", "Entries that others signed and are not here", lag, (Replicas,)
    )
    yield Metric(
        "chorus_replica_size_bytes", "gauge", "Entries of others, in bytes", size, (Replicas, Journal)
    )


def _state(replica: Replica) -> str:
    if replica.forked:
        return "forked"
    return "behind" if replica.replicated < replica.size else "whole"
