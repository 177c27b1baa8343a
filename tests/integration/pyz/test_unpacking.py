"""The first start: several at once, killed in the middle, and the removal of builds that went out of use."""

import fcntl
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.pyz.driver import Pyz, altered, finish, wait_for


def test_four_first_starts_at_once_all_succeed(cold: Pyz) -> None:
    started = [cold.start("plugin", "list") for _ in range(4)]
    ended = [finish(process) for process in started]
    assert [done.returncode for done in ended] == [0] * 4, [done.stderr for done in ended]
    assert len(cold.builds()) == 1


def stopped_in_the_middle(pyz: Pyz, number: signal.Signals) -> subprocess.CompletedProcess[str]:
    process = pyz.start("id")
    wait_for(lambda: list(pyz.cache.glob("chorus/*.tmp/site-packages/*")))
    process.send_signal(number)
    return finish(process)


def test_after_a_kill_in_the_middle_the_next_start_unpacks(cold: Pyz) -> None:
    assert stopped_in_the_middle(cold, signal.SIGKILL).returncode == -signal.SIGKILL
    (half,) = cold.builds()
    assert cold.run("id").returncode == 0
    assert cold.builds() == [half.removesuffix(".tmp")]


def test_ctrl_c_in_the_middle_leaves_nothing_and_no_traceback(cold: Pyz) -> None:
    done = stopped_in_the_middle(cold, signal.SIGINT)
    assert (done.returncode, done.stderr) == (130, "")
    assert cold.builds() == []


class Builds:
    """Builds of a small program, each named by a digit, for one person."""

    def __init__(self, pyz: Pyz) -> None:
        self.pyz = pyz

    def start(self, digit: str, entry_point: str = "builtins:print") -> subprocess.Popen[str]:
        (self.pyz.folder / digit).mkdir(exist_ok=True)
        file = self.pyz.folder / digit / "chorus.pyz"
        altered(self.pyz.file, file, small=True, BUILD_ID=digit * 64, ENTRY_POINT=entry_point)
        return Pyz(file, self.pyz.folder, self.pyz.cache).start()

    def use(self, digit: str, *, hours_ago: int) -> None:
        """Start it, and let that have been some time ago."""
        assert finish(self.start(digit)).returncode == 0
        then = time.time() - 3600 * hours_ago
        os.utime(self.pyz.cache / "chorus" / f"chorus.pyz_{digit * 64}", (then, then))

    def left(self) -> list[str]:
        return [name.rpartition("_")[2][:1] for name in self.pyz.builds()]


@pytest.fixture
def builds(cold: Pyz) -> Builds:
    return Builds(cold)


def test_a_new_build_leaves_one_old_one_that_which_was_used_last(builds: Builds) -> None:
    builds.use("1", hours_ago=3)
    builds.use("2", hours_ago=2)
    builds.use("1", hours_ago=1)
    builds.use("3", hours_ago=0)
    assert builds.left() == ["1", "3"]


def test_a_start_counts_as_use(builds: Builds) -> None:
    builds.use("1", hours_ago=3)
    builds.use("2", hours_ago=2)
    finish(builds.start("1"))
    builds.use("3", hours_ago=0)
    assert builds.left() == ["1", "3"]


def test_a_build_that_a_process_runs_stays_as_long_as_it_does(builds: Builds) -> None:
    running = builds.start("1", "code:interact")
    assert running.stderr
    assert running.stderr.readline().startswith("Python 3")
    builds.use("2", hours_ago=0)
    builds.use("3", hours_ago=0)
    assert builds.left() == ["1", "2", "3"]
    finish(running)
    builds.use("4", hours_ago=0)
    assert builds.left() == ["3", "4"]


def test_a_start_while_its_build_is_being_removed_unpacks_anew(builds: Builds) -> None:
    builds.use("1", hours_ago=0)
    (lock,) = (builds.pyz.cache / "chorus").glob(".*_lock")
    lock.unlink()
    (folder,) = (builds.pyz.cache / "chorus").glob("*_1*")
    removing = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(removing, fcntl.LOCK_EX)
        process = builds.start("1")
        wait_for(lock.exists)
        folder.rename(folder.with_name(f".{folder.name}.old"))
        assert finish(process).returncode == 0
    finally:
        os.close(removing)
    assert builds.left() == ["1"]


def test_what_killed_starts_left_goes_with_the_next_new_build(builds: Builds) -> None:
    builds.use("1", hours_ago=0)
    cache = builds.pyz.cache / "chorus"
    (cache / f".chorus.pyz_{'2' * 64}.old" / "site-packages").mkdir(parents=True)
    (cache / f"chorus.pyz_{'3' * 64}.tmp" / "site-packages").mkdir(parents=True)
    (cache / f"chorus.pyz_{'4' * 64}.tmp" / "site-packages").mkdir(parents=True)
    for digit in "34":
        (cache / f".chorus.pyz_{digit * 64}_lock").touch()
    with (cache / f".chorus.pyz_{'4' * 64}_lock").open() as unpacking:
        fcntl.flock(unpacking, fcntl.LOCK_EX)
        builds.use("5", hours_ago=0)
    assert builds.left() == ["1", "4", "5"]


def test_what_is_no_build_of_ours_is_left_alone(builds: Builds) -> None:
    foreign = builds.pyz.cache / "chorus" / ("0.pyz_" + "0" * 64)
    (foreign / "site-packages").mkdir(parents=True)
    os.utime(foreign, (0, 0))
    for digit in "12":
        builds.use(digit, hours_ago=0)
    assert builds.left() == ["0", "1", "2"]


def test_a_damaged_file_is_told_in_two_lines(cold: Pyz, file: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "chorus.pyz"
    data = bytearray(file.read_bytes())
    middle = len(data) // 4
    data[middle : middle + 1000] = bytes(1000)
    damaged.write_bytes(data)
    done = Pyz(damaged, cold.folder, cold.cache).run("id")
    assert (done.returncode, done.stdout) == (78, "")
    assert "is damaged" in done.stderr.splitlines()[0]
    assert done.stderr.splitlines()[1] == "  try: copy or download it again"
    assert cold.builds() == []
