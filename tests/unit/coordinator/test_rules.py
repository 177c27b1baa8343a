"""The rules of tasks, as a state machine fed with any commands in any order."""

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chorus_coordinator.control import (
    Ask,
    Assign,
    Cancel,
    Command,
    Finish,
    Lost,
    Pause,
    Ready,
    Reply,
    Resume,
    Steer,
    Submit,
    Unmet,
    Withdraw,
    decode,
    encode,
    task_id,
)
from chorus_coordinator.rules import MOST_NOTES, Changed, Receipt, Record, Rejected, apply, outcome_of, told
from chorus_hooks.task import TERMINAL, Result, TaskDocument

AT = "2026-11-25T12:00:00.000Z"
BOOTS = ("boot-a", "boot-b")
LEGAL = {
    (None, "waiting"),
    ("waiting", "waiting"),
    ("waiting", "assigned"),
    ("waiting", "failed"),
    ("waiting", "cancelled"),
    ("assigned", "waiting"),
    ("assigned", "succeeded"),
    ("assigned", "failed"),
    ("assigned", "cancelled"),
}

keys = st.sampled_from(["k1", "k2"])
attempts = st.integers(0, 4)
boots = st.sampled_from(BOOTS)
others = st.sampled_from(["c" * 32, "d" * 32])
digests = st.sampled_from(["a" * 64, "b" * 64])
results = st.builds(
    Result,
    reason=st.sampled_from(["exited", "timeout", "cancelled", "verify_failed"]),
    exit_code=st.sampled_from([0, 3, None]),
)


def document(key: str, line: str = "true", *depends_on: str) -> TaskDocument:
    if line == "goal":
        return TaskDocument(
            kind="goal", goal="make it right", verify=("true",), idempotency_key=key, depends_on=depends_on
        )
    return TaskDocument(commands=(line,), idempotency_key=key, depends_on=depends_on)


def identify(key: str) -> str:
    return task_id("default", key)


def ask(task: str, attempt: int = 1, digest: str = "a" * 64) -> Ask:
    return Ask(task=task, at=AT, attempt=attempt, digest=digest, subject="command", until=AT)


def reply(task: str, attempt: int = 1, digest: str = "a" * 64, approved: bool = True) -> Reply:
    return Reply(task=task, at=AT, attempt=attempt, digest=digest, approved=approved, by="peer")


def told_state(command: Command, record: Record) -> str:
    if record.asks is not None:
        return "waiting"
    talks = isinstance(command, Reply | Withdraw | Pause | Resume | Steer)
    return "running" if talks and record.task.state == "assigned" else record.task.state


class Tasks(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, Record] = {}
        self.ended: dict[str, Record] = {}
        self.log: list[Command] = []
        self.results = 0

    def give(self, command: Command) -> None:
        before = self.records.get(command.task)
        outcome = apply(before, command)
        assert outcome == apply(before, command), "a rule is a function"
        if not isinstance(outcome, Changed):
            return
        task = outcome.record.task
        if isinstance(command, Ask | Reply | Withdraw):
            assert before is not None
            assert msgspec.structs.replace(outcome.record, asks=before.asks) == before, "it only talks"
            assert {before.asks, outcome.record.asks} == {None, command.digest}
        elif isinstance(command, Pause | Resume | Steer):
            self.check_direction(before, command, outcome.record)
        else:
            assert not isinstance(command, Assign) or not outcome.record.paused, "paused is not begun"
            assert (before and before.task.state, task.state) in LEGAL
            assert outcome.record.asks is None, "who asked is gone"
        assert told(command, outcome.record).state == told_state(command, outcome.record)
        attempt = before.task.attempt if before else 0
        assert task.attempt == attempt + isinstance(command, Assign)
        assert (task.result is None) == (task.state not in TERMINAL)
        assert (task.waiting_for is None) == (task.state != "waiting")
        assert not (outcome.record.paused and task.state in TERMINAL)
        if isinstance(command, Ready):
            assert before is not None and before.task.waiting_for == "dependency"
        elif task.state == "waiting" and not isinstance(command, Pause | Resume | Steer):
            assert (task.waiting_for == "dependency") == (before is None and bool(task.document.depends_on))
        self.records[command.task] = outcome.record
        self.log.append(command)
        if task.state in TERMINAL:
            assert command.task not in self.ended, "one end for a task"
            self.ended[command.task] = outcome.record

    def check_direction(self, before: Record | None, command: Command, after: Record) -> None:
        assert before is not None
        said = msgspec.structs.replace(after, paused=before.paused, notes=before.notes)
        assert said == before, "it only says something"
        assert after.notes == before.notes + isinstance(command, Steer)
        if not isinstance(command, Steer):
            assert after.paused is not before.paused
        if before.task.state == "assigned" and isinstance(command, Pause):
            assert before.task.document.kind == "goal"
        if after.paused and after.task.state == "waiting":
            assert told(command, after).waiting_for == "paused"

    @rule(
        key=keys,
        waiter=st.none() | boots,
        line=st.sampled_from(["true", "false", "goal"]),
        after=st.lists(others, max_size=1),
    )
    def submit(self, key: str, waiter: str | None, line: str, after: list[str]) -> None:
        known = self.records.get(identify(key))
        command = Submit(task=identify(key), at=AT, document=document(key, line, *after), waiter=waiter)
        if known is not None:
            outcome = apply(known, command)
            same = known.task.document == command.document
            assert isinstance(outcome, Receipt if same else Rejected)
        self.give(command)

    @rule(key=keys, attempt=attempts, boot=boots)
    def assign(self, key: str, attempt: int, boot: str) -> None:
        self.give(Assign(task=identify(key), at=AT, attempt=attempt, worker="peer", boot=boot))

    @rule(key=keys, attempt=attempts, result=results)
    def finish(self, key: str, attempt: int, result: Result) -> None:
        self.give(Finish(task=identify(key), at=AT, attempt=attempt, result=result))

    @rule(key=keys, attempt=attempts, boot=boots)
    def lose(self, key: str, attempt: int, boot: str) -> None:
        self.give(Lost(task=identify(key), at=AT, attempt=attempt, boot=boot))

    @rule(key=keys, attempt=attempts, digest=digests)
    def ask(self, key: str, attempt: int, digest: str) -> None:
        self.give(ask(identify(key), attempt, digest))

    @rule(key=keys, attempt=attempts, digest=digests, approved=st.booleans())
    def reply(self, key: str, attempt: int, digest: str, approved: bool) -> None:
        self.give(reply(identify(key), attempt, digest, approved))

    @rule(key=keys, attempt=attempts, digest=digests)
    def withdraw(self, key: str, attempt: int, digest: str) -> None:
        self.give(Withdraw(task=identify(key), at=AT, attempt=attempt, digest=digest))

    @rule(key=keys, kind=st.sampled_from([Pause, Resume]))
    def pause(self, key: str, kind: type[Pause] | type[Resume]) -> None:
        self.give(kind(task=identify(key), at=AT, by="peer"))

    @rule(key=keys)
    def steer(self, key: str) -> None:
        self.give(Steer(task=identify(key), at=AT, by="peer", text="mind the tests"))

    @rule(key=keys)
    def ready(self, key: str) -> None:
        self.give(Ready(task=identify(key), at=AT))

    @rule(key=keys, dependency=others)
    def unmet(self, key: str, dependency: str) -> None:
        self.give(Unmet(task=identify(key), at=AT, dependency=dependency, state="cancelled"))

    @rule(key=keys)
    def cancel(self, key: str) -> None:
        self.give(Cancel(task=identify(key), at=AT))

    @invariant()
    def what_has_ended_never_changes(self) -> None:
        for task, record in self.ended.items():
            assert self.records[task] == record

    @invariant()
    def the_log_alone_gives_the_same_tasks(self) -> None:
        folded: dict[str, Record] = {}
        for command in self.log:
            outcome = apply(folded.get(command.task), decode(encode(command)))
            assert isinstance(outcome, Changed)
            folded[command.task] = outcome.record
        assert folded == self.records


Tasks.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestTasks = Tasks.TestCase


def run_to(state: str, *, waiter: str | None = None, line: str = "true") -> Record:
    submit = Submit(task=identify("k"), at=AT, document=document("k", line), waiter=waiter)
    assign = Assign(task=identify("k"), at=AT, attempt=1, worker="peer", boot="boot-a")
    record = changed(apply(None, submit))
    return record if state == "waiting" else changed(apply(record, assign))


def changed(outcome: object) -> Record:
    assert isinstance(outcome, Changed)
    return outcome.record


def test_a_lost_attempt_of_a_run_that_waited_ends_the_task_as_interrupted() -> None:
    record = run_to("assigned", waiter="boot-a")
    ended = changed(apply(record, Lost(task=record.task.id, at=AT, attempt=1, boot="boot-a"))).task
    assert (ended.state, ended.result and ended.result.reason) == ("failed", "interrupted")


def test_a_lost_attempt_that_nobody_waits_for_is_assigned_again() -> None:
    record = run_to("assigned")
    waiting = changed(apply(record, Lost(task=record.task.id, at=AT, attempt=1, boot="boot-a")))
    assert (waiting.task.state, waiting.task.waiting_for) == ("waiting", "capacity")
    again = Assign(task=record.task.id, at=AT, attempt=2, worker="peer", boot="boot-b")
    assert changed(apply(waiting, again)).task.attempt == 2


def test_the_result_of_a_lost_attempt_comes_too_late() -> None:
    record = run_to("assigned")
    waiting = changed(apply(record, Lost(task=record.task.id, at=AT, attempt=1, boot="boot-a")))
    late = Finish(task=record.task.id, at=AT, attempt=1, result=Result(reason="exited", exit_code=0))
    assert isinstance(apply(waiting, late), Rejected)


def test_another_process_cannot_lose_the_attempt_of_this_one() -> None:
    record = run_to("assigned")
    assert isinstance(apply(record, Lost(task=record.task.id, at=AT, attempt=1, boot="boot-b")), Rejected)


def test_the_first_result_wins() -> None:
    record = run_to("assigned")
    first = Finish(task=record.task.id, at=AT, attempt=1, result=Result(reason="exited", exit_code=0))
    ended = changed(apply(record, first))
    second = msgspec.structs.replace(first, result=Result(reason="timeout"))
    assert apply(ended, second) == Receipt(ended)


def test_a_question_ends_by_its_first_answer_and_keeps_the_attempt() -> None:
    record = run_to("assigned")
    task = record.task.id
    asking = changed(apply(record, ask(task)))
    assert (asking.asks, asking.boot, asking.task) == ("a" * 64, "boot-a", record.task)
    seen = told(ask(task), asking)
    assert (seen.state, seen.waiting_for) == ("waiting", "approval")
    assert apply(asking, ask(task)) == Receipt(asking)
    assert isinstance(apply(asking, ask(task, digest="b" * 64)), Rejected)
    for wrong in (reply(task, digest="b" * 64), reply(task, attempt=2)):
        assert isinstance(apply(asking, wrong), Rejected)
    answered = changed(apply(asking, reply(task, approved=False)))
    assert answered == record
    assert told(reply(task), answered).state == "running"
    assert isinstance(apply(answered, reply(task)), Rejected)


def test_a_task_that_asks_is_nobody_elses() -> None:
    asking = changed(apply(run_to("assigned"), ask(identify("k"))))
    again = Assign(task=identify("k"), at=AT, attempt=2, worker="peer", boot="boot-b")
    assert isinstance(apply(asking, again), Rejected)


@pytest.mark.parametrize(
    "end",
    [
        Finish(task=identify("k"), at=AT, attempt=1, result=Result(reason="timeout")),
        Lost(task=identify("k"), at=AT, attempt=1, boot="boot-a"),
        Cancel(task=identify("k"), at=AT),
    ],
    ids=["result", "lost", "cancel"],
)
def test_the_end_of_an_attempt_closes_what_it_asks(end: Command) -> None:
    asking = changed(apply(run_to("assigned"), ask(identify("k"))))
    after = changed(apply(asking, end))
    assert after.asks is None
    assert not isinstance(apply(after, reply(identify("k"))), Changed)


def test_only_an_attempt_that_runs_asks() -> None:
    assert isinstance(apply(run_to("waiting"), ask(identify("k"), attempt=0)), Rejected)
    assert isinstance(apply(run_to("assigned"), ask(identify("k"), attempt=2)), Rejected)


def test_a_record_that_asks_nothing_has_the_digest_of_old() -> None:
    assert b"asks" not in encode(run_to("assigned"))


def pause(record: Record) -> Record:
    return changed(apply(record, Pause(task=record.task.id, at=AT, by="peer")))


def test_what_is_paused_is_not_begun_until_it_is_resumed() -> None:
    paused = pause(run_to("waiting"))
    assert told(Pause(task=paused.task.id, at=AT, by="peer"), paused).waiting_for == "paused"
    begin = Assign(task=paused.task.id, at=AT, attempt=1, worker="peer", boot="boot-a")
    assert isinstance(apply(paused, begin), Rejected)
    resumed = changed(apply(paused, Resume(task=paused.task.id, at=AT, by="peer")))
    assert changed(apply(resumed, begin)).task.state == "assigned"


def test_what_a_task_depends_on_is_settled_while_it_is_paused() -> None:
    submit = Submit(task=identify("k"), at=AT, document=document("k", "true", "c" * 32))
    paused = pause(changed(apply(None, submit)))
    ready = Ready(task=paused.task.id, at=AT)
    settled = changed(apply(paused, ready))
    assert told(ready, settled).waiting_for == "paused"
    resume = Resume(task=paused.task.id, at=AT, by="peer")
    assert told(resume, changed(apply(settled, resume))).waiting_for == "capacity"
    assert told(resume, changed(apply(paused, resume))).waiting_for == "dependency"


def test_a_pause_outlives_the_attempt() -> None:
    paused = pause(run_to("assigned", line="goal"))
    lost = Lost(task=paused.task.id, at=AT, attempt=1, boot="boot-a", died=True)
    waiting = changed(apply(paused, lost))
    assert (waiting.paused, told(lost, waiting).waiting_for) == (True, "paused")


def test_commands_that_run_cannot_be_paused_and_nobody_reads_what_they_are_told() -> None:
    running = run_to("assigned")
    assert isinstance(apply(running, Pause(task=running.task.id, at=AT, by="peer")), Rejected)
    for record in (running, run_to("waiting")):
        steer = Steer(task=record.task.id, at=AT, by="peer", text="hurry")
        assert isinstance(apply(record, steer), Rejected)


def test_a_task_is_told_only_so_much() -> None:
    record = run_to("waiting", line="goal")
    steer = Steer(task=record.task.id, at=AT, by="peer", text="hurry")
    for _ in range(MOST_NOTES):
        record = changed(apply(record, steer))
    assert isinstance(apply(record, steer), Rejected)


def test_a_record_that_was_told_nothing_has_the_digest_of_old() -> None:
    raw = encode(run_to("assigned", line="goal"))
    assert not any(name in raw for name in (b"paused", b"notes", b"waiting_why"))


def test_a_task_with_dependencies_begins_when_it_is_told_that_they_have_succeeded() -> None:
    submit = Submit(task=identify("k"), at=AT, document=document("k", "true", "c" * 32))
    waiting = changed(apply(None, submit))
    assign = Assign(task=identify("k"), at=AT, attempt=1, worker="peer", boot="boot-a")
    assert apply(waiting, assign) == Rejected("it waits for dependency")
    assert isinstance(
        apply(waiting, Unmet(task=identify("k"), at=AT, dependency="d" * 32, state="failed")), Rejected
    )
    ready = changed(apply(waiting, Ready(task=identify("k"), at=AT)))
    assert changed(apply(ready, assign)).task.state == "assigned"
    assert isinstance(apply(ready, Ready(task=identify("k"), at=AT)), Rejected)
    failed = changed(
        apply(waiting, Unmet(task=identify("k"), at=AT, dependency="c" * 32, state="cancelled"))
    ).task
    assert failed.result is not None
    assert (failed.state, failed.result.reason) == ("failed", "dependency_failed")
    assert failed.result.detail == "it depends on cccccccccccc, which ended as cancelled"


def test_a_document_without_dependencies_has_the_digest_of_old() -> None:
    assert b"depends_on" not in encode(document("k"))
    assert b"depends_on" in encode(document("k", "true", "c" * 32))


def test_a_command_about_an_unknown_task_is_rejected() -> None:
    assert isinstance(apply(None, Cancel(task=identify("k"), at=AT)), Rejected)


def test_a_task_id_depends_on_project_and_key_alone() -> None:
    assert task_id("a", "k") == task_id("a", "k")
    assert len({task_id("a", "k"), task_id("a", "l"), task_id("b", "k"), task_id("ak", "")}) == 4
    assert len(task_id("a", "k")) == 32


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (Result(reason="exited", exit_code=0), "succeeded"),
        (Result(reason="exited", exit_code=1), "failed"),
        (Result(reason="exited"), "failed"),
        (Result(reason="verify_failed", exit_code=0), "failed"),
        (Result(reason="cancelled"), "cancelled"),
    ],
)
def test_a_result_means_a_state(result: Result, state: str) -> None:
    assert outcome_of(result) == state
