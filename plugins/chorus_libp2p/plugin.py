"""Registers the mesh. Imports nothing heavy, least of all libp2p."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from chorus_hooks import hookimpl
from chorus_hooks.cluster import Cluster
from chorus_hooks.health import Check
from chorus_hooks.identity import Identity
from chorus_hooks.mesh import Mesh
from chorus_hooks.metric import Metric
from chorus_hooks.service import Capabilities, Service
from chorus_hooks.setting import Config, Setting


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """Where the mesh listens."""
    from chorus_libp2p.settings import SETTINGS

    for setting in SETTINGS:
        register(setting)


@hookimpl
def chorus_register_services(register: Callable[[Service], None], config: Config) -> None:
    """Offer the `Mesh`."""

    def start(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_libp2p.service import open_mesh

        return open_mesh(capabilities.get(Identity), capabilities.get(Cluster), config)

    register(Service("libp2p", provides=Mesh, factory=start, requires=(Identity, Cluster), stop_timeout=2.0))


@hookimpl
def chorus_register_health_checks(register: Callable[[Check], None]) -> None:
    """The check `mesh`."""
    from chorus_libp2p.check import mesh_check

    register(mesh_check())


@hookimpl
def chorus_register_metrics(register: Callable[[Metric], None]) -> None:
    """What the mesh carries."""
    from chorus_libp2p.metric import metrics

    for metric in metrics():
        register(metric)
