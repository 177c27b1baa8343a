"""The control log of this state dir, and the one way into it: a command, its effect and the facts that
follow from it are one transaction. Every command reads the task back from SQLite first.

Without a node the lineage has one voter: whoever holds SQLite's write lock commits.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from chorus_coordinator import dependency, schema, tree, view
from chorus_coordinator.control import Cancel, Command, Finish, Lost, Submit, decode, digest, encode
from chorus_coordinator.news import News
from chorus_coordinator.rules import Changed, Forgotten, Outcome, Record, apply, told
from chorus_coordinator.shelf import Kept
from chorus_hooks.journal import Journal, Reader, Transaction
from chorus_hooks.task import TERMINAL, Result, Task

T = TypeVar("T")

TERM = 1
"""A lineage of one voter elects nobody: its term stays the first."""


@dataclass
class Control:
    """The control log inside one transaction. `changed` are the tasks that commands have changed so far."""

    tx: Transaction
    lineage: str
    changed: list[Task] = field(default_factory=list)
    last: int = 0
    _first: int = 0
    _digest: str = ""

    def apply(self, command: Command) -> Outcome:
        """Apply a command; when it changes something it takes the next place in the log.

        What that means for tasks which depend on this one follows at once, as commands of their own.
        """
        outcome = self._apply(command)
        due = deque(_consequences(self.tx, command, outcome))
        while due:
            follower = due.popleft()
            due.extend(_consequences(self.tx, follower, self._apply(follower)))
        return outcome

    def _apply(self, command: Command) -> Outcome:
        outcome = apply(view.find(self.tx, command.task), command)
        if isinstance(outcome, Changed):
            self._log(command, outcome)
            view.save(self.tx, outcome.record, self.last)
            _hold(self.tx, command, outcome.record.task)
            if outcome.record.task.document.depends_on:
                dependency.note(self.tx, outcome.record.task)
            self.changed.append(told(command, outcome.record))
        elif isinstance(outcome, Forgotten):
            self._log(command, outcome)
            view.drop(self.tx, command.task)
            self.tx.release(f"task:{command.task}")
        return outcome

    def keep(self, task: str, attempt: int, kept: Kept) -> None:
        """Note where what an attempt told is kept, as long as the task; nothing for a forgotten one."""
        if view.find(self.tx, task) is None:
            return
        view.set_kept(self.tx, task, attempt, kept.output, kept.transcript)
        for part in (kept.output, kept.transcript):
            if part is not None:
                self.tx.hold(part.sha256, f"task:{task}")

    def fact(self, type: str, data: Mapping[str, object], *, ref: str | None = None) -> None:
        """Journal a fact about this node."""
        self.tx.append(type, data, ref=ref)

    def seal(self) -> None:
        """Journal which part of the log was applied, with the digest that must be equal everywhere."""
        if self.last:
            self.fact(
                "control.applied",
                {
                    "lineage": self.lineage,
                    "first": self._first,
                    "last": self.last,
                    "term": TERM,
                    "digest": self._digest,
                },
            )

    def _log(self, command: Command, outcome: Changed | Forgotten) -> None:
        if not self.last:
            self.last, self._digest = head(self.tx)
            self._first = self.last + 1
        self.last += 1
        self._digest = chain(self._digest, self.last, command, outcome)
        task = outcome.record.task
        self.tx.execute(
            "INSERT INTO coordinator_control (i, term, kind, cmd, digest, task, project, state)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self.last,
                TERM,
                kind_of(command),
                encode(command).decode(),
                self._digest,
                task.id,
                task.document.project,
                told(command, outcome.record).state,
            ),
        )


class Store:
    """Reads and changes the tasks of one state dir. `tell` and `news` hear of each committed change."""

    def __init__(self, journal: Journal, lineage: str, news: News, tell: Callable[[Task], None]) -> None:
        self._journal = journal
        self._lineage = lineage
        self.news = news
        self._tell = tell

    async def change(self, job: Callable[[Control], T]) -> T:
        """Run `job` in one transaction, on disk when this returns; what it changed is then told."""

        def run(tx: Transaction) -> tuple[T, Control]:
            control = Control(tx, self._lineage)
            value = job(control)
            control.seal()
            return value, control

        value, control = await self._journal.write(run)
        self.news.tell(control.last, (task.id for task in control.changed))
        for task in control.changed:
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
    newest, _ = await journal.read(head)
    return Store(journal, lineage, News(newest), tell)


def head(reader: Reader) -> tuple[int, str]:
    """The index and the digest of the newest command; (0, "") when there is none."""
    rows = reader.query("SELECT i, digest FROM coordinator_control ORDER BY i DESC LIMIT 1")
    return (int(rows[0][0]), str(rows[0][1])) if rows else (0, "")


def chain(previous: str, i: int, command: Command, outcome: Changed | Forgotten) -> str:
    """The digest after command `i`: over all before it, the command, and the task that came out, if any."""
    record = outcome.record if isinstance(outcome, Changed) else None
    return digest([previous, i, TERM, command, record])


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
        if not isinstance(outcome, Changed | Forgotten):
            raise ValueError(f"command {i} of the control log changes nothing")  # noqa: TRY004
        previous = chain(previous, i, command, outcome)
        if previous != wanted:
            raise ValueError(f"command {i} of the control log does not give its digest")
        if isinstance(outcome, Changed):
            records[command.task] = outcome.record
        else:
            del records[command.task]
    return records


def _consequences(reader: Reader, command: Command, outcome: Outcome) -> Iterator[Command]:
    """What follows from a command for others, or for a task that has just come."""
    if not isinstance(outcome, Changed):
        return
    task = outcome.record.task
    if dependency.concerns(task):
        yield from dependency.consequences(reader, task, command.at)
    if task.state in TERMINAL or isinstance(command, Lost):  # the attempt that needs its parts is over
        yield from (Cancel(task=part, at=command.at) for part in tree.open_parts(reader, task.id))


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
    transcript = None if result.thinking is None else result.thinking.transcript
    named += [part.sha256 for part in (result.changes, result.output, transcript) if part is not None]
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
