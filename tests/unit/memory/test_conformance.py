"""The mesh in memory keeps every promise of a mesh."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from chorus.testing.memory import open_network
from chorus.testing.mesh import SECRET, MeshConformance, Start
from chorus_hooks.mesh import Mesh


class TestMemoryMesh(MeshConformance):
    @pytest.fixture
    async def start(self) -> AsyncIterator[Start]:
        names = itertools.count(1)
        async with open_network() as network:

            @asynccontextmanager
            async def start(secret: bytes = SECRET) -> AsyncIterator[Mesh]:
                name = f"peer-{next(names)}"
                try:
                    yield network.mesh(name, secret=secret)
                finally:
                    network.crash(name)

            yield start
