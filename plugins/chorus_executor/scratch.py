"""Temporary files of one attempt: without a name, so that nothing is left of them whatever happens."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from chorus_hooks.errors import Refused


@contextmanager
def scratch_file(directory: Path) -> Iterator[BinaryIO]:
    """A file for reading and writing. Raises Refused when there can be none."""
    try:
        file = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115 - closed below, and errors told apart
    except OSError as error:
        raise _full(error) from None
    with file:
        yield file


def fill(file: BinaryIO, write: Callable[[BinaryIO], object]) -> None:
    """Write a scratch file as a whole. Blocks. Raises Refused when the disk is full."""
    try:
        write(file)
        file.flush()
    except OSError as error:
        raise _full(error) from None


def _full(error: OSError) -> Refused:
    return Refused(
        f"the state dir takes no temporary file: {error.strerror}",
        hint="free some space, or choose another CHORUS_STATE_DIR",
    )
