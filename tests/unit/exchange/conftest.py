import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chorus.testing.memory import open_network
from tests.unit.exchange.nodes import Street, street


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Street]:
    async with open_network(random.Random(1)) as network, street(tmp_path, network) as opened:
        yield opened
