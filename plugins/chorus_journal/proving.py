"""Proofs about the log of a database: hashes of subtrees, read where they are kept."""

import base64
from dataclasses import dataclass
from functools import partial

from chorus_hooks.errors import NotFound
from chorus_hooks.journal import Checkpoint, Reader
from chorus_journal.checkpoint import parse_checkpoint
from chorus_journal.log import NEWEST_CHECKPOINT
from chorus_journal.merkle import leaf_hash
from chorus_journal.proof import consistency_proof, inclusion_proof, verify_inclusion
from chorus_journal.rows import OWN, Rows, damaged_log


@dataclass(frozen=True)
class InclusionProof:
    """That an entry is at `index` in the log that `checkpoint` signs."""

    index: int
    entry: bytes
    hashes: tuple[bytes, ...]
    checkpoint: Checkpoint

    def to_text(self) -> str:
        """The proof in the format of C2SP tlog-proof: index, hashes, an empty line, the checkpoint."""
        hashes = "".join(f"{base64.b64encode(h).decode()}\n" for h in self.hashes)
        return f"c2sp.org/tlog-proof@v1\nindex {self.index}\n{hashes}\n{self.checkpoint.note}"


def prove_inclusion(reader: Reader, seq: int) -> InclusionProof:
    """Against the newest checkpoint. Raises NotFound when there is no such entry."""
    checkpoint = _newest(reader)
    rows = reader.query("SELECT body FROM entry WHERE seq = ?", (seq,))
    if not rows or seq >= checkpoint.size:
        raise NotFound(f"there is no entry {seq}: the log has {checkpoint.size}", hint="chorus log show")
    hashes = inclusion_proof(seq, checkpoint.size, partial(OWN.subtree_hash, reader))
    entry = rows[0][0]
    if not verify_inclusion(leaf_hash(entry), seq, checkpoint.size, hashes, checkpoint.root):
        raise damaged_log(f"entry {seq} does not lead to the signed root")
    return InclusionProof(seq, entry, tuple(hashes), checkpoint)


def prove_consistency(reader: Reader, old: int, new: int, rows: Rows = OWN) -> list[bytes]:
    """That the log of `new` entries begins with that of `old` ones. Raises ValueError when it cannot."""
    return consistency_proof(old, new, partial(rows.subtree_hash, reader))


def _newest(reader: Reader) -> Checkpoint:
    ((note,),) = reader.query(NEWEST_CHECKPOINT)
    return parse_checkpoint(note)
