"""The hooks of the reasoner."""

from collections.abc import Callable
from typing import Any

from chorus_hooks import hookimpl
from chorus_hooks.command import Command
from chorus_hooks.health import Check
from chorus_hooks.service import Service
from chorus_hooks.setting import Config, Setting


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """Which models, at what price, and which prompts."""
    from chorus_reasoner.settings import SETTINGS

    for setting in SETTINGS:
        register(setting)


@hookimpl
def chorus_register_commands(register: Callable[[Command], None]) -> None:
    """`prompts`."""
    register(Command("prompts", "chorus_reasoner.cli.app:app", "List, show and check the prompts of roles"))


@hookimpl
def chorus_register_services(register: Callable[[Service], None], config: Config) -> None:
    """The reasoner, the models that it lends to agents, which roles it has, and what replays its work."""
    from chorus_reasoner.service import reasoner_services, replayer_service, roles_service

    for service in (*reasoner_services(config), replayer_service(), roles_service(config)):
        register(service)


@hookimpl
def chorus_register_health_checks(register: Callable[[Check], None], config: Config) -> None:
    """The checks `prompts` and `models`."""
    from chorus_reasoner.check import models_check, prompts_check

    register(prompts_check(config))
    register(models_check(config))


@hookimpl
def chorus_on_reload() -> None:
    """Prompts are read again for the next goal."""
    from chorus_reasoner.reloads import RELOADS

    RELOADS.count += 1
