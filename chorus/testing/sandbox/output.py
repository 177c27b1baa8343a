"""Output: every byte counts, none is changed, and nobody drowns in it."""

import resource

import pytest
import trio

from chorus.testing.sandbox.bench import MIB, Transcript, opened, pace, run, sh
from chorus_hooks.output import STDOUT, Stream
from chorus_hooks.sandbox import Sandbox

KILLED_WITHIN_S = 0.5
"""From the byte that was one too many to the end of `run`."""


class OutputPromises:
    """The bytes of stdout and stderr, the cap on them, and back-pressure."""

    @pytest.mark.parametrize("program", ["yes", "yes >&2", "yes & yes >&2"], ids=["stdout", "stderr", "both"])
    async def test_endless_output_is_cut_at_the_cap(
        self, sandbox: Sandbox, image: str | None, program: str
    ) -> None:
        """Cases 3 and 4: one budget for both streams, killed within 500 ms of it."""
        clock = _Clock()
        async with opened(sandbox, image) as box:
            slow = await pace(box)
            ended = await sh(box, f"{program}; sleep 99", max_output=MIB, sink=clock)
            assert (ended.reason, ended.code) == ("output_limit", None)
            assert clock.size <= MIB
            assert trio.current_time() - clock.last <= KILLED_WITHIN_S + 2 * slow
            assert (await run(box, "true")).code == 0

    async def test_output_up_to_the_cap_is_allowed(self, sandbox: Sandbox, image: str | None) -> None:
        """Exactly the cap is not over it."""
        async with opened(sandbox, image) as box:
            ended = await run(box, "printf", "%s", "x" * 1000, max_output=1000)
            over = await run(box, "printf", "%s", "x" * 1001, max_output=1000)
        assert (ended.reason, len(ended.out)) == ("exited", 1000)
        assert over.reason == "output_limit"
        assert len(over.out) <= 1000

    async def test_a_stalled_reader_holds_the_command_back(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 5: endless output into a sink that waits. Memory stays flat, the timeout still comes."""
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        async def stalled(_stream: Stream, _data: bytes) -> None:
            await trio.sleep_forever()

        async with opened(sandbox, image) as box:
            slow = await pace(box)
            ended = await run(box, "yes", max_output=1 << 40, timeout_s=1.5, sink=stalled)
        assert ended.reason == "timeout"
        assert ended.seconds <= 1.5 + KILLED_WITHIN_S + 2 * slow
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024

    async def test_bytes_are_not_changed(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 40: escape sequences, NUL, invalid UTF-8, carriage returns, no newline at the end."""
        transcript = Transcript()
        async with opened(sandbox, image) as box:
            await sh(box, r"printf '\033[31mred\000\377\376\r\nend'", sink=transcript)
        assert transcript.of(STDOUT) == b"\x1b[31mred\x00\xff\xfe\r\nend"

    async def test_a_flood_arrives_whole(self, sandbox: Sandbox, image: str | None) -> None:
        """32 MiB, counted."""
        clock = _Clock()
        async with opened(sandbox, image) as box:
            ended = await sh(box, f"head -c {32 * MIB} /dev/zero", max_output=64 * MIB, sink=clock)
        assert ended.code == 0
        assert ended.exit.output_bytes == clock.size == 32 * MIB


class _Clock:
    """A sink that only counts, and remembers when the last piece came."""

    def __init__(self) -> None:
        self.size = 0
        self.last = 0.0

    async def __call__(self, _stream: Stream, data: bytes) -> None:
        self.size += len(data)
        self.last = trio.current_time()
        await trio.lowlevel.checkpoint()
