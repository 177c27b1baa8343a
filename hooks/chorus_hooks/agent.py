"""Foreign agents: somebody else's program works towards a goal in the sandbox, and models are lent to it.

Three parts meet here. Whoever provides `Models` chooses, asks, meters and records, as for goals. Whoever
provides `Agents` speaks the protocols that such programs speak. The executor provides the `AgentBench`.
As with a model of ours, what such a program says about its work is a claim: `verify` is the verdict.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from chorus_hooks.errors import ChorusError
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.provider import ChatRequest, Tokens, ToolCall
from chorus_hooks.reasoner import Ending, Lasting
from chorus_hooks.sandbox import Channel, Exit
from chorus_hooks.task import Reason, Thinking

NoReplyKind = Literal["limit", "context", "invalid", "unavailable", "cut"]
"""limit         a limit of the task is reached, or a person said no: there will be no further reply
context       the messages are longer than the model can read
invalid       the provider refuses this request
unavailable   no model answers now
cut           the reply broke off after some of it was passed on
"""


class NoReply(ChorusError):  # noqa: N818 - reads as what happened
    """A request of an agent that got no whole reply."""

    exit_code = 3
    code = "no_reply"

    def __init__(self, kind: NoReplyKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Spoken:
    """A whole reply. `model` is who gave it, as `provider/model`; `shortened` as in `Chat`."""

    text: str
    calls: tuple[ToolCall, ...]
    tokens: Tokens
    shortened: bool
    model: str


class Lent(Protocol):
    """The models that one attempt may use, under its limits. One request at a time is passed on."""

    @property
    def stopped(self) -> tuple[Reason, str] | None:
        """The limit that ended the lending, with a line for a person; None while it goes on."""
        ...

    @property
    def trouble(self) -> str:
        """Why the last request found no model; empty when it did, or there was none."""
        ...

    async def names(self) -> tuple[str, ...]:
        """The models that may be asked now, as `provider/model`, the first choice first."""
        ...

    async def permit(self, text: str) -> tuple[Reason, str] | None:
        """Where a person has a say (`CHORUS_APPROVE`), put the start of a program to one; None is a yes."""
        ...

    async def reply(self, request: ChatRequest, hear: Callable[[str], Awaitable[None]]) -> Spoken:
        """A whole reply, its text told to `hear` as it comes. The request's own model name means nothing.

        It waits while the task is paused or a budget is used up, and what people say to the task is added
        to the messages. Secrets in the request do not go out. Raises NoReply. Cancelling it hangs up; what
        came is counted.
        """
        ...

    async def refused(self, status: int, why: str) -> None:
        """Record that a request was turned away before it came to a model."""
        ...

    async def end(self, reason: Reason | None, detail: str) -> Thinking:
        """Close the transcript, and tell what was used. Nothing is lent afterwards."""
        ...


class Models(Protocol):
    """Lends models to programs that are not ours, by the same choice as for goals."""

    def lend(
        self, assignment: Assignment, bench: Lasting, report: Report
    ) -> AbstractAsyncContextManager[Lent]:
        """For one attempt. The transcript grows where the assignment says."""
        ...


class AgentBench(Lasting, Protocol):
    """An open sandbox with the source in it, in which the agent of the task can be started."""

    def beside(self, argv: tuple[str, ...]) -> AbstractAsyncContextManager[Channel]:
        """See `Accompanied.beside`. Raises Refused where the backend has no such thing."""
        ...

    async def launch(self, env: Mapping[str, str]) -> Exit:
        """Run the agent to its end, under the limits of the task, with the goal on its stdin.

        Variables of the task win over `env`. What it prints is output of the task. Cancelling it kills it.
        """
        ...


class Agents(Protocol):
    """Lets the agent that a task names work on its goal."""

    async def work(self, assignment: Assignment, bench: AgentBench, report: Report) -> Ending:
        """Until it ends by itself, or a limit ends it. Raises Unreachable when the sandbox is gone."""
        ...
