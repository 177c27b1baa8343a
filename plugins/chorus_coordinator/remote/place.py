"""How far a log was followed, and whether what comes goes on there. Pure."""

from dataclasses import dataclass

from chorus_coordinator.remote.message import BadMessage
from chorus_hooks.coordinator import TaskOutput


@dataclass
class Place:
    """The next byte that is awaited: of which attempt, and how many came before it."""

    attempt: int
    offset: int

    def take(self, output: TaskOutput) -> None:
        """Go on to the end of a piece. Raises BadMessage when it repeats or leaves out a byte.

        A later attempt is told from its beginning, an earlier one never again.
        """
        begin = output.offset - len(output.data)
        if (output.attempt == self.attempt and begin == self.offset) or (
            output.attempt > self.attempt and begin == 0
        ):
            self.attempt, self.offset = output.attempt, output.offset
            return
        raise BadMessage(
            f"byte {begin} of attempt {output.attempt} after byte {self.offset} of attempt {self.attempt}"
        )
