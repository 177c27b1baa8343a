"""From what a task left to the fields of its result. Blocks on the disk: runs in a worker thread."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from chorus_executor.artifacts import store_artifacts
from chorus_executor.attempt import Outcome
from chorus_executor.changes import compare, store_changes
from chorus_executor.clean_room import CleanRoom
from chorus_executor.thread import check
from chorus_executor.tree import Tree
from chorus_hooks.blob import Blobs
from chorus_hooks.failpoint import failpoint
from chorus_hooks.task import Result, TaskDocument

_MOST_TOLD: Final = 200


@dataclass(frozen=True)
class Keeper:
    """Stores the artifacts and changes of one task."""

    blobs: Blobs
    document: TaskDocument
    source: Tree
    max_bytes: int

    def keep(self, outcome: Outcome, result: Result) -> Result:
        """The result with artifacts, changes and what was dropped. Raises Refused when the store is full."""
        stored = store_artifacts(
            self.blobs, outcome.output, self.document.outputs, max_bytes=self.max_bytes, check=check
        )
        difference = compare(self.source, outcome.data, check=check)
        reported = store_changes(
            self.blobs, self.source, difference, whole=not outcome.incomplete, check=check
        )
        failpoint("executor.stored")
        below_data = [f"data/{line}" for line in (*outcome.data.dropped, *reported.dropped)]
        dropped = [outcome.left, outcome.incomplete, *stored.dropped, *below_data]
        return msgspec.structs.replace(
            result,
            artifacts=tuple(stored.artifacts),
            changes=reported.changes,
            dropped=bounded(filter(None, dropped)),
            partial=result.partial or stored.full,
        )

    def verified(self, room: CleanRoom, result: Result) -> Result:
        """Of a goal, the result with the changes that were verified: what was put back is no part of them.

        Who applies them gets what passed, and not the tests that a model wrote to pass.
        """
        if self.document.kind != "goal" or not room.restored:
            return result
        difference = compare(self.source, Tree(room.nodes), check=check)
        reported = store_changes(self.blobs, self.source, difference, whole=True, check=check)
        return msgspec.structs.replace(result, changes=reported.changes)


def bounded(lines: Iterable[str]) -> tuple[str, ...]:
    """The first lines, and how many more there are."""
    told = list(lines)
    if len(told) <= _MOST_TOLD:
        return tuple(told)
    return (*told[:_MOST_TOLD], f"and {len(told) - _MOST_TOLD} more")
