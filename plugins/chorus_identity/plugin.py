"""Registers identity and cluster. Imports nothing heavy: a command that needs no key pays nothing."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from chorus_hooks import hookimpl
from chorus_hooks.cluster import Cluster
from chorus_hooks.health import Check
from chorus_hooks.identity import Identity
from chorus_hooks.node import Node
from chorus_hooks.service import Capabilities, Service
from chorus_hooks.setting import Config, Setting


def _start(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
    from chorus_identity.service import serve

    return serve(capabilities.get(Node))


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """The secret of the cluster, and the token that brings it."""
    from chorus_identity.settings import SETTINGS

    for setting in SETTINGS:
        register(setting)


@hookimpl
def chorus_register_services(register: Callable[[Service], None], config: Config) -> None:
    """Offer the node's `Identity` and its `Cluster`."""

    def start_cluster(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_identity.service import serve_cluster

        return serve_cluster(capabilities.get(Node), config)

    register(Service(name="identity", provides=Identity, factory=_start, requires=(Node,)))
    register(Service(name="cluster", provides=Cluster, factory=start_cluster, requires=(Node,)))


@hookimpl
def chorus_register_health_checks(register: Callable[[Check], None]) -> None:
    """The check `identity`."""
    from chorus_identity.check import identity_check

    register(identity_check())
