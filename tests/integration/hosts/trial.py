"""What has to hold of a mesh after whatever befell it: whole again soon, journals equal, nothing lost."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from contrib.bench.rig.journals import Ledger, unequal
from contrib.bench.rig.mesh import linked, peers
from contrib.bench.rig.node import Node, until

HEAL_S = 10.0
SLACK = 3.0
"""This machine does other work: what is promised of a quiet one may take so many times as long."""
NOTICE_S = 60.0
"""For nodes to notice what is wrong. That may take long: those who miss several peers blame themselves."""


@dataclass
class Trial:
    """Nodes that take tasks all the time."""

    nodes: Sequence[Node]
    ledger: Ledger = field(default_factory=Ledger)

    def submit(self) -> None:
        """A task at each."""
        self.ledger.submit(self.nodes)

    def equal(self) -> None:
        """Every node gets every journal."""
        until(lambda: unequal(self.nodes) is None, SLACK * HEAL_S, self.told)

    def settle(self, whole: Callable[[Sequence[Node]], bool] = linked) -> None:
        """All is well: each has a link to each (or is `whole` otherwise), and every entry."""
        began = time.monotonic()
        until(lambda: whole(self.nodes), SLACK * HEAL_S, self.told)
        until(lambda: unequal(self.nodes) is None, SLACK * HEAL_S - (time.monotonic() - began), self.told)
        assert self.ledger.missing(self.nodes) == []

    def notice(self, what: Callable[[], bool]) -> None:
        """Until the nodes have seen it."""
        until(what, NOTICE_S, self.told)

    def states(self, number: int) -> list[str]:
        """What the others say of a node."""
        peer_id = self.nodes[number].where["peer_id"]
        others = [node for node in self.nodes if node is not self.nodes[number]]
        return [peer["state"] for node in others for peer in peers(node) if peer["peer_id"] == peer_id]

    def links(self, number: int) -> int:
        """How many others a node has a connection to."""
        return sum(peer["rtt_ms"] is not None for peer in peers(self.nodes[number]))

    def told(self) -> str:
        """How it is, for a person."""
        seen = [(node.state_dir.name, self._seen(node)) for node in self.nodes]
        return "\n".join((*map(str, seen), unequal(self.nodes) or "", *(node.told() for node in self.nodes)))

    def _seen(self, node: Node) -> list[tuple[str, str, float | None]]:
        return [(peer["agent_id"], peer["state"], peer["rtt_ms"]) for peer in peers(node)]
