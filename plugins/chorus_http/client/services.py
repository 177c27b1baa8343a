"""The remote services: one connection, and what it gives."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chorus_hooks.blob import Blobs
from chorus_hooks.coordinator import Coordinator
from chorus_hooks.endpoint import Endpoint
from chorus_hooks.gate import Gate
from chorus_hooks.health import Checks
from chorus_hooks.journal import Checkpoints
from chorus_hooks.members import Peers
from chorus_hooks.node import Node
from chorus_hooks.service import Capabilities, Service
from chorus_http.client.blobs import RemoteBlobs
from chorus_http.client.checkpoints import RemoteCheckpoints
from chorus_http.client.checks import RemoteChecks
from chorus_http.client.connection import Connection
from chorus_http.client.coordinator import RemoteCoordinator
from chorus_http.client.gate import RemoteGate
from chorus_http.client.peers import RemotePeers
from chorus_http.client.transport import pool


def services() -> tuple[Service, ...]:
    """All of them."""
    return (
        Service("connection", provides=Connection, factory=_connection, requires=(Endpoint,)),
        Service("remote coordinator", provides=Coordinator, factory=_coordinator, requires=(Connection,)),
        Service("remote gate", provides=Gate, factory=_gate, requires=(Connection,)),
        Service("remote blobs", provides=Blobs, factory=_blobs, requires=(Connection, Node)),
        Service("remote checkpoints", provides=Checkpoints, factory=_checkpoints, requires=(Connection,)),
        Service("remote peers", provides=Peers, factory=_peers, requires=(Connection,)),
        Service("remote checks", provides=Checks, factory=_checks, requires=(Connection,)),
    )


@asynccontextmanager
async def _connection(capabilities: Capabilities) -> AsyncIterator[Connection]:
    endpoint = capabilities.get(Endpoint)
    async with pool(endpoint.url, os.environ) as connections:
        yield Connection(endpoint, connections)


@asynccontextmanager
async def _coordinator(capabilities: Capabilities) -> AsyncIterator[RemoteCoordinator]:
    coordinator = RemoteCoordinator(capabilities.get(Connection))
    try:
        yield coordinator
    finally:
        await coordinator.end()


@asynccontextmanager
async def _gate(capabilities: Capabilities) -> AsyncIterator[RemoteGate]:
    yield RemoteGate(capabilities.get(Connection))


@asynccontextmanager
async def _blobs(capabilities: Capabilities) -> AsyncIterator[RemoteBlobs]:
    yield RemoteBlobs(capabilities.get(Connection), capabilities.get(Node).scratch)


@asynccontextmanager
async def _checkpoints(capabilities: Capabilities) -> AsyncIterator[RemoteCheckpoints]:
    yield RemoteCheckpoints(capabilities.get(Connection))


@asynccontextmanager
async def _peers(capabilities: Capabilities) -> AsyncIterator[RemotePeers]:
    yield RemotePeers(capabilities.get(Connection))


@asynccontextmanager
async def _checks(capabilities: Capabilities) -> AsyncIterator[RemoteChecks]:
    yield RemoteChecks(capabilities.get(Connection))
