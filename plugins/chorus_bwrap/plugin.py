"""Registers the bubblewrap sandbox and its one setting."""

from collections.abc import Callable
from typing import Any

from chorus_hooks import hookimpl
from chorus_hooks.health import Check
from chorus_hooks.sandbox import Sandbox
from chorus_hooks.setting import Config, Setting


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """CHORUS_BWRAP_RO."""
    from chorus_bwrap.settings import BWRAP_RO

    register(BWRAP_RO)


@hookimpl
def chorus_register_sandboxes(register: Callable[[Sandbox], None], config: Config) -> None:
    """The sandbox `bwrap`."""
    from chorus_bwrap.sandbox import BwrapSandbox
    from chorus_bwrap.settings import BWRAP_RO

    register(BwrapSandbox(readable=config[BWRAP_RO]))


@hookimpl
def chorus_register_health_checks(register: Callable[[Check], None]) -> None:
    """The check `bwrap`."""
    from chorus_bwrap.check import bwrap_check

    register(bwrap_check())
