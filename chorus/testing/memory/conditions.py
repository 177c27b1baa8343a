"""How good a way between two nodes is."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Conditions:
    """Of one way. `delay` and `jitter` are in seconds: something takes `delay`, and up to `jitter` more.

    `loss` and `duplicate` are the shares of topic messages that vanish, and that come twice; with jitter they
    overtake one another. Streams keep what TCP promises: all bytes, in order, as late as it gets. `bandwidth`
    is in bytes a second.
    """

    delay: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0
    duplicate: float = 0.0
    bandwidth: float = math.inf
