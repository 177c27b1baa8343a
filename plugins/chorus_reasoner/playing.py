"""A reasoner that asks no model: it has the recorded replies, and does in a sandbox what they say."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import trio

from chorus_hooks.errors import ChorusError, Unreachable
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.reasoner import Ending, Workbench
from chorus_hooks.scanner import Scanner
from chorus_hooks.task import Thinking
from chorus_reasoner.acting import Acting
from chorus_reasoner.action import Deed, Edit, Run, Split, Write, headline
from chorus_reasoner.event import Effect, End, Event, Fault, Parted, Seen
from chorus_reasoner.loop import Loop
from chorus_reasoner.redaction import Redactor
from chorus_reasoner.replay import Begin, Came


@dataclass
class PlayingReasoner:
    """Implements `chorus_hooks.reasoner.Reasoner`, once.

    What models and people said comes from the record; what came of an action is seen anew, and the loop is
    told that. `actions` were done, `notes` tells which of them had another outcome, `end` is how it ended,
    `lost` that the record held nothing more for what the loop wanted.
    """

    begin: Begin
    record: Sequence[Came]
    scanner: Scanner
    actions: int = 0
    notes: list[str] = field(default_factory=list)
    end: End | None = None
    lost: bool = False

    async def ready(self, assignment: Assignment) -> Ending | None:
        """It needs nobody."""
        return None

    async def work(self, assignment: Assignment, language: str, bench: Workbench, report: Report) -> Ending:
        """Do it all again."""
        loop = self.begin.loop()
        acting = Acting(bench, Redactor(self.scanner), self.begin.rules.reserve_s)
        effect = loop.begin(bench.left_s)
        for told in self.record:
            if isinstance(effect, End):
                break
            event = await self._event(effect, told.event, acting, loop, report)
            try:
                effect = loop.take(event, bench.left_s)
            except RuntimeError:  # what was recorded answers another question
                break
            await trio.lowlevel.checkpoint()
        return self._ended(effect)

    async def _event(
        self, effect: Effect, recorded: Event, acting: Acting, loop: Loop, report: Report
    ) -> Event:
        if isinstance(effect, Split) and isinstance(recorded, Parted):
            return await self._merged(recorded, acting.bench)
        if not isinstance(effect, Run | Write | Edit):
            return recorded
        step = loop.spent.steps
        await report.phase("acting", f"step {step}: {headline(effect)}")
        try:
            seen = await acting.do(effect)
        except Unreachable as error:
            return Fault("sandbox_lost", error.message)
        self.actions += 1
        if isinstance(recorded, Seen) and (note := _other(recorded, seen)):
            self.notes.append(f"step {step}: {_line(effect)}: {note}")
        return seen

    async def _merged(self, recorded: Parted, bench: Workbench) -> Event:
        """The parts are not worked on again: what they gave is on record, and is merged once more."""
        try:
            await bench.merge(recorded.changes)
        except ChorusError as error:
            return Fault("source_missing", f"what the parts changed cannot be merged again: {error.message}")
        return recorded

    def _ended(self, effect: Effect) -> Ending:
        if not isinstance(effect, End):
            self.lost = True
            return Ending("ended", Thinking(), "model_unavailable", "the record has no reply to this")
        self.end = effect
        if effect.reason is None:
            return Ending("submitted", Thinking())
        return Ending("ended", Thinking(), effect.reason, effect.detail)


def _other(before: Seen, now: Seen) -> str:
    if (before.ended, before.code) != (now.ended, now.code):
        return f"{_outcome(before)} before, {_outcome(now)} now"
    return "" if before.text == now.text else "another output"


def _outcome(seen: Seen) -> str:
    return f"exit {seen.code}" if seen.ended == "exited" else seen.ended


def _line(deed: Deed) -> str:
    return headline(deed).replace("\n", " ")[:100]
