"""Hands the work of an open sandbox to parts of its task, and takes what they changed back into it."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from chorus_executor.changes import published
from chorus_executor.commands import Runner, Spent
from chorus_executor.merge import Changed, Merge, merge
from chorus_executor.names import printable
from chorus_executor.place import collect
from chorus_executor.scratch import fill, scratch_file
from chorus_executor.source import SourceMissing, open_tar
from chorus_executor.tarball import TarWriter
from chorus_executor.thread import check, checked, in_thread
from chorus_executor.tree import Tree, read_trees, write_tree
from chorus_hooks.blob import Blobs
from chorus_hooks.errors import Refused
from chorus_hooks.output import Stream
from chorus_hooks.reasoner import Merged
from chorus_hooks.sandbox import DATA, Box, BoxCommand
from chorus_hooks.task import Changes, Source

_UNPACK_S: Final = 300.0
_NAMES: Final = 500
"""Paths in one command line."""
_SAID: Final = 4 << 10

# What a directory was and a file becomes is empty by then: its files are deleted first.
_DELETE: Final = 'rm -f -- "$@"'
_EMPTY: Final = 'for path; do if [ -d "$path" ] && [ ! -h "$path" ]; then rmdir -- "$path"; fi; done'
_UNPACK: Final = "tar -xf -"


@dataclass(frozen=True)
class Handover:
    """`source` is what the task began with, `most` how many bytes its sandbox may give back."""

    box: Box
    runner: Runner
    spent: Spent
    scratch: Path
    blobs: Blobs
    source: Tree
    most: int

    async def snapshot(self) -> Source:
        """The working tree as a source: what a diff would show, on the task's own source."""
        with scratch_file(self.scratch) as archive:
            whole = await collect(self.box, archive, self.most)
            trees, damage = await in_thread(lambda: read_trees(archive, ("data", "output"), check=check))
            if not whole or damage:
                raise Refused("the working tree cannot be read as a whole, or is too large")
            return await in_thread(lambda: self._store(published(self.source, trees["data"])))

    def _store(self, tree: Tree) -> Source:
        with self.blobs.create() as writer:
            write_tree(tree.nodes, TarWriter(checked(writer.write)))
            return Source(sha256=writer.commit().sha256)

    async def merge(self, parts: Sequence[Changes | None]) -> Merged:
        """Bring their changes together, and into the working tree."""
        with ExitStack() as open_tars:
            changed = await in_thread(lambda: [self._changed(part, open_tars) for part in parts])
            merged = await in_thread(lambda: merge(changed))
            await self._apply(merged)
            files = tuple(tuple(map(printable, given)) for given in merged.given)
            return Merged(files, tuple(merged.clashes))

    def _changed(self, part: Changes | None, open_tars: ExitStack) -> Changed:
        if part is None:
            return {}
        try:
            archive, tree = open_tar(self.blobs, part.sha256, check)
        except SourceMissing as missing:
            raise Refused(f"what a part changed cannot be read: {missing}") from None
        open_tars.callback(archive.close)
        nodes = {path: node for path, node in tree.nodes.items() if node.kind != "directory"}
        return {**dict.fromkeys(part.deleted), **nodes}

    async def _apply(self, merged: Merge) -> None:
        await self._for_each(_DELETE, sorted(merged.deleted))
        await self._for_each(_EMPTY, sorted(merged.nodes))
        if merged.nodes:
            with scratch_file(self.scratch) as archive:
                await in_thread(
                    lambda: fill(
                        archive, lambda file: write_tree(merged.nodes, TarWriter(checked(file.write)))
                    )
                )
                archive.seek(0)
                await self._sh(_UNPACK, (), archive)

    async def _for_each(self, line: str, paths: Sequence[str]) -> None:
        for start in range(0, len(paths), _NAMES):
            await self._sh(line, tuple(f"./{path}" for path in paths[start : start + _NAMES]))

    async def _sh(self, line: str, arguments: tuple[str, ...], stdin: BinaryIO | None = None) -> None:
        """One command in the top of the working tree. Raises Refused with what it said."""
        said = bytearray()

        async def sink(stream: Stream, data: bytes) -> None:
            said.extend(data[: _SAID - len(said)])

        ended = await self.box.run(
            BoxCommand(
                argv=("sh", "-c", line, "merge", *arguments),
                env=self.runner.env,
                timeout_s=_UNPACK_S,
                max_output=_SAID,
                cwd=DATA,
            ),
            sink,
            stdin,
        )
        self.spent.add(ended, 0.0)
        if ended.reason != "exited" or ended.code != 0:
            why = said.decode("utf-8", "replace").strip() or ended.reason
            raise Refused(f"the changes of the parts could not be written: {why}")
