"""The metrics of the mesh. Protocols and topics are named by code, so they are few."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Literal

import trio

from chorus_hooks.mesh import Mesh
from chorus_hooks.metric import Metric, Sample
from chorus_hooks.service import Capabilities
from chorus_libp2p.traffic import TRAFFIC, Traffic

Read = Callable[[Traffic], list[Sample]]
_Family = tuple[str, Literal["counter", "gauge"], str, Read]

_FAMILIES: Final[tuple[_Family, ...]] = (
    ("links", "gauge", "Peers that are connected", lambda t: [Sample(float(t.links()))]),
    (
        "wire_bytes_total",
        "counter",
        "Bytes on the wire, encrypted, with all that libp2p adds",
        lambda t: [Sample(float(t.wire[way]), {"direction": way}) for way in ("in", "out")],
    ),
    (
        "protocol_bytes_total",
        "counter",
        "Bytes on streams, by protocol",
        lambda t: [
            Sample(float(n), {"protocol": name, "direction": way})
            for (name, way), n in sorted(t.protocol_bytes.items())
        ],
    ),
    (
        "streams_total",
        "counter",
        "Streams opened, by protocol and by whom: in is a peer",
        lambda t: [
            Sample(float(n), {"protocol": name, "direction": way})
            for (name, way), n in sorted(t.streams.items())
        ],
    ),
    (
        "topic_messages_total",
        "counter",
        "Messages published here, and taken from others, by topic",
        lambda t: [
            Sample(float(n), {"topic": name, "direction": way})
            for (name, way), n in sorted(t.topic_messages.items())
        ],
    ),
    (
        "topic_bytes_total",
        "counter",
        "Bytes of those messages",
        lambda t: [
            Sample(float(n), {"topic": name, "direction": way})
            for (name, way), n in sorted(t.topic_bytes.items())
        ],
    ),
    (
        "topic_dropped_total",
        "counter",
        "Messages that were lost or refused here, by topic and reason",
        lambda t: [
            Sample(float(n), {"topic": name, "reason": why}) for (name, why), n in sorted(t.dropped.items())
        ],
    ),
    (
        "topic_queue",
        "gauge",
        "Messages that wait for their readers here, by topic",
        lambda t: [Sample(float(n), {"topic": name}) for name, n in sorted(t.queues().items())],
    ),
    (
        "refused_total",
        "counter",
        "What peers and strangers wanted and did not get",
        lambda t: [
            Sample(float(t.refused[what]), {"what": what})
            for what in ("connections", "handshakes", "streams")
        ],
    ),
)


def metrics(traffic: Traffic = TRAFFIC) -> tuple[Metric, ...]:
    """All of them, each `chorus_mesh_…`."""
    return tuple(
        Metric(f"chorus_mesh_{name}", kind, text, _reader(read, traffic), (Mesh,))
        for name, kind, text, read in _FAMILIES
    )


def _reader(read: Read, traffic: Traffic) -> Callable[[Capabilities], Awaitable[Sequence[Sample]]]:
    async def values(_: Capabilities) -> Sequence[Sample]:
        await trio.lowlevel.checkpoint()
        return read(traffic)

    return values
