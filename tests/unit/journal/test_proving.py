"""Proofs read from the database, with tiles of every level, verify against the signed root."""

import base64

import pytest

from chorus_hooks.errors import NotFound
from chorus_journal.journal import SqliteJournal
from chorus_journal.merkle import Frontier, leaf_hash
from chorus_journal.proof import verify_consistency, verify_inclusion
from chorus_journal.proving import prove_consistency, prove_inclusion

SIZE = 1300


async def _fill(journal: SqliteJournal) -> None:
    await journal.write(lambda tx: [tx.append("test.said", {"n": n}) for n in range(SIZE)])


async def test_every_entry_is_proven_against_the_newest_checkpoint(journal: SqliteJournal) -> None:
    await _fill(journal)
    checkpoint = await journal.checkpoint()
    for seq in (0, 1, 255, 256, 511, 1023, 1024, 1279, 1280, SIZE - 1):
        proof = await journal.read(lambda reader, seq=seq: prove_inclusion(reader, seq))  # type: ignore[misc]
        assert proof.checkpoint == checkpoint
        leaf = leaf_hash(proof.entry)
        assert verify_inclusion(leaf, seq, SIZE, proof.hashes, checkpoint.root)


async def test_every_earlier_size_is_proven_consistent(journal: SqliteJournal) -> None:
    await _fill(journal)
    rows = await journal.read(lambda reader: reader.query("SELECT leaf FROM entry ORDER BY seq"))
    frontier, roots = Frontier(), [Frontier().root()]
    for (leaf,) in rows:
        frontier.add(leaf)
        roots.append(frontier.root())
    for old in (0, 1, 255, 256, 257, 768, 1024, SIZE - 1, SIZE):
        proof = await journal.read(lambda reader, old=old: prove_consistency(reader, old, SIZE))  # type: ignore[misc]
        assert verify_consistency(old, SIZE, roots[old], roots[SIZE], proof)


async def test_the_text_of_a_proof_is_a_c2sp_tlog_proof(journal: SqliteJournal) -> None:
    await journal.write(lambda tx: [tx.append("test.said", {"n": n}) for n in range(3)])
    proof = await journal.read(lambda reader: prove_inclusion(reader, 1))
    head, _, note = proof.to_text().partition("\n\n")
    lines = head.split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 1"]
    assert [base64.b64decode(line) for line in lines[2:]] == list(proof.hashes)
    assert note == proof.checkpoint.note


@pytest.mark.parametrize("seq", [3, 10**9])
async def test_there_is_no_proof_of_an_entry_that_is_not_there(journal: SqliteJournal, seq: int) -> None:
    await journal.write(lambda tx: [tx.append("test.said", {}) for n in range(3)])
    with pytest.raises(NotFound, match="the log has 3"):
        await journal.read(lambda reader: prove_inclusion(reader, seq))
