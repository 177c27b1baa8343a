"""The hooks of the executor."""

from collections.abc import Callable
from typing import Any

from chorus_hooks import hookimpl
from chorus_hooks.health import Check
from chorus_hooks.metric import Metric
from chorus_hooks.service import Service
from chorus_hooks.setting import Config, Setting


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """Which sandbox, how long a goal keeps one, and which image for each language."""
    from chorus_executor.settings import GOAL_WAIT, IMAGES, SANDBOX

    register(SANDBOX)
    register(GOAL_WAIT)
    for setting in IMAGES.values():
        register(setting)


@hookimpl
def chorus_register_services(register: Callable[[Service], None], config: Config) -> None:
    """The packer of sources and the executor of tasks."""
    from chorus_executor.service import services

    for service in services(config):
        register(service)


@hookimpl
def chorus_register_health_checks(register: Callable[[Check], None]) -> None:
    """The check `sandbox`."""
    from chorus_executor.check import sandbox_check

    register(sandbox_check())


@hookimpl
def chorus_register_metrics(register: Callable[[Metric], None]) -> None:
    """`chorus_sandbox_available`."""
    from chorus_executor.metric import sandbox_metric

    register(sandbox_metric())
