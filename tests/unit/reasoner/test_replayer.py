"""A replay proves the same outcome, and names the first thing that came out otherwise."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.errors import NotFound, Refused
from chorus_hooks.executor import Assignment
from chorus_hooks.executor import Report as ReportProtocol
from chorus_hooks.reasoner import Ending, Observed, Reasoner
from chorus_hooks.replay import Again, Replay
from chorus_hooks.task import Artifact, Reason, Result, Task, TaskDocument
from chorus_journal.blob_store import FileBlobs
from chorus_reasoner.replay import replay
from chorus_reasoner.replayer import TranscriptReplayer
from chorus_reasoner.transcript import Chain, check
from tests.unit.reasoner.fakes import Bench, Person, Report, Say, Scripted, Words, World, bash, printed, say

FIX = (bash("cat a.py"), say("```file a.py\nright\n```"), say("SUBMIT: made it right"))


@dataclass
class Rerunner:
    """Implements `chorus_hooks.replay.Rerunner` on a bench in memory: right when a.py is."""

    bench: Bench = field(default_factory=Bench)
    files: tuple[str, ...] = ()
    gone: Reason | None = None

    async def run(
        self, work: Assignment, reasoner: Reasoner, before: Result, report: ReportProtocol
    ) -> Again:
        if self.gone is not None:
            return Again(Result(reason=self.gone, detail="none is here"), ())
        self.bench.files.setdefault("a.py", b"wrong\n")
        ending = await reasoner.work(work, "python", self.bench, report)
        return Again(judged(ending, self.bench), self.files)


def judged(ending: Ending, bench: Bench) -> Result:
    result = Result(reason=ending.reason, detail=ending.detail, sandbox="memory", thinking=ending.thinking)
    if ending.standing != "submitted":
        return result
    right = bench.files["a.py"] == b"right\n"
    return msgspec.structs.replace(
        result, reason="exited" if right else "verify_failed", exit_code=int(not right)
    )


@dataclass
class Recorded:
    """A task that ended, and the store that has its transcript."""

    task: Task
    blobs: FileBlobs
    file: Path

    async def replay(self, rerunner: Rerunner | None = None, **changed: Any) -> Replay:
        task = msgspec.structs.replace(self.task, **changed)
        return await TranscriptReplayer(self.blobs, Words()).replay(task, Report(), rerunner)

    def result(self, **changed: Any) -> Result:
        assert self.task.result is not None
        return msgspec.structs.replace(self.task.result, **changed)

    def lines(self) -> list[bytes]:
        return self.file.read_bytes().splitlines(keepends=True)


Make = Callable[..., Any]


@pytest.fixture
def record(world: World, tmp_path: Path) -> Make:
    """Have a goal worked on, and keep what that left as a node does."""

    async def make(*script: Say, **fields: Any) -> Recorded:
        world.bench.files.setdefault("a.py", b"wrong\n")
        world.providers = [Scripted("one", list(script))]
        ending = await world.work(**fields)
        return kept(judged(ending, world.bench), b"".join(world.transcript(ending)))

    def kept(result: Result, raw: bytes) -> Recorded:
        blobs = FileBlobs(tmp_path, "0" * 32, 1 << 30)
        blobs.sweep(lambda boot: True)
        with blobs.create() as writer:
            writer.write(raw)
            blob = writer.commit()
        (file,) = tmp_path.glob(f"**/{blob.sha256}")
        file.chmod(0o600)
        document = TaskDocument(kind="goal", goal="g", verify=("check",))
        return Recorded(Task(id="t1", document=document, state="failed", result=result), blobs, file)

    return make


async def test_the_same_outcome_is_proved_without_a_model(world: World, record: Make) -> None:
    recorded = await record(*FIX)
    again = Rerunner()
    replay = await recorded.replay(again)
    assert (replay.same, replay.differs, replay.whole, replay.steps) == (True, "", True, 3)
    assert replay.run is not None
    assert (replay.run.actions, replay.run.reason, replay.run.exit_code) == (2, "exited", 0)
    assert (replay.run.steps, replay.run.files) == ((), ())
    assert again.bench.files == {"a.py": b"right\n"}
    assert len(world.providers[0].asked) == 3


async def test_without_a_rerunner_nothing_is_done(record: Make) -> None:
    replay = await (await record(*FIX)).replay()
    assert (replay.same, replay.run) == (True, None)


async def test_each_line_that_is_changed_or_cut_is_seen(record: Make) -> None:
    recorded = await record(*FIX)
    lines = recorded.lines()
    for number, line in enumerate(lines):
        middle = len(line) // 2
        flipped = line[:middle] + bytes([line[middle] ^ 1]) + line[middle + 1 :]
        for changed in (
            [*lines[:number], flipped, *lines[number + 1 :]],
            [*lines[:number], *lines[number + 1 :]],
            [*lines[:number], line[:middle]],
        ):
            recorded.file.write_bytes(b"".join(changed))
            replay = await recorded.replay(Rerunner())
            assert not replay.same and "the transcript is damaged" in replay.differs
            assert replay.run is None and not replay.whole
            assert replay.lines <= number or number == len(lines) - 1


async def test_a_transcript_that_was_written_anew_is_not_the_one_of_the_result(record: Make) -> None:
    recorded = await record(*FIX)
    chain = Chain()
    forged = []
    for line in check(recorded.lines()).lines:
        fields = {name: value for name, value in line.items() if name not in ("seq", "prev", "type")}
        forged.append(chain.line(line["type"], **{**fields, "more": 1}))
    assert check(forged).ended
    recorded.file.write_bytes(b"".join(forged))
    replay = await recorded.replay()
    assert not replay.same and "another hash" in replay.differs


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("steps", 4),
        ("prompt_tokens", 1),
        ("reply_tokens", 1),
        ("summary", "x"),
        ("models", ()),
        ("cost", 1.0),
    ],
)
async def test_what_the_result_says_otherwise_is_told(record: Make, field: str, value: object) -> None:
    recorded = await record(*FIX)
    thinking = msgspec.structs.replace(recorded.task.result.thinking, **{field: value})
    replay = await recorded.replay(Rerunner(), result=recorded.result(thinking=thinking))
    assert not replay.same and "result" in replay.differs
    assert replay.run is None


@pytest.mark.parametrize("reason", ["stuck", "token_limit", "gave_up"])
async def test_a_result_with_another_end_is_told(record: Make, reason: Reason) -> None:
    recorded = await record(*FIX)
    replay = await recorded.replay(result=recorded.result(reason=reason))
    assert not replay.same and reason in replay.differs


async def test_another_verdict_differs(record: Make) -> None:
    recorded = await record(*FIX)
    replay = await recorded.replay(Rerunner(), result=recorded.result(reason="verify_failed", exit_code=1))
    assert replay.differs == "the verdict is another one: verify_failed before, exit 0 now"


async def test_files_that_differ_are_named(record: Make) -> None:
    replay = await (await record(*FIX)).replay(Rerunner(files=("a.py", "b.py")))
    assert (replay.same, replay.differs) == (False, "changed files differ: a.py, b.py")


async def test_other_output_is_a_note_and_no_difference(record: Make) -> None:
    again = Rerunner()
    again.bench.commands["date"] = lambda bench: printed(b"tuesday\n")
    replay = await (await record(bash("date"), *FIX)).replay(again)
    assert replay.same
    assert replay.run.steps == ("step 1: $ date: exit 127 before, exit 0 now",)


async def test_a_loop_that_ends_otherwise_differs(record: Make) -> None:
    def killed(bench: Bench) -> Observed:
        bench.left_s = 0
        return printed(b"")

    again = Rerunner()
    again.bench.commands["cat a.py"] = killed
    replay = await (await record(*FIX)).replay(again)
    assert replay.differs == "the loop ended otherwise: submission before, timeout now"


async def test_a_loop_that_was_stuck_and_is_not_any_more_differs(record: Make) -> None:
    outputs = iter("abc")
    again = Rerunner()
    again.bench.commands["date"] = lambda bench: printed(next(outputs).encode())
    recorded = await record(bash("date"), bash("date"), bash("date"))
    assert recorded.task.result.reason == "stuck"
    replay = await recorded.replay(again)
    assert replay.differs == "the loop goes on where it had ended: stuck"


async def test_people_are_not_asked_again(world: World, record: Make) -> None:
    world.gate = Person(says=True)
    world.settings = {"CHORUS_APPROVE": "command"}
    recorded = await record(*FIX)
    asked = len(world.gate.asked)
    replay = await recorded.replay(Rerunner())
    assert replay.same and replay.run.actions == 2
    assert len(world.gate.asked) == asked == 2


async def test_secrets_that_were_taken_out_cannot_be_run_again(record: Make) -> None:
    recorded = await record(bash("echo hunter22"), *FIX)
    assert (await recorded.replay()).same
    with pytest.raises(Refused, match="secrets were taken out of the transcript in 2 places"):
        await recorded.replay(Rerunner())


async def test_no_sandbox_is_no_difference(record: Make) -> None:
    recorded = await record(*FIX)
    with pytest.raises(Refused, match="none is here"):
        await recorded.replay(Rerunner(gone="sandbox_unavailable"))
    with pytest.raises(NotFound, match="none is here"):
        await recorded.replay(Rerunner(gone="source_missing"))


async def test_a_task_without_a_transcript_is_told_so(record: Make) -> None:
    recorded = await record(*FIX)
    with pytest.raises(NotFound, match="has not ended"):
        await recorded.replay(result=None)
    with pytest.raises(NotFound, match="ended before a model was asked"):
        await recorded.replay(result=recorded.result(thinking=None))
    with pytest.raises(NotFound, match="is no goal"):
        document = TaskDocument(commands=("true",))
        await recorded.replay(document=document, result=recorded.result(thinking=None))


async def test_a_cut_off_transcript_belongs_to_a_task_that_was_cancelled(record: Make) -> None:
    recorded = await record(*FIX)
    lines = recorded.lines()[:-1]
    with recorded.blobs.create() as writer:
        writer.write(b"".join(lines))
        blob = writer.commit()
    transcript = Artifact(path="t", size=blob.size, sha256=blob.sha256)
    thinking = msgspec.structs.replace(recorded.task.result.thinking, transcript=transcript)
    replay = await recorded.replay(
        Rerunner(), result=recorded.result(reason="cancelled", exit_code=None, thinking=thinking)
    )
    assert (replay.same, replay.whole, replay.run) == (True, False, None)
    assert "cancelled" in replay.not_run
    replay = await recorded.replay(Rerunner(), result=recorded.result(thinking=thinking))
    assert not replay.same and "cut off" in replay.differs


async def test_a_newer_transcript_is_refused_and_not_called_damaged(record: Make) -> None:
    recorded = await record(*FIX)
    chain = Chain()
    begin = {k: v for k, v in check(recorded.lines()).lines[0].items() if k not in ("seq", "prev", "type")}
    for newer in (
        [chain.line("begin", **begin), chain.line("split", parts=3)],
        [Chain().line("begin", **{**begin, "format": "chorus-transcript/9"})],
    ):
        with recorded.blobs.create() as writer:
            writer.write(b"".join(newer))
            blob = writer.commit()
        transcript = Artifact(path="t", size=blob.size, sha256=blob.sha256)
        thinking = msgspec.structs.replace(recorded.task.result.thinking, transcript=transcript)
        with pytest.raises(Refused, match="cannot be replayed"):
            await recorded.replay(result=recorded.result(thinking=thinking))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
BEGIN = {
    "seq": 0,
    "prev": "",
    "type": "begin",
    "format": "chorus-transcript/1",
    "rules": {},
    "prompt": "p",
    "goal": "g",
    "left_s": 100.0,
}
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["reply", "seen", "consent", "fault", "note"])},
    optional={
        "text": JSON | st.just("SUBMIT: x") | st.just("```bash\nls\n```"),
        "ended": st.just("exited"),
        "code": st.just(0),
        "reason": JSON | st.just("sandbox_lost"),
        "detail": JSON | st.just("d"),
        "approved": JSON,
    },
)
RECORDS = st.fixed_dictionaries(
    {"type": st.sampled_from(["event", "ask", "effect", "end", "wait", "new"]) | st.text(max_size=3)},
    optional={
        "event": EVENTS | JSON,
        "left_s": st.just(50.0) | JSON,
        "effect": JSON | st.just({"type": "ask"}),
        "model": JSON | st.just("one/x"),
        "how": JSON | st.just("text"),
        "window": JSON,
        "request": JSON | st.just("0"),
    },
)


@given(st.dictionaries(st.sampled_from(sorted(BEGIN)), JSON, max_size=1), st.lists(RECORDS, max_size=6))
def test_records_of_any_kind_are_replayed_or_refused(
    changed: dict[str, Any], records: list[dict[str, Any]]
) -> None:
    numbered = [{**BEGIN, **changed}, *records]
    try:
        replay([{**record, "seq": seq} for seq, record in enumerate(numbered)])
    except ValueError as error:
        assert str(error)
