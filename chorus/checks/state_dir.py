"""The check `state-dir`: it is there, private, on a local disk, and takes a file that lasts."""

import os
import stat
import tempfile
from pathlib import Path
from typing import Final

import trio

from chorus.state_dir import file_system
from chorus_hooks.errors import ChorusError
from chorus_hooks.health import Check, Finding
from chorus_hooks.node import Node
from chorus_hooks.service import Capabilities

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
VOLATILE: Final = frozenset({"tmpfs", "ramfs"})


def examine(path: Path) -> Finding:
    """Look, and write a file. Blocks. Raises ChorusError when it takes none."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & OTHERS:
        return Finding(
            "failed" if mode & OTHERS_WRITE else "warning",
            f"{path} is open to other users (mode {mode:04o})",
            f"chmod 700 {path}",
        )
    _write(path)
    kind = file_system(path)
    if kind in VOLATILE:
        return Finding(
            "warning",
            f"{path} is on {kind}: a restart of the machine empties it",
            "put it on a disk with --state-dir or CHORUS_STATE_DIR",
        )
    return Finding("ok", f"{path} is private, on {kind}, and takes files")


def _write(path: Path) -> None:
    """A file without a name, so that nothing is left of it whatever happens."""
    with tempfile.TemporaryFile(dir=path) as file:
        file.write(b"chorus")
        file.flush()
        os.fsync(file.fileno())


async def _probe(capabilities: Capabilities) -> Finding:
    path = capabilities.get(Node).state_dir
    try:
        return await trio.to_thread.run_sync(examine, path, abandon_on_cancel=True)
    except OSError as error:
        raise ChorusError(
            f"{path} takes no files: {error.strerror}",
            hint="make it writable and free some space on its disk, or set CHORUS_STATE_DIR",
        ) from None


def state_dir_check() -> Check:
    """Each minute: it waits for the disk."""
    return Check("state-dir", _probe, requires=(Node,), every=60.0)
