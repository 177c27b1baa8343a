"""How long to hope that a node comes back. Pure but for chance."""

import random
from typing import Final

FIRST_S: Final = 0.1
LONGEST_S: Final = 4.0
TRIES: Final = 12
"""About half a minute in all: a node that is restarted is back in a few seconds."""


class Patience:
    """Growing pauses between tries, with some chance in them, so that many clients do not come at once.

    Nobody waits for a node that never answered: before the first `renew` there is no second try.
    """

    def __init__(self) -> None:
        self._left = 0
        self._pause = FIRST_S

    def renew(self) -> None:
        """The node answered."""
        self._left, self._pause = TRIES, FIRST_S

    def next(self, at_least: float = 0.0) -> float | None:
        """Seconds before the next try; None when it is time to give up."""
        if not self._left:
            return None
        self._left -= 1
        pause, self._pause = self._pause, min(2 * self._pause, LONGEST_S)
        return max(pause * random.uniform(0.5, 1.0), min(at_least, LONGEST_S))  # noqa: S311
