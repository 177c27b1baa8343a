"""The peers that a running node knows."""

import msgspec

from chorus_hooks.errors import ChorusError
from chorus_hooks.members import Peer
from chorus_hooks.peer_json import peer_from_json
from chorus_http.client.connection import Connection


class RemotePeers:
    """Implements `chorus_hooks.members.Peers` at a node."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def list(self) -> tuple[Peer, ...]:
        """Everybody known."""
        document = await self._connection.get("peers")
        try:
            return tuple(map(peer_from_json, document["peers"]))
        except (msgspec.ValidationError, LookupError, TypeError) as error:
            raise ChorusError(
                f"the node's answer tells of no peers: {error}", hint="is this CHORUS older than the node?"
            ) from None
