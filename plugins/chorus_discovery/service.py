"""Discovery as a service: the lists at once, the LAN in the background, again when addresses change."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import trio

from chorus_discovery import remembered
from chorus_discovery.advert import Advert, advertised
from chorus_discovery.discovery import PEERS_FILE, LocalDiscovery
from chorus_discovery.mdns import NoMulticast, on_the_lan
from chorus_discovery.settings import BOOTSTRAP_PEERS, MDNS_ENABLED
from chorus_hooks.address import Address
from chorus_hooks.cluster import Cluster
from chorus_hooks.mesh import Mesh
from chorus_hooks.node import Node
from chorus_hooks.setting import Config

LOOK_S: Final = 5.0
"""How often this node's addresses are compared with those that it shows."""
AGAIN_S: Final = 60.0
"""Until multicast is tried again where there was none: a cable, a VPN or a laptop's lid may change that."""

_log = logging.getLogger("chorus.discovery")


@asynccontextmanager
async def serve(
    node: Node, config: Config, cluster: Cluster, mesh: Mesh | None
) -> AsyncIterator[LocalDiscovery]:
    """Yield what this node knows of where peers are. Without a mesh nothing is shown on the LAN."""
    known = await trio.to_thread.run_sync(remembered.load, node.state_dir / PEERS_FILE)
    discovery = LocalDiscovery(node, mesh.peer_id if mesh else "", known)
    discovery.offer(config[BOOTSTRAP_PEERS], "bootstrap")
    discovery.offer(cluster.introducers, "join")
    async with trio.open_nursery() as nursery:
        if mesh is not None and config[MDNS_ENABLED]:
            nursery.start_soon(_Lan(mesh, cluster.tag, node.version, discovery).live)
        yield discovery
        nursery.cancel_scope.cancel()


class _Lan:
    """This node on the LAN."""

    def __init__(self, mesh: Mesh, tag: str, version: str, discovery: LocalDiscovery) -> None:
        self._mesh = mesh
        self._tag = tag
        self._version = version
        self._discovery = discovery
        self._warned = False

    async def live(self) -> None:
        while True:
            shown = advertised(self._mesh.addresses)
            if not shown:
                await self._change(shown)
                continue
            try:
                async with on_the_lan(
                    Advert(self._mesh.peer_id, self._tag, self._version, shown), self._discovery.heard
                ):
                    await self._change(shown)
            except (NoMulticast, OSError) as error:
                self._warn(error)
                await trio.sleep(AGAIN_S)

    async def _change(self, shown: tuple[Address, ...]) -> None:
        """Wait until this node has other addresses: a mesh tells what they are, not when they change."""
        while advertised(self._mesh.addresses) == shown:  # noqa: ASYNC110
            await trio.sleep(LOOK_S)

    def _warn(self, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            why = "multicast does not work here" if isinstance(error, NoMulticast) else error
            _log.warning(
                "peers on this LAN are not found by themselves: %s; give CHORUS_JOIN or"
                " CHORUS_BOOTSTRAP_PEERS, or set CHORUS_MDNS_ENABLED=false",
                why,
            )
