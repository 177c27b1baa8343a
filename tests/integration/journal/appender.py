"""A real process that appends: `appender.py STATE_DIR NAME COUNT CALLERS`.

Prints `ready`, waits for a line on stdin, then prints one line for every entry after it was acknowledged:
that is all the tests believe.
"""

import sys
from pathlib import Path
from uuid import uuid4

import trio

from chorus_hooks.journal import Transaction
from chorus_journal.journal import SqliteJournal, open_journal
from tests.unit.journal.state import FakeNode, fixed_identity

STEPS = ("CREATE TABLE seen (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT",)


async def _append(journal: SqliteJournal, name: str) -> None:
    def job(tx: Transaction) -> int:
        seq = tx.append("test.said", {"name": name})
        tx.execute("INSERT INTO seen VALUES (?, ?)", (name, seq))
        return seq

    seq = await journal.write(job)
    sys.stdout.write(f"{seq} {name}\n")
    sys.stdout.flush()


async def main(state_dir: Path, name: str, count: int, callers: int) -> None:
    async def call(caller: int) -> None:
        for number in range(caller, count, callers):
            await _append(journal, f"{name}-{number}-{uuid4().hex[:8]}")

    print("ready", flush=True)
    sys.stdin.readline()
    async with open_journal(FakeNode(state_dir), fixed_identity()) as journal:
        await journal.migrate("seen", STEPS)
        async with trio.open_nursery() as nursery:
            for caller in range(callers):
                nursery.start_soon(call, caller)


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
