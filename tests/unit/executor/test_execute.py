"""The flow of an attempt, over a sandbox in memory."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from chorus_executor import executor
from chorus_hooks.errors import Refused, Unreachable, UsageError
from chorus_hooks.sandbox import Availability, Box, BoxSpec, Exit
from chorus_hooks.task import Limits, TaskDocument
from tests.unit.executor.fakes import Bench, FakeBox, FakeSandbox, Files


async def build(files: Files) -> int:
    files.data["main.py"] = b"print(2)\n"
    files.data["new.txt"] = b"new"
    files.output["report/one.xml"] = b"<one/>"
    files.output["two.log"] = b"two"
    await files.say(b"built\n")
    return 0


async def fail(files: Files) -> int:
    files.output["why.txt"] = b"because"
    return 3


async def succeed(files: Files) -> int:
    return 0


async def never(files: Files) -> int:
    raise AssertionError("must not run")


async def test_artifacts_are_blobs_of_the_files_in_output(bench: Bench) -> None:
    bench.programs(build=build)
    result = await bench.execute(TaskDocument(commands=("build",)))
    assert (result.reason, result.exit_code) == ("exited", 0)
    assert [(a.path, bench.blobs.stored[a.sha256]) for a in result.artifacts] == [
        ("report/one.xml", b"<one/>"),
        ("two.log", b"two"),
    ]
    assert bytes(bench.report.printed) == b"built\n"
    assert [phase for phase, _ in bench.report.phases] == ["choosing", "preparing", "running", "collecting"]


async def test_outputs_choose_the_artifacts(bench: Bench) -> None:
    bench.programs(build=build)
    result = await bench.execute(TaskDocument(commands=("build",), outputs=("*.xml",)))
    assert [a.path for a in result.artifacts] == ["report/one.xml"]


async def test_changes_hold_what_was_added_modified_and_deleted(bench: Bench) -> None:
    async def edit(files: Files) -> None:
        await build(files)
        del files.data["old.py"]

    bench.programs(edit=edit)
    source = bench.source({"main.py": b"print(1)\n", "old.py": b"", "same.py": b"same"})
    result = await bench.execute(TaskDocument(commands=("edit",), source=source))
    assert result.changes is not None
    assert (result.changes.added, result.changes.modified, result.changes.deleted) == (1, 1, ("old.py",))
    assert bench.contents(result.changes.sha256) == {"main.py": b"print(2)\n", "new.txt": b"new"}


async def test_nothing_changed_is_no_changes(bench: Bench) -> None:
    bench.programs(succeed=succeed)
    result = await bench.execute(TaskDocument(commands=("succeed",), source=bench.source({"a": b"a"})))
    assert result.changes is None


async def test_ignored_files_are_no_changes_but_verify_sees_them(bench: Bench) -> None:
    async def compile_it(files: Files) -> None:
        files.data["build/lib.o"] = b"object"
        files.data["__pycache__/m.pyc"] = b"code"

    async def look(files: Files) -> int:
        return 0 if files.data["build/lib.o"] == b"object" else 1

    bench.programs(compile=compile_it, look=look)
    source = bench.source({".gitignore": b"build/\n", "m.py": b""})
    result = await bench.execute(TaskDocument(commands=("compile",), verify=("look",), source=source))
    assert (result.reason, result.changes) == ("exited", None)


async def test_commands_stop_at_the_first_failure_and_artifacts_are_kept(bench: Bench) -> None:
    bench.programs(succeed=succeed, fail=fail, never=never)
    result = await bench.execute(TaskDocument(commands=("succeed", "fail", "never"), verify=("never",)))
    assert (result.reason, result.exit_code) == ("exited", 3)
    assert [(step.action, step.exit_code) for step in result.steps] == [("succeed", 0), ("fail", 3)]
    assert [a.path for a in result.artifacts] == ["why.txt"]


async def test_a_line_is_for_the_shell_and_an_argv_is_not(bench: Bench) -> None:
    bench.programs(succeed=succeed)
    await bench.execute(
        TaskDocument(commands=("succeed", ("./x", "succeed")), workdir="sub/", env={"A": "1"})
    )
    line, argv = bench.sandbox.boxes[0].commands
    assert line.argv == ("sh", "-c", "succeed")
    assert argv.argv == ("./x", "succeed")
    assert (argv.cwd, argv.env) == ("/workspace/data/sub", {"A": "1"})


async def test_stdin_feeds_the_first_command_only(bench: Bench) -> None:
    heard = []

    async def read(files: Files) -> None:
        heard.append(files.stdin and files.stdin.read())

    bench.programs(read=read)
    await bench.execute(TaskDocument(commands=("read", "read")), stdin=io.BytesIO(b"hello"))
    assert heard == [b"hello", None]


@pytest.mark.parametrize(
    ("reason", "detail"),
    [
        ("oom", "memory limit of 256m reached; raise it with --memory"),
        ("output_limit", "output limit of 10m reached; raise it with --max-output"),
        ("timeout", "time limit of 600 s reached; raise it with --timeout"),
    ],
)
async def test_a_limit_that_ends_a_task_is_named_with_its_cure(
    bench: Bench, reason: str, detail: str
) -> None:
    async def burst(files: Files) -> Exit:
        return Exit(reason, None, 0)  # type: ignore[arg-type]

    bench.programs(burst=burst)
    result = await bench.execute(TaskDocument(commands=("burst",), limits=Limits(memory="256m")))
    assert (result.reason, result.exit_code, result.detail) == (reason, None, detail)


async def test_a_missing_source_is_a_result(bench: Bench) -> None:
    source = bench.source({"a": b"a"})
    bench.blobs.stored.clear()
    result = await bench.execute(TaskDocument(commands=("x",), source=source))
    assert result.reason == "source_missing"
    assert "is not here" in result.detail


async def test_a_source_that_is_no_tar_is_a_result(bench: Bench) -> None:
    source = bench.source({"a": b"a"})
    bench.blobs.stored[source.sha256] = b"garbage" * 100
    result = await bench.execute(TaskDocument(commands=("x",), source=source))
    assert result.reason == "source_missing"
    assert "no whole tar" in result.detail


async def test_without_a_sandbox_nothing_runs_and_the_cure_is_told(bench: Bench) -> None:
    bench.sandbox.available = Availability(False, "no such engine", "start it")
    result = await bench.execute(TaskDocument(commands=("x",)))
    assert (result.reason, result.detail) == ("sandbox_unavailable", "fake: no such engine (try: start it)")
    assert bench.sandbox.specs == []


async def test_a_sandbox_that_goes_away_is_a_result(bench: Bench) -> None:
    async def vanish(files: Files) -> int:
        raise Unreachable("the container is gone", hint="look at the engine")

    bench.programs(vanish=vanish)
    result = await bench.execute(TaskDocument(commands=("vanish",)))
    assert (result.reason, result.exit_code, result.artifacts) == ("sandbox_lost", None, ())
    assert "the container is gone" in result.detail


async def test_a_sandbox_that_is_lost_while_collecting_fails_a_task_that_passed(bench: Bench) -> None:
    class Broken(FakeBox):
        async def collect(self, into: object, *, max_bytes: int) -> bool:
            raise Unreachable("gone")

    bench.sandbox.box = Broken
    bench.programs(succeed=succeed, fail=fail)
    passed = await bench.execute(TaskDocument(commands=("succeed",)))
    failed = await bench.execute(TaskDocument(commands=("fail",)))
    assert (passed.reason, passed.partial) == ("sandbox_lost", True)
    assert (failed.reason, failed.exit_code, failed.partial) == ("exited", 3, True)


async def test_a_sandbox_that_cannot_be_removed_does_not_take_the_result_with_it(bench: Bench) -> None:
    class Sticky(FakeSandbox):
        @asynccontextmanager
        async def open(self, spec: BoxSpec) -> AsyncIterator[Box]:
            async with super().open(spec) as box:
                yield box
            raise Unreachable("the engine went away")

    bench.sandbox = Sticky()
    bench.programs(build=build, succeed=succeed)
    result = await bench.execute(TaskDocument(commands=("build",), verify=("succeed",)))
    assert (result.reason, result.exit_code, len(result.artifacts)) == ("exited", 0, 2)
    assert result.dropped == ("the sandbox could not be removed: the engine went away",)


async def test_a_full_disk_is_told_and_verifies_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(nodes: object, writer: object, later: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(executor, "write_tree", full)
    bench.programs(build=build, never=never)
    result = await bench.execute(TaskDocument(commands=("build",), verify=("never",)))
    assert result.reason == "artifacts_refused"
    assert "No space left on device" in result.detail


async def test_a_state_dir_that_is_gone_is_refused(bench: Bench) -> None:
    bench.path = bench.path / "gone"
    with pytest.raises(Refused, match="takes no temporary file"):
        await bench.execute(TaskDocument(commands=("x",)))


async def test_a_sandbox_that_does_not_open_is_a_result(bench: Bench) -> None:
    class Shut(FakeSandbox):
        @asynccontextmanager
        async def open(self, spec: BoxSpec) -> AsyncIterator[Box]:
            raise Refused("no room for another", hint="wait")
            yield FakeBox({})

    bench.sandbox = Shut()
    result = await bench.execute(TaskDocument(commands=("x",)))
    assert (result.reason, result.detail) == ("sandbox_unavailable", "no room for another (try: wait)")


async def test_a_full_blob_store_refuses_the_artifacts(bench: Bench) -> None:
    bench.programs(build=build)
    bench.blobs.room = 2
    result = await bench.execute(TaskDocument(commands=("build",)))
    assert result.reason == "artifacts_refused"
    assert result.detail == "the blob store is full (try: chorus prune)"


async def test_verify_runs_on_a_fresh_copy_with_the_changes_and_protected_files_restored(
    bench: Bench,
) -> None:
    async def cheat(files: Files) -> None:
        files.data["lib.py"] = b"good"
        files.data["tests/test_a.py"] = b"pass"
        files.data["tests/extra.py"] = b"extra"
        del files.data["tests/test_b.py"]

    seen = {}

    async def judge(files: Files) -> int:
        seen.update(files.data)
        return 0

    bench.programs(cheat=cheat, judge=judge)
    source = bench.source({"lib.py": b"bad", "tests/test_a.py": b"A", "tests/test_b.py": b"B"})
    result = await bench.execute(
        TaskDocument(commands=("cheat",), verify=("judge",), protect=("tests/",), source=source)
    )
    assert (result.reason, result.exit_code) == ("exited", 0)
    assert seen == {"lib.py": b"good", "tests/test_a.py": b"A", "tests/test_b.py": b"B"}
    assert result.restored == ("tests/extra.py", "tests/test_a.py", "tests/test_b.py")
    assert [step.verify for step in result.steps] == [False, True]
    assert len(bench.sandbox.boxes) == 2


async def test_a_failing_verify_decides(bench: Bench) -> None:
    bench.programs(succeed=succeed, fail=fail)
    result = await bench.execute(TaskDocument(commands=("succeed",), verify=("fail",)))
    assert (result.reason, result.detail) == ("verify_failed", "verify `fail`: it ended with 3")


async def test_nothing_is_verified_when_not_everything_was_collected(bench: Bench) -> None:
    bench.sandbox.box = lambda programs: FakeBox(programs, whole=False)
    bench.programs(succeed=succeed)
    source = bench.source({"a": b"a"})
    result = await bench.execute(TaskDocument(commands=("succeed",), verify=("succeed",), source=source))
    assert (result.reason, result.partial) == ("artifacts_refused", True)
    assert len(bench.sandbox.boxes) == 1


async def test_what_was_not_collected_is_not_called_deleted(bench: Bench) -> None:
    async def lock(files: Files) -> None:
        del files.data["locked"]

    bench.sandbox.box = lambda programs: FakeBox(programs, whole=False)
    bench.programs(lock=lock)
    source = bench.source({"locked": b"x"})
    result = await bench.execute(TaskDocument(commands=("lock",), source=source))
    assert (result.partial, result.changes) == (True, None)


async def test_cancelling_closes_the_sandbox(bench: Bench) -> None:
    started = trio.Event()

    async def hang(files: Files) -> int:
        started.set()
        await trio.sleep_forever()
        return 0

    bench.programs(hang=hang)
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(bench.execute, TaskDocument(commands=("hang",)))
            await started.wait()
            assert bench.sandbox.open_now == 1
            nursery.cancel_scope.cancel()
    assert bench.sandbox.open_now == 0


async def test_usage_adds_up(bench: Bench) -> None:
    bench.programs(build=build, succeed=succeed)
    result = await bench.execute(TaskDocument(commands=("build",), verify=("succeed",)))
    assert (result.usage.cpu_s, result.usage.peak_memory, result.usage.output_bytes) == (0.5, 1000, 6)


@pytest.mark.parametrize("workdir", ["..", "/etc", "a/../../b", "a\0b"])
async def test_a_working_directory_outside_is_refused(bench: Bench, workdir: str) -> None:
    with pytest.raises(UsageError, match="leaves the source"):
        await bench.execute(TaskDocument(commands=("x",), workdir=workdir))
