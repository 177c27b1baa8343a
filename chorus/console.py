"""The terminal: results on stdout, notes and errors on stderr."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from chorus.settings import debugging
from chorus_hooks.errors import ChorusError


class TerminalConsole:
    """Implements `chorus_hooks.console.Console` on this process's own stdout and stderr."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.json = False
        self.quiet = False
        self.verbosity = 2 if debugging(environment) else 0
        self.color = "NO_COLOR" not in environment and environment.get("TERM") != "dumb"

    @property
    def live(self) -> bool:
        """Whether stderr may be redrawn and coloured."""
        return self.color and not self.quiet and sys.stderr.isatty()

    def result(self, document: object, text: str) -> None:
        """Print one result."""
        if self.json or text:
            with stdout_told():
                print(_encode(document) if self.json else text)

    def note(self, text: str) -> None:
        """Tell a person something."""
        if not self.quiet:
            print(text, file=sys.stderr)

    def error(self, error: ChorusError) -> None:
        """Tell what happened and what to do; with --json, as a document on stdout."""
        if self.json:
            print(_encode({"error": {"code": error.code, "message": error.message, "hint": error.hint}}))
            return
        print(f"chorus: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"  try: {error.hint}", file=sys.stderr)


@contextmanager
def stdout_told() -> Iterator[None]:
    """Write to stdout and flush it, so that a fault is told here and not by the interpreter's exit.

    Raises BrokenPipeError when the reader went away, ChorusError when it cannot be written.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise
        raise ChorusError(f"the result cannot be written to stdout: {error.strerror}") from None


def _encode(document: object) -> str:
    import msgspec

    raw = msgspec.json.encode(document, enc_hook=str)
    return (msgspec.json.format(raw, indent=2) if sys.stdout.isatty() else raw).decode()
