"""What a running command may use: configuration, console, and the services it asks for."""

import logging
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from chorus import config as configuration
from chorus.console import TerminalConsole
from chorus.errors import first_of
from chorus.log import set_up
from chorus.plugins import PluginHost
from chorus.registry import Registry
from chorus.settings import CORE, LOG_FORMAT, LOG_LEVEL, default_state_dir
from chorus_hooks.command import Where
from chorus_hooks.endpoint import URL, Endpoint
from chorus_hooks.errors import Unreachable, UsageError
from chorus_hooks.event import Events
from chorus_hooks.island import Island
from chorus_hooks.node import STATE_DIR, Node
from chorus_hooks.provider import Providers
from chorus_hooks.sandbox import Sandboxes
from chorus_hooks.service import Capabilities, Service

if TYPE_CHECKING:
    from chorus.endpoint import NodeEndpoint

T = TypeVar("T")


def _island(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
    from chorus.island import open_island

    return open_island(capabilities)


_ISLAND = Service("island", provides=Island, factory=_island)


class CommandHost:
    """Implements `chorus_hooks.command.Host`. The environment is read when a command first needs it."""

    def __init__(self, environment: Mapping[str, str], console: TerminalConsole, registry: Registry) -> None:
        self.environment = environment
        self.console = console
        self.registry = registry
        self.overrides: dict[str, str] = {}
        self.serving = False

    @property
    def plugins(self) -> PluginHost:
        """Every plugin found."""
        return self.registry.plugins

    @cached_property
    def config(self) -> configuration.EnvironmentConfig:
        """The settings, checked all at once; unknown names are warned of."""
        config = self.read_config()
        self.set_up_logging(config)
        for warning in config.warnings:
            logging.getLogger("chorus.config").warning(warning)
        return config

    def read_config(self) -> configuration.EnvironmentConfig:
        """The settings as the environment, and the files that it names, have them now."""
        settings = [*CORE, *(entry.value for entry in self.registry.settings().values())]
        config = configuration.read(settings, self.environment, self.overrides)
        config.fill(STATE_DIR, default_state_dir(self.environment))
        return config

    def run(
        self,
        main: Callable[[Capabilities], Awaitable[T]],
        *,
        requires: tuple[type[Any], ...],
        optional: tuple[type[Any], ...] = (),
        where: Where = "auto",
    ) -> T:
        """Start what `requires` leads to, run `main`, stop in reverse."""
        import trio

        from chorus.plan import plan
        from chorus.state_dir import open_state_dir
        from chorus.supervisor import Supervisor

        endpoint = self._endpoint(where)
        services, given = self.services(), self.given()
        if endpoint is not None:
            services = self._with_remotes(services, requires, endpoint.named)
            given[Endpoint] = endpoint
        order = plan(services, requires, (*given, Node), optional)
        beside = endpoint.state_dir if endpoint is not None else None  # as one of several nodes of `up`
        with open_state_dir(beside or self.config[STATE_DIR]) as boot:
            supervisor = Supervisor(order, {**given, Node: boot})
            try:
                return trio.run(supervisor.run, main, (*requires, *optional))
            except BaseExceptionGroup as group:
                raise first_of(group) from group

    def services(self) -> list[Service]:
        """What can run in this process: the core's own services, and the plugins'."""
        return [_ISLAND, *(entry.value for entry in self.registry.services(self.config).values())]

    def _endpoint(self, where: Where) -> "NodeEndpoint | None":
        from chorus import endpoint

        if where == "here":
            return None
        try:
            found = endpoint.find(self.config)
        except Unreachable:  # it starts or stops: as good as none
            if where == "node":
                raise
            return None
        if found is None and where == "node":
            raise Unreachable(
                f"no node is up on {self.config[STATE_DIR]}",
                hint="start one with `chorus agent`, or name one with CHORUS_URL and CHORUS_API_TOKEN",
            )
        return found

    def _with_remotes(
        self, local: list[Service], requires: tuple[type[Any], ...], named: bool
    ) -> list[Service]:
        """What a node offers in place of what would run here.

        Raises UsageError when a node is named, and what a command needs has nothing to do with it.
        """
        from chorus.plan import plan

        remotes = [entry.value for entry in self.registry.remotes(self.config).values()]
        there = {service.provides for service in remotes}
        services = [*remotes, *(service for service in local if service.provides not in there)]
        if named:
            given: tuple[type[Any], ...] = (*self.given(), Node, Endpoint)
            for kind in requires:
                if not any(service in remotes for service in plan(services, (kind,), given)):
                    raise UsageError(
                        f"this command works on a state dir, and {URL.name} names a node elsewhere",
                        hint=f"run it on that machine, or without {URL.name}",
                    )
        return services

    def given(self) -> dict[type[Any], object]:
        """The core's own capabilities."""
        from chorus.events import PluginEvents
        from chorus.providers import RegisteredProviders
        from chorus.sandboxes import RegisteredSandboxes

        return {
            Events: PluginEvents(self.plugins),
            Sandboxes: RegisteredSandboxes(lambda: self.registry.sandboxes(self.config).values()),
            Providers: RegisteredProviders(lambda: self.registry.providers(self.config).values()),
        }

    def set_up_logging(self, config: configuration.EnvironmentConfig) -> None:
        """As the configuration and the command line want it; a node tells more than a command."""
        level = config[LOG_LEVEL] if self.serving or config.explicit(LOG_LEVEL) else "warning"
        if self.console.verbosity:
            level = "debug" if self.console.verbosity > 1 else "info"
        form = config[LOG_FORMAT] or ("text" if sys.stderr.isatty() else "json")
        set_up("error" if self.console.quiet else level, "json" if form == "json" else "text")
