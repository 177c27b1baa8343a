"""The checks `journal` and `blobs`: a real write and read, and how full the store is."""

from typing import Final

import trio

from chorus_hooks.blob import Blobs
from chorus_hooks.errors import ChorusError
from chorus_hooks.health import Check, Finding
from chorus_hooks.journal import Journal, Reader, Transaction
from chorus_hooks.quantity import told_size
from chorus_hooks.service import Capabilities
from chorus_journal.blob_store import SHORTEST_GRACE
from chorus_journal.overtaken import check_overtaken

OWNER: Final = "probe"
STEPS: Final = (
    "CREATE TABLE probe (only INTEGER PRIMARY KEY CHECK (only = 1), writes INTEGER NOT NULL) STRICT",
)
READ: Final = "SELECT writes FROM probe"

NEARLY_FULL: Final = 0.80
FULL: Final = 0.95
CURE: Final = "raise CHORUS_BLOB_QUOTA, or lower CHORUS_RETENTION and run `chorus prune`"


def journal_check() -> Check:
    """Each time one transaction, as durable as any other. It appends nothing to the log."""
    return Check("journal", _probe_journal, requires=(Journal,), every=30.0, timeout=10.0, gates=True)


def blobs_check() -> Check:
    """Now and then: it walks through the whole store."""
    return Check("blobs", _probe_blobs, requires=(Blobs,), every=300.0, timeout=30.0)


def judge_usage(used: int, quota: int, size: int) -> Finding:
    """`used` is held by somebody or fresh, so that it cannot make room; `size` is all that is there. Pure."""
    told = f"{told_size(used)} of {told_size(quota)} are in use"
    if size > used:
        told += f", and {told_size(size - used)} that nothing needs can make room"
    if used > FULL * quota:
        return Finding("failed", f"the blob store is full: {told}", CURE)
    if used > NEARLY_FULL * quota:
        return Finding("warning", f"the blob store is nearly full: {told}", CURE)
    return Finding("ok", told)


async def _probe_journal(capabilities: Capabilities) -> Finding:
    journal = capabilities.get(Journal)
    await journal.migrate(OWNER, STEPS)
    written = await journal.write(_count)
    # Another process may have counted on meanwhile.
    if await journal.read(_read) < written:
        raise ChorusError(
            "the journal does not give back what was written to it",
            hint="check the disk (dmesg), then `chorus log verify`",
        )
    return Finding("ok", "an entry's way to the disk and back works")


def _count(transaction: Transaction) -> int:
    check_overtaken(transaction)
    transaction.execute(
        "INSERT INTO probe VALUES (1, 1) ON CONFLICT (only) DO UPDATE SET writes = writes + 1"
    )
    return _read(transaction)


def _read(reader: Reader) -> int:
    ((writes,),) = reader.query(READ)
    return int(writes)


async def _probe_blobs(capabilities: Capabilities) -> Finding:
    blobs = capabilities.get(Blobs)
    return await trio.to_thread.run_sync(_look, blobs, abandon_on_cancel=True)


def _look(blobs: Blobs) -> Finding:
    usage = blobs.usage()
    used = usage.size
    if used > NEARLY_FULL * usage.quota:  # a store that fills up by itself also empties itself
        used -= sum(blob.size for blob in blobs.prune(grace_s=SHORTEST_GRACE, dry_run=True))
    return judge_usage(used, usage.quota, usage.size)
