"""A STAND-IN for a reasoner, FOR TESTS ONLY: the real executor, but some tasks ask a person first.

A task whose title begins with `ask` asks about its first command, and is run by the real executor when the
answer is yes. `ASK_S` in its environment says how long it waits (s). Everything else is as ever.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from chorus_executor.plugin import (
    chorus_register_health_checks as chorus_register_health_checks,
)
from chorus_executor.plugin import (
    chorus_register_metrics as chorus_register_metrics,
)
from chorus_executor.plugin import (
    chorus_register_settings as chorus_register_settings,
)
from chorus_executor.service import services
from chorus_hooks import API_VERSION, hookimpl
from chorus_hooks.executor import Assignment, Executor, Report, SandboxChoice
from chorus_hooks.gate import Gate, Question
from chorus_hooks.service import Capabilities, Service
from chorus_hooks.setting import Config
from chorus_hooks.task import Result

CHORUS_API = API_VERSION


@hookimpl
def chorus_register_services(register: Callable[[Service], None], config: Config) -> None:
    for service in services(config):
        register(_asking(service) if service.provides is Executor else service)


def _asking(service: Service) -> Service:
    @asynccontextmanager
    async def start(capabilities: Capabilities) -> AsyncIterator[Executor]:
        async with service.factory(capabilities) as real:
            yield AskingExecutor(real, capabilities.get(Gate))  # type: ignore[arg-type]

    return replace(service, name="asking executor", factory=start, requires=(*service.requires, Gate))


@dataclass
class AskingExecutor:
    real: Executor
    gate: Gate

    async def execute(self, work: Assignment, report: Report) -> Result:
        document = work.document
        if document.title.startswith("ask"):
            question = Question(work.task_id, work.attempt, "command", str(document.commands[0]))
            answer = await self.gate.ask(question, timeout_s=float(document.env.get("ASK_S", "60")))
            if not answer.approved:
                return Result(reason="denied", detail=answer.why)
        return await self.real.execute(work, report)

    async def sandbox(self) -> SandboxChoice:
        return await self.real.sandbox()
