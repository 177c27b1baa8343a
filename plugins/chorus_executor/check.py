"""The check `sandbox`: which one tasks get here, and why."""

from chorus_hooks.executor import Executor
from chorus_hooks.health import Check, Finding
from chorus_hooks.service import Capabilities

WEAK = "give a Docker engine what it lacks here, or have tasks name the limits that they require"


async def _probe(capabilities: Capabilities) -> Finding:
    choice = await capabilities.get(Executor).sandbox()
    if choice.weak:
        return Finding("warning", choice.why, WEAK)
    return Finding("ok", choice.why)


def sandbox_check() -> Check:
    """Without a sandbox a node runs no task, so it is not ready for any.

    Asking a registry whether an image can be had takes seconds, hence the time it is given.
    """
    return Check("sandbox", _probe, requires=(Executor,), every=15.0, timeout=20.0, gates=True)
