"""Registers the journal, the blob store and `chorus log`. Imports nothing heavy."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from chorus_hooks import hookimpl
from chorus_hooks.blob import Blobs
from chorus_hooks.command import Command
from chorus_hooks.health import Check
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Checkpoints, Journal
from chorus_hooks.leftover import RETENTION, Sweep, Sweeper
from chorus_hooks.members import Members
from chorus_hooks.mesh import Mesh
from chorus_hooks.metric import Metric
from chorus_hooks.node import Node
from chorus_hooks.replica import Fetcher, Replicas
from chorus_hooks.route import Route
from chorus_hooks.service import Capabilities, Service
from chorus_hooks.setting import Config, Setting
from chorus_journal.settings import BLOB_QUOTA, REPLICA_QUOTA


def _start_journal(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
    from chorus_journal.journal import open_journal

    return open_journal(capabilities.get(Node), capabilities.get(Identity))


def _start_checkpoints(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
    return nullcontext(capabilities.get(Journal))


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """Declare the quotas of the blob store and of the copies of journals."""
    register(BLOB_QUOTA)
    register(REPLICA_QUOTA)


@hookimpl
def chorus_register_services(register: Callable[[Service], None], config: Config) -> None:
    """Offer the log, the blobs and the copies, and `Checkpoints` for who may be given a remote journal."""

    def start_blobs(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_journal.blob_service import open_blobs

        return open_blobs(capabilities.get(Node), config[BLOB_QUOTA])

    def start_replicas(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_journal.replica.service import start

        return start(capabilities, config[REPLICA_QUOTA])

    def start_fetcher(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_journal.exchange.service import start

        return start(capabilities, config[BLOB_QUOTA])

    register(Service(name="journal", provides=Journal, factory=_start_journal, requires=(Node, Identity)))
    register(
        Service(name="checkpoints", provides=Checkpoints, factory=_start_checkpoints, requires=(Journal,))
    )
    register(Service(name="blobs", provides=Blobs, factory=start_blobs, requires=(Node, Journal)))
    register(
        Service(
            name="replicas",
            provides=Replicas,
            factory=start_replicas,
            requires=(Journal, Identity),
            optional=(Mesh, Members),
        )
    )
    register(
        Service(
            name="fetcher",
            provides=Fetcher,
            factory=start_fetcher,
            requires=(Node, Journal, Blobs),
            optional=(Mesh, Members),
        )
    )


@hookimpl
def chorus_register_commands(register: Callable[[Command], None]) -> None:
    """Add `chorus log`."""
    register(Command("log", "chorus_journal.cli.app:app", "Show, verify and export the node's signed log"))


@hookimpl
def chorus_register_routes(register: Callable[[Route], None]) -> None:
    """The routes under `/journal`."""
    from chorus_journal.routes import routes

    for route in routes():
        register(route)


@hookimpl
def chorus_register_health_checks(register: Callable[[Check], None]) -> None:
    """The checks `journal` and `blobs`."""
    from chorus_journal.check import blobs_check, journal_check

    register(journal_check())
    register(blobs_check())


@hookimpl
def chorus_register_metrics(register: Callable[[Metric], None]) -> None:
    """Entries and bytes of the journal and of copies, the blobs, and the disk under them."""
    from chorus_journal import metric as journal
    from chorus_journal.exchange import metric as exchange
    from chorus_journal.replica import metric as replica

    for metric in (*journal.metrics(), *exchange.metrics(), *replica.metrics()):
        register(metric)


@hookimpl
def chorus_register_sweepers(register: Callable[[Sweeper], None], config: Config) -> None:
    """The sweeper `blobs`, after the tasks that hold them."""

    def build(capabilities: Capabilities) -> Sweep:
        from chorus_journal.sweep import BlobSweep

        return BlobSweep(capabilities.get(Blobs), capabilities.get(Node), lambda: config[RETENTION])

    register(Sweeper("blobs", build, requires=(Blobs, Node), after=("tasks",)))
