"""What this part of a node counts, for `/metrics`."""

from dataclasses import dataclass


@dataclass
class Counts:
    """Since the start of the process."""

    pings: int = 0
    unanswered: int = 0
    redials: int = 0
    redials_failed: int = 0
    rumours: int = 0
    rumours_new: int = 0
    suspected: int = 0
    died: int = 0
    accused: int = 0
