"""`chorus log proof`."""

from typing import Annotated

import typer

from chorus_hooks.command import Host
from chorus_hooks.journal import Journal
from chorus_hooks.service import Capabilities
from chorus_journal.proving import InclusionProof, prove_inclusion
from chorus_journal.routes import proof_of


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
    host.console.result(proof_of(found), found.to_text().removesuffix("\n"))
