"""How a command speaks to whoever called it: results on stdout, everything else on stderr."""

from typing import Protocol


class Console(Protocol):
    """stdout carries results only. With `--json` that is one JSON document and nothing else."""

    @property
    def json(self) -> bool:
        """Whether the caller asked for JSON."""
        ...

    @property
    def quiet(self) -> bool:
        """Whether the caller asked for no notes (`-q`)."""
        ...

    @property
    def live(self) -> bool:
        """Whether stderr is a terminal that may be redrawn and coloured."""
        ...

    def result(self, document: object, text: str) -> None:
        """Print the result: `document` as JSON when asked for, else `text` (may be empty: prints nothing)."""
        ...

    def note(self, text: str) -> None:
        """Tell a person something on stderr, unless quiet."""
        ...
