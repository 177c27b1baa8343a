import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chorus.testing.memory import open_network
from tests.unit.replica.nodes import Company


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    async with open_network(random.Random(1)) as network, Company.open(tmp_path, network) as company:
        yield company
