"""A text with its secrets taken out. Pure, over a function that finds the secrets in one line."""

import re
from collections.abc import Callable, Iterable
from typing import Final

_BLOCKS: Final = re.compile(
    r"""-----BEGIN\ (?P<kind>[A-Z0-9\ ]*PRIVATE\ KEY(?:\ BLOCK)?)-----
    (?:.{0,16384}?-----END\ (?P=kind)-----
    |(?:(?:\s|\\n)*(?:[A-Za-z-]+:\ [^\n\\]*|[A-Za-z0-9+/]{16,}={0,2}|[A-Za-z0-9+/]+={1,2})(?=\s|\\n|$))*)
    |(?P<putty>PuTTY-User-Key-File-\d:[^\n]*(?:\n[A-Za-z-]+:[^\n]*|\n[A-Za-z0-9+/=]+(?=\n|$))*)""",
    re.VERBOSE | re.DOTALL,
)


def redact(text: str, find: Callable[[str], Iterable[tuple[str, str]]]) -> str:
    """`find` gives (rule, secret) of a line; each secret becomes `[REDACTED rule]`, a private key whole."""
    return "\n".join(_line(line, find) for line in _BLOCKS.sub(_block, text).split("\n"))


def _block(match: re.Match[str]) -> str:
    return f"[REDACTED {'putty-key' if match['putty'] else 'private-key'}]"


def _line(line: str, find: Callable[[str], Iterable[tuple[str, str]]]) -> str:
    found = {secret: rule for rule, secret in find(line) if secret}
    for secret in sorted(found, key=len, reverse=True):
        line = line.replace(secret, f"[REDACTED {found[secret]}]")
    return line
