"""The check `secrets`: the gate that keeps secrets out finds one, and lets plain text through."""

import trio

from chorus_hooks.health import Check, Finding
from chorus_hooks.scanner import Scanner
from chorus_hooks.service import Capabilities

PLAIN = "The quick brown fox jumps over the lazy dog"


def made_up_secret() -> str:
    """Looks like a key of a well-known kind. Put together here, so that no scanner finds it in this file."""
    return "AKIA" + "IOSFODNN7" + "CHORUSX"


async def _probe(capabilities: Capabilities) -> Finding:
    scanner = capabilities.get(Scanner)
    found = await trio.to_thread.run_sync(
        lambda: scanner.scan(made_up_secret(), where="check"), abandon_on_cancel=True
    )
    if not found:
        return Finding("failed", "the scanner does not find a secret", "`chorus plugin list`: is it shhh?")
    if scanner.scan(PLAIN, where="check"):
        return Finding("failed", "the scanner takes plain text for a secret", "report it to its author")
    return Finding("ok", "the scanner finds a secret, and lets plain text through")


def secrets_check() -> Check:
    """It does not change while a node runs, so it is seldom tried."""
    return Check("secrets", _probe, requires=(Scanner,), every=600.0)
