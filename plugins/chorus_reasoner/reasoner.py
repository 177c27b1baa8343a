"""Drives the loop: asks, acts, records and tells, until it ends."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec
import trio

from chorus_hooks.blob import Blobs
from chorus_hooks.direction import Direction
from chorus_hooks.errors import ChorusError, Refused, Unreachable
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.gate import Gate
from chorus_hooks.reasoner import Ending, Workbench
from chorus_hooks.scanner import Scanner
from chorus_hooks.setting import Config
from chorus_hooks.subtasks import Subtasks
from chorus_hooks.task import Artifact, Thinking
from chorus_reasoner.acting import Acting
from chorus_reasoner.action import Deed, Split
from chorus_reasoner.asking import Asking
from chorus_reasoner.brief import brief
from chorus_reasoner.choice import told
from chorus_reasoner.directed import Directed
from chorus_reasoner.event import Ask, Effect, End, Event, Fault, Parted, Propose, Reply, Said
from chorus_reasoner.library import Library, Prompts
from chorus_reasoner.loop import Loop
from chorus_reasoner.market import Market
from chorus_reasoner.proposing import Proposing
from chorus_reasoner.recording import Recording
from chorus_reasoner.redaction import Redactor
from chorus_reasoner.role import Role
from chorus_reasoner.rules import Approve, rules_of
from chorus_reasoner.settings import APPROVE, APPROVE_TIMEOUT, MODELS, ROLE
from chorus_reasoner.splitting import Splitting
from chorus_reasoner.talk import Talk
from chorus_reasoner.telling import Teller
from chorus_reasoner.topic import OfTalk
from chorus_reasoner.transcript import FORMAT
from chorus_reasoner.wish import wanted

log = logging.getLogger(__name__)


@dataclass
class LoopReasoner:
    """Implements `chorus_hooks.reasoner.Reasoner`."""

    config: Config
    market: Market
    library: Library
    blobs: Blobs
    scanner: Scanner
    scratch: Path
    gate: Gate | None = None
    direction: Direction | None = None
    subtasks: Subtasks | None = None

    async def work(self, assignment: Assignment, language: str, bench: Workbench, report: Report) -> Ending:
        """Run the loop to its end. What the transcript has when this is cancelled stays where it grew."""
        try:
            prompts, role = await self._role(assignment)
        except ChorusError as error:
            return _unable(f"{error.message}; {error.hint}")
        own = self.scratch / f"transcript-{assignment.task_id}-{assignment.attempt}.jsonl"
        recording = Recording(assignment.transcript or own, lasting=assignment.transcript is not None)
        try:
            attempt = await self._attempt(assignment, language, bench, report, role, prompts, recording)
            return await attempt.run(self.blobs)
        finally:
            recording.close()

    async def ready(self, assignment: Assignment) -> Ending | None:
        """Whether there are the role and a model; lists of models are asked for, and kept for a while."""
        try:
            _, role = await self._role(assignment)
        except ChorusError as error:
            return _unable(f"{error.message}; {error.hint}")
        wishes = wanted(assignment.document.model, role.id, self.config[MODELS])
        offers = await self.market.offers(wishes)
        if self.market.candidates(offers, wishes, role.models):
            return None
        return _unable(told(offers, wishes))

    async def _role(self, assignment: Assignment) -> tuple[Prompts, Role]:
        """Raises ChorusError when there is none of that name, or the prompts cannot be read."""
        prompts = await trio.to_thread.run_sync(self.library.prompts)
        return prompts, prompts.get(assignment.document.role or self.config[ROLE])

    async def _attempt(
        self,
        assignment: Assignment,
        language: str,
        bench: Workbench,
        report: Report,
        role: Role,
        prompts: Prompts,
        recording: Recording,
    ) -> "_Attempt":
        document, redactor = assignment.document, Redactor(self.scanner)
        approve = cast("Approve", self.config[APPROVE])
        depth = 0 if self.subtasks is None else await self.subtasks.depth_left(assignment.task_id)
        rules = rules_of(document.limits, approve, split=depth > 0)
        goal = brief(document, language, plan=approve == "plan")
        talk = Talk(prompts.whole(role), goal, split=rules.split)
        talk = await trio.to_thread.run_sync(redactor.talk, talk)
        recording.add(
            "begin",
            format=FORMAT,
            task=assignment.task_id,
            attempt=assignment.attempt,
            role=role.id,
            prompt_sha256=prompts.digest(role),
            prompt=talk.prompt,
            goal=talk.goal,
            rules=rules,
            left_s=bench.left_s,
        )
        teller = Teller(report, trio.current_time)
        directed = Directed(self.direction, assignment.task_id, assignment.attempt, bench, teller)
        asking = Asking(
            market=self.market,
            wanted=wanted(document.model, role.id, self.config[MODELS]),
            preferred=role.models,
            priced=rules.cost is not None,
            redactor=redactor,
            recording=recording,
            teller=teller,
            directed=directed,
        )
        acting = Acting(bench, redactor, rules.reserve_s)
        timeout_s = self.config[APPROVE_TIMEOUT]
        proposing = Proposing(self.gate, assignment.task_id, assignment.attempt, timeout_s, bench, teller)
        splitting = Splitting(self.subtasks, assignment, bench, redactor, rules)
        return _Attempt(
            Loop(rules, talk),
            bench,
            asking,
            proposing,
            acting,
            directed,
            splitting,
            recording,
            teller,
            redactor,
        )


@dataclass
class _Attempt:
    loop: Loop
    bench: Workbench
    asking: Asking
    proposing: Proposing
    acting: Acting
    directed: Directed
    splitting: Splitting
    recording: Recording
    teller: Teller
    redactor: Redactor

    async def run(self, blobs: Blobs) -> Ending:
        effect = self.loop.begin(self.bench.left_s)
        while not isinstance(effect, End):
            if isinstance(effect, Ask):
                effect = await self._at_boundary(effect)
                if isinstance(effect, End):
                    break
            await self._record_effect(effect)
            effect = await self._take(await self._do(effect))
        return await self._end(effect, blobs)

    async def _at_boundary(self, effect: Effect) -> Effect:
        """What people say comes before the next request."""
        said = await self.directed.boundary()
        for event in [said] if isinstance(said, Fault) else said:
            effect = await self._take(event)
        return effect

    async def _take(self, event: Event) -> Effect:
        left_s = self.bench.left_s
        effect = self.loop.take(event, left_s)
        await self._record_event(event, left_s)
        return effect

    async def _do(self, effect: Ask | Propose | Deed) -> Event:
        step = self.loop.spent.steps
        if isinstance(effect, Ask):
            return await self.asking.ask(OfTalk(self.loop.talk), effect, step + 1)
        if isinstance(effect, Propose):
            return await self.proposing.propose(effect)
        await self.teller.acting(step, effect)
        if isinstance(effect, Split):
            parted = await self.splitting.split(effect, self.loop.spent)
            if isinstance(parted, Parted):
                await self.teller.parted(step, parted)
            return parted
        try:
            seen = await self.acting.do(effect)
        except Unreachable as error:
            return Fault("sandbox_lost", error.message)
        if seen.ended == "sandbox_lost":
            return Fault("sandbox_lost", "the sandbox went away during a command")
        await self.teller.seen(step, effect, seen)
        return seen

    async def _record_effect(self, effect: Effect) -> None:
        """What is done is on the disk before it is done; for a request, `Asking` sees to it."""
        if not isinstance(effect, Ask):
            kept = await trio.to_thread.run_sync(self.redactor.fields, effect)
            changed = {"redacted": True} if kept != effect else {}
            self.recording.add("effect", effect=kept, **changed)
            await self.recording.flush()

    async def _record_event(self, event: Event, left_s: float) -> None:
        kept = event
        if isinstance(event, Reply):
            kept = await trio.to_thread.run_sync(self.redactor.reply, event)
        elif isinstance(event, Said):
            kept = await trio.to_thread.run_sync(self.redactor.fields, event)
        changed = {"redacted": True} if kept != event else {}
        self.recording.add("event", event=kept, left_s=left_s, **changed)

    async def _end(self, end: End, blobs: Blobs) -> Ending:
        end = await trio.to_thread.run_sync(self.redactor.fields, end)
        spent = self.loop.spent
        self.recording.add("end", effect=end)
        await self.teller.note(f"chorus: {_told(end)}")
        thinking = Thinking(
            steps=spent.steps,
            prompt_tokens=spent.prompt_tokens,
            reply_tokens=spent.reply_tokens,
            cost=spent.total_cost(),
            models=tuple(spent.models),
            summary=end.summary,
            parts=tuple(self.splitting.tasks),
        )
        transcript = await self._keep(blobs)
        thinking = msgspec.structs.replace(thinking, transcript=transcript)
        if end.reason is None:
            return Ending("submitted", thinking)
        return Ending("ended", thinking, end.reason, end.detail)

    async def _keep(self, blobs: Blobs) -> Artifact | None:
        try:
            return await self.recording.keep(blobs)
        except Refused as full:
            log.warning("the transcript is not kept: %s", full.message)
            return None


def _unable(why: str) -> Ending:
    return Ending("ended", Thinking(), "model_unavailable", why)


def _told(end: End) -> str:
    if end.reason is None:
        return "the model says that it is done; what follows decides"
    if end.reason == "gave_up":
        return f"the model gives up: {end.detail}"
    return f"the work ended ({end.reason}): {end.detail}"
