"""Registers the members of the mesh, and all that shows them. Imports nothing heavy."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from chorus_hooks import hookimpl
from chorus_hooks.cluster import Cluster
from chorus_hooks.command import Command
from chorus_hooks.discovery import Discovery
from chorus_hooks.event import Events
from chorus_hooks.health import Check
from chorus_hooks.identity import Identity
from chorus_hooks.members import Members
from chorus_hooks.mesh import Mesh
from chorus_hooks.metric import Metric
from chorus_hooks.node import Node
from chorus_hooks.route import Route
from chorus_hooks.service import Capabilities, Service
from chorus_hooks.setting import Config, Setting
from chorus_members.counts import Counts
from chorus_members.settings import CAPABILITIES


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """What the node says of itself."""
    register(CAPABILITIES)


@hookimpl
def chorus_register_commands(register: Callable[[Command], None]) -> None:
    """`peers`."""
    register(Command("peers", "chorus_members.cli.peers:peers", "Show who is in the mesh"))


@hookimpl
def chorus_register_services(register: Callable[[Service], None], config: Config) -> None:
    """Offer the `Members` over whatever `Mesh` there is."""

    def start(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_members.service import serve

        return serve(capabilities, config)

    register(
        Service(
            name="members",
            provides=Members,
            factory=start,
            requires=(Mesh, Identity, Cluster, Events, Node, Counts),
            optional=(Discovery,),
        )
    )
    register(Service("member counts", provides=Counts, factory=_count))


@asynccontextmanager
async def _count(capabilities: Capabilities) -> AsyncIterator[Counts]:
    yield Counts()


@hookimpl
def chorus_register_routes(register: Callable[[Route], None], config: Config) -> None:
    """`GET /peers`."""
    from chorus_members.routes import routes

    for route in routes():
        register(route)


@hookimpl
def chorus_register_health_checks(register: Callable[[Check], None], config: Config) -> None:
    """The check `peers`."""
    from chorus_members.check import peers_check

    register(peers_check())


@hookimpl
def chorus_register_metrics(register: Callable[[Metric], None], config: Config) -> None:
    """Peers by state, round trips, and what membership costs."""
    from chorus_members.metric import metrics

    for metric in metrics():
        register(metric)
