"""The hooks of SHHH."""

from collections.abc import Callable

from chorus_hooks import hookimpl
from chorus_hooks.service import Service


@hookimpl
def chorus_register_services(register: Callable[[Service], None]) -> None:
    """The scanner."""
    from chorus_shhh.service import scanner_service

    register(scanner_service())
