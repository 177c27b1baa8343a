"""What the built-in plugins register; plugins from elsewhere are left out, so that pages do not differ."""

from typing import Any

from chorus import config as configuration
from chorus.config import EnvironmentConfig
from chorus.plugins import OWN_DISTRIBUTION, PluginHost, discover
from chorus.registry import Registry
from chorus.settings import CORE


def registry() -> Registry:
    """A registry of the built-in plugins. Raises RuntimeError when one of them cannot be asked."""
    asked = Registry(PluginHost(point for point in discover() if point[1] == OWN_DISTRIBUTION))
    asked.settings()
    asked.commands()
    for plugin in asked.plugins.plugins:
        if plugin.status != "ok":
            raise RuntimeError(f"plugin {plugin.name}: {plugin.error}")
    return asked


def configuration_of(asked: Registry) -> EnvironmentConfig:
    """Every setting at its default."""
    settings: list[Any] = [*CORE, *(entry.value for entry in asked.settings().values())]
    return configuration.read(settings, {}, {})
