"""Registers the HTTP API, its client, and the command `status`."""

from collections.abc import Callable

from chorus_hooks import hookimpl
from chorus_hooks.command import Command
from chorus_hooks.service import Service
from chorus_hooks.setting import Config


@hookimpl
def chorus_register_commands(register: Callable[[Command], None]) -> None:
    """`status`."""
    register(
        Command("status", "chorus_http.client.status:app", "Show how the node is: its health, tasks and load")
    )


@hookimpl
def chorus_register_remotes(register: Callable[[Service], None], config: Config) -> None:
    """What a node offers over its API."""
    from chorus_http.client.services import services

    for service in services():
        register(service)
