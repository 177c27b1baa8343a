"""The disk of a running process fills up, and is well again."""

from pathlib import Path
from typing import Any

import pytest

from chorus.checks.disk import disk_check
from chorus.checks.state_dir import state_dir_check
from chorus.state_dir import open_state_dir
from chorus_hooks.errors import ChorusError
from chorus_hooks.node import Node
from chorus_identity.service import serve
from chorus_journal.check import journal_check
from chorus_journal.journal import open_journal
from tests.integration.health.conftest import leave


class Given:
    def __init__(self, node: Node, journal: object = None) -> None:
        self._node = node
        self._journal = journal

    def get(self, kind: Any) -> Any:
        return self._node if kind is Node else self._journal


async def test_a_full_disk_is_found_by_all_who_write_and_forgotten_when_there_is_room(
    small_disk: Path,
) -> None:
    with open_state_dir(small_disk / "state") as node:
        async with serve(node) as identity, open_journal(node, identity) as journal:
            given = Given(node, journal)
            checks = [disk_check(), state_dir_check(), journal_check()]
            assert [(await check.probe(given)).status for check in checks] == ["ok", "warning", "ok"]
            filler = leave(small_disk, 0)
            assert (await checks[0].probe(given)).status == "failed"
            with pytest.raises(ChorusError, match="takes no files: No space left"):
                await checks[1].probe(given)
            with pytest.raises(ChorusError, match="disk is full"):
                while True:  # the journal still uses what room its own file has
                    await checks[2].probe(given)
            filler.unlink()
            assert [(await check.probe(given)).status for check in checks] == ["ok", "warning", "ok"]
