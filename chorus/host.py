"""What a running command may use: configuration, console, and the services it asks for."""

import logging
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from chorus import config as configuration
from chorus.console import TerminalConsole
from chorus.errors import first_of
from chorus.log import set_up
from chorus.plugins import PluginHost
from chorus.registry import Registry
from chorus.settings import CORE, LOG_FORMAT, LOG_LEVEL, default_state_dir
from chorus_hooks.event import Events
from chorus_hooks.node import STATE_DIR, Node
from chorus_hooks.sandbox import Sandboxes
from chorus_hooks.service import Capabilities

T = TypeVar("T")


class CommandHost:
    """Implements `chorus_hooks.command.Host`. The environment is read when a command first needs it."""

    def __init__(self, environment: Mapping[str, str], console: TerminalConsole, registry: Registry) -> None:
        self._environment = environment
        self.console = console
        self.registry = registry
        self.overrides: dict[str, str] = {}

    @property
    def plugins(self) -> PluginHost:
        """Every plugin found."""
        return self.registry.plugins

    @cached_property
    def config(self) -> configuration.EnvironmentConfig:
        """The settings, checked all at once; unknown names are warned of."""
        settings = [*CORE, *(entry.value for entry in self.registry.settings().values())]
        config = configuration.read(settings, self._environment, self.overrides)
        config.fill(STATE_DIR, default_state_dir(self._environment))
        self._set_up_logging(config)
        for warning in config.warnings:
            logging.getLogger("chorus.config").warning(warning)
        return config

    def run(self, main: Callable[[Capabilities], Awaitable[T]], *, requires: tuple[type[Any], ...]) -> T:
        """Start what `requires` leads to, run `main`, stop in reverse."""
        import trio

        from chorus.plan import plan
        from chorus.state_dir import open_state_dir
        from chorus.supervisor import Supervisor

        services = [entry.value for entry in self.registry.services(self.config).values()]
        given = self._given()
        order = plan(services, requires, (*given, Node))
        with open_state_dir(self.config[STATE_DIR]) as boot:
            supervisor = Supervisor(order, {**given, Node: boot})
            try:
                return trio.run(supervisor.run, main, requires)
            except BaseExceptionGroup as group:
                raise first_of(group) from group

    def _given(self) -> dict[type[Any], object]:
        from chorus.events import PluginEvents
        from chorus.sandboxes import RegisteredSandboxes

        return {
            Events: PluginEvents(self.plugins),
            Sandboxes: RegisteredSandboxes(lambda: self.registry.sandboxes(self.config).values()),
        }

    def _set_up_logging(self, config: configuration.EnvironmentConfig) -> None:
        level = config[LOG_LEVEL] if config.explicit(LOG_LEVEL) else "warning"
        if self.console.verbosity:
            level = "debug" if self.console.verbosity > 1 else "info"
        form = config[LOG_FORMAT] or ("text" if sys.stderr.isatty() else "json")
        set_up("error" if self.console.quiet else level, "json" if form == "json" else "text")
