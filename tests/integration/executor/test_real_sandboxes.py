"""Whole attempts in real sandboxes, on a real blob store. No command here reaches outside its sandbox."""

import io
import tarfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trio

from chorus_bwrap.sandbox import BwrapSandbox
from chorus_docker.sandbox import DockerSandbox
from chorus_executor.executor import LocalExecutor
from chorus_executor.packer import BlobPacker
from chorus_hooks.executor import Assignment, Phase, Report
from chorus_hooks.output import Stream
from chorus_hooks.reasoner import Ending, Reasoner, Workbench
from chorus_hooks.sandbox import Sandbox
from chorus_hooks.task import Limits, Result, Source, TaskDocument, Thinking
from chorus_journal.blob_store import FileBlobs
from tests.corpus.trees import KEPT

BOOT = "ab" * 16
IMAGE = "chorus-test/busybox:1"


@dataclass
class OneNode:
    state_dir: Path
    boot: str = BOOT
    serving: bool = False
    version: str = "0"

    @property
    def scratch(self) -> Path:
        return self.state_dir / "scratch"

    def alive(self, boot: str) -> bool:
        return boot == self.boot


@dataclass
class OneSandbox:
    sandbox: Sandbox

    def all(self) -> tuple[Sandbox, ...]:
        return (self.sandbox,)

    def get(self, name: str) -> Sandbox:
        return self.sandbox


@dataclass
class Listener:
    printed: bytearray = field(default_factory=bytearray)
    heard: trio.Event = field(default_factory=trio.Event)

    async def output(self, stream: Stream, data: bytes) -> None:
        self.printed += data
        self.heard.set()

    async def phase(self, phase: Phase, text: str) -> None:
        pass


@dataclass
class Stand:
    """Implements `Reasoner` without a model."""

    does: Callable[[Workbench], Awaitable[None]]

    async def ready(self, assignment: Assignment) -> Ending | None:
        return None

    async def work(self, assignment: Assignment, language: str, bench: Workbench, report: Report) -> Ending:
        await self.does(bench)
        return Ending("submitted", Thinking(steps=1))


@dataclass
class Machine:
    """An executor over one real backend."""

    root: Path
    sandbox: Sandbox
    reasoner: Reasoner | None = None

    def __post_init__(self) -> None:
        self.node = OneNode(self.root)
        self.node.scratch.mkdir()
        self.blobs = FileBlobs(self.root, BOOT, 1 << 30)
        self.blobs.sweep(lambda boot: True)
        self.listener = Listener()
        self.executor = self.make()

    def make(self) -> LocalExecutor:
        return LocalExecutor(
            node=self.node,
            blobs=self.blobs,
            sandboxes=OneSandbox(self.sandbox),
            sandbox="auto",
            images=dict.fromkeys(
                ("python", "javascript", "typescript", "go", "rust", "java", "c", "cpp", "ruby", "shell"),
                IMAGE,
            ),
            reasoner=self.reasoner,
        )

    async def pursue(self, document: TaskDocument, work: Callable[[Workbench], Awaitable[None]]) -> Result:
        """Run a goal, where a function of the test stands for the model and then submits."""
        self.reasoner = Stand(work)
        self.executor = self.make()
        return await self.run(document)

    async def run(self, document: TaskDocument) -> Result:
        with trio.fail_after(60):
            return await self.executor.execute(Assignment("t-1", 1, document), self.listener)

    async def source(self, root: Path) -> Source:
        return Source(sha256=(await BlobPacker(self.blobs).pack(root)).sha256)

    def blob(self, sha256: str) -> bytes:
        with self.blobs.open(sha256) as file:
            return file.read()

    def files(self, sha256: str) -> dict[str, bytes]:
        with tarfile.open(fileobj=io.BytesIO(self.blob(sha256))) as tar:
            readers = {member.name: tar.extractfile(member) for member in tar if member.isfile()}
            return {name: reader.read() for name, reader in readers.items() if reader}


@pytest.fixture(
    params=[pytest.param("bwrap", marks=pytest.mark.bwrap), pytest.param("docker", marks=pytest.mark.docker)]
)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machine]:
    sandbox: Sandbox = BwrapSandbox() if request.param == "bwrap" else DockerSandbox(owner="executor-test")
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    machine = Machine(state, sandbox)
    yield machine
    assert list(machine.node.scratch.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir() if path.name not in ("source", "state")) == []


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "source"
    root.mkdir()
    (root / "greet.sh").write_text("#!/bin/sh\necho hello $1\n")
    (root / "greet.sh").chmod(0o755)
    (root / "tests").mkdir()
    (root / "tests" / "check.sh").write_text('test "$(./greet.sh you)" = "hi you"\n')
    (root / "old.txt").write_text("old\n")
    (root / ".gitignore").write_text("*.o\n")
    (root / "link").symlink_to("greet.sh")
    return root


async def test_a_task_from_source_to_artifacts_and_verify(machine: Machine, tree: Path) -> None:
    result = await machine.run(
        TaskDocument(
            source=await machine.source(tree),
            commands=(
                "sed -i s/hello/hi/ greet.sh && rm old.txt && echo new > new.txt && echo o > x.o",
                "echo true > tests/check.sh; mkdir $OUT/sub; ./greet.sh me | tee $OUT/sub/said",
            ),
            verify=("sh tests/check.sh && test -f x.o && test ! -e old.txt",),
            protect=("tests/",),
            env={"OUT": "/workspace/output"},
        )
    )
    assert (result.reason, result.detail, result.exit_code) == ("exited", "", 0)
    assert bytes(machine.listener.printed) == b"hi me\n"
    assert [(a.path, machine.blob(a.sha256)) for a in result.artifacts] == [("sub/said", b"hi me\n")]
    assert result.changes is not None
    assert (result.changes.added, result.changes.modified, result.changes.deleted) == (1, 2, ("old.txt",))
    assert set(machine.files(result.changes.sha256)) == {"greet.sh", "new.txt", "tests/check.sh"}
    assert result.restored == ("tests/check.sh",)
    assert (result.language, result.sandbox) == ("shell", machine.sandbox.name)


async def test_verify_decides_and_a_task_cannot_rewrite_the_judge(machine: Machine, tree: Path) -> None:
    result = await machine.run(
        TaskDocument(
            source=await machine.source(tree),
            commands=("rm -r tests; mkdir evil; echo true > evil/check.sh; ln -s evil tests",),
            verify=("sh tests/check.sh",),
            protect=("tests/",),
        )
    )
    assert result.reason == "verify_failed"
    assert set(result.restored) == {"tests", "tests/check.sh"}


async def test_hostile_output_is_dropped_and_told(machine: Machine) -> None:
    result = await machine.run(
        TaskDocument(
            commands=(
                "cd /workspace/output && echo good > good && mkfifo pipe && ln -s /etc/passwd link"
                " && ln -s /tmp dir && printf x > \"$(printf 'a\\nb')\" && printf x > \"$(printf '\\377')\""
                " && mkdir -p deep/er && ln good twin",
            )
        )
    )
    assert (result.reason, result.exit_code) == ("exited", 0)
    assert {a.path for a in result.artifacts} <= {"good", "twin"}
    assert result.artifacts
    for told in ("pipe: is a fifo", "link: is a link to /etc/passwd", "dir: is a link to /tmp"):
        assert told in result.dropped
    assert any("a\\nb" in line for line in result.dropped)
    assert any("\\xff" in line for line in result.dropped)


async def test_an_unreadable_file_is_collected_or_the_result_is_partial(machine: Machine) -> None:
    result = await machine.run(
        TaskDocument(
            commands=("cd /workspace/output; echo a > a; echo b > b; chmod 000 a",), verify=("true",)
        )
    )
    collected = {artifact.path for artifact in result.artifacts}
    assert "b" in collected
    assert ("a" in collected) == (not result.partial)
    assert result.reason == ("artifacts_refused" if result.partial else "exited")


async def test_a_file_with_holes_is_collected_whole(machine: Machine) -> None:
    result = await machine.run(
        TaskDocument(
            commands=(
                "cd /workspace/output; dd if=/dev/zero of=s bs=1 count=1 seek=5000000 2>&-; echo x >> s",
            )
        )
    )
    (artifact,) = result.artifacts
    assert artifact.size == 5_000_003
    assert machine.blob(artifact.sha256) == bytes(5_000_001) + b"x\n"


async def test_a_timeout_names_the_flag_and_keeps_what_was_made(machine: Machine) -> None:
    result = await machine.run(
        TaskDocument(
            commands=("echo part > /workspace/output/part; exec sleep 100",), limits=Limits(timeout_s=0.7)
        )
    )
    assert (result.reason, result.exit_code) == ("timeout", None)
    assert "--timeout" in result.detail
    assert [a.path for a in result.artifacts] == ["part"]


async def test_a_source_of_strange_names_is_unchanged_by_doing_nothing(
    machine: Machine, tmp_path: Path
) -> None:
    root = tmp_path / "source"
    root.mkdir()
    for number, make in enumerate(KEPT.values()):
        (root / str(number)).mkdir()
        make(root / str(number))
    result = await machine.run(TaskDocument(source=await machine.source(root), commands=("true",)))
    assert (result.reason, result.exit_code, result.detail) == ("exited", 0, "")
    assert (result.changes, result.partial, result.dropped) == (None, False, ())


async def test_cancelling_leaves_nothing_behind(machine: Machine) -> None:
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(machine.run, TaskDocument(commands=("echo started; exec sleep 1000",)))
            await machine.listener.heard.wait()
            nursery.cancel_scope.cancel()
    assert await machine.sandbox.reap(lambda boot: False) == 0


async def test_a_source_that_is_damaged_on_disk_never_runs(machine: Machine, tree: Path) -> None:
    source = await machine.source(tree)
    (path,) = [path for path in machine.root.rglob(source.sha256) if path.is_file()]
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[600] ^= 1
    path.write_bytes(content)
    result = await machine.run(TaskDocument(source=source, commands=("echo ran",)))
    assert result.reason == "source_missing"
    assert "damaged" in result.detail
    assert not machine.listener.printed
    assert path.stat().st_size == len(content)


async def test_a_source_is_compared_whole_after_the_sandbox_read_it(machine: Machine, tmp_path: Path) -> None:
    """The sandbox moves the position of the very file that is read again later."""
    root = tmp_path / "source"
    root.mkdir()
    script = b"#!/bin/sh\n" + b"".join(b"# line %07d\n" % number for number in range(100_000))
    (root / "run").write_bytes(script)
    (root / "run").chmod(0o755)
    result = await machine.run(TaskDocument(source=await machine.source(root), commands=("./run",)))
    assert (result.reason, result.exit_code, result.changes) == ("exited", 0, None)


async def test_a_workbench_writes_reads_and_runs_and_what_it_leaves_is_verified(
    machine: Machine, tree: Path
) -> None:
    content = bytes(range(256)) + "\u00fc $(id) 'quoted'\n".encode()
    odd = "deep/er/na me $x'\".bin"

    async def work(bench: Workbench) -> None:
        assert (await bench.write(odd, content)).code == 0
        assert await bench.read(odd, most=1000) == content
        assert await bench.read(odd, most=10) == content[:10]
        assert await bench.read("missing", most=10) is None
        assert (await bench.write("greet.sh/below", b"x")).code != 0
        done = await bench.run(
            "sed -i s/hello/hi/ greet.sh; echo out; echo err >&2; exit 3", timeout_s=20, keep=99
        )
        assert (done.reason, done.code, sorted(done.output.split())) == ("exited", 3, [b"err", b"out"])
        late = await bench.run("sleep 60", timeout_s=0.3, keep=99)
        assert (late.reason, late.code) == ("timeout", None)
        long = await bench.run("seq 1 5000", timeout_s=20, keep=40)
        assert (long.size, len(long.output) < 100, long.output[-5:]) == (23893, True, b"5000\n")

    goal = TaskDocument(
        kind="goal", goal="say hi", source=await machine.source(tree), verify=("sh tests/check.sh",)
    )
    result = await machine.pursue(goal, work)
    assert (result.reason, result.exit_code) == ("exited", 0), result.detail
    assert result.changes is not None
    assert machine.files(result.changes.sha256)[odd] == content
    assert [step.action for step in result.steps][1:3] == ["sleep 60", "seq 1 5000"]


async def test_a_model_that_changes_the_tests_is_found_out(machine: Machine, tree: Path) -> None:
    async def work(bench: Workbench) -> None:
        await bench.write("tests/check.sh", b"exit 0\n")

    goal = TaskDocument(
        kind="goal", goal="say hi", source=await machine.source(tree), verify=("sh tests/check.sh",)
    )
    result = await machine.pursue(goal, work)
    assert (result.reason, result.restored) == ("verify_failed", ("tests/check.sh",))
    assert "had been touched" in result.detail
