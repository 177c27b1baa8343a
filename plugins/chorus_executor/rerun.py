"""Runs an attempt again, with somebody else in the place of the model, and keeps nothing of it."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from chorus_executor.aside import AsideBlobs
from chorus_executor.changes import Difference, compare
from chorus_executor.thread import check, in_thread
from chorus_executor.tree import Tree, read_trees
from chorus_hooks.blob import Blobs
from chorus_hooks.errors import ChorusError
from chorus_hooks.executor import Assignment, Executor, Report
from chorus_hooks.reasoner import Reasoner
from chorus_hooks.replay import Again
from chorus_hooks.task import Changes, Result


class LocalRerunner:
    """Implements `chorus_hooks.replay.Rerunner`; `make` gives an executor for a store and a reasoner."""

    def __init__(self, blobs: Blobs, scratch: Path, make: Callable[[Blobs, Reasoner], Executor]) -> None:
        self._blobs = blobs
        self._scratch = scratch
        self._make = make

    async def run(self, work: Assignment, reasoner: Reasoner, before: Result, report: Report) -> Again:
        """Run it as an executor does, on a store of its own."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as directory:
            aside = AsideBlobs(self._blobs, Path(directory))
            result = await self._make(aside, reasoner).execute(work, report)
            files = await in_thread(lambda: self._differing(before.changes, aside, result.changes))
        return Again(result, files)

    def _differing(self, before: Changes | None, aside: Blobs, after: Changes | None) -> tuple[str, ...]:
        """The paths that one has otherwise than the other. What was kept is read, and so checked, always."""
        with ExitStack() as stack:
            kept, made = _tree(self._blobs, before, stack), _tree(aside, after, stack)
            difference = compare(kept, made, check=check)
        return _paths(difference, before, after)


def _paths(difference: Difference, before: Changes | None, after: Changes | None) -> tuple[str, ...]:
    """All of them, deletions of the one and not of the other included."""
    gone, now_gone = (set(changes.deleted) if changes else set() for changes in (before, after))
    return tuple(sorted({*difference.added, *difference.modified, *difference.deleted, *(gone ^ now_gone)}))


def _tree(blobs: Blobs, changes: Changes | None, stack: ExitStack) -> Tree:
    if changes is None:
        return Tree()
    archive = stack.enter_context(blobs.open(changes.sha256))
    while archive.read(1 << 20):  # the store checks its hash on the way
        check()
    trees, damage = read_trees(archive, ("",), check=check)
    if damage:
        raise ChorusError(f"the changes {changes.sha256[:12]} are no whole tar: {damage}")
    return trees[""]
