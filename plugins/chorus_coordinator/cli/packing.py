"""A directory of this machine as the source of a task."""

from pathlib import Path

import msgspec

from chorus_hooks.console import Console
from chorus_hooks.source import Packer
from chorus_hooks.task import Source, TaskDocument


async def packed(
    packer: Packer, console: Console, document: TaskDocument, directory: Path | None
) -> TaskDocument:
    """The document with `directory` as its source; what was left out is told. As it is without one."""
    if directory is None:
        return document
    source = await packer.pack(directory)
    for skipped in source.skipped:
        console.note(f"chorus: left out: {skipped}")
    return msgspec.structs.replace(document, source=Source(sha256=source.sha256))
