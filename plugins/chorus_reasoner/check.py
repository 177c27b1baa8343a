"""The checks `prompts` and `models`: whether the roles can be read, and whether any model can be asked."""

import trio

from chorus_hooks.health import Check, Finding
from chorus_hooks.provider import Providers
from chorus_hooks.provider_check import EVERY_S
from chorus_hooks.service import Capabilities
from chorus_hooks.setting import Config
from chorus_reasoner.settings import INSTRUCTIONS, PROMPTS_DIR


def prompts_check(config: Config) -> Check:
    """Faulty prompts stop goals that begin, and nothing else."""

    async def probe(_: Capabilities) -> Finding:
        directory, instructions = config[PROMPTS_DIR], config[INSTRUCTIONS]
        if directory is None and instructions is None:
            return Finding("ok", "the built-in roles")
        from chorus_reasoner.library import load

        prompts = await trio.to_thread.run_sync(load, directory, instructions)
        if prompts.faults:
            more = f" (and {len(prompts.faults) - 1} more)" if len(prompts.faults) > 1 else ""
            return Finding("warning", prompts.faults[0] + more, "`chorus prompts check` tells all of it")
        return Finding("ok", f"{len(prompts.roles)} roles")

    return Check("prompts", probe, every=60.0)


def models_check(config: Config) -> Check:
    """Which one is no matter as long as there is one; without any, goals cannot be worked on."""

    async def probe(capabilities: Capabilities) -> Finding:
        from chorus_reasoner.choice import CURE
        from chorus_reasoner.market import Market

        market = Market(config, capabilities.get(Providers).all, lambda: 0)
        offers = await market.offers(())
        able = market.candidates(offers, (), ())
        if able:
            return Finding("ok", f"{able[0].name} is asked first, unless a role or a task wants another one")
        why = "; ".join(f"{offer.provider}: {offer.told or 'no model'}" for offer in offers)
        return Finding("warning", f"no model can be asked, so goals cannot be worked on: {why}", CURE)

    return Check("models", probe, requires=(Providers,), every=EVERY_S, timeout=15.0)
