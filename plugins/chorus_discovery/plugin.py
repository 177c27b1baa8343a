"""Registers discovery. Imports nothing heavy: zeroconf comes when a node shows itself."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from chorus_discovery.settings import SETTINGS
from chorus_hooks import hookimpl
from chorus_hooks.cluster import Cluster
from chorus_hooks.discovery import Discovery
from chorus_hooks.health import Check
from chorus_hooks.mesh import Mesh
from chorus_hooks.node import Node
from chorus_hooks.service import Capabilities, Service, find
from chorus_hooks.setting import Config, Setting


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """The list of peers, and whether to look for more on the LAN."""
    for setting in SETTINGS:
        register(setting)


@hookimpl
def chorus_register_services(register: Callable[[Service], None], config: Config) -> None:
    """Offer what this node knows of where peers are."""

    def start(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_discovery.service import serve

        mesh = find(capabilities, Mesh)
        return serve(capabilities.get(Node), config, capabilities.get(Cluster), mesh)

    register(
        Service("discovery", Discovery, start, requires=(Node, Cluster), optional=(Mesh,), stop_timeout=4.0)
    )


@hookimpl
def chorus_register_health_checks(register: Callable[[Check], None], config: Config) -> None:
    """The check `mdns`."""
    from chorus_discovery.check import mdns_check

    register(mdns_check(config))
