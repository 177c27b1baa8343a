"""Checking a copy from its first entry to its signed end, and the evidence against a node."""

import base64

from chorus_hooks.identity import Identity
from chorus_hooks.journal import Checkpoint, Reader
from chorus_journal.audit import Audit, Damage, Report
from chorus_journal.checkpoint import open_checkpoint
from chorus_journal.replica import store
from chorus_journal.replica.copied import Copied
from chorus_journal.replica.statement import contradict, holds
from chorus_journal.rows import Rows

_PAGE = 1000


def verify_copy(reader: Reader, name: str, identity: Identity) -> Report:
    """Check the copy of a log, by its origin or its peer. Damage is reported, not raised. Blocks.

    A log whose node signed two histories is damaged, whatever of it is here. Raises NotFound, UsageError.
    """
    copied, rows = store.find(reader, name)
    audit = Audit(copied.origin, {})
    damage: Damage | None = None
    try:
        _fold(reader, rows, audit)
        _check_end(copied, audit, identity)
        _check_evidence(reader, copied, identity)
    except Damage as found:
        damage = found
    return Report(
        ok=damage is None,
        size=copied.size,
        root=base64.b64encode(audit.frontier.root()).decode() if damage is None else None,
        checked=audit.frontier.size,
        first_bad=damage.seq if damage else None,
        error=damage.text if damage else None,
    )


def _fold(reader: Reader, rows: Rows, audit: Audit) -> None:
    while page := rows.bodies(reader, audit.frontier.size, None, _PAGE):
        for seq, body in page:
            if seq != audit.frontier.size:
                raise Damage(f"entry {audit.frontier.size} is missing", audit.frontier.size)
            audit.fold(body)


def _check_end(copied: Copied, audit: Audit, identity: Identity) -> None:
    size, root = audit.frontier.size, audit.frontier.root()
    if size != copied.size:
        raise Damage(f"{copied.size} entries were copied, and {size} are here", min(size, copied.size))
    statement = copied.statement()
    if statement is None:
        return
    try:
        checkpoint: Checkpoint = open_checkpoint(statement.note, identity)
    except ValueError as error:
        raise Damage(f"its checkpoint is damaged: {error}") from None
    if statement.root != root or not holds(statement, checkpoint):
        raise Damage("its entries are not those that its node signed")


def _check_evidence(reader: Reader, copied: Copied, identity: Identity) -> None:
    evidence = store.read_evidence(reader, copied.origin)
    if evidence is not None and contradict(*evidence, identity):
        raise Damage(f"its node signed two histories of its first {evidence[0].size} entries")
