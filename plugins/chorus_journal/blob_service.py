"""The blob store as a service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from chorus_hooks.node import Node
from chorus_journal.blob_store import FileBlobs


@asynccontextmanager
async def open_blobs(node: Node, quota: int) -> AsyncIterator[FileBlobs]:
    """The store of a node's state dir, once what dead processes left half-written is gone."""
    store = FileBlobs(node.state_dir, node.boot, quota)
    await trio.to_thread.run_sync(store.sweep, node.alive)
    yield store
