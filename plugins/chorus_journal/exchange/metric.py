"""The metrics of blobs from and for peers."""

from collections.abc import Iterator, Sequence

from chorus_hooks.metric import Metric, Sample
from chorus_hooks.replica import Fetcher
from chorus_hooks.service import Capabilities
from chorus_journal.exchange.traffic import TRAFFIC, Result

RESULTS: tuple[Result, ...] = ("fetched", "not_found", "damaged")


def metrics() -> Iterator[Metric]:
    """All of them."""

    async def moved(capabilities: Capabilities) -> Sequence[Sample]:
        return [
            Sample(float(TRAFFIC.taken), {"direction": "in"}),
            Sample(float(TRAFFIC.served), {"direction": "out"}),
        ]

    async def results(capabilities: Capabilities) -> Sequence[Sample]:
        return [Sample(float(TRAFFIC.results[result]), {"result": result}) for result in RESULTS]

    yield Metric(
        "chorus_blob_exchanged_bytes_total", "counter", "Bytes of blobs from and for peers", moved, (Fetcher,)
    )
    yield Metric(
        "chorus_blob_fetches_total",
        "counter",
        "Blobs that were asked of peers: fetched, not_found, or damaged as often as one came wrong",
        results,
        (Fetcher,),
    )
