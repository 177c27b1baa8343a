"""The reasoner as a service. It has no life of its own: providers are asked when there is a goal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chorus_hooks.blob import Blobs
from chorus_hooks.gate import Gate
from chorus_hooks.node import Node
from chorus_hooks.provider import Providers
from chorus_hooks.reasoner import Reasoner
from chorus_hooks.scanner import Scanner
from chorus_hooks.service import Capabilities, Service
from chorus_hooks.setting import Config


def reasoner_service(config: Config) -> Service:
    """What the plugin registers."""

    @asynccontextmanager
    async def reasoner(capabilities: Capabilities) -> AsyncIterator[object]:
        from chorus_reasoner.library import Library
        from chorus_reasoner.market import Market
        from chorus_reasoner.reasoner import LoopReasoner
        from chorus_reasoner.reloads import RELOADS
        from chorus_reasoner.settings import INSTRUCTIONS, PROMPTS_DIR

        yield LoopReasoner(
            config=config,
            market=Market(config, capabilities.get(Providers).all),
            library=Library(lambda: config[PROMPTS_DIR], lambda: config[INSTRUCTIONS], lambda: RELOADS.count),
            blobs=capabilities.get(Blobs),
            scanner=capabilities.get(Scanner),
            scratch=capabilities.get(Node).scratch,
            gate=_gate(capabilities),
        )

    return Service(
        "reasoner", Reasoner, reasoner, requires=(Providers, Blobs, Node, Scanner), optional=(Gate,)
    )


def _gate(capabilities: Capabilities) -> Gate | None:
    try:
        return capabilities.get(Gate)
    except LookupError:
        return None
