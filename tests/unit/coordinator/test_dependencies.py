"""Tasks that depend on tasks, over the real tables: any graph, in any order of ends."""

import sqlite3
from collections.abc import Mapping, Sequence

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chorus_coordinator import backlog, dependency, schema, tree, view
from chorus_coordinator.control import Assign, Cancel, Command, Finish, Forget, Lost, Submit, task_id
from chorus_coordinator.rules import Changed, Record
from chorus_coordinator.store import Control, replay
from chorus_coordinator.sweep import forgettable
from chorus_hooks.errors import NotFound, UsageError
from chorus_hooks.journal import Row
from chorus_hooks.task import TERMINAL, Result, TaskDocument

AT = "2026-11-25T12:00:00.000Z"
LATER = "2026-12-25T12:00:00.000Z"
KEYS = tuple(f"k{number}" for number in range(8))
keys = st.sampled_from(KEYS)


class Memory:
    """Implements `Transaction` over a database in memory."""

    def __init__(self) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        for step in schema.STEPS:
            self.db.execute(step)

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        return self.db.execute(sql, parameters).fetchall()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        return self.db.execute(sql, parameters).rowcount

    def append(self, type: str, data: Mapping[str, object], *, ref: str | None = None) -> int:
        return 0

    def hold(self, sha256: str, owner: str) -> None: ...

    def release(self, owner: str) -> None: ...


def identify(key: str) -> str:
    return task_id("default", key)


def submission(key: str, *after: str, waiter: str | None = None) -> Submit:
    document = TaskDocument(
        commands=("true",), idempotency_key=key, depends_on=tuple(identify(other) for other in after)
    )
    return Submit(task=identify(key), at=AT, document=document, waiter=waiter)


class Place:
    """A control log, and the ways in which tasks come and go."""

    def __init__(self) -> None:
        self.tx = Memory()

    def apply(self, command: Command) -> bool:
        """In a transaction of its own: whether it changed something."""
        return isinstance(Control(self.tx, "lineage").apply(command), Changed)

    def submit(self, key: str, *after: str, waiter: str | None = None) -> bool:
        """As the coordinator does: what it must not depend on is refused, and nothing of it stays."""
        command = submission(key, *after, waiter=waiter)
        self.tx.execute("SAVEPOINT submission")
        try:
            taken = self.apply(command)
            if taken:
                dependency.check(self.tx, command)
        except Exception:
            self.tx.execute("ROLLBACK TO submission")
            raise
        return taken

    def end(self, key: str, *, well: bool = True) -> None:
        assign = Assign(task=identify(key), at=AT, attempt=1, worker="peer", boot="boot")
        self.apply(assign)
        result = Result(reason="exited", exit_code=0 if well else 1)
        self.apply(Finish(task=identify(key), at=AT, attempt=1, result=result))

    def cancel(self, key: str) -> None:
        self.apply(Cancel(task=identify(key), at=AT))

    def find(self, key: str) -> Record | None:
        return view.find(self.tx, identify(key))

    def stands(self, key: str) -> str:
        record = self.find(key)
        if record is None:
            return "unknown"
        task = record.task
        return task.waiting_for or (task.result.reason if task.result else task.state)


class Graph(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.place = Place()

    def records(self) -> dict[str, Record]:
        return {key: record for key in KEYS if (record := self.place.find(key)) is not None}

    @rule(key=keys, after=st.lists(keys, max_size=3, unique=True), waiter=st.none() | st.just("boot"))
    def submit(self, key: str, after: list[str], waiter: str | None) -> None:
        there = self.records()
        try:
            self.place.submit(key, *after, waiter=waiter)
        except NotFound:
            assert key not in there and any(other not in there for other in after)
        except UsageError:
            assert key not in there and key in after
        else:
            assert key in there or all(other in there for other in after)

    @rule(key=keys, well=st.booleans())
    def end(self, key: str, well: bool) -> None:
        before = self.place.stands(key)
        self.place.end(key, well=well)
        assert before != "dependency" or self.place.stands(key) == "dependency", "it was not begun"

    @rule(key=keys)
    def cancel(self, key: str) -> None:
        self.place.cancel(key)

    @rule(key=keys)
    def lose(self, key: str) -> None:
        self.place.apply(Lost(task=identify(key), at=AT, attempt=0, boot="boot"))

    @rule()
    def forget(self) -> None:
        for task, _ in forgettable(self.place.tx, LATER, -1):
            self.place.apply(Forget(task=task, at=AT))

    @invariant()
    def who_waits_for_a_task_waits_for_an_open_one(self) -> None:
        records = {record.task.id: record.task for record in self.records().values()}
        for task in records.values():
            if task.waiting_for == "dependency":
                states = {records[other].state for other in task.document.depends_on}
                assert states - TERMINAL, "one of them is to end"
                assert not states & {"failed", "cancelled"}, "none of them failed"

    @invariant()
    def no_task_that_is_waited_for_waits_for_the_waiting_one(self) -> None:
        graph = {
            record.task.id: record.task.document.depends_on
            for record in self.records().values()
            if record.task.state not in TERMINAL
        }
        while ends := [task for task, after in graph.items() if not set(after) & graph.keys()]:
            for task in ends:
                del graph[task]
        assert not graph, "it goes round in a circle"

    @invariant()
    def the_log_alone_gives_the_same_tasks(self) -> None:
        folded = replay(self.place.tx)
        assert folded == {record.task.id: record for record in self.records().values()}

    @invariant()
    def only_what_waits_is_noted(self) -> None:
        noted = {task for (task,) in self.place.tx.query("SELECT DISTINCT task FROM coordinator_dependency")}
        waiting = {identify(key) for key in KEYS if self.place.stands(key) == "dependency"}
        assert noted == waiting


Graph.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestGraph = Graph.TestCase


def test_a_task_waits_until_all_that_it_depends_on_have_succeeded() -> None:
    place = Place()
    for key in ("a", "b"):
        place.submit(key)
    place.submit("c", "a", "b")
    assert place.stands("c") == "dependency"
    place.end("b")
    assert place.stands("c") == "dependency"
    place.end("a")
    assert place.stands("c") == "capacity"
    place.submit("d", "a", "c")
    assert place.stands("d") == "dependency"
    place.submit("e", "a")
    assert place.stands("e") == "capacity", "what it depends on had succeeded before"


@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_a_failure_ends_all_that_comes_after_it(how: str) -> None:
    place = Place()
    place.submit("a")
    place.submit("b", "a")
    place.submit("c", "b")
    place.submit("d")
    if how == "failed":
        place.end("a", well=False)
    else:
        place.cancel("a")
    assert [place.stands(key) for key in "bcd"] == ["dependency_failed", "dependency_failed", "capacity"]
    record = place.find("b")
    assert record is not None and record.task.result is not None
    assert record.task.result.detail == f"it depends on {identify('a')[:12]}, which ended as {how}"
    place.submit("e", "a")
    assert place.stands("e") == "dependency_failed", "it had failed before"


def test_a_long_chain_falls_at_once() -> None:
    place = Place()
    place.submit("0")
    for number in range(1, 1001):
        place.submit(str(number), str(number - 1))
    place.cancel("0")
    assert {place.stands(str(number)) for number in range(1, 1001)} == {"dependency_failed"}


def test_what_is_still_waited_for_is_not_forgotten() -> None:
    place = Place()
    for key in ("a", "b"):
        place.submit(key)
    place.submit("c", "a", "b")
    place.end("a")
    assert list(forgettable(place.tx, LATER, -1)) == []
    place.end("b")
    assert {task for task, _ in forgettable(place.tx, LATER, -1)} == {identify("a"), identify("b")}


def begun(place: Place, key: str, attempt: int = 1) -> None:
    place.apply(Assign(task=identify(key), at=AT, attempt=attempt, worker="peer", boot="boot"))


def part(place: Place, key: str, whole: str) -> None:
    command = submission(key, waiter="boot")
    place.apply(msgspec.structs.replace(command, part_of=identify(whole)))


@pytest.mark.parametrize(
    "over",
    [
        Finish(task=identify("a"), at=AT, attempt=1, result=Result(reason="exited", exit_code=0)),
        Cancel(task=identify("a"), at=AT),
        Lost(task=identify("a"), at=AT, attempt=1, boot="boot"),
    ],
    ids=["result", "cancel", "lost"],
)
def test_parts_end_with_the_attempt_that_needs_them(over: Command) -> None:
    place = Place()
    place.submit("a")
    begun(place, "a")
    for key in ("p", "q", "r"):
        part(place, key, "a")
    begun(place, "q")
    part(place, "s", "q")
    place.end("r")
    place.submit("after", "p")
    place.apply(over)
    assert [place.stands(key) for key in "pqrs"] == ["cancelled", "cancelled", "exited", "cancelled"]
    assert place.stands("after") == "dependency_failed"
    assert set(replay(place.tx)) == {identify(key) for key in ("a", "p", "q", "r", "s", "after")}


def test_the_end_of_a_part_ends_nothing_else() -> None:
    place = Place()
    place.submit("a")
    begun(place, "a")
    part(place, "p", "a")
    part(place, "q", "a")
    place.cancel("p")
    assert [place.stands(key) for key in "aq"] == ["assigned", "capacity"]


def test_a_tree_is_measured_from_any_task_in_it() -> None:
    place = Place()
    place.submit("a")
    part(place, "p", "a")
    part(place, "q", "p")
    part(place, "r", "p")
    assert [tree.depth(place.tx, identify(key)) for key in "apqr"] == [0, 1, 2, 2]
    assert {tree.size(place.tx, identify(key)) for key in "apqr"} == {4}


def test_a_slot_that_waits_for_parts_is_for_parts_alone() -> None:
    place = Place()
    taker = backlog.Taker("boot", unattended=True)

    def next_up(slots: int = 1) -> list[str]:
        room = backlog.room(place.tx, "boot", slots)
        return [task for task, _ in backlog.waiting(place.tx, taker, room)]

    place.submit("a")
    place.submit("b")
    assert next_up() == [identify("a")]
    begun(place, "a")
    assert next_up() == []
    view.set_soft_state(place.tx, identify("a"), 1, "running")
    view.set_waiting(place.tx, identify("a"), 1, "dependency")
    assert next_up() == [], "b is no part of anything"
    part(place, "p", "a")
    assert next_up() == [identify("p")]
    assert next_up(2) == [identify("p"), identify("b")], "parts go first"
    begun(place, "p")
    assert next_up() == []
    view.set_waiting(place.tx, identify("a"), 1, None)
    assert next_up() == [], "both work now, on one slot"
    assert next_up(2) == []
    assert next_up(3) == [identify("b")]
