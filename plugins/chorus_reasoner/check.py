"""The check `prompts`: whether the roles of one's own can be read."""

import trio

from chorus_hooks.health import Check, Finding
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
