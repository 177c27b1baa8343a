"""Registers the identity service. Imports nothing heavy: a command that needs no key pays nothing."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from chorus_hooks import hookimpl
from chorus_hooks.health import Check
from chorus_hooks.identity import Identity
from chorus_hooks.node import Node
from chorus_hooks.service import Capabilities, Service
from chorus_hooks.setting import Config


def _start(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
    from chorus_identity.service import serve

    return serve(capabilities.get(Node))


@hookimpl
def chorus_register_services(register: Callable[[Service], None], config: Config) -> None:
    """Offer the node's `Identity`."""
    register(Service(name="identity", provides=Identity, factory=_start, requires=(Node,)))


@hookimpl
def chorus_register_health_checks(register: Callable[[Check], None]) -> None:
    """The check `identity`."""
    from chorus_identity.check import identity_check

    register(identity_check())
