"""A command ends when it should, with everything it started."""

import pytest
import trio

from chorus.testing.sandbox.bench import Transcript, collect, opened, pace, run, sh
from chorus_hooks.sandbox import DATA, Box, Sandbox

OVERRUN_S = 0.3
"""How far a command may run past its timeout."""

DRAIN_S = 0.25
"""How long output is waited for after the command itself has ended."""

LONG_S = 13.0
"""Longer than the ten idle seconds after which trio ends a worker thread."""


class EndingPromises:
    """Timeouts, background children, cancellation: nothing outlives its command."""

    @pytest.mark.parametrize(
        "program",
        [
            "while :; do :; done",
            "trap '' TERM INT HUP QUIT; while :; do :; done",
            "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & (setsid sh -c 'sleep 99' &) ; wait",
            "kill -STOP $$; sleep 99",
        ],
        ids=["loop", "immune", "tree", "stopped"],
    )
    async def test_a_timeout_ends_everything_at_once(
        self, sandbox: Sandbox, image: str | None, program: str
    ) -> None:
        """Cases 8 and 9: SIGKILL, and no more than 300 ms over the time."""
        async with opened(sandbox, image) as box:
            slow = await pace(box)
            ended = await sh(box, f"echo begun; {program}", timeout_s=1.0)
            assert (ended.reason, ended.code) == ("timeout", None)
            assert ended.out == "begun\n"
            assert ended.seconds <= 1.0 + OVERRUN_S + 2 * slow
            assert await _alone(box)

    async def test_a_background_child_that_holds_stdout_does_not_hold_the_command(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """Case 6: the real exit code, after a short drain."""
        async with opened(sandbox, image) as box:
            slow = await pace(box)
            ended = await sh(box, "sleep 99 & echo said; exit 5")
        assert (ended.reason, ended.code, ended.out) == ("exited", 5, "said\n")
        assert ended.seconds <= DRAIN_S + OVERRUN_S + 2 * slow

    async def test_a_daemon_is_gone_when_its_command_has_ended(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """Cases 7 and 28: in its own session, immune to TERM, streams closed; it must not write on."""
        daemon = "trap '' TERM; i=0; while :; do i=$((i+1)); echo $i > tick; done"
        async with opened(sandbox, image) as box:
            ended = await sh(
                box,
                'setsid sh -c "$DAEMON" >/dev/null 2>&1 </dev/null &'
                f" while [ ! -s {DATA}/tick ]; do sleep 0.05; done",
                env={"DAEMON": daemon},
            )
            assert (ended.reason, ended.code) == ("exited", 0)
            first, again = await collect(box), await collect(box)
            assert first.contents.get("data/tick") == again.contents.get("data/tick")
            assert await _alone(box)

    async def test_output_written_just_before_the_end_is_not_lost(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """The last line of a command that ends at once, many times."""
        async with opened(sandbox, image) as box:
            for number in range(10):
                ended = await sh(box, f"echo line {number}")
                assert (ended.code, ended.out) == (0, f"line {number}\n")

    async def test_cancelling_a_run_kills_what_it_started(self, sandbox: Sandbox, image: str | None) -> None:
        """The box is usable afterwards."""
        async with opened(sandbox, image) as box:
            transcript = Transcript()
            async with trio.open_nursery() as nursery:

                async def cancel() -> None:
                    await transcript.came.wait()
                    nursery.cancel_scope.cancel()

                nursery.start_soon(cancel)
                await sh(
                    box, "trap '' TERM; echo go; (setsid sleep 99 &); while :; do :; done", sink=transcript
                )
            assert nursery.cancel_scope.cancelled_caught
            assert await _alone(box)

    async def test_a_sink_that_fails_ends_the_run(self, sandbox: Sandbox, image: str | None) -> None:
        """Its error comes out, and the command is dead."""

        async def broken(_stream: int, _data: bytes) -> None:
            raise LookupError("the sink broke")

        async with opened(sandbox, image) as box:
            with trio.fail_after(20), pytest.raises(LookupError, match="the sink broke"):
                await sh(box, "echo x; sleep 99", sink=broken)
            assert await _alone(box)

    async def test_killing_everything_does_not_hurt_the_box(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """Case 10: `kill -9 -1` and `kill -9 1` by the task."""
        async with opened(sandbox, image) as box:
            await sh(box, "echo kept > file")
            await sh(box, "kill -9 1; kill -9 -1")
            ended = await sh(box, "cat file")
        assert (ended.code, ended.out) == (0, "kept\n")

    @pytest.mark.slow
    async def test_a_command_may_take_longer_than_a_worker_thread_lives(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """A parent-death signal follows the thread that spawned: 13 s without anything happening."""
        async with opened(sandbox, image) as box:
            ended = await sh(box, f"sleep {LONG_S:.0f}; echo done", timeout_s=60)
        assert (ended.reason, ended.code, ended.out) == ("exited", 0, "done\n")


async def _alone(box: Box) -> bool:
    """Whether a new command finds no process of an earlier one: no `sleep 99`, no `while`."""
    look = r"""for f in /proc/[0-9]*/cmdline; do tr '\0' ' ' < $f 2>/dev/null; echo; done"""
    seen = await run(box, "sh", "-c", look)
    return "sleep 99" not in seen.out and "trap ''" not in seen.out
