"""The scanner as a service. It has no life of its own: it is ready when it is made."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chorus_hooks.scanner import Scanner
from chorus_hooks.service import Capabilities, Service


def scanner_service() -> Service:
    """What the plugin registers."""

    @asynccontextmanager
    async def scanner(capabilities: Capabilities) -> AsyncIterator[object]:
        from chorus_shhh.scanner import LocalScanner

        yield LocalScanner()

    return Service("scanner", Scanner, scanner)
