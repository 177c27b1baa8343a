"""Puts what waits for a person to the gate."""

from dataclasses import dataclass

from chorus_hooks.errors import ChorusError
from chorus_hooks.gate import Gate, Question
from chorus_hooks.reasoner import Lasting
from chorus_reasoner.event import Consent, Fault, Propose
from chorus_reasoner.telling import Teller


@dataclass(frozen=True)
class Proposing:
    """The questions of one attempt. Without a gate nothing is approved."""

    gate: Gate | None
    task_id: str
    attempt: int
    timeout_s: float
    bench: Lasting
    teller: Teller

    async def propose(self, propose: Propose) -> Consent | Fault:
        """Wait for the answer, as long as the sandbox lasts; no answer in time is a no."""
        if self.gate is None:
            return Fault("denied", f"nobody can approve the {propose.subject}: no plugin here asks people")
        await self.teller.note(f"chorus: the {propose.subject} waits for approval")
        question = Question(self.task_id, self.attempt, propose.subject, propose.text)
        try:
            answer = await self.gate.ask(question, timeout_s=min(self.timeout_s, self.bench.lasts_s))
        except ChorusError as error:
            return Fault("denied", f"the {propose.subject} could not be put to a person: {error.message}")
        return Consent(answer.approved, answer.by, answer.why)
