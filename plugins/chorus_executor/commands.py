"""Runs the commands of a task one after another, under one budget of time and of output."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import trio

from chorus_executor.limits import Allowance, limit_reached
from chorus_hooks.errors import ChorusError
from chorus_hooks.sandbox import DATA, Box, BoxCommand, Exit, Sink
from chorus_hooks.task import Action, Reason, Step, Usage

_NOT_STARTED: Final = Exit("timeout", None, 0)


@dataclass
class Spent:
    """What a task has used of its limits so far, over all commands, those of `verify` included."""

    wall_s: float = 0.0
    cpu_s: float | None = 0.0
    peak_memory: int | None = None
    output_bytes: int = 0

    def add(self, ended: Exit, wall_s: float) -> None:
        """Count one command."""
        self.wall_s += wall_s
        self.output_bytes += ended.output_bytes
        self.cpu_s = None if self.cpu_s is None or ended.cpu_s is None else self.cpu_s + ended.cpu_s
        if ended.peak_memory is not None:
            self.peak_memory = max(self.peak_memory or 0, ended.peak_memory)

    def usage(self) -> Usage:
        """As it is reported."""
        return Usage(
            wall_s=round(self.wall_s, 3),
            cpu_s=None if self.cpu_s is None else round(self.cpu_s, 3),
            peak_memory=self.peak_memory,
            output_bytes=self.output_bytes,
        )


@dataclass
class Ran:
    """How a sequence of commands ended: the last one's reason and code, and every step."""

    reason: Reason = "exited"
    exit_code: int | None = None
    detail: str = ""
    steps: list[Step] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every command ended by itself with 0."""
        return self.reason == "exited" and self.exit_code in (0, None)


@dataclass(frozen=True)
class Runner:
    """Commands with the same environment, limits and audience. `workdir` is relative to DATA."""

    env: dict[str, str]
    workdir: str
    allowance: Allowance
    sink: Sink

    @property
    def cwd(self) -> str:
        """The working directory, absolute in the sandbox."""
        return DATA if self.workdir == "." else f"{DATA}/{self.workdir}"

    async def run(
        self,
        box: Box,
        actions: Sequence[Action],
        spent: Spent,
        *,
        stdin: BinaryIO | None = None,
        verify: bool = False,
    ) -> Ran:
        """Run them in order, up to the first that fails. A sandbox that is gone is an outcome, too."""
        ran = Ran()
        for action in actions:
            started = trio.current_time()
            try:
                ended = await self._one(box, action, spent, stdin)
            except ChorusError as error:
                ended = Exit("sandbox_lost", None, 0, detail=f"{error.message}; {error.hint}".strip("; "))
            wall_s = trio.current_time() - started
            spent.add(ended, wall_s)
            ran.reason, ran.exit_code = ended.reason, ended.code
            ran.steps.append(
                Step(
                    action=action,
                    exit_code=ended.code,
                    reason=ended.reason,
                    wall_s=round(wall_s, 3),
                    verify=verify,
                )
            )
            if not ran.passed:
                ran.detail = "; ".join(
                    filter(None, (limit_reached(ended.reason, self.allowance), ended.detail))
                )
                break
            stdin = None
        return ran

    async def _one(self, box: Box, action: Action, spent: Spent, stdin: BinaryIO | None) -> Exit:
        left_s = self.allowance.timeout_s - spent.wall_s
        if left_s <= 0:
            return _NOT_STARTED
        command = BoxCommand(
            argv=("sh", "-c", action) if isinstance(action, str) else action,
            env=self.env,
            timeout_s=left_s,
            max_output=max(1, self.allowance.output - spent.output_bytes),
            cwd=self.cwd,
        )
        return await box.run(command, self.sink, stdin)
