"""The machine that a node runs on: it has an address, and outlives the node's crashes."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chorus.testing.memory.mesh import MemoryMesh
    from chorus.testing.memory.path import Path


@dataclass(eq=False)
class Host:
    """One peer's place in the network; `mesh` is None while its node does not run.

    `frozen`: its node is stopped, as by SIGSTOP. `dialable`: others can reach it, as they cannot behind NAT.
    """

    peer_id: str
    ip: str
    port: int
    mesh: "MemoryMesh | None" = None
    frozen: bool = False
    dialable: bool = True
    outgoing: "dict[str, Path]" = field(default_factory=dict)
    incoming: "dict[str, Path]" = field(default_factory=dict)

    @property
    def socket(self) -> str:
        """The multiaddr of where it listens, without the peer."""
        return f"/ip4/{self.ip}/tcp/{self.port}"

    @property
    def address(self) -> str:
        """What others dial."""
        return f"{self.socket}/p2p/{self.peer_id}"
