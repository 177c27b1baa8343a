"""Proofs about the log of a database: hashes of subtrees, read where they are kept."""

import base64
from dataclasses import dataclass

from chorus_hooks.errors import ChorusError, NotFound
from chorus_hooks.journal import Checkpoint, Reader
from chorus_journal.checkpoint import parse_checkpoint
from chorus_journal.log import NEWEST_CHECKPOINT
from chorus_journal.merkle import TILE_HEIGHT, fold, leaf_hash
from chorus_journal.proof import consistency_proof, inclusion_proof, verify_inclusion


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


def subtree_hash(reader: Reader, level: int, index: int) -> bytes:
    """The hash of a complete subtree, from the 255 kept hashes below it at most."""
    kept = level - level % TILE_HEIGHT
    count = 1 << (level - kept)
    first = index * count
    if kept == 0:
        sql = "SELECT leaf FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq"
        rows = reader.query(sql, (first, first + count))
    else:
        sql = "SELECT hash FROM tile WHERE level = ? AND position >= ? AND position < ? ORDER BY position"
        rows = reader.query(sql, (kept, first, first + count))
    if len(rows) != count:
        raise _damaged(f"{count - len(rows)} hashes are missing at level {kept}")
    return fold([hash for (hash,) in rows])


def prove_inclusion(reader: Reader, seq: int) -> InclusionProof:
    """Against the newest checkpoint. Raises NotFound when there is no such entry."""
    checkpoint = _newest(reader)
    rows = reader.query("SELECT body FROM entry WHERE seq = ?", (seq,))
    if not rows or seq >= checkpoint.size:
        raise NotFound(f"there is no entry {seq}: the log has {checkpoint.size}", hint="chorus log show")
    hashes = inclusion_proof(seq, checkpoint.size, lambda level, index: subtree_hash(reader, level, index))
    entry = rows[0][0]
    if not verify_inclusion(leaf_hash(entry), seq, checkpoint.size, hashes, checkpoint.root):
        raise _damaged(f"entry {seq} does not lead to the signed root")
    return InclusionProof(seq, entry, tuple(hashes), checkpoint)


def prove_consistency(reader: Reader, old: int, new: int) -> list[bytes]:
    """That the log of `new` entries begins with that of `old` ones. Raises ValueError when it cannot."""
    return consistency_proof(old, new, lambda level, index: subtree_hash(reader, level, index))


def _newest(reader: Reader) -> Checkpoint:
    ((note,),) = reader.query(NEWEST_CHECKPOINT)
    return parse_checkpoint(note)


def _damaged(why: str) -> ChorusError:
    return ChorusError(f"the log is damaged: {why}", hint="see how far it goes with `chorus log verify`")
