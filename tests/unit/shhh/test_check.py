"""The check of the gate: it finds a secret, and is no wall."""

from typing import Any

import pytest

from chorus_hooks.scanner import Finding as Secret
from chorus_shhh.check import secrets_check
from chorus_shhh.scanner import LocalScanner


class Given:
    def __init__(self, scanner: object) -> None:
        self._scanner = scanner

    def get(self, kind: type[Any]) -> Any:
        return self._scanner


class Fixed:
    def __init__(self, *found: Secret) -> None:
        self._found = list(found)

    def scan(self, text: str, *, where: str) -> list[Secret]:
        return self._found


async def test_the_real_scanner_passes() -> None:
    assert (await secrets_check().probe(Given(LocalScanner()))).status == "ok"


@pytest.mark.parametrize(
    ("scanner", "text"),
    [(Fixed(), "does not find a secret"), (Fixed(Secret("r", "w", "m")), "takes plain text for a secret")],
)
async def test_one_that_finds_nothing_or_everything_fails(scanner: Fixed, text: str) -> None:
    finding = await secrets_check().probe(Given(scanner))
    assert (finding.status, text in finding.text) == ("failed", True)
