"""`chorus log show`."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated

import typer

from chorus_hooks.command import Host
from chorus_hooks.journal import Journal
from chorus_hooks.service import Capabilities
from chorus_journal.browse import Page, entries_from, following, newest
from chorus_journal.cli.stdout import print_lines
from chorus_journal.entry import Entry
from chorus_journal.replica.finding import find_log
from chorus_journal.selection import Selection, parse_since


def show(
    ctx: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as entries are written.")] = False,
    type: Annotated[
        str | None, typer.Option(help="Only this type: result.made, or task for all of task.*.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Only from then on: 15m, 2d, or 2026-11-22T09:21:00Z.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="Only so many, the newest ones.")] = None,
    peer: Annotated[
        str | None, typer.Option(help="The copy of another node's log, by its peer id or the log's origin.")
    ] = None,
) -> None:
    """Print the entries of the log, one a line, oldest first. With --json: as they were signed."""
    host: Host = ctx.obj
    selection = Selection(type, parse_since(since, datetime.now(UTC)) if since else None)

    async def main(capabilities: Capabilities) -> None:
        journal = capabilities.get(Journal)
        async with aclosing(_pages(journal, peer, selection, limit, follow=follow)) as pages:
            async for page in pages:
                print_lines(
                    body if host.console.json else _line(entry).encode()
                    for entry, body in page
                    if entry in selection
                )

    host.run(main, requires=(Journal,))


async def _pages(
    journal: Journal, peer: str | None, selection: Selection, limit: int | None, *, follow: bool
) -> AsyncGenerator[Page, None]:
    start = 0
    end, rows = await find_log(journal, peer)
    if limit is not None:
        start = end
        yield await newest(journal, selection, limit, end, rows)
    if follow or limit is None:
        going = following(journal, start, rows) if follow else entries_from(journal, start, rows=rows)
        async with aclosing(going) as pages:
            async for page in pages:
                yield page


def _line(entry: Entry) -> str:
    import msgspec

    data = msgspec.json.encode(entry.data).decode()
    parts = [f"{entry.seq:>6}", entry.ts, entry.type, entry.ref or "-", data]
    return "  ".join(_harmless(part) for part in parts)


def _harmless(text: str) -> str:
    """Text of others, without what would move a terminal's cursor or turn its writing around."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
