"""What the metrics of remote logs count."""

from dataclasses import dataclass


@dataclass
class Traffic:
    """Peers' readers now, bytes of output given to peers and taken from them, and streams taken up again."""

    followers: int = 0
    served: int = 0
    taken: int = 0
    resumed: int = 0


TRAFFIC = Traffic()
"""That of this process: there is one node in it."""
