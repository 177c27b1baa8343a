"""Replays a goal task: the transcript, the loop, and on demand the actions in a fresh sandbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import trio

from chorus_hooks.blob import Blobs
from chorus_hooks.errors import ChorusError, NotFound, Refused
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.replay import Replay, Rerun, Rerunner
from chorus_hooks.scanner import Scanner
from chorus_hooks.task import Artifact, Result, Task, Thinking
from chorus_reasoner.playing import PlayingReasoner
from chorus_reasoner.replay import Replayed, begin_of, came, redactions, replay
from chorus_reasoner.same import PLACE, UNFINISHED, ended, told_otherwise
from chorus_reasoner.transcript import Checked, check

LARGEST: Final = 256 << 20
"""Bytes of a transcript that are read. A thousand steps have less than a tenth of it."""

_replace = msgspec.structs.replace
_REDACTED: Final = (
    "secrets were taken out of the transcript in {} places, so what was done cannot be done again"
)
_NO_RUN: Final = "--no-run compares the rest"


@dataclass(frozen=True)
class TranscriptReplayer:
    """Implements `chorus_hooks.replay.Replayer`."""

    blobs: Blobs
    scanner: Scanner

    async def replay(self, task: Task, report: Report, rerunner: Rerunner | None) -> Replay:
        """The model-free part first; what does not hold there is not run."""
        result, thinking, transcript = _recorded(task)
        checked, damage = await trio.to_thread.run_sync(self._read, transcript)
        done = Replay(
            id=task.id,
            same=False,
            transcript=transcript.sha256,
            lines=len(checked.lines),
            whole=checked.ended and not damage,
        )
        if checked.error or damage:
            return _replace(done, differs=f"the transcript is damaged: {checked.error or damage}")
        try:
            replayed = await trio.to_thread.run_sync(replay, checked.lines)
        except ValueError as error:
            raise Refused(
                f"the transcript cannot be replayed: {error}",
                hint="ask a chorus of the version that wrote it",
            ) from None
        done = _replace(done, steps=replayed.spent.steps, tokens=replayed.spent.tokens)
        differs = _differs(replayed) or told_otherwise(result, thinking, replayed, whole=done.whole)
        done = _replace(done, same=not differs, differs=differs)
        if differs or rerunner is None:
            return done
        return await self._again(task, result, checked.lines, replayed, done, report, rerunner)

    def _read(self, transcript: Artifact) -> tuple[Checked, str]:
        """The lines that hold, and what is wrong with the blob as a whole."""
        if transcript.size > LARGEST:
            raise Refused(f"the transcript has {transcript.size} bytes, more than {LARGEST}")
        lines: list[bytes] = []
        try:
            with self.blobs.open(transcript.sha256) as file:
                for line in file:
                    lines.append(line)
        except NotFound:
            raise
        except ChorusError as error:
            return check(lines), error.message
        return check(lines), ""

    async def _again(
        self,
        task: Task,
        result: Result,
        lines: Sequence[dict[str, Any]],
        replayed: Replayed,
        done: Replay,
        report: Report,
        rerunner: Rerunner,
    ) -> Replay:
        if result.reason in UNFINISHED | PLACE:
            return _replace(done, not_run=f"it ended as {result.reason}: there is no outcome to compare")
        if count := redactions(lines):
            raise Refused(_REDACTED.format(count), hint=_NO_RUN)
        player = PlayingReasoner(begin_of(lines[0]), came(lines), self.scanner)
        work = Assignment(task.id, result.attempt, task.document)
        again = await rerunner.run(work, player, result, report)
        if again.result.reason == "sandbox_unavailable":
            raise Refused(f"it cannot be run again: {again.result.detail}", hint=_NO_RUN)
        if again.result.reason == "source_missing":
            raise NotFound(f"it cannot be run again: {again.result.detail}", hint=_NO_RUN)
        run = Rerun(
            actions=player.actions,
            reason=again.result.reason,
            exit_code=again.result.exit_code,
            sandbox=again.result.sandbox,
            steps=tuple(player.notes),
            files=again.files,
        )
        differs = _loop_differs(replayed, player) or _run_differs(result, run)
        return _replace(done, run=run, same=not differs, differs=differs)


def _recorded(task: Task) -> tuple[Result, Thinking, Artifact]:
    result = task.result
    if result is None:
        raise NotFound(f"task {task.id[:12]} has not ended, so it has no transcript", hint="chorus task wait")
    thinking = result.thinking
    if thinking is None or thinking.transcript is None:
        why = "is no goal" if task.document.kind != "goal" else "ended before a model was asked"
        raise NotFound(
            f"task {task.id[:12]} has no transcript: it {why}",
            hint="`chorus task show` has all there is of it",
        )
    return result, thinking, thinking.transcript


def _differs(replayed: Replayed) -> str:
    return "" if replayed.differs is None else f"line {replayed.differs} of the transcript: {replayed.why}"


def _loop_differs(replayed: Replayed, player: PlayingReasoner) -> str:
    if player.lost:
        return f"the loop goes on where it had ended: {ended(replayed.end)}"
    end, before = player.end, replayed.end
    if end is None or before is None or end.reason != before.reason:
        return f"the loop ended otherwise: {ended(before)} before, {ended(end)} now"
    return ""


def _run_differs(result: Result, run: Rerun) -> str:
    if (run.reason, run.exit_code) != (result.reason, result.exit_code):
        return (
            f"the verdict is another one: {_verdict(result.reason, result.exit_code)} before,"
            f" {_verdict(run.reason, run.exit_code)} now"
        )
    if run.files:
        more = f" and {len(run.files) - 5} more" if len(run.files) > 5 else ""
        return f"changed files differ: {', '.join(run.files[:5])}{more}"
    return ""


def _verdict(reason: str, code: int | None) -> str:
    return f"exit {code}" if reason == "exited" else reason
