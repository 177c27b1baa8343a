"""Finding a log by name for those who only read: the node's own, or a copy."""

from chorus_hooks.journal import Journal
from chorus_journal.replica import store
from chorus_journal.replica.copied import Copied
from chorus_journal.replica.schema import OWNER, STEPS
from chorus_journal.rows import OWN, Rows


async def find_log(journal: Journal, peer: str | None) -> tuple[int, Rows]:
    """How many entries it has, and where they are. None is the node's own. Raises NotFound, UsageError."""
    if peer is None:
        return (await journal.checkpoint()).size, OWN
    await journal.migrate(OWNER, STEPS)
    copied, rows = await journal.read(lambda reader: store.find(reader, peer))
    return copied.size, rows


async def copies(journal: Journal) -> list[Copied]:
    """Every copy that is here, by origin."""
    await journal.migrate(OWNER, STEPS)
    return await journal.read(store.read_all)
