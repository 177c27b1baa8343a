"""The health check of a provider of models, for `chorus_register_health_checks`."""

from collections.abc import Callable
from typing import Final

from chorus_hooks.health import Check, Finding
from chorus_hooks.provider import Provider, ProviderHealth
from chorus_hooks.service import Capabilities

EVERY_S: Final = 300.0
"""A service in the world is not to be asked each half minute by each node."""
SHOWN: Final = 5


def provider_check(
    name: str, provider: Callable[[], Provider], *, set_up: str, wanted: Callable[[], bool] = lambda: True
) -> Check:
    """A check that asks a provider how it is; `set_up` is what to set for one that is not ready.

    No answer is a warning: commands run without a model, and another provider may have one. It is none of
    one that is not `wanted`: nobody named it, it is only looked for where it usually is.
    """

    async def probe(_: Capabilities) -> Finding:
        asked = provider()
        if not asked.ready:
            return Finding("ok", f"not set up: {set_up} would do that")
        finding = judge(await asked.health())
        if finding.status == "ok" or wanted():
            return finding
        return Finding("ok", f"not there, and nobody asked for it: {set_up} would do that")

    return Check(name, probe, every=EVERY_S)


def judge(health: ProviderHealth) -> Finding:
    """What the health of a provider means. Pure."""
    if not health.ok:
        return Finding("warning", f"{health.why}; commands run without a model", health.cure)
    if not health.models:
        return Finding("warning", f"{health.why}, and has no model", health.cure)
    names = [model.name for model in health.models]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return Finding("ok", f"{health.why}: {', '.join(names[:SHOWN])}{more}")
