"""Registers the provider `resetdata`, its settings and its check. Imports nothing heavy."""

from collections.abc import Callable
from typing import Any

from chorus_hooks import hookimpl
from chorus_hooks.health import Check
from chorus_hooks.provider import Provider
from chorus_hooks.setting import Config, Setting


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """RESETDATA_BASE_URL, RESETDATA_API_KEY."""
    from chorus_resetdata.settings import RESETDATA_API_KEY, RESETDATA_BASE_URL

    register(RESETDATA_BASE_URL)
    register(RESETDATA_API_KEY)


@hookimpl
def chorus_register_providers(register: Callable[[Provider], None], config: Config) -> None:
    """The provider `resetdata`. It connects when it is asked."""
    register(_provider(config))


@hookimpl
def chorus_register_health_checks(register: Callable[[Check], None], config: Config) -> None:
    """The check `resetdata`."""
    from chorus_hooks.provider_check import provider_check

    register(
        provider_check(
            "resetdata", lambda: _provider(config), set_up="RESETDATA_API_KEY or RESETDATA_BASE_URL"
        )
    )


def _provider(config: Config) -> Provider:
    from chorus_resetdata.provider import Account, ResetData
    from chorus_resetdata.settings import RESETDATA_API_KEY, RESETDATA_BASE_URL

    def account() -> Account:
        named = config.explicit(RESETDATA_BASE_URL)
        return Account(config[RESETDATA_BASE_URL], config[RESETDATA_API_KEY], open=named)

    return ResetData(account)
