"""Models lent to a program that is not ours: chosen, metered and recorded as those of a goal."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Final, cast

import trio

from chorus_hooks.agent import Lent, NoReply, Spoken
from chorus_hooks.blob import Blobs
from chorus_hooks.direction import Direction
from chorus_hooks.errors import Refused
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.gate import Gate
from chorus_hooks.provider import ChatRequest, Tokens
from chorus_hooks.reasoner import Lasting
from chorus_hooks.scanner import Scanner
from chorus_hooks.setting import Config
from chorus_hooks.task import Artifact, Reason, Thinking
from chorus_reasoner.asking import Asking
from chorus_reasoner.directed import Directed
from chorus_reasoner.event import Ask, Consent, End, Fault, Propose, Reply, Said
from chorus_reasoner.forwarding import Delta, no_reply, steered, told_reply, told_request
from chorus_reasoner.market import Market
from chorus_reasoner.proposing import Proposing
from chorus_reasoner.recording import Recording
from chorus_reasoner.redaction import Redactor
from chorus_reasoner.rules import Approve, Rules, Spent, reached, rules_of
from chorus_reasoner.settings import APPROVE, APPROVE_TIMEOUT, MODELS, ROLE
from chorus_reasoner.telling import Teller
from chorus_reasoner.topic import Forwarded
from chorus_reasoner.transcript import FORMAT
from chorus_reasoner.wish import wanted

log = logging.getLogger(__name__)

HANG_UP_S: Final = 10.0
"""Charging the budgets is one entry of the journal."""
MOST_REFUSED: Final = 200
"""Requests that a transcript tells of although nothing came of them."""


@dataclass(frozen=True)
class LendingModels:
    """Implements `chorus_hooks.agent.Models`."""

    config: Config
    market: Market
    blobs: Blobs
    scanner: Scanner
    scratch: Path
    gate: Gate | None = None
    direction: Direction | None = None

    @asynccontextmanager
    async def lend(self, assignment: Assignment, bench: Lasting, report: Report) -> AsyncIterator[Lent]:
        """See `Models.lend`."""
        own = self.scratch / f"transcript-{assignment.task_id}-{assignment.attempt}.jsonl"
        recording = Recording(assignment.transcript or own, lasting=assignment.transcript is not None)
        try:
            yield self._loan(assignment, bench, report, recording)
        finally:
            recording.close()

    def _loan(self, assignment: Assignment, bench: Lasting, report: Report, recording: Recording) -> "Loan":
        document, redactor = assignment.document, Redactor(self.scanner)
        rules = rules_of(document.limits, cast("Approve", self.config[APPROVE]))
        recording.add(
            "begin",
            format=FORMAT,
            task=assignment.task_id,
            attempt=assignment.attempt,
            agent=redactor.text(_line(document.agent)),
            goal=redactor.text(document.goal or ""),
            rules=rules,
        )
        teller = Teller(report, trio.current_time)
        directed = Directed(self.direction, assignment.task_id, assignment.attempt, bench, teller)
        asking = Asking(
            market=self.market,
            wanted=wanted(document.model, document.role or self.config[ROLE], self.config[MODELS]),
            preferred=(),
            priced=rules.cost is not None,
            redactor=redactor,
            recording=recording,
            teller=teller,
            directed=directed,
        )
        timeout_s = self.config[APPROVE_TIMEOUT]
        proposing = Proposing(self.gate, assignment.task_id, assignment.attempt, timeout_s, bench, teller)
        return Loan(rules, asking, proposing, directed, recording, teller, redactor, self.blobs)


@dataclass
class Loan:
    """Implements `chorus_hooks.agent.Lent`."""

    rules: Rules
    asking: Asking
    proposing: Proposing
    directed: Directed
    recording: Recording
    teller: Teller
    redactor: Redactor
    blobs: Blobs
    spent: Spent = field(default_factory=Spent)
    stopped: tuple[Reason, str] | None = None
    trouble: str = ""
    _turn: trio.Lock = field(default_factory=trio.Lock)
    _delta: Delta = field(default_factory=Delta)
    _said: tuple[Said, ...] = ()
    _refused: int = 0

    async def names(self) -> tuple[str, ...]:
        """See `Lent.names`."""
        offers = await self.asking.market.offers(self.asking.wanted)
        able = self.asking.market.candidates(offers, self.asking.wanted, self.asking.preferred)
        return tuple(candidate.name for candidate in able)

    async def permit(self, text: str) -> tuple[Reason, str] | None:
        """See `Lent.permit`. Its own commands cannot be shown one by one, so the program is all there is."""
        if self.rules.approve == "none":
            return None
        answer = await self.proposing.propose(Propose("command", text))
        match answer:
            case Consent(approved=True):
                return None
            case Consent(by=by, why=why):
                because = f": {why}" if why else ""
                return "denied", f"{by or 'a person'} did not approve the start of the agent{because}"
            case Fault(reason, detail):
                return reason, detail

    async def reply(self, request: ChatRequest, hear: Callable[[str], Awaitable[None]]) -> Spoken:
        """See `Lent.reply`."""
        async with self._turn:
            await self._limited()
            request = steered(request, self._said)
            number = self.spent.steps + 1
            await self._record_request(request)
            await self.teller.note(f"[{number}] {told_request(request)}")
            ear = self.asking.hear = _Ear(hear)
            try:
                answer = await self.asking.ask(Forwarded(request), Ask(self._left()), number)
            except BaseException:
                await self._hung_up()
                raise
            if isinstance(answer, Fault):
                raise await self._no_reply(number, answer, begun=ear.heard)
            self.trouble = ""
            self.spent.add(answer)
            await self._record_reply(answer)
            await self.teller.note(f"[{number}] {told_reply(answer)}")
            await self.teller.lent(number)
            return Spoken(
                answer.text,
                answer.calls,
                Tokens(answer.prompt_tokens, answer.reply_tokens, told=True),
                answer.shortened,
                answer.model,
            )

    async def refused(self, status: int, why: str) -> None:
        """See `Lent.refused`. An agent can ask for nonsense for ever: that is told a number of times."""
        self._refused += 1
        if self._refused > MOST_REFUSED:
            return
        if self._refused == MOST_REFUSED:
            why = f"{why}; further refusals are not told"
        clean = await trio.to_thread.run_sync(self.redactor.text, why)
        self.recording.add("refused", status=status, why=clean)
        await self.recording.flush()
        await self.teller.note(f"chorus: a request of the agent was refused ({status}): {clean}")

    async def end(self, reason: Reason | None, detail: str) -> Thinking:
        """See `Lent.end`."""
        clean = await trio.to_thread.run_sync(self.redactor.text, detail)
        self.recording.add("end", effect=End(reason, clean))
        return Thinking(
            steps=self.spent.steps,
            prompt_tokens=self.spent.prompt_tokens,
            reply_tokens=self.spent.reply_tokens,
            cost=self.spent.total_cost(),
            models=tuple(self.spent.models),
            transcript=await self._keep(),
        )

    async def _limited(self) -> None:
        """Wait for people and budgets. Raises NoReply when there will be no further reply.

        The time of commands is the sandbox's matter.
        """
        self.stopped = self.stopped or reached(self.rules, self.spent, inf)
        if self.stopped is None:
            said = await self.directed.boundary()
            if isinstance(said, Fault):
                self.stopped = said.reason, said.detail
            else:
                self._said += tuple(said)
        if self.stopped is not None:
            raise NoReply("limit", self.stopped[1])

    def _left(self) -> int | None:
        return None if self.rules.tokens is None else self.rules.tokens - self.spent.tokens

    async def _hung_up(self) -> None:
        """What was said to nobody costs all the same."""
        with trio.move_on_after(HANG_UP_S, shield=True):
            reply = await self.asking.abandoned()
            if reply is not None:
                self.spent.add(reply)
                self.recording.add("event", event=reply, hung_up=True)

    async def _no_reply(self, number: int, fault: Fault, *, begun: bool) -> NoReply:
        refusal = no_reply(fault, self.asking.kind, begun=begun)
        if (wasted := self.asking.take_wasted()) is not None:
            self.spent.add(wasted)
        self.recording.add("event", event=self.redactor.fields(fault))
        await self.recording.flush()
        await self.teller.note(f"[{number}] no reply: {fault.detail}")
        if fault.reason in ("cost_limit", "token_limit"):
            self.stopped = fault.reason, fault.detail
        self.trouble = fault.detail if refusal.kind == "unavailable" else ""
        return refusal

    async def _record_request(self, request: ChatRequest) -> None:
        fields = await trio.to_thread.run_sync(self._delta.fields, request, self.redactor)
        self.recording.add("request", **fields)

    async def _record_reply(self, reply: Reply) -> None:
        kept = await trio.to_thread.run_sync(self.redactor.reply, reply)
        self.recording.add("event", event=kept, **({"redacted": True} if kept != reply else {}))
        await self.recording.flush()

    async def _keep(self) -> Artifact | None:
        try:
            return await self.recording.keep(self.blobs)
        except Refused as full:
            log.warning("the transcript is not kept: %s", full.message)
            return None


@dataclass
class _Ear:
    """Passes words on, and knows whether there were any."""

    pass_on: Callable[[str], Awaitable[None]]
    heard: bool = False

    async def __call__(self, words: str) -> None:
        self.heard = True
        await self.pass_on(words)


def _line(action: str | Sequence[str] | None) -> str:
    return action if isinstance(action, str) else " ".join(action or ())
