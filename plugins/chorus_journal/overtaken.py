"""A log that goes on elsewhere: its node signed more, or something else, than what this database holds.

That is a state dir which was restored from an old copy. To append would sign a second history, which every
peer would quarantine, with both signatures as proof. So nothing is appended: a new log has a new name.
"""

from chorus_hooks.errors import Refused
from chorus_hooks.journal import Reader, Transaction
from chorus_journal.checkpoint import parse_checkpoint


def mark_overtaken(transaction: Transaction, note: str) -> None:
    """Keep the checkpoint that shows it; from now on nothing can be appended. The first one stays."""
    transaction.execute("INSERT OR IGNORE INTO overtaken VALUES (1, ?)", (note,))


def check_overtaken(reader: Reader) -> None:
    """Raises Refused when the log goes on elsewhere."""
    for note, size in reader.query("SELECT note, size FROM overtaken, log"):
        signed = parse_checkpoint(note).size
        raise Refused(
            f"the log of this node goes on elsewhere: it signed {signed} entries that peers know, and the"
            f" {size} that are here do not lead there: the state dir was restored from an old copy",
            hint="put the newest copy of the state dir back, or move journal.db away to begin a new log",
        )
