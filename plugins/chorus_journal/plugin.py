"""Registers the journal, the blob store and `chorus log`. Imports nothing heavy."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from chorus_hooks import hookimpl
from chorus_hooks.blob import Blobs
from chorus_hooks.command import Command
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Checkpoints, Journal
from chorus_hooks.node import Node
from chorus_hooks.service import Capabilities, Service
from chorus_hooks.setting import Config, Setting
from chorus_journal.settings import BLOB_QUOTA


def _start_journal(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
    from chorus_journal.journal import open_journal

    return open_journal(capabilities.get(Node), capabilities.get(Identity))


def _start_checkpoints(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
    return nullcontext(capabilities.get(Journal))


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """Declare the quota of the blob store."""
    register(BLOB_QUOTA)


@hookimpl
def chorus_register_services(register: Callable[[Service], None], config: Config) -> None:
    """Offer `Journal`, `Blobs` and `Checkpoints`: the journal again, for who may be given a remote one."""

    def start_blobs(capabilities: Capabilities) -> AbstractAsyncContextManager[object]:
        from chorus_journal.blob_service import open_blobs

        return open_blobs(capabilities.get(Node), config[BLOB_QUOTA])

    register(Service(name="journal", provides=Journal, factory=_start_journal, requires=(Node, Identity)))
    register(
        Service(name="checkpoints", provides=Checkpoints, factory=_start_checkpoints, requires=(Journal,))
    )
    register(Service(name="blobs", provides=Blobs, factory=start_blobs, requires=(Node, Journal)))


@hookimpl
def chorus_register_commands(register: Callable[[Command], None]) -> None:
    """Add `chorus log`."""
    register(Command("log", "chorus_journal.cli.app:app", "Show, verify and export the node's signed log"))
