"""Registers the HTTP API, its client, and the command `status`. Imports nothing heavy."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from chorus_hooks import hookimpl
from chorus_hooks.blob import Blobs
from chorus_hooks.command import Command
from chorus_hooks.contributions import Contributions
from chorus_hooks.coordinator import Coordinator, TaskQueries
from chorus_hooks.endpoint import Api
from chorus_hooks.executor import Executor
from chorus_hooks.gate import Gate
from chorus_hooks.health import Health
from chorus_hooks.identity import Identity
from chorus_hooks.island import Island
from chorus_hooks.journal import Journal
from chorus_hooks.members import Members
from chorus_hooks.node import Node
from chorus_hooks.remote_log import RemoteLogs
from chorus_hooks.replica import Fetcher
from chorus_hooks.service import Capabilities, Service
from chorus_hooks.setting import Config, Setting
from chorus_hooks.task import Task
from chorus_http.settings import SETTINGS
from chorus_http.task_outcomes import OUTCOMES


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """Where the two ports are, and how much the API takes."""
    for setting in SETTINGS:
        register(setting)


@hookimpl
def chorus_register_services(register: Callable[[Service], None], config: Config) -> None:
    """The API of a node."""

    def start(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_http.service import open_http

        return open_http(capabilities, config)

    requires = (
        Island,
        Coordinator,
        TaskQueries,
        Gate,
        Journal,
        Blobs,
        Identity,
        Node,
        Executor,
        Health,
        Contributions,
    )
    register(
        Service(
            "http",
            provides=Api,
            factory=start,
            requires=requires,
            optional=(Members, Fetcher, RemoteLogs),
            stop_timeout=2.0,
        )
    )


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


@hookimpl
def chorus_on_task_changed(task: Task) -> None:
    """Count how tasks end, for `/metrics`."""
    OUTCOMES.changed(task)
