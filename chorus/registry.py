"""What the plugins registered, hook by hook, each thing under one name.

A plugin that raises in a hook, or takes a name that another one has, is marked as failed and nothing that
it registered is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from chorus.plugins import Plugin, PluginHost
from chorus_hooks.command import Command
from chorus_hooks.health import Check
from chorus_hooks.leftover import Sweeper
from chorus_hooks.metric import Metric
from chorus_hooks.provider import Provider
from chorus_hooks.route import Route
from chorus_hooks.sandbox import Sandbox
from chorus_hooks.service import Service
from chorus_hooks.setting import Config, Setting

T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """One registered object and the plugin it came from."""

    value: Any
    plugin: str


class Registry:
    """Asks the plugins, each on its own, and keeps what they offer."""

    def __init__(self, plugins: PluginHost) -> None:
        self.plugins = plugins

    def settings(self) -> dict[str, Entry]:
        """Every setting by its name."""
        return self._collect("chorus_register_settings", lambda setting: setting.name, Setting)

    def commands(self) -> dict[str, Entry]:
        """Every command by its name."""
        return self._collect("chorus_register_commands", lambda command: command.name, Command)

    def services(self, config: Config) -> dict[str, Entry]:
        """Every service by its name."""
        return self._collect("chorus_register_services", lambda service: service.name, Service, config=config)

    def sandboxes(self, config: Config) -> dict[str, Entry]:
        """Every sandbox backend by its name, in the order in which they are tried."""
        return self._collect(
            "chorus_register_sandboxes", lambda sandbox: sandbox.name, Sandbox, config=config
        )

    def providers(self, config: Config) -> dict[str, Entry]:
        """Every provider of models by its name."""
        return self._collect(
            "chorus_register_providers", lambda provider: provider.name, Provider, config=config
        )

    def remotes(self, config: Config) -> dict[str, Entry]:
        """Every service that reaches a running node, by its name."""
        return self._collect("chorus_register_remotes", lambda service: service.name, Service, config=config)

    def routes(self, config: Config) -> dict[str, Entry]:
        """Every HTTP route by its method and path."""
        return self._collect(
            "chorus_register_routes", lambda route: f"{route.method} {route.path}", Route, config=config
        )

    def checks(self, config: Config) -> dict[str, Entry]:
        """Every health check by its name."""
        return self._collect("chorus_register_health_checks", lambda check: check.name, Check, config=config)

    def metrics(self, config: Config) -> dict[str, Entry]:
        """Every metric family by its name."""
        return self._collect("chorus_register_metrics", lambda metric: metric.name, Metric, config=config)

    def sweepers(self, config: Config) -> dict[str, Entry]:
        """Every sweeper by its name."""
        return self._collect("chorus_register_sweepers", lambda sweeper: sweeper.name, Sweeper, config=config)

    def everything(self, config: Config) -> dict[str, dict[str, Entry]]:
        """All of it, by kind: every hook is called, so that a plugin that fails in one is seen to fail."""
        return {
            "settings": self.settings(),
            "commands": self.commands(),
            "services": self.services(config),
            "sandboxes": self.sandboxes(config),
            "providers": self.providers(config),
            "remotes": self.remotes(config),
            "routes": self.routes(config),
            "checks": self.checks(config),
            "metrics": self.metrics(config),
            "sweepers": self.sweepers(config),
        }

    def _collect(
        self, hook: str, name_of: Callable[[Any], str], kind: type[Any], **arguments: object
    ) -> dict[str, Entry]:
        kept: dict[str, Entry] = {}
        for plugin, implementation in self.plugins.each(hook):
            offered = _offered(plugin, hook, implementation, arguments)
            for value in offered:
                if not _is_a(value, kind):
                    plugin.fail(f"{hook}: {value!r} is no {kind.__name__}")
                    break
                taken = kept.get(name_of(value))
                if taken:
                    plugin.fail(
                        f"{hook}: {name_of(value)!r} is already registered by plugin {taken.plugin!r}"
                    )
                    break
            else:
                kept |= {name_of(value): Entry(value, plugin.name) for value in offered}
        return kept


def _offered(
    plugin: Plugin, hook: str, implementation: Callable[..., object], arguments: dict[str, object]
) -> list[Any]:
    offered: list[Any] = []
    try:
        implementation(register=offered.append, **arguments)
    except Exception as error:
        plugin.fail(f"{hook}: {type(error).__name__}: {error}")
        return []
    return offered


def _is_a(value: object, kind: type[Any]) -> bool:
    if getattr(kind, "_is_protocol", False):
        return all(hasattr(value, name) for name in kind.__dict__ if not name.startswith("_"))
    return isinstance(value, kind)
