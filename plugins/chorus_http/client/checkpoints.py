"""The signed checkpoint of a running node's journal."""

from typing import Any

import msgspec

from chorus_hooks.errors import ChorusError
from chorus_hooks.journal import Checkpoint
from chorus_http.client.connection import Connection


class RemoteCheckpoints:
    """Implements `chorus_hooks.journal.Checkpoints` at a node."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def checkpoint(self) -> Checkpoint:
        """The newest one."""
        return checkpoint_of(await self._connection.get("journal", "checkpoint"))


def checkpoint_of(fields: Any) -> Checkpoint:
    """From its JSON, where the root is base64."""
    try:
        return msgspec.convert(fields, Checkpoint)
    except msgspec.ValidationError as error:
        raise ChorusError(f"the node's answer is no checkpoint: {error}") from None
