"""What the suite's tests are built with: open a box, run a program in it, look at what it left."""

import io
import os
import tarfile
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import pytest
import trio

from chorus_hooks.output import STDOUT, Stream
from chorus_hooks.sandbox import Box, BoxCommand, BoxSpec, Exit, Sandbox, Sink

MIB = 1 << 20

PROBE_S = 30.0
"""Longer than any probe may take: it must be bounded by itself."""


def spec(image: str | None, **changes: Any) -> BoxSpec:
    """A small box: its tmpfs sizes together stay well under its memory."""
    plain = BoxSpec(
        image=image,
        memory=256 * MIB,
        cpus=1.0,
        pids=64,
        disk=48 * MIB,
        input_size=0,
        input_files=0,
        ttl_s=120.0,
        labels={"chorus.test": "conformance"},
    )
    return replace(plain, **changes)


@asynccontextmanager
async def opened(sandbox: Sandbox, image: str | None, **changes: Any) -> AsyncIterator[Box]:
    """An open box, or a skip (a failure in strict mode) that tells why there can be none."""
    with trio.fail_after(PROBE_S):
        here = await sandbox.probe(image)
    if not here.ok:
        message = f"{sandbox.name} is not available: {here.why} (try: {here.cure})"
        if os.environ.get("CHORUS_TEST_STRICT") == "1":
            pytest.fail(message)
        pytest.skip(message)
    async with sandbox.open(spec(image, **changes)) as box:
        yield box


class Transcript:
    """A sink that keeps everything, in the order in which it came."""

    def __init__(self) -> None:
        self.pieces: list[tuple[Stream, bytes]] = []
        self.came = trio.Event()

    async def __call__(self, stream: Stream, data: bytes) -> None:
        """Keep a piece; whoever waits for the first one wakes up."""
        self.pieces.append((stream, data))
        self.came.set()

    def of(self, stream: Stream) -> bytes:
        """All that came on one stream."""
        return b"".join(data for number, data in self.pieces if number == stream)


@dataclass(frozen=True)
class Outcome:
    """How a program ended, what it said, and how long that took from the outside."""

    exit: Exit
    out: str
    err: str
    seconds: float

    @property
    def code(self) -> int | None:
        """Its exit code, when it ended by itself."""
        return self.exit.code

    @property
    def reason(self) -> str:
        """Why it ended."""
        return self.exit.reason


async def run(
    box: Box,
    *argv: str,
    timeout_s: float = 30.0,
    max_output: int = MIB,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    stdin: BinaryIO | None = None,
    sink: Sink | None = None,
) -> Outcome:
    """Run one argv to its end."""
    transcript = Transcript()
    command = BoxCommand(argv=argv, env=env or {}, timeout_s=timeout_s, max_output=max_output)
    if cwd is not None:
        command = replace(command, cwd=cwd)
    begun = trio.current_time()
    ended = await box.run(command, sink or transcript, stdin)
    seconds = trio.current_time() - begun
    out, err = (transcript.of(stream).decode(errors="replace") for stream in (STDOUT, 2))
    return Outcome(ended, out, err, seconds)


async def sh(box: Box, program: str, **how: Any) -> Outcome:
    """Run a shell program, as a task's shell line is run."""
    return await run(box, "sh", "-c", program, **how)


async def pace(box: Box) -> float:
    """Seconds that a command which does nothing takes now: the load of this machine."""
    return max([(await run(box, "true")).seconds for _ in range(3)])


def tarball(files: Mapping[str, bytes]) -> BinaryIO:
    """A real file holding a tar of these files, at its start; names ending in `.sh` are executable."""
    archive = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o755 if name.endswith(".sh") else 0o644
            tar.addfile(member, io.BytesIO(content))
    archive.seek(0)
    return archive


@dataclass(frozen=True)
class Collected:
    """A collected tar, opened without trusting it: members by name, contents of the regular files."""

    whole: bool
    size: int
    members: dict[str, tarfile.TarInfo]
    contents: dict[str, bytes]


async def collect(box: Box, *, max_bytes: int = 64 * MIB) -> Collected:
    """Collect into a temporary file and read what can be read of it."""
    with tempfile.TemporaryFile() as into:
        whole = await box.collect(into, max_bytes=max_bytes)
        size = os.fstat(into.fileno()).st_size
        into.seek(0)
        members, contents = _read(into)
        return Collected(whole, size, members, contents)


def _read(file: BinaryIO) -> tuple[dict[str, tarfile.TarInfo], dict[str, bytes]]:
    members: dict[str, tarfile.TarInfo] = {}
    contents: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=file, mode="r:") as tar:
            for member in tar:
                members[member.name] = member
                if member.isfile() and member.size <= MIB:
                    read = tar.extractfile(member)
                    contents[member.name] = read.read() if read else b""
    except tarfile.TarError:
        pass  # a tar that was cut at the cap: what came before the cut counts
    return members, contents
