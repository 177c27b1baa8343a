"""The part of an attempt that happens in sandboxes: run the commands and collect, then verify."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Final

import trio

from chorus_executor.agent_bench import BoxAgentBench
from chorus_executor.bench import BoxBench
from chorus_executor.choice import Choice
from chorus_executor.commands import Ran, Runner, Spent
from chorus_executor.handover import Handover
from chorus_executor.limits import Allowance
from chorus_executor.place import Lost, collect, opened, put, told
from chorus_executor.source import OpenSource
from chorus_executor.thread import check, in_thread
from chorus_executor.tree import Tree, read_trees
from chorus_hooks.agent import Agents
from chorus_hooks.blob import Blobs
from chorus_hooks.errors import ChorusError, Unreachable
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.failpoint import failpoint
from chorus_hooks.reasoner import Ending, Reasoner
from chorus_hooks.sandbox import Box, BoxSpec
from chorus_hooks.task import Step, Thinking

_TTL_GRACE_S: Final = 1800.0
_COLLECT_OVERHEAD: Final = 64 << 20
_NO_AGENTS: Final = "no plugin here runs agents; `chorus plugin list` shows which are disabled or failed"
_NO_REASONER: Final = "no plugin here works on goals; `chorus plugin list` shows which are disabled or failed"


@dataclass
class Outcome:
    """How the commands ended and what they left; `incomplete` says why that is not all.

    `left` says that the sandbox is still there; the next start removes it.
    """

    ran: Ran
    data: Tree = field(default_factory=Tree)
    output: Tree = field(default_factory=Tree)
    collected: bool = False
    incomplete: str = ""
    ended: bool = False
    left: str = ""
    thinking: Thinking | None = None


@dataclass
class Attempt:
    """An assignment, with all decided that is decided before a sandbox opens; counts what it spends."""

    work: Assignment
    report: Report
    source: OpenSource
    allowance: Allowance
    choice: Choice
    language: str
    runner: Runner
    boot: str
    scratch: Path
    blobs: Blobs
    reasoner: Reasoner | None = None
    agents: Agents | None = None
    goal_wait_s: float = 0.0
    spent: Spent = field(default_factory=Spent)

    async def run(self, scratch: BinaryIO) -> Outcome:
        """Run the commands and collect into a scratch file. Raises what opening the sandbox raises."""
        await self.report.phase("preparing", self.choice.why)
        outcome = Outcome(Ran())
        wait_s = self.goal_wait_s if self.work.document.kind == "goal" else 0.0
        spec = self._spec(self.source.size, len(self.source.tree.nodes), wait_s)
        try:
            async with opened(self.choice.sandbox, spec) as box:
                failpoint("executor.opened")
                await self._inside(box, outcome, scratch)
        except ChorusError as error:
            if not outcome.ended:
                raise
            outcome.left = f"the sandbox could not be removed: {told(error)}"
        return await self._read(outcome, scratch)

    async def _inside(self, box: Box, outcome: Outcome, scratch: BinaryIO) -> None:
        try:
            if self.source.archive is not None:
                await put(box, self.source.archive, self.source.size)
            if self.work.document.kind == "goal":
                worker = self._think if self.work.document.agent is None else self._employ
                outcome.ran, outcome.thinking = await worker(box)
            else:
                commands = self.work.document.commands
                await self.report.phase("running", _counted(len(commands)))
                outcome.ran = await self.runner.run(box, commands, self.spent, stdin=self.work.stdin)
            failpoint("executor.ran")
            if outcome.ran.reason != "sandbox_lost":
                await self.report.phase("collecting", "artifacts and changes")
                if not await collect(box, scratch, self._most()):
                    outcome.incomplete = "some files could not be read, or there was too much"
                outcome.collected = True
        except Lost as lost:
            _lose(outcome, str(lost))
        outcome.ended = True

    async def _think(self, box: Box) -> tuple[Ran, Thinking | None]:
        """Let a model work; what it submits is a claim, and nothing more. Raises Lost."""
        if self.reasoner is None:
            return Ran("model_unavailable", detail=_NO_REASONER), None
        until = trio.current_time() + self.allowance.timeout_s + self.goal_wait_s
        handover = Handover(
            box, self.runner, self.spent, self.scratch, self.blobs, self.source.tree, self._most()
        )
        bench = BoxBench(box, self.runner, self.spent, self.scratch, handover, [], until)
        try:
            ending = await self.reasoner.work(self.work, self.language, bench, self.report)
        except Unreachable as error:
            raise Lost(told(error)) from None
        return _ran(ending, bench.steps), ending.thinking

    async def _employ(self, box: Box) -> tuple[Ran, Thinking | None]:
        """Let the agent of the task work; what it submits is a claim as well. Raises Lost."""
        document = self.work.document
        if self.agents is None:
            return Ran("agent_unavailable", detail=_NO_AGENTS), None
        until = trio.current_time() + self.allowance.timeout_s + self.goal_wait_s
        agent, goal = document.agent or "", document.goal or ""
        bench = BoxAgentBench(box, self.runner, self.spent, self.scratch, agent, goal, until)
        try:
            ending = await self.agents.work(self.work, bench, self.report)
        except Unreachable as error:
            raise Lost(told(error)) from None
        return _ran(ending, bench.steps), ending.thinking

    async def verify(self, archive: BinaryIO, size: int, files: int) -> Ran:
        """Run the verify commands on a tree of their own, in a fresh sandbox."""
        actions = self.work.document.verify
        await self.report.phase("verifying", f"{_counted(len(actions))} on a fresh copy")
        ran: Ran | None = None
        try:
            async with opened(self.choice.sandbox, self._spec(size, files)) as box:
                try:
                    await put(box, archive, size)
                    ran = await self.runner.run(box, actions, self.spent, verify=True)
                except Lost as lost:
                    ran = Ran("sandbox_lost", detail=str(lost))
        except ChorusError as error:
            return ran or Ran("sandbox_unavailable", detail=told(error))
        return ran

    def _spec(self, size: int, files: int, wait_s: float = 0.0) -> BoxSpec:
        return BoxSpec(
            image=self.choice.image,
            memory=self.allowance.memory,
            cpus=self.allowance.cpus,
            pids=self.allowance.pids,
            disk=self.allowance.disk,
            input_size=size,
            input_files=files,
            ttl_s=self.allowance.timeout_s + wait_s + _TTL_GRACE_S,
            labels={"boot": self.boot, "task": self.work.task_id},
        )

    def _most(self) -> int:
        tar_headers = 2048 * len(self.source.tree.nodes)
        return self.allowance.disk + self.source.size + tar_headers + _COLLECT_OVERHEAD

    @staticmethod
    async def _read(outcome: Outcome, scratch: BinaryIO) -> Outcome:
        if outcome.collected:
            failpoint("executor.collected")
            trees, damage = await in_thread(lambda: read_trees(scratch, ("data", "output"), check=check))
            outcome.data, outcome.output = trees["data"], trees["output"]
            if damage and not outcome.incomplete:
                outcome.incomplete = f"what was collected is damaged: {damage}"
        return outcome


def _ran(ending: Ending, steps: list[Step]) -> Ran:
    if ending.standing == "submitted":
        return Ran("exited", 0, steps=steps)
    return Ran(ending.reason, detail=ending.detail, steps=steps)


def _lose(outcome: Outcome, detail: str) -> None:
    """Commands that failed keep their own reason; after ones that passed, nothing is left to show."""
    outcome.incomplete = detail
    if outcome.ran.passed:
        outcome.ran = replace(outcome.ran, reason="sandbox_lost", detail=detail)


def _counted(commands: int) -> str:
    return "1 command" if commands == 1 else f"{commands} commands"
