"""A mesh in memory: nodes of one process, and every fault that a network has.

    async with open_network(random.Random(7), conditions=Conditions(delay=0.01, jitter=0.02)) as network:
        one, other = network.mesh("one"), network.mesh("other")
        await one.dial(other.addresses[0])
        network.partition(["one"], ["other"])

Nothing but bytes passes from one node to another. All that happens by chance comes from the `random.Random`
that it is given, and all that takes time from trio's clock, so `chorus.testing.seeded` can have any run
again.
"""

from chorus.testing.memory.conditions import Conditions
from chorus.testing.memory.mesh import MemoryMesh
from chorus.testing.memory.network import MemoryNetwork, open_network
from chorus.testing.memory.traffic import Tally, Traffic

__all__ = ["Conditions", "MemoryMesh", "MemoryNetwork", "Tally", "Traffic", "open_network"]
