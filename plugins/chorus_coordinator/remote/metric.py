"""The metrics of logs from and for peers."""

from collections.abc import Iterator, Sequence

from chorus_coordinator.remote.traffic import TRAFFIC
from chorus_hooks.metric import Metric, Sample
from chorus_hooks.remote_log import RemoteLogs
from chorus_hooks.service import Capabilities


def metrics() -> Iterator[Metric]:
    """All of them."""

    async def followers(capabilities: Capabilities) -> Sequence[Sample]:
        return [Sample(float(TRAFFIC.followers))]

    async def moved(capabilities: Capabilities) -> Sequence[Sample]:
        return [
            Sample(float(TRAFFIC.taken), {"direction": "in"}),
            Sample(float(TRAFFIC.served), {"direction": "out"}),
        ]

    async def resumed(capabilities: Capabilities) -> Sequence[Sample]:
        return [Sample(float(TRAFFIC.resumed))]

    yield Metric(
        "chorus_log_followers", "gauge", "Peers' readers of logs of this node", followers, (RemoteLogs,)
    )
    yield Metric(
        "chorus_log_exchanged_bytes_total",
        "counter",
        "Bytes of task output from and for peers",
        moved,
        (RemoteLogs,),
    )
    yield Metric(
        "chorus_log_resumed_total",
        "counter",
        "How often a log of a peer was taken up again after its stream broke",
        resumed,
        (RemoteLogs,),
    )
