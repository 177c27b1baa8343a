"""The hooks of SHHH."""

from collections.abc import Callable

from chorus_hooks import hookimpl
from chorus_hooks.health import Check
from chorus_hooks.service import Service


@hookimpl
def chorus_register_services(register: Callable[[Service], None]) -> None:
    """The scanner."""
    from chorus_shhh.service import scanner_service

    register(scanner_service())


@hookimpl
def chorus_register_health_checks(register: Callable[[Check], None]) -> None:
    """The check `secrets`."""
    from chorus_shhh.check import secrets_check

    register(secrets_check())
