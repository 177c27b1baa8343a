"""Lets parts of a goal be worked on by tasks of their own, and tells what came of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import trio

from chorus_hooks.errors import ChorusError, Unreachable
from chorus_hooks.executor import Assignment
from chorus_hooks.reasoner import Clash, Merged, Workbench
from chorus_hooks.subtasks import Subtasks
from chorus_hooks.task import Changes, Limits, Source, Task, TaskDocument, Thinking
from chorus_reasoner.action import Part, Split
from chorus_reasoner.event import Fault, Parted
from chorus_reasoner.excerpt import head_and_tail
from chorus_reasoner.redaction import Redactor
from chorus_reasoner.rules import Rules, Spent, share

_SUMMARY: Final = 600
_FILES: Final = 20
_NONE: Final = Parted("refused", "nobody here runs parts of a goal")


@dataclass
class Splitting:
    """The splits of one attempt; `tasks` are all that they became."""

    subtasks: Subtasks | None
    assignment: Assignment
    bench: Workbench
    redactor: Redactor
    rules: Rules
    count: int = 0
    tasks: list[str] = field(default_factory=list)

    async def split(self, split: Split, spent: Spent) -> Parted | Fault:
        """Run the parts, and merge what was reached. A bound that is met is told the model."""
        if self.subtasks is None:
            return _NONE
        limits = share(self.rules, spent, self.bench.left_s, len(split.parts))
        if isinstance(limits, str):
            return Parted("refused", limits)
        self.count += 1
        split = await trio.to_thread.run_sync(self.redactor.fields, split)
        try:
            source = await self.bench.snapshot()
            documents = self._documents(split, source, limits)
            tasks = await self.subtasks.run(self.assignment, documents, timeout_s=self.bench.lasts_s)
            self.tasks += [task.id for task in tasks]
            changes = [
                task.result.changes if task.result and task.state == "succeeded" else None for task in tasks
            ]
            merged = await self.bench.merge(changes)
        except Unreachable as error:
            return Fault("sandbox_lost", error.message)
        except ChorusError as error:
            return Parted("refused", error.message)
        text = await trio.to_thread.run_sync(self.redactor.text, "\n".join(_told(tasks, merged)))
        return _used(text, tasks, changes)

    def _documents(self, split: Split, source: Source, limits: Limits) -> list[TaskDocument]:
        return [
            self._document(part, source, limits, number, len(split.parts))
            for number, part in enumerate(split.parts, 1)
        ]

    def _document(self, part: Part, source: Source, limits: Limits, number: int, parts: int) -> TaskDocument:
        """All of the parent's, but for the goal, its check, and the share of what is left."""
        work = self.assignment
        parent = work.document
        given = parent.limits
        return msgspec.structs.replace(
            parent,
            title=f"part {number} of {parts}",
            goal=part.goal,
            verify=part.verify or parent.verify,
            source=source,
            limits=msgspec.structs.replace(
                given, steps=limits.steps, tokens=limits.tokens, cost=limits.cost, timeout_s=limits.timeout_s
            ),
            depends_on=(),
            task=None,
            idempotency_key=f"{work.task_id}/{work.attempt}/{self.count}/{number}",
        )


def _told(tasks: Sequence[Task], merged: Merged) -> Iterator[str]:
    """What the model reads of each part. Without ids and times: the same outcome is the same text."""
    for number, task in enumerate(tasks):
        yield f"Part {number + 1}: {_ended(task)}"
        files = merged.files[number]
        if files:
            more = f" and {len(files) - _FILES} more" if len(files) > _FILES else ""
            yield f"  merged: {', '.join(files[:_FILES])}{more}"
        for clash in merged.clashes:
            if clash.part == number:
                yield from _clash(clash)


def _ended(task: Task) -> str:
    result = task.result
    summary = result.thinking.summary if result is not None and result.thinking is not None else ""
    said = f" It says: {head_and_tail(' '.join(summary.split()), _SUMMARY)}" if summary else ""
    if task.state == "succeeded" or result is None:
        return f"{task.state}.{said}"
    detail = head_and_tail(" ".join(result.detail.split()), _SUMMARY)
    return f"{task.state} ({result.reason}): {detail}.{said}"


def _clash(clash: Clash) -> Iterator[str]:
    yield f"  not merged: {clash.path}, since part {clash.taken + 1} changed it, too, and came first:"
    yield from (f"    {line}" for line in clash.diff.splitlines())


def _used(text: str, tasks: Sequence[Task], changes: Sequence[Changes | None]) -> Parted:
    """With what they used: it counts against the limits of the whole."""
    thoughts = [task.result.thinking for task in tasks if task.result and task.result.thinking]
    return Parted(
        "exited",
        text,
        steps=sum(thought.steps for thought in thoughts),
        prompt_tokens=sum(thought.prompt_tokens for thought in thoughts),
        reply_tokens=sum(thought.reply_tokens for thought in thoughts),
        cost=_cost(thoughts),
        models=tuple(dict.fromkeys(model for thought in thoughts for model in thought.models)),
        changes=tuple(changes),
    )


def _cost(thoughts: Sequence[Thinking]) -> float | None:
    """None when a model that answered has no price."""
    costs = [thought.cost for thought in thoughts if thought.steps]
    return None if None in costs else sum(cost for cost in costs if cost is not None)
