"""The identity as a service: the key is read, or made, when something first needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from chorus_hooks.node import Node
from chorus_identity.key_file import load_or_create
from chorus_identity.key_pair import KeyPair

KEY_FILE = "identity.key"


@asynccontextmanager
async def serve(node: Node) -> AsyncIterator[KeyPair]:
    """Yield the identity of the state dir. Raises Refused when the key cannot be used or made."""
    path = node.state_dir / KEY_FILE
    yield KeyPair(await trio.to_thread.run_sync(load_or_create, path, node.scratch))
