"""The open sandbox as a foreign agent gets it: started once, with a program of ours beside it."""

import tempfile
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

import trio

from chorus_executor.commands import Runner, Spent
from chorus_executor.limits import limit_reached
from chorus_hooks.errors import Refused
from chorus_hooks.sandbox import Accompanied, Box, BoxCommand, Channel, Exit
from chorus_hooks.task import Action, Step


@dataclass
class BoxAgentBench:
    """Implements `chorus_hooks.agent.AgentBench`. `steps` has the agent once it has run.

    `until` is when the sandbox is to be done with, on trio's clock.
    """

    box: Box
    runner: Runner
    spent: Spent
    scratch: Path
    agent: Action
    goal: str
    until: float
    steps: list[Step] = field(default_factory=list)

    @property
    def lasts_s(self) -> float:
        """What is left of the sandbox's life."""
        return max(0.0, self.until - trio.current_time())

    def beside(self, argv: tuple[str, ...]) -> AbstractAsyncContextManager[Channel]:
        """As the backend does it. Raises Refused when it does not."""
        if not isinstance(self.box, Accompanied):
            raise Refused("this sandbox has no way from an agent to a model: its backend does not offer one")
        return self.box.beside(argv)

    async def launch(self, env: Mapping[str, str]) -> Exit:
        """Its home is in /tmp, since what agents keep there is no part of the work."""
        began, allowance = trio.current_time(), self.runner.allowance
        command = BoxCommand(
            argv=("sh", "-c", self.agent) if isinstance(self.agent, str) else self.agent,
            env={"HOME": "/tmp", "CHORUS_GOAL": self.goal, **env, **self.runner.env},  # noqa: S108
            timeout_s=max(0.001, allowance.timeout_s - self.spent.wall_s),
            max_output=max(1, allowance.output - self.spent.output_bytes),
            cwd=self.runner.cwd,
        )
        with tempfile.TemporaryFile(dir=self.scratch) as stdin:
            stdin.write(self.goal.encode())
            stdin.seek(0)
            try:
                ended = await self.box.run(command, self.runner.sink, stdin)
            except BaseException:  # a limit of its models cancels it, and its time was used all the same
                self.spent.wall_s += trio.current_time() - began
                raise
        wall_s = trio.current_time() - began
        self.spent.add(ended, wall_s)
        step = Step(action=self.agent, exit_code=ended.code, reason=ended.reason, wall_s=round(wall_s, 3))
        self.steps.append(step)
        over = limit_reached(ended.reason, allowance)
        return replace(ended, detail="; ".join(filter(None, (over, ended.detail))))
