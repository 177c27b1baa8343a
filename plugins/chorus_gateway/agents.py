"""Lets a foreign agent work: the relay in the sandbox, the gateway at its other end, and the agent."""

import secrets
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import msgspec
import trio

from chorus_gateway.carrier import Carrier
from chorus_gateway.frames import BrokenFrame
from chorus_gateway.gateway import ALIAS, Gateway
from chorus_hooks.agent import AgentBench, Lent, Models
from chorus_hooks.errors import ChorusError, Refused
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.reasoner import Ending
from chorus_hooks.sandbox import Exit
from chorus_hooks.task import Reason

GRACE_S: Final = 5.0
"""How long an agent that was told of a limit may take to end by itself."""

_NO_RELAY: Final = (
    "no python3 answers in the sandbox, which the gateway's relay needs; take an image that has it"
)
_START: Final = 'exec python3 -I -c "$0"'


@dataclass(frozen=True)
class GatewayAgents:
    """Implements `chorus_hooks.agent.Agents`."""

    models: Models

    async def work(self, assignment: Assignment, bench: AgentBench, report: Report) -> Ending:
        """See `Agents.work`."""
        async with self.models.lend(assignment, bench, report) as lent:
            reason, detail = await self._work(assignment, bench, report, lent)
            thinking = await lent.end(reason, detail)
        if reason is None:
            return Ending("submitted", thinking)
        return Ending("ended", thinking, reason, detail)

    async def _work(
        self, assignment: Assignment, bench: AgentBench, report: Report, lent: Lent
    ) -> tuple[Reason | None, str]:
        no = await lent.permit(_proposal(assignment))
        if no is not None:
            return no
        try:
            async with bench.beside(("sh", "-c", _START, _program())) as channel:
                attempt = _Attempt(bench, report, lent, secrets.token_hex(16))
                return await attempt.run(Carrier(channel, attempt.gateway.serve))
        except Refused as refused:
            return "agent_unavailable", refused.message


class _Attempt:
    def __init__(self, bench: AgentBench, report: Report, lent: Lent, token: str) -> None:
        self._bench = bench
        self._report = report
        self._lent = lent
        self._token = token
        self._life = trio.CancelScope()
        self.gateway = Gateway(lent, token, self._at_limit)

    async def run(self, carrier: Carrier) -> tuple[Reason | None, str]:
        """Start the agent once the relay listens, and see how it ends."""
        port = await carrier.hello()
        if port is None:
            return "agent_unavailable", _NO_RELAY
        ended: Exit | ChorusError | None = None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._carry, carrier)
            await self._report.phase("acting", "the agent works")
            with self._life:
                ended = await self._launched(port)
            nursery.cancel_scope.cancel()
        if isinstance(ended, ChorusError):
            raise ended
        return self._judge(ended)

    async def _launched(self, port: int) -> Exit | ChorusError:
        """How it ended. An error is given back, since a nursery would wrap it."""
        try:
            return await self._bench.launch(environment(port, self._token))
        except ChorusError as error:
            return error

    async def _carry(self, carrier: Carrier) -> None:
        """Without a relay the agent reaches nothing any more, and ends by that."""
        try:
            await carrier.run()
            why = "the gateway's relay ended"
        except BrokenFrame as broken:
            why = f"the gateway's relay broke its protocol: {broken}"
        await self._lent.refused(502, why)

    def _at_limit(self) -> None:
        self._life.deadline = min(self._life.deadline, trio.current_time() + GRACE_S)

    def _judge(self, ended: Exit | None) -> tuple[Reason | None, str]:
        if self._lent.stopped is not None:
            return self._lent.stopped
        if ended is None:
            raise AssertionError("only a limit cancels an agent")
        if ended.reason != "exited":
            return ended.reason, ended.detail
        if ended.code == 0:
            return None, ""
        if self._lent.trouble:
            return "model_unavailable", f"the agent ended with {ended.code}; {self._lent.trouble}"
        return "agent_failed", f"the agent ended with {ended.code}"


def environment(port: int, token: str) -> dict[str, str]:
    """What tells an agent where its models are. The token is worth nothing outside of this attempt."""
    root = f"http://127.0.0.1:{port}"
    return {
        "OPENAI_BASE_URL": f"{root}/v1",
        "OPENAI_API_BASE": f"{root}/v1",
        "OPENAI_API_KEY": token,
        "OPENAI_MODEL": ALIAS,
        "ANTHROPIC_BASE_URL": root,
        "ANTHROPIC_API_KEY": token,
        "ANTHROPIC_MODEL": ALIAS,
        "ANTHROPIC_SMALL_FAST_MODEL": ALIAS,
        "CHORUS_MODEL": ALIAS,
        "NO_PROXY": "127.0.0.1",
    }


def _program() -> str:
    return (files(__package__) / "relay.py").read_text("utf-8")


def _proposal(assignment: Assignment) -> str:
    document = assignment.document
    agent = (
        document.agent if isinstance(document.agent, str) else msgspec.json.encode(document.agent).decode()
    )
    return f"Start this agent, whose own commands are not asked about:\n{agent}\nIts goal:\n{document.goal}\n"
