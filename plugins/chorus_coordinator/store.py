"""The control log of this state dir, and the one way into it: a command, its effect and the facts that
follow from it are one transaction. Every command reads the task back from SQLite first.

Without a node the lineage has one voter: whoever holds SQLite's write lock commits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from chorus_coordinator import schema, view
from chorus_coordinator.control import Command, Finish, Lost, Submit, decode, digest, encode
from chorus_coordinator.rules import Changed, Outcome, Record, apply
from chorus_hooks.journal import Journal, Reader, Transaction
from chorus_hooks.task import Artifact, Result, Task

T = TypeVar("T")

TERM = 1
"""A lineage of one voter elects nobody: its term stays the first."""


@dataclass
class Control:
    """The control log inside one transaction. `changed` are the tasks that commands have changed so far."""

    tx: Transaction
    lineage: str
    changed: list[Task] = field(default_factory=list)
    _first: int = 0
    _last: int = 0
    _digest: str = ""

    def apply(self, command: Command) -> Outcome:
        """Apply a command; when it changes something it takes the next place in the log."""
        outcome = apply(view.find(self.tx, command.task), command)
        if isinstance(outcome, Changed):
            self._log(command, outcome.record)
            view.save(self.tx, outcome.record, self._last)
            _hold(self.tx, command, outcome.record.task)
            self.changed.append(outcome.record.task)
        return outcome

    def keep_output(self, task: str, attempt: int, output: Artifact) -> None:
        """Note where the output of an attempt is kept, for as long as the task."""
        view.set_output(self.tx, task, attempt, output)
        self.tx.hold(output.sha256, f"task:{task}")

    def fact(self, type: str, data: Mapping[str, object], *, ref: str | None = None) -> None:
        """Journal a fact about this node."""
        self.tx.append(type, data, ref=ref)

    def seal(self) -> None:
        """Journal which part of the log was applied, with the digest that must be equal everywhere."""
        if self._last:
            self.fact(
                "control.applied",
                {
                    "lineage": self.lineage,
                    "first": self._first,
                    "last": self._last,
                    "term": TERM,
                    "digest": self._digest,
                },
            )

    def _log(self, command: Command, record: Record) -> None:
        if not self._last:
            self._last, self._digest = head(self.tx)
            self._first = self._last + 1
        self._last += 1
        self._digest = chain(self._digest, self._last, command, record)
        self.tx.execute(
            "INSERT INTO coordinator_control (i, term, kind, cmd, digest) VALUES (?, ?, ?, ?, ?)",
            (self._last, TERM, kind_of(command), encode(command).decode(), self._digest),
        )


class Store:
    """Reads and changes the tasks of one state dir. `tell` hears of each change after its commit."""

    def __init__(self, journal: Journal, lineage: str, tell: Callable[[Task], None]) -> None:
        self._journal = journal
        self._lineage = lineage
        self._tell = tell

    async def change(self, job: Callable[[Control], T]) -> T:
        """Run `job` in one transaction, on disk when this returns; what it changed is then told."""

        def run(tx: Transaction) -> tuple[T, list[Task]]:
            control = Control(tx, self._lineage)
            value = job(control)
            control.seal()
            return value, control.changed

        value, changed = await self._journal.write(run)
        for task in changed:
            self._tell(task)
        return value

    async def read(self, job: Callable[[Reader], T]) -> T:
        """Run `job` on a snapshot."""
        return await self._journal.read(job)


async def open_store(journal: Journal, peer_id: str, at: str, tell: Callable[[Task], None]) -> Store:
    """The store of this state dir; its lineage is founded the first time."""
    await journal.migrate(schema.OWNER, schema.STEPS)
    lineage = await journal.read(_lineage)
    if lineage is None:
        origin = (await journal.checkpoint()).origin
        lineage = await journal.write(lambda tx: _found(tx, peer_id, origin.rpartition("/")[2], at))
    return Store(journal, lineage, tell)


def head(reader: Reader) -> tuple[int, str]:
    """The index and the digest of the newest command; (0, "") when there is none."""
    rows = reader.query("SELECT i, digest FROM coordinator_control ORDER BY i DESC LIMIT 1")
    return (int(rows[0][0]), str(rows[0][1])) if rows else (0, "")


def chain(previous: str, i: int, command: Command, record: Record) -> str:
    """The digest after command `i`: over all before it, the command, and the task that came out."""
    return digest([previous, i, TERM, msgspec.to_builtins(command), msgspec.to_builtins(record)])


def kind_of(command: Command) -> str:
    """The command's name in the log."""
    return str(type(command).__struct_config__.tag)


def replay(reader: Reader) -> dict[str, Record]:
    """Fold the whole log again, checking each digest: what the view must hold. Raises ValueError."""
    records: dict[str, Record] = {}
    previous = ""
    for i, raw, wanted in reader.query("SELECT i, cmd, digest FROM coordinator_control ORDER BY i"):
        command = decode(raw)
        outcome = apply(records.get(command.task), command)
        if not isinstance(outcome, Changed):
            raise ValueError(f"command {i} of the control log changes nothing")  # noqa: TRY004
        previous = chain(previous, i, command, outcome.record)
        if previous != wanted:
            raise ValueError(f"command {i} of the control log does not give its digest")
        records[command.task] = outcome.record
    return records


def _hold(tx: Transaction, command: Command, task: Task) -> None:
    """Keep the blobs that a command names for as long as the task."""
    owner = f"task:{task.id}"
    if isinstance(command, Submit) and task.document.source is not None:
        tx.hold(task.document.source.sha256, owner)
    if isinstance(command, Finish | Lost) and task.result is not None:
        for sha256 in blobs_of(task.result):
            tx.hold(sha256, owner)


def blobs_of(result: Result) -> list[str]:
    """Every blob that a result names."""
    named = [artifact.sha256 for artifact in result.artifacts]
    named += [part.sha256 for part in (result.changes, result.output) if part is not None]
    return named


def _lineage(reader: Reader) -> str | None:
    rows = reader.query("SELECT id FROM coordinator_lineage")
    return str(rows[0][0]) if rows else None


def _found(tx: Transaction, peer_id: str, incarnation: str, at: str) -> str:
    existing = _lineage(tx)
    if existing is not None:
        return existing
    record = {
        "mode": "private",
        "n": 1,
        "founder": {"peer_id": peer_id, "incarnation": incarnation},
        "founded_at": at,
        "root": None,
        "parent": None,
        "depth": 0,
        "snapshot": None,
    }
    lineage = digest(record)
    tx.execute(
        "INSERT INTO coordinator_lineage (id, record) VALUES (?, ?)", (lineage, encode(record).decode())
    )
    tx.append("lineage.founded", {"lineage": lineage, **record})
    return lineage
