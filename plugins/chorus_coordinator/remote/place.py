"""How far a log was followed, and whether what comes goes on there. Pure."""

from dataclasses import dataclass, field

from chorus_coordinator.remote.message import BadMessage
from chorus_hooks.coordinator import TaskOutput


@dataclass
class Place:
    """The next byte that is awaited: of which attempt, and how many came before it."""

    attempt: int
    offset: int
    _began: bool = field(default=False, init=False, repr=False, compare=False)

    def take(self, output: TaskOutput) -> None:
        """Go on to the end of a piece. Raises BadMessage when it repeats or leaves out a byte.

        Another attempt is told from its beginning. An earlier one may only be the first that is told: whoever
        asks may have named one that there never was.
        """
        begin = output.offset - len(output.data)
        if output.attempt == self.attempt:
            fits = begin == self.offset
        else:
            fits = begin == 0 and (output.attempt > self.attempt or not self._began)
        if fits:
            self.attempt, self.offset, self._began = output.attempt, output.offset, True
            return
        raise BadMessage(
            f"byte {begin} of attempt {output.attempt} after byte {self.offset} of attempt {self.attempt}"
        )
