"""`chorus log export`."""

from contextlib import aclosing

import typer

from chorus_hooks.command import Host
from chorus_hooks.journal import Journal
from chorus_hooks.service import Capabilities
from chorus_journal.browse import entries_from
from chorus_journal.cli.stdout import print_lines
from chorus_journal.export import head_line


def export(ctx: typer.Context) -> None:
    """Write the whole log as JSON lines: its signed checkpoint, then every entry.

    Check such a file anywhere with `chorus log verify FILE`.
    """
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> None:
        journal = capabilities.get(Journal)
        checkpoint = await journal.checkpoint()
        print_lines([head_line(checkpoint)])
        async with aclosing(entries_from(journal, 0, checkpoint.size)) as pages:
            async for page in pages:
                print_lines(body for _, body in page)

    host.run(main, requires=(Journal,))
