"""Registers the provider `ollama`, its setting and its check. Imports nothing heavy."""

from collections.abc import Callable
from typing import Any

from chorus_hooks import hookimpl
from chorus_hooks.health import Check
from chorus_hooks.provider import Provider
from chorus_hooks.setting import Config, Setting


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """OLLAMA_ENDPOINT."""
    from chorus_ollama.settings import OLLAMA_ENDPOINT

    register(OLLAMA_ENDPOINT)


@hookimpl
def chorus_register_providers(register: Callable[[Provider], None], config: Config) -> None:
    """The provider `ollama`. It connects when it is asked."""
    register(_provider(config))


@hookimpl
def chorus_register_health_checks(register: Callable[[Check], None], config: Config) -> None:
    """The check `ollama`."""
    from chorus_hooks.provider_check import provider_check
    from chorus_ollama.settings import OLLAMA_ENDPOINT

    def named() -> bool:
        return config.explicit(OLLAMA_ENDPOINT)

    register(provider_check("ollama", lambda: _provider(config), set_up="OLLAMA_ENDPOINT", wanted=named))


def _provider(config: Config) -> Provider:
    from chorus_ollama.provider import Ollama
    from chorus_ollama.settings import OLLAMA_ENDPOINT

    return Ollama(lambda: config[OLLAMA_ENDPOINT])
