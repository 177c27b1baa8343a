"""The check `ollama`: it answers, and has a model."""

from collections.abc import Callable
from typing import Final

from chorus_hooks.health import Check, Finding
from chorus_hooks.provider import Provider, ProviderHealth
from chorus_hooks.service import Capabilities

EVERY_S: Final = 300.0
"""A node that runs commands only does without models, and is not to be kept awake by them."""
SHOWN: Final = 5


def ollama_check(provider: Callable[[], Provider]) -> Check:
    """No Ollama is a warning: commands run without a model, and another provider may have one."""

    async def probe(_: Capabilities) -> Finding:
        return judge(await provider().health())

    return Check("ollama", probe, every=EVERY_S)


def judge(health: ProviderHealth) -> Finding:
    """What its health means. Pure."""
    if not health.ok:
        return Finding("warning", f"{health.why}; commands run without a model", health.cure)
    if not health.models:
        return Finding("warning", f"{health.why}, and has no model", health.cure)
    names = [model.name for model in health.models]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return Finding("ok", f"{health.why}: {', '.join(names[:SHOWN])}{more}")
