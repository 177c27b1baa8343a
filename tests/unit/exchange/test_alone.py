"""A node without a mesh: what is here is found, and there is nobody else to ask."""

from pathlib import Path

import pytest

from chorus_hooks.errors import NotFound
from chorus_journal.blob_store import FileBlobs
from chorus_journal.exchange.alone import AloneFetcher
from tests.unit.exchange.nodes import SMALL, name
from tests.unit.journal.state import FakeNode


async def test_it_finds_what_is_here_and_nothing_else(tmp_path: Path) -> None:
    here = FakeNode(tmp_path)
    store = FileBlobs(tmp_path, here.boot, 1 << 20)
    store.sweep(here.alive)
    fetcher = AloneFetcher(store)
    with pytest.raises(NotFound, match="not here"):
        await fetcher.fetch(name(SMALL))
    with store.create() as writer:
        writer.write(SMALL)
        blob = writer.commit()
    assert await fetcher.fetch(name(SMALL)) == blob
