"""`chorus log` about the copies of other nodes' journals."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import trio

from chorus_identity.service import serve
from chorus_journal.database import database_path
from chorus_journal.journal import open_journal
from chorus_journal.replica import store
from chorus_journal.replica.copied import Copied, add
from chorus_journal.replica.schema import OWNER, STEPS
from chorus_journal.replica.statement import state
from tests.unit.journal.state import FakeNode
from tests.unit.replica.logs import Log

Call = Callable[..., "subprocess.CompletedProcess[str]"]
SIZE = 7


async def _keep(state_dir: Path, log: Log, other: Log | None = None) -> None:
    node, before = FakeNode(state_dir), Copied(log.origin)
    added = add(before, log.parcel(0, len(log.entries)), log.checkpoint())
    async with serve(node) as identity, open_journal(node, identity) as journal:
        await journal.migrate(OWNER, STEPS)
        await journal.write(partial(store.write, before=before, added=added))
        if other is not None:
            first, second = state(log.checkpoint()), state(other.checkpoint())
            fork = partial(store.write_fork, copied=added.copied, first=first, second=second)
            await journal.write(fork)


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    path = tmp_path / "state"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def call(state_dir: Path) -> Call:
    def call(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "chorus", "log", *arguments],
            env={**os.environ, "CHORUS_STATE_DIR": str(state_dir)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return call


def test_a_copy_is_listed_shown_and_verified_by_its_peer(state_dir: Path, call: Call) -> None:
    assert json.loads(call("peers", "--json").stdout) == []
    log = Log().grow(SIZE)
    trio.run(_keep, state_dir, log)
    peer = log.identity.peer_id
    (listed,) = json.loads(call("peers", "--json").stdout)
    assert listed == {
        "origin": log.origin,
        "peer_id": peer,
        "entries": SIZE,
        "bytes": sum(map(len, log.entries)),
        "forked": False,
    }
    shown = call("show", "--peer", peer, "--json").stdout.encode().splitlines()
    assert shown == log.entries
    assert (
        call("show", "--peer", log.origin, "--limit", "2", "--json").stdout.encode().splitlines()
        == log.entries[-2:]
    )
    report = json.loads(call("verify", "--peer", peer, "--json").stdout)
    assert (report["ok"], report["size"], report["checked"]) == (True, SIZE, SIZE)


def test_damage_and_a_second_history_make_verify_fail(state_dir: Path, call: Call) -> None:
    log, other = Log().grow(SIZE, "a"), Log().grow(SIZE, "b")
    trio.run(_keep, state_dir, log, other)
    forked = call("verify", "--peer", log.origin)
    assert (forked.returncode, "two histories" in forked.stdout) == (1, True)
    with closing(sqlite3.connect(database_path(state_dir))) as database:
        database.execute("DROP TRIGGER replica_entry_unchanged")
        database.execute("UPDATE replica_entry SET body = ? WHERE seq = 3", (other.entries[3],))
        database.commit()
    damaged = json.loads(call("verify", "--peer", log.origin, "--json").stdout)
    assert (damaged["ok"], damaged["error"]) == (False, "its entries are not those that its node signed")


def test_an_unknown_peer_is_not_found(call: Call) -> None:
    missing = call("verify", "--peer", "12D3KooWnobody")
    assert (missing.returncode, "chorus log peers" in missing.stderr) == (4, True)
