"""A node without a mesh: no peer has any task."""

from contextlib import aclosing

import pytest

from chorus_coordinator.remote.alone import AloneLogs
from chorus_hooks.errors import NotFound


async def test_there_is_no_task_elsewhere() -> None:
    logs = AloneLogs()
    with pytest.raises(NotFound, match="no task 1f"):
        await logs.find("1f")
    async with aclosing(logs.follow("1f" * 16)) as events:
        with pytest.raises(NotFound):
            await anext(events)
