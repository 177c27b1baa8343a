"""The hooks of the gateway."""

from collections.abc import Callable

from chorus_hooks import hookimpl
from chorus_hooks.service import Service


@hookimpl
def chorus_register_services(register: Callable[[Service], None]) -> None:
    """Foreign agents, and the models that they reach."""
    from chorus_gateway.service import gateway_service

    register(gateway_service())
