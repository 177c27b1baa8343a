"""Registers the coordinator with all that shows how it is, the human gate, direction, and the commands."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from chorus_coordinator.budget import SETTINGS as BUDGETS
from chorus_coordinator.budget import limits_of
from chorus_hooks import hookimpl
from chorus_hooks.blob import Blobs
from chorus_hooks.command import Command
from chorus_hooks.coordinator import Coordinator, TaskQueries
from chorus_hooks.direction import Direction
from chorus_hooks.event import Events
from chorus_hooks.executor import Executor
from chorus_hooks.gate import Gate
from chorus_hooks.health import Check
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Journal
from chorus_hooks.leftover import RETENTION, Sweep, Sweeper
from chorus_hooks.members import Members
from chorus_hooks.mesh import Mesh
from chorus_hooks.metric import Metric
from chorus_hooks.node import Node
from chorus_hooks.reasoner import Roles
from chorus_hooks.remote_log import RemoteLogs
from chorus_hooks.scanner import Scanner
from chorus_hooks.service import Capabilities, Service
from chorus_hooks.setting import Config, Setting, integer
from chorus_hooks.subtasks import Subtasks

MAX_TASKS = Setting(
    "CHORUS_MAX_TASKS", integer(1, 256), 2, "How many tasks one process runs at once", live=True
)
MAX_QUEUED = Setting(
    "CHORUS_MAX_QUEUED",
    integer(1, 1_000_000),
    10_000,
    "How many tasks may wait for a slot of the node; beyond that it says that it is busy",
    live=True,
)

SPLIT_DEPTH = Setting(
    "CHORUS_SPLIT_DEPTH",
    integer(0, 8),
    2,
    "How often the work of a goal may be split into parts, part within part; 0 forbids it",
    live=True,
)
SPLIT_TASKS = Setting(
    "CHORUS_SPLIT_TASKS",
    integer(1, 1000),
    32,
    "How many tasks one goal may become, itself and all parts of parts included",
    live=True,
)

_OWN_FAILURE = 125  # as `docker run`: the command's own code stays distinguishable


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """How much this node takes on, and how much its models may use."""
    register(MAX_TASKS)
    register(MAX_QUEUED)
    register(SPLIT_DEPTH)
    register(SPLIT_TASKS)
    for budget in BUDGETS.values():
        register(budget)


@hookimpl
def chorus_register_commands(register: Callable[[Command], None]) -> None:
    """`run`, `task`, `approve` and `deny`."""
    register(
        Command(
            "run",
            "chorus_coordinator.cli.run:app",
            "Run a command in a sandbox, and wait for it",
            _OWN_FAILURE,
        )
    )
    register(Command("task", "chorus_coordinator.cli.task:app", "List tasks, and look at what they left"))
    register(Command("approve", "chorus_coordinator.cli.approval:approve", "Say yes to what a task asks"))
    register(Command("deny", "chorus_coordinator.cli.approval:deny", "Say no to what a task asks"))


@hookimpl
def chorus_register_services(register: Callable[[Service], None], config: Config) -> None:
    """Offer the `Coordinator` of the state dir, its questions as values, the gate, direction, and parts."""
    from chorus_coordinator.store import Store

    def share(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_coordinator.service import serve_store

        return serve_store(capabilities)

    def watch(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_coordinator.gate import serve

        return serve(capabilities)

    def start(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_coordinator.ledger import Ledger
        from chorus_coordinator.service import serve

        ledger = Ledger(limits_of(config))
        return serve(capabilities, lambda: config[MAX_TASKS], lambda: config[MAX_QUEUED], ledger)

    def direct(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_coordinator.direction import serve
        from chorus_coordinator.ledger import Ledger

        return serve(capabilities, Ledger(limits_of(config)))

    def ask(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_coordinator.queries import serve

        return serve(capabilities)

    register(
        Service(
            name="coordinator",
            provides=Coordinator,
            factory=start,
            requires=(Store, Blobs, Node, Identity, Scanner, Executor),
            optional=(Roles,),
        )
    )
    register(Service("task store", provides=Store, factory=share, requires=(Journal, Identity, Events)))
    register(Service("gate", provides=Gate, factory=watch, requires=(Store, Blobs, Scanner, Node, Identity)))
    register(Service("direction", provides=Direction, factory=direct, requires=(Store,)))

    def split(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_coordinator.subtasks import serve

        return serve(capabilities, lambda: config[SPLIT_DEPTH], lambda: config[SPLIT_TASKS])

    register(Service("subtasks", provides=Subtasks, factory=split, requires=(Store, Node)))

    def tell(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_coordinator.remote.service import serve

        return serve(capabilities)

    register(Service("remote_logs", RemoteLogs, tell, requires=(Coordinator,), optional=(Mesh, Members)))
    register(Service(name="task_queries", provides=TaskQueries, factory=ask))


@hookimpl
def chorus_register_health_checks(register: Callable[[Check], None], config: Config) -> None:
    """The check `tasks`."""
    from chorus_coordinator.check import tasks_check

    register(tasks_check(config))


@hookimpl
def chorus_register_metrics(register: Callable[[Metric], None], config: Config) -> None:
    """Tasks by state, the age of the queue, and slots."""
    from chorus_coordinator.metric import metrics

    for metric in metrics(config):
        register(metric)


@hookimpl
def chorus_register_sweepers(register: Callable[[Sweeper], None], config: Config) -> None:
    """The sweeper `tasks`."""

    def build(capabilities: Capabilities) -> Sweep:
        from chorus_coordinator.sweep import TaskSweep

        return TaskSweep(capabilities.get(Journal), capabilities.get(Identity), lambda: config[RETENTION])

    register(Sweeper("tasks", build, requires=(Journal, Identity)))
