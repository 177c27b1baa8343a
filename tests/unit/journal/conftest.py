from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chorus_hooks.identity import Identity
from chorus_hooks.node import Node
from chorus_journal.journal import SqliteJournal, open_journal
from tests.unit.journal.state import FakeNode, fixed_identity


@pytest.fixture
def identity() -> Identity:
    return fixed_identity()


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return FakeNode(tmp_path)


@pytest.fixture
async def journal(node: Node, identity: Identity) -> AsyncIterator[SqliteJournal]:
    async with open_journal(node, identity) as journal:
        yield journal
