"""Reading entries in pages, so that a log of any length needs little memory."""

from collections.abc import AsyncGenerator
from functools import partial
from typing import Final

import trio

from chorus_hooks.errors import ChorusError
from chorus_hooks.journal import Journal, Reader
from chorus_journal.entry import Entry, decode_entry
from chorus_journal.selection import Selection

PAGE: Final = 500
_LAST: Final = 1 << 62
_POLL: Final = 0.1
"""Seconds between two looks at the log of a process that writes beside this one."""

Page = list[tuple[Entry, bytes]]


async def entries_from(journal: Journal, seq: int, end: int | None = None) -> AsyncGenerator[Page, None]:
    """Entries from `seq` on, page by page, up to `end` (not included), or to what there is now."""
    while found := await journal.read(partial(page, start=seq, end=end)):
        yield found
        seq += len(found)


async def newest(journal: Journal, selection: Selection, limit: int) -> Page:
    """The last `limit` entries of a selection, oldest first."""
    found: Page = []
    end = (await journal.checkpoint()).size
    while end > 0 and len(found) < limit:
        start = max(0, end - PAGE)
        looked = await journal.read(partial(page, start=start, end=end))
        found = [item for item in looked if item[0] in selection] + found
        end = start
    return found[max(0, len(found) - limit) :]


async def following(journal: Journal, seq: int) -> AsyncGenerator[Page, None]:
    """Entries from `seq` on, and further ones as they come, for ever."""
    while True:
        async for found in entries_from(journal, seq):
            yield found
            seq += len(found)
        await trio.sleep(_POLL)


def page(reader: Reader, start: int, end: int | None) -> Page:
    """Entries from `start` up to `end` (not included), at most `PAGE` of them, with their bytes."""
    rows = reader.query(
        "SELECT seq, body FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT ?",
        (start, _LAST if end is None else end, PAGE),
    )
    return [(_decode(seq, body), body) for seq, body in rows]


def _decode(seq: int, body: bytes) -> Entry:
    try:
        return decode_entry(body)
    except (ValueError, TypeError) as error:
        raise ChorusError(
            f"entry {seq} of the log is damaged: {error}", hint="see how far it goes with `chorus log verify`"
        ) from error
