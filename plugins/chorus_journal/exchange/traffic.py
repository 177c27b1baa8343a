"""What the metrics of the exchange count."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

Result = Literal["fetched", "not_found", "damaged"]


@dataclass
class Traffic:
    """Bytes of blobs given to peers and taken from them, and how often blobs were looked for, by result."""

    served: int = 0
    taken: int = 0
    results: Counter[Result] = field(default_factory=Counter)


TRAFFIC = Traffic()
"""That of this process: there is one node in it."""
