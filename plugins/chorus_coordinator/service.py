"""The coordinator as a service: recover what died, work while the node lives, end well."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio

from chorus_coordinator.clock import stamp
from chorus_coordinator.coordinator import LocalCoordinator
from chorus_coordinator.ledger import Ledger
from chorus_coordinator.recovery import Recovery
from chorus_coordinator.shelf import Shelf
from chorus_coordinator.store import Store, open_store
from chorus_coordinator.worker import Worker
from chorus_hooks.blob import Blobs
from chorus_hooks.event import Events
from chorus_hooks.executor import Executor
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Journal
from chorus_hooks.node import Node
from chorus_hooks.reasoner import Roles
from chorus_hooks.scanner import Scanner
from chorus_hooks.service import Capabilities, find


@asynccontextmanager
async def serve_store(capabilities: Capabilities) -> AsyncIterator[Store]:
    """Yield what the coordinator and the human gate share: a change by one is news for the other."""
    yield await open_store(
        capabilities.get(Journal),
        capabilities.get(Identity).peer_id,
        stamp(),
        capabilities.get(Events).task_changed,
    )


@asynccontextmanager
async def serve(
    capabilities: Capabilities, slots: Callable[[], int], max_queued: Callable[[], int], ledger: Ledger
) -> AsyncIterator[LocalCoordinator]:
    """Yield the coordinator of the state dir; `slots` attempts run at once in this process.

    Both numbers are asked for each time: they may change while it runs.
    """
    node, blobs = capabilities.get(Node), capabilities.get(Blobs)
    peer_id = capabilities.get(Identity).peer_id
    shelf = Shelf(node.state_dir / "output", blobs)
    shelf.prepare()
    store = capabilities.get(Store)
    recovery = Recovery(store, shelf, node)
    await recovery.run()
    worker = Worker(
        store,
        shelf,
        capabilities.get(Executor),
        peer_id=peer_id,
        boot=node.boot,
        slots=slots,
        ledger=ledger,
        serving=node.serving,
    )
    scanner = capabilities.get(Scanner)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(worker.run)
            if node.serving:
                nursery.start_soon(recovery.watch)
            yield LocalCoordinator(
                store,
                shelf,
                worker,
                recovery,
                scanner,
                blobs,
                node.boot,
                peer_id,
                max_queued,
                find(capabilities, Roles),
            )
            nursery.cancel_scope.cancel()
    except ExceptionGroup as group:
        raise _cause(group) from group


def _cause(group: ExceptionGroup[Exception]) -> Exception:
    """The failure in nested groups of one, which is what a person can be told; else the group."""
    error: Exception = group
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
