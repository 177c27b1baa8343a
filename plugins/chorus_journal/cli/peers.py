"""`chorus log peers`."""

import typer

from chorus_hooks.command import Host
from chorus_hooks.journal import Journal
from chorus_hooks.service import Capabilities
from chorus_journal.checkpoint import origin_peer
from chorus_journal.replica.copied import Copied
from chorus_journal.replica.finding import copies


def peers(ctx: typer.Context) -> None:
    """List the logs of other nodes that are copied here: how far, how many bytes, and whether they hold.

    A peer has one log for each disk that it had. `forked`: its node signed two histories; the copy is kept as
    it is, and so are both signatures.
    """
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> list[Copied]:
        return await copies(capabilities.get(Journal))

    found = host.run(main, requires=(Journal,))
    if not found:
        host.console.note("no log of another node is copied here yet")
    host.console.result([_document(copied) for copied in found], "\n".join(map(_line, found)))


def _document(copied: Copied) -> dict[str, object]:
    return {
        "origin": copied.origin,
        "peer_id": origin_peer(copied.origin),
        "entries": copied.size,
        "bytes": copied.length,
        "forked": copied.forked,
    }


def _line(copied: Copied) -> str:
    state = "  forked" if copied.forked else ""
    return f"{copied.origin}  {copied.size} entries, {copied.length} bytes{state}"
