"""Lines on stdout, many of them: each is flushed when somebody may be waiting for it."""

import sys
from collections.abc import Iterable


def print_lines(lines: Iterable[bytes]) -> None:
    """Write UTF-8 lines and flush. Raises BrokenPipeError when the reader went away."""
    sys.stdout.flush()
    for line in lines:
        sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()
