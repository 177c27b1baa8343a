"""The mesh over libp2p keeps every promise of a mesh, as the one in memory does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from chorus.testing.mesh import SECRET, MeshConformance, Start
from chorus_hooks.mesh import Mesh
from tests.integration.libp2p.nodes import mesh


class TestLibp2pMesh(MeshConformance):
    @pytest.fixture
    def start(self) -> Start:
        @asynccontextmanager
        async def start(secret: bytes = SECRET) -> AsyncIterator[Mesh]:
            async with mesh(secret=secret.hex()) as one:
                yield one

        return start
