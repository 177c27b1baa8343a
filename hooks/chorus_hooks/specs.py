"""Every hook. `chorus_register_*` is called once at start, `chorus_on_*` tells that something happened.

All hooks are synchronous: asynchronous work belongs into the objects that a plugin registers. A plugin
implements any of them with `@hookimpl`, with the parameters it needs.
"""

from collections.abc import Callable
from typing import Any

from chorus_hooks.command import Command
from chorus_hooks.health import Check
from chorus_hooks.leftover import Sweeper
from chorus_hooks.markers import hookspec
from chorus_hooks.members import Member
from chorus_hooks.metric import Metric
from chorus_hooks.provider import Provider
from chorus_hooks.route import Route
from chorus_hooks.sandbox import Sandbox
from chorus_hooks.service import Service
from chorus_hooks.setting import Config, Setting
from chorus_hooks.task import Task


@hookspec
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """Declare the environment variables that this plugin reads."""


@hookspec
def chorus_register_commands(register: Callable[[Command], None]) -> None:
    """Add commands to `chorus`."""


@hookspec
def chorus_register_services(register: Callable[[Service], None], config: Config) -> None:
    """Offer services; they are started only when something requires what they provide."""


@hookspec
def chorus_register_sandboxes(register: Callable[[Sandbox], None], config: Config) -> None:
    """Offer a sandbox backend. Construct it lazily: this is called whenever any task may run."""


@hookspec
def chorus_register_providers(register: Callable[[Provider], None], config: Config) -> None:
    """Offer a provider of language models. Construct it lazily: connections are made when it is asked."""


@hookspec
def chorus_register_remotes(register: Callable[[Service], None], config: Config) -> None:
    """Offer services that reach, over the HTTP API, what a running node provides. They require `Endpoint`.

    A command uses them in place of the local ones when a node is up, or `CHORUS_URL` names one.
    """


@hookspec
def chorus_register_routes(register: Callable[[Route], None], config: Config) -> None:
    """Add routes to the HTTP API."""


@hookspec
def chorus_register_health_checks(register: Callable[[Check], None], config: Config) -> None:
    """Add checks: a node runs them now and then, `chorus doctor` runs them once."""


@hookspec
def chorus_register_metrics(register: Callable[[Metric], None], config: Config) -> None:
    """Add metric families to `/metrics`."""


@hookspec
def chorus_register_sweepers(register: Callable[[Sweeper], None], config: Config) -> None:
    """Tell `chorus prune`, and a node once in a while, what may be removed."""


@hookspec
def chorus_on_reload(config: Config) -> None:
    """SIGHUP gave `live` settings new values: all of them are in force now."""


@hookspec
def chorus_on_task_changed(task: Task) -> None:
    """A task changed, and the change is committed."""


@hookspec
def chorus_on_peer_changed(member: Member) -> None:
    """A peer of the mesh came, is suspected, died, left, or says something else of itself."""
