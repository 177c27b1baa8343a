"""What the routes of a node work with. Pure data: everything in it is made by the service."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from chorus_hooks.blob import Blobs
from chorus_hooks.contributions import Contributions
from chorus_hooks.coordinator import Coordinator, TaskQueries
from chorus_hooks.executor import Executor
from chorus_hooks.gate import Gate
from chorus_hooks.health import Health
from chorus_hooks.identity import Identity
from chorus_hooks.island import Island
from chorus_hooks.journal import Journal
from chorus_hooks.members import Members
from chorus_hooks.node import Node
from chorus_hooks.remote_log import RemoteLogs
from chorus_hooks.replica import Fetcher
from chorus_hooks.setting import Config
from chorus_http.server.files import Files
from chorus_http.server.reading import Reading
from chorus_http.server.sse import Streams

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class NodeSide:
    """The capabilities of the node, and the island's own means to use them; some only with a mesh."""

    config: Config
    island: Island
    coordinator: Coordinator
    queries: TaskQueries
    gate: Gate
    journal: Journal
    blobs: Blobs
    identity: Identity
    executor: Executor
    node: Node
    health: Health
    members: Members | None
    fetcher: Fetcher | None
    remote_logs: RemoteLogs | None
    contributions: Contributions
    reading: Reading
    files: Files
    streams: Streams

    async def hop(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it in trio."""
        return await self.island.call_trio(function, *args, **kwargs)
