"""Limits: for each one that a sandbox declares, a program that runs into it."""

import functools
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast, get_args

import pytest

from chorus.testing.sandbox.bench import MIB, opened, run, sh
from chorus_hooks.sandbox import DATA, OUTPUT, Limit, Sandbox

Test = TypeVar("Test", bound=Callable[..., Awaitable[None]])

BOMB_S = 5.0
"""How long ending a fork bomb may take after the timeout."""


def hits(limit: Limit) -> Callable[[Test], Test]:
    """Mark a test as the hostile program of a limit; where it is not declared it is expected not to hold."""

    def mark(test: Test) -> Test:
        @functools.wraps(test)
        async def guarded(self: object, sandbox: Sandbox, **fixtures: object) -> None:
            if limit not in sandbox.enforces:
                pytest.xfail(f"{sandbox.name} does not limit {limit} on this machine, and says so")
            await test(self, sandbox=sandbox, **fixtures)

        guarded.hits_limit = limit  # type: ignore[attr-defined]
        return cast(Test, guarded)

    return mark


class LimitPromises:
    """What is declared is held."""

    async def test_each_declared_limit_has_its_hostile_program(self, sandbox: Sandbox) -> None:
        """`enforces` may name nothing that this suite does not run into."""
        tried = {getattr(test, "hits_limit", None) for test in vars(LimitPromises).values()}
        assert sandbox.enforces <= tried
        assert sandbox.enforces <= set(get_args(Limit))

    @hits("timeout")
    async def test_timeout(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 9."""
        async with opened(sandbox, image) as box:
            assert (await sh(box, "while :; do :; done", timeout_s=0.5)).reason == "timeout"

    @hits("output")
    async def test_output(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 3."""
        async with opened(sandbox, image) as box:
            assert (await run(box, "yes", max_output=1000)).reason == "output_limit"

    @hits("disk")
    @pytest.mark.parametrize("where", [DATA, OUTPUT, "/tmp"])  # noqa: S108 - inside the box
    async def test_disk(self, sandbox: Sandbox, image: str | None, where: str) -> None:
        """Case 13: filled until it fails, in each place; the reason is told, and the box stays usable."""
        disk = 24 * MIB
        async with opened(sandbox, image, disk=disk) as box:
            ended = await sh(box, f"cat /dev/zero > {where}/f")
            size = await sh(box, f"wc -c < {where}/f; rm {where}/f; echo x > {where}/f")
        assert (ended.reason, ended.code) == ("disk_limit", None)
        assert 0 < int(size.out) <= disk
        assert size.code == 0

    @hits("disk")
    async def test_disk_in_all_places_together(self, sandbox: Sandbox, image: str | None) -> None:
        """The quotas of DATA, OUTPUT and /tmp together are `disk`; the copy of the source is not counted."""
        disk = 24 * MIB
        async with opened(sandbox, image, disk=disk, input_size=4 * MIB, input_files=1) as box:
            ended = await sh(
                box,
                f"for d in {DATA} {OUTPUT} /tmp; do cat /dev/zero > $d/f; done 2>/dev/null;"
                f"cat {DATA}/f {OUTPUT}/f /tmp/f | wc -c",
            )
        assert 0.9 * disk < int(ended.out) <= disk + 4 * MIB + 64 * 1024

    @hits("disk")
    async def test_a_failure_with_room_left_is_not_the_disks(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """A command that cleaned up, or that never wrote, failed by itself."""
        async with opened(sandbox, image, disk=24 * MIB) as box:
            assert (await sh(box, "cat /dev/zero > f; rm f; exit 3")).code == 3
            assert (await sh(box, "cat /dev/zero > f; exit 0")).code == 0

    @hits("inodes")
    async def test_inodes(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 14: empty files until it fails, far below half a million; the box stays usable."""
        flood = (
            f"cd {OUTPUT}; i=0; while [ $i -lt 500000 ] && true > f$i; do i=$((i+1)); done 2>/dev/null;"
            "echo $i; [ $i -lt 500000 ]"
        )
        async with opened(sandbox, image) as box:
            ended = await sh(box, flood, timeout_s=60)
            after = await sh(box, "echo x > file")
        assert ended.code == 0, ended
        assert int(ended.out) < 500000
        assert after.code == 0

    @hits("pids")
    async def test_pids(self, sandbox: Sandbox, image: str | None) -> None:
        """Many sleeping children: starting one too many fails, and the next command is unharmed."""
        spawn = "i=0; while [ $i -lt 500 ]; do sleep 99 & i=$((i+1)); echo $i; done"
        async with opened(sandbox, image, pids=40) as box:
            ended = await sh(box, spawn, timeout_s=10)
            assert 10 <= len(ended.out.split()) <= 40
            assert (await sh(box, "echo fine")).out == "fine\n"

    @hits("pids")
    @pytest.mark.parametrize(
        "bomb",
        [
            "b() { b & b & }; (b; b) & while :; do :; done",
            "echo 'trap \"\" TERM; setsid sh ./b & setsid sh ./b & wait' > b; sh ./b & while :; do :; done",
        ],
        ids=["plain", "setsid"],
    )
    async def test_a_fork_bomb(self, sandbox: Sandbox, image: str | None, bomb: str) -> None:
        """Cases 1, 2 and 42: ended within five seconds of the timeout, and the box works."""
        async with opened(sandbox, image, pids=64) as box:
            ended = await sh(box, f"exec 2>/dev/null; {bomb}", timeout_s=1.0)
            assert ended.reason == "timeout"
            assert ended.seconds <= 1.0 + BOMB_S
            assert (await sh(box, "echo fine")).out == "fine\n"

    @hits("pids")
    async def test_threads_count(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 17: a thread is a process to the limit (needs Python in the box)."""
        bomb = (
            "import threading, time\n"
            "for n in range(500):\n"
            "    try: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
            "    except RuntimeError: break\n"
            "print(n, flush=True)\n"
            "import os; os._exit(0)"
        )
        async with opened(sandbox, image, pids=40) as box:
            if (await sh(box, "command -v python3")).code != 0:
                pytest.xfail("no python3 in the box to start threads with")
            ended = await run(box, "python3", "-c", bomb)
        assert 10 <= int(ended.out) <= 40

    @hits("memory")
    async def test_memory(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 11: a shell variable that doubles for ever; the reason is told, and the box stays usable."""
        async with opened(sandbox, image, memory=96 * MIB, disk=12 * MIB) as box:
            ended = await sh(box, "x=0123456789abcdef; while :; do x=$x$x; done", timeout_s=60)
            assert (ended.reason, ended.code) == ("oom", None)
            assert (await sh(box, "echo fine")).out == "fine\n"

    @hits("memory")
    async def test_files_in_memory_are_within_the_memory_limit(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """Case 12: filling every place ends in `no space`, not in a hang or a lost box."""
        async with opened(sandbox, image, memory=96 * MIB, disk=24 * MIB) as box:
            ended = await sh(
                box, f"for d in {DATA} {OUTPUT} /tmp /dev/shm; do cat /dev/zero > $d/f; done; exit 0"
            )
            assert ended.reason in ("exited", "oom", "disk_limit")
            assert (await sh(box, "echo fine")).out == "fine\n"

    @hits("cpus")
    async def test_cpus(self, sandbox: Sandbox, image: str | None) -> None:
        """Two loops for two seconds on half a processor get about one second, not four."""
        burn = (
            "(while :; do :; done) & a=$!; (while :; do :; done) & b=$!; sleep 2;"
            "cut -d' ' -f14,15 /proc/$a/stat /proc/$b/stat"
        )
        async with opened(sandbox, image, cpus=0.5) as box:
            ended = await sh(box, burn)
        assert sum(map(int, ended.out.split())) / 100 <= 1.6

    async def test_files_run_out_for_the_task_alone(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 16: open files until none is left; the next command is unharmed."""
        eat = 'i=3; while [ $i -lt 100000 ]; do eval "exec $i</dev/null" || exit 9; i=$((i+1)); done'
        async with opened(sandbox, image) as box:
            await sh(box, eat, timeout_s=10)
            assert (await sh(box, "echo fine")).out == "fine\n"
