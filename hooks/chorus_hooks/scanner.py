"""The gate that keeps secrets out of what is kept for ever."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Finding:
    """Something that looks like a secret. `masked` is safe to show; the secret itself is not kept.

    `where` names the place for a person: an environment name, a file and line.
    """

    rule: str
    where: str
    masked: str


class Scanner(Protocol):
    """Finds what looks like a secret. Pure and local: it never asks the network."""

    def scan(self, text: str, *, where: str) -> list[Finding]:
        """What looks like a secret in a text."""
        ...

    def scan_variable(self, name: str, value: str) -> list[Finding]:
        """What looks like a secret in an environment variable, by its name or by its value."""
        ...

    def redact(self, text: str) -> str:
        """The text with each secret that `scan` finds in it replaced by `[REDACTED rule]`."""
        ...
