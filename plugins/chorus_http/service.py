"""The service `http`: two ports that are served by the island for as long as the node lives."""

import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from typing import Final

import trio

from chorus_hooks.blob import Blobs
from chorus_hooks.contributions import Contributions
from chorus_hooks.coordinator import Coordinator, TaskQueries
from chorus_hooks.executor import Executor
from chorus_hooks.gate import Gate as HumanGate
from chorus_hooks.health import Health
from chorus_hooks.identity import Identity
from chorus_hooks.island import Island
from chorus_hooks.journal import Journal
from chorus_hooks.members import Members
from chorus_hooks.node import Node
from chorus_hooks.remote_log import RemoteLogs
from chorus_hooks.replica import Fetcher
from chorus_hooks.service import Capabilities, find
from chorus_hooks.setting import Config
from chorus_http.openapi.document import openapi_document
from chorus_http.openapi.pages import page_operations
from chorus_http.routes import health
from chorus_http.routes.contributed import operations_of
from chorus_http.routes.health import HealthSide
from chorus_http.routes.table import API
from chorus_http.server.application import application
from chorus_http.server.files import Files
from chorus_http.server.gate import Gate
from chorus_http.server.listening import Listening, listen
from chorus_http.server.metrics import Metrics
from chorus_http.server.node_side import NodeSide
from chorus_http.server.reading import Reading
from chorus_http.server.sse import Streams
from chorus_http.server.token import Token
from chorus_http.server.web_server import WebServer
from chorus_http.settings import (
    API_BIND,
    API_HOSTS,
    API_PORT,
    HEALTH_BIND,
    HEALTH_PORT,
)
from chorus_http.task_outcomes import OUTCOMES

MOST_CONNECTIONS: Final = 512
"""At the API's port. Beyond, the longest idle one makes room for a new one."""
MOST_HEALTH: Final = 64
MOST_STREAMS: Final = 128
"""Each has a task on both sides, and up to a few hundred kilobytes on the way."""


@dataclass(frozen=True)
class HttpApi:
    """Implements `chorus_hooks.endpoint.Api`."""

    url: str
    health_url: str


@asynccontextmanager
async def open_http(capabilities: Capabilities, config: Config) -> AsyncIterator[HttpApi]:
    """Listen, serve, and stop within a second."""
    token = Token(config, capabilities.get(Node).state_dir)
    token.prepare()
    island = capabilities.get(Island)
    api = listen(config, API_PORT, API_BIND)
    with closing(api.socket):
        healthy = listen(config, HEALTH_PORT, HEALTH_BIND)
        with closing(healthy.socket):
            stations = _stations(capabilities, config, token, api, healthy)
            await island.call(stations.side.reading.open)
            try:
                async with trio.open_nursery() as nursery:
                    for server in (stations.api, stations.health):
                        await nursery.start(_serve, island, server)
                    yield HttpApi(api.url, healthy.url)
                    await island.call(stations.stop)
            finally:
                with trio.CancelScope(shield=True):
                    await island.call(stations.side.reading.close)
                    stations.side.files.close()


@dataclass(frozen=True)
class _Stations:
    """Both servers, and what they share."""

    side: NodeSide
    api: WebServer
    health: WebServer

    async def stop(self) -> None:
        """On the island: let streams end, and both servers stop."""
        self.side.streams.end()
        await self.api.stop()
        await self.health.stop()


def _stations(
    capabilities: Capabilities, config: Config, token: Token, api: Listening, healthy: Listening
) -> _Stations:
    contributions = capabilities.get(Contributions)
    metrics = Metrics(capabilities.get(Node).version, contributions, OUTCOMES)
    side = _node_side(capabilities, config)
    contributed = operations_of(contributions.routes())
    documented = (*API, *contributed)
    pages = page_operations(openapi_document(documented))
    open_paths = [operation.path for operation in pages]

    def hosts() -> tuple[str, ...]:
        return (*config[API_HOSTS], config[API_BIND].lower())

    app = application(side, (*documented, *pages))
    api_server = WebServer(Gate(app, metrics, hosts, token, open_paths), api, most_connections())
    health_app = application(
        HealthSide(capabilities.get(Island), capabilities.get(Health), metrics), health.OPERATIONS
    )
    health_server = WebServer(Gate(health_app, metrics, None), healthy, MOST_HEALTH)
    for name, server in (("api", api_server), ("health", health_server)):
        metrics.connections.labels(name).set_function(partial(len, server.connections.open))
    metrics.streams.set_function(lambda: side.streams.open)
    return _Stations(side, api_server, health_server)


def _node_side(capabilities: Capabilities, config: Config) -> NodeSide:
    journal = capabilities.get(Journal)
    return NodeSide(
        config=config,
        island=capabilities.get(Island),
        coordinator=capabilities.get(Coordinator),
        queries=capabilities.get(TaskQueries),
        gate=capabilities.get(HumanGate),
        journal=journal,
        blobs=capabilities.get(Blobs),
        identity=capabilities.get(Identity),
        executor=capabilities.get(Executor),
        node=capabilities.get(Node),
        health=capabilities.get(Health),
        members=find(capabilities, Members),
        fetcher=find(capabilities, Fetcher),
        remote_logs=find(capabilities, RemoteLogs),
        contributions=capabilities.get(Contributions),
        reading=Reading(journal.database),
        files=Files(),
        streams=Streams(MOST_STREAMS),
    )


def most_connections() -> int:
    """`MOST_CONNECTIONS`, or half of the descriptors that this process may have when those are few."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(16, min(MOST_CONNECTIONS, soft // 2))


async def _serve(island: Island, server: WebServer, *, task_status: trio.TaskStatus[None]) -> None:
    ready = trio.Event()
    trio_token = trio.lowlevel.current_trio_token()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_report, ready, task_status)
        await island.call(server.run_until_stopped, lambda: trio_token.run_sync_soon(ready.set))
        nursery.cancel_scope.cancel()


async def _report(ready: trio.Event, task_status: trio.TaskStatus[None]) -> None:
    await ready.wait()
    task_status.started()
