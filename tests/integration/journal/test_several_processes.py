"""Real processes that append to one state dir at once, some of them killed."""

import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from chorus_hooks.identity import Identity
from chorus_journal.database import database_path
from chorus_journal.failpoints import JOURNAL_FAILPOINTS
from chorus_journal.verify import verify_database

APPENDER = "tests.integration.journal.appender"
Start = Callable[..., subprocess.Popen[str]]


def _go(*processes: subprocess.Popen[str]) -> list[list[tuple[int, str]]]:
    """Start the appenders together; returns what each of them acknowledged."""
    for process in processes:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [_acknowledged(process.communicate(timeout=60)[0]) for process in processes]


def _acknowledged(output: str) -> list[tuple[int, str]]:
    lines = [line for line in output.splitlines(keepends=True) if line.endswith("\n")]
    return [(int(seq), name) for seq, name in (line.split() for line in lines)]


def _check(state_dir: Path, identity: Identity, acknowledged: list[tuple[int, str]]) -> int:
    """Everything acknowledged is there once, in entry and view; returns how many entries there are."""
    report = verify_database(database_path(state_dir), identity)
    assert report.ok, report
    with closing(sqlite3.connect(database_path(state_dir))) as connection:
        entries = connection.execute("SELECT seq, body ->> '$.data.name' FROM entry").fetchall()
        seen = connection.execute("SELECT seq, name FROM seen ORDER BY seq").fetchall()
    assert seen == entries
    assert len({name for _, name in entries}) == len(entries)
    assert set(acknowledged) <= set(entries)
    return len(entries)


def test_processes_that_append_at_once_lose_nothing(tmp_path: Path, start: Start, identity: Identity) -> None:
    processes = [start(APPENDER, tmp_path, f"p{n}", 60, callers) for n, callers in enumerate((1, 1, 16))]
    acknowledged = [entry for entries in _go(*processes) for entry in entries]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(acknowledged) == 180
    assert _check(tmp_path, identity, acknowledged) == 180


@pytest.mark.parametrize(
    "failpoint",
    [*JOURNAL_FAILPOINTS, *(f"{name}:3" for name in JOURNAL_FAILPOINTS if name != "journal.create")],
)
def test_killed_at_any_step_nothing_acknowledged_is_lost(
    tmp_path: Path, start: Start, identity: Identity, failpoint: str
) -> None:
    dying = start(APPENDER, tmp_path, "dying", 40, 8, failpoint=failpoint)
    (before,) = _go(dying)
    assert dying.returncode == -signal.SIGKILL
    (after,) = _go(start(APPENDER, tmp_path, "next", 10, 4))
    assert len(after) == 10
    assert _check(tmp_path, identity, before + after) >= len(before) + 10


def test_a_process_that_is_killed_does_not_stop_its_neighbour(
    tmp_path: Path, start: Start, identity: Identity
) -> None:
    dying = start(APPENDER, tmp_path, "dying", 200, 8, failpoint="journal.commit.before:6")
    living = start(APPENDER, tmp_path, "living", 60, 2)
    before, after = _go(dying, living)
    assert (dying.returncode, living.returncode) == (-signal.SIGKILL, 0)
    assert len(after) == 60
    _check(tmp_path, identity, before + after)


@pytest.mark.soak
@pytest.mark.parametrize("round", range(20))
def test_killed_at_a_random_moment_nothing_acknowledged_is_lost(
    tmp_path: Path, start: Start, identity: Identity, round: int
) -> None:
    acknowledged: list[tuple[int, str]] = []
    for attempt in range(3):
        process = start(APPENDER, tmp_path, f"a{attempt}", 100_000, 16)
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("\n")
        process.stdin.flush()
        lines = [process.stdout.readline() for _ in range(17 * (round + 1))]
        process.kill()
        acknowledged += _acknowledged("".join(lines) + process.communicate()[0])
    assert _check(tmp_path, identity, acknowledged) >= len(acknowledged)
