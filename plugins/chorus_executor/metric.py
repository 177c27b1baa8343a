"""The metric `chorus_sandbox_available`."""

from collections.abc import Sequence

import trio

from chorus_hooks.metric import Metric, Sample
from chorus_hooks.sandbox import Sandbox, Sandboxes
from chorus_hooks.service import Capabilities

PROBE_S = 3.0
"""A backend that says nothing for this long is not there; whoever scrapes waits ten seconds at most."""


async def _read(capabilities: Capabilities) -> Sequence[Sample]:
    """One sample a backend, all asked at once. Backends are few, and named by plugins."""
    found: dict[str, float] = {}

    async def ask(sandbox: Sandbox) -> None:
        found[sandbox.name] = 0.0
        with trio.move_on_after(PROBE_S):
            found[sandbox.name] = float((await sandbox.probe(None)).ok)

    async with trio.open_nursery() as nursery:
        for sandbox in capabilities.get(Sandboxes).all():
            nursery.start_soon(ask, sandbox)
    return [Sample(value, {"backend": name}) for name, value in sorted(found.items())]


def sandbox_metric() -> Metric:
    """Whether each backend can open a sandbox now."""
    return Metric(
        "chorus_sandbox_available",
        "gauge",
        "Whether the sandbox backend can open a sandbox now",
        _read,
        requires=(Sandboxes,),
    )
