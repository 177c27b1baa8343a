"""The Scanner of this node: names, known formats, detect-secrets, and what looks random."""

import re
from collections.abc import Iterator
from typing import Final

from chorus_hooks.scanner import Finding
from chorus_shhh.detectors import Detectors
from chorus_shhh.formats import find_formats
from chorus_shhh.mask import mask
from chorus_shhh.names import promises_public, promises_secret
from chorus_shhh.redact import redact
from chorus_shhh.shapes import is_harmless, is_number, is_placeholder, looks_random, may_be_token

_ASSIGNMENT: Final = re.compile(
    r"""(?<![\w$.])["']?(?P<name>[A-Za-z_][\w.-]{1,63})["']?\s{0,3}(?:=|:|=>|:=)\s{0,3}
    (?P<quote>["']?)(?P<value>[^\s"'`,;(){}\[\]<>]{8,512})(?P=quote)""",
    re.VERBOSE,
)

# Patterns over one long line would take quadratic time, so it is read in overlapping pieces.
_WINDOW: Final = 16 << 10
_OVERLAP: Final = 1 << 10


class LocalScanner:
    """Scans in this process, from any thread."""

    def __init__(self) -> None:
        self._detectors = Detectors()

    def scan(self, text: str, *, where: str) -> list[Finding]:
        """Findings line by line; `where` gets the line number when there are several lines."""
        lines = text.split("\n")
        found: list[Finding] = []
        for number, line in enumerate(lines, 1):
            place = where if len(lines) == 1 else f"{where}:{number}"
            found += [Finding(rule, place, mask(secret)) for rule, secret in self._in_line(line)]
        return found

    def scan_variable(self, name: str, value: str) -> list[Finding]:
        """One finding, of the strongest evidence, or none. A known format beats the name."""
        if is_placeholder(value) or (is_harmless(value) and not _may_be_key(name, value)):
            return []
        for rule, _ in self._by_format(value):
            return [Finding(rule, name, mask(value))]
        if promises_secret(name) and _may_be_secret(name, value):
            return [Finding("secret-name", name, mask(value))]
        if looks_random(value) and not promises_public(name):
            return [Finding("random-value", name, mask(value))]
        return []

    def redact(self, text: str) -> str:
        """The text with its secrets masked; line by line, private keys as a whole."""
        return redact(text, self._in_line)

    def _in_line(self, line: str) -> Iterator[tuple[str, str]]:
        told = False
        for rule, secret in self._by_format(line):
            told = True
            yield rule, secret
        for match in _ASSIGNMENT.finditer("" if told else line):
            name, value = match["name"], match["value"]
            if promises_secret(name) and not is_placeholder(value) and _strong(value):
                yield "secret-name", value

    def _by_format(self, text: str) -> Iterator[tuple[str, str]]:
        found: dict[tuple[str, str], None] = {}
        for start in range(0, max(1, len(text)), _WINDOW):
            window = text[start : start + _WINDOW + _OVERLAP]
            known = list(find_formats(window))
            if not known and may_be_token(window):
                known = self._detectors.find(window)
            found |= dict.fromkeys(known)
        yield from found


def _may_be_key(name: str, value: str) -> bool:
    """32 hex digits are a digest, but under the name of a secret they are the secret."""
    return promises_secret(name) and re.fullmatch(r"(?:0x)?[0-9a-fA-F]{32,128}|[\d-]{4,}", value) is not None


def _may_be_secret(name: str, value: str) -> bool:
    if is_number(value):
        return not name.upper().endswith(("TOKEN", "TOKENS", "KEY", "KEYS", "SECRET")) or len(value) >= 16
    return not re.match(r"(?:https?|file|unix|vault|op|arn|ref):/?\S+", value)


def _strong(value: str) -> bool:
    """In running text a name alone is no evidence: code and prose speak of tokens all the time."""
    return (
        len(value) >= 12
        and bool(re.search(r"\d", value))
        and not is_number(value)
        and (
            looks_random(value)
            or re.fullmatch(r"[0-9a-f]{32,128}|[A-Za-z0-9+/]{24,}={0,2}", value) is not None
        )
    )
