"""Reading entries in pages, so that a log of any length needs little memory."""

from collections.abc import AsyncGenerator
from functools import partial
from typing import Final

import trio

from chorus_hooks.errors import ChorusError
from chorus_hooks.journal import Journal, Reader
from chorus_journal.entry import Entry, decode_entry
from chorus_journal.rows import OWN, Rows
from chorus_journal.selection import Selection

PAGE: Final = 500
_POLL: Final = 0.1
"""Seconds between two looks at the log of a process that writes beside this one."""

Page = list[tuple[Entry, bytes]]


async def entries_from(
    journal: Journal, seq: int, end: int | None = None, rows: Rows = OWN
) -> AsyncGenerator[Page, None]:
    """Entries from `seq` on, page by page, up to `end` (not included), or to what there is now."""
    while found := await journal.read(partial(page, start=seq, end=end, rows=rows)):
        yield found
        seq += len(found)


async def newest(journal: Journal, selection: Selection, limit: int, end: int, rows: Rows = OWN) -> Page:
    """The last `limit` entries of a selection among the first `end`, oldest first."""
    found: Page = []
    while end > 0 and len(found) < limit:
        start = max(0, end - PAGE)
        looked = await journal.read(partial(page, start=start, end=end, rows=rows))
        found = [item for item in looked if item[0] in selection] + found
        end = start
    return found[max(0, len(found) - limit) :]


async def following(journal: Journal, seq: int, rows: Rows = OWN) -> AsyncGenerator[Page, None]:
    """Entries from `seq` on, and further ones as they come, for ever."""
    while True:
        async for found in entries_from(journal, seq, rows=rows):
            yield found
            seq += len(found)
        await trio.sleep(_POLL)


def page(reader: Reader, start: int, end: int | None, rows: Rows = OWN) -> Page:
    """Entries from `start` up to `end` (not included), at most `PAGE` of them, with their bytes."""
    return [(_decode(seq, body), body) for seq, body in rows.bodies(reader, start, end, PAGE)]


def _decode(seq: int, body: bytes) -> Entry:
    try:
        return decode_entry(body)
    except (ValueError, TypeError) as error:
        raise ChorusError(
            f"entry {seq} of the log is damaged: {error}", hint="see how far it goes with `chorus log verify`"
        ) from error
