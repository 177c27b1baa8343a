"""How fast the journal appends durably, alone and with company, and how fast it is verified.

Both sides of the ratio append in turn to the same journal; entries carry about 300 bytes of data.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import trio

from chorus_hooks.identity import Identity
from chorus_identity.service import serve
from chorus_journal.database import database_path
from chorus_journal.journal import SqliteJournal, open_journal
from chorus_journal.verify import verify_database
from contrib.bench.rig.written import DATA, Place, fill

ROUNDS = 7
CALLERS = 32
ALONE = 200
TOGETHER = 100
VERIFIED = 100_000


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as scratch:
        rows = trio.run(measure, Place(Path(scratch)))
    notes = [
        "durable: synchronous=FULL, and a signed checkpoint in every commit",
        "with company, the callers that wait share one commit; medians of rounds taken in turn",
        f"verify reads {VERIFIED} entries from disk: every hash, the tree, every checkpoint, the file",
    ]
    json.dump({"title": "Journal", "rows": rows, "notes": notes, "skipped": []}, sys.stdout)


async def measure(node: Place) -> list[dict[str, Any]]:
    async with serve(node) as identity:
        async with open_journal(node, identity) as journal:
            alone, together = await compare(journal)
            await fill(journal, VERIFIED)
        verified = await verify(node, identity)
    ratio = statistics.median(many / one for one, many in zip(alone, together, strict=True))
    return [
        row(f"durable appends, {CALLERS} callers", "/s", round(statistics.median(together)), 2000),
        row("durable appends, one caller", "/s", round(statistics.median(alone)), None),
        row(f"{CALLERS} callers beside one", "x", round(ratio, 1), 2.5),
        row("verify, entries", "/s", round(verified), 100_000),
    ]


async def compare(journal: SqliteJournal) -> tuple[list[float], list[float]]:
    alone, together = [], []
    for _ in range(ROUNDS):
        alone.append(ALONE / await timed(lambda: call(journal, ALONE)))
        together.append(CALLERS * TOGETHER / await timed(lambda: call_together(journal)))
    return alone, together


async def call(journal: SqliteJournal, count: int) -> None:
    for _ in range(count):
        await journal.write(lambda tx: tx.append("task.submitted", DATA))


async def call_together(journal: SqliteJournal) -> None:
    async with trio.open_nursery() as nursery:
        for _ in range(CALLERS):
            nursery.start_soon(call, journal, TOGETHER)


async def verify(node: Place, identity: Identity) -> float:
    """Entries per second."""
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        report = verify_database(database_path(node.state_dir), identity)
        rates.append(report.checked / (time.perf_counter() - began))
        if not report.ok or report.checked != VERIFIED:
            raise RuntimeError(f"the log does not verify: {report}")
    return statistics.median(rates)


def row(what: str, unit: str, measured: float, target: float | None) -> dict[str, Any]:
    return {"what": what, "measured": measured, "unit": unit, "target": target, "better": "higher"}


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
