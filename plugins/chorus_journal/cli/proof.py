"""`chorus log proof`."""

import base64
from typing import Annotated

import typer

from chorus_hooks.command import Host
from chorus_hooks.journal import Journal
from chorus_hooks.service import Capabilities
from chorus_journal.merkle import leaf_hash
from chorus_journal.proving import InclusionProof, prove_inclusion


def proof(
    ctx: typer.Context, seq: Annotated[int, typer.Argument(min=0, help="The sequence number of an entry.")]
) -> None:
    """Prove that an entry is in the signed log, in a form that anyone can verify offline.

    As text it is a C2SP tlog-proof; with --json the entry comes with it.
    """
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> InclusionProof:
        return await capabilities.get(Journal).read(lambda reader: prove_inclusion(reader, seq))

    found = host.run(main, requires=(Journal,))
    host.console.result(_document(found), found.to_text().removesuffix("\n"))


def _document(found: InclusionProof) -> dict[str, object]:
    checkpoint = found.checkpoint
    return {
        "origin": checkpoint.origin,
        "seq": found.index,
        "size": checkpoint.size,
        "root": _base64(checkpoint.root),
        "leaf": _base64(leaf_hash(found.entry)),
        "proof": [_base64(hash) for hash in found.hashes],
        "entry": found.entry.decode(),
        "checkpoint": checkpoint.note,
    }


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
