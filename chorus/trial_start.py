"""Services that may fail to start: what is wrong with each one is kept, and the others go on without it."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from chorus.errors import first_of
from chorus_hooks.errors import ChorusError
from chorus_hooks.health import Finding
from chorus_hooks.service import Capabilities, Service

Kind = type[Any]

_log = logging.getLogger("chorus.trial_start")

START_S: Final = 15.0
"""A service that needs longer has something to tell, and the rest is to be looked at all the same."""


class TrialStart:
    """Makes services lenient, and is the `Watch` of their supervisor.

    `faults` are the services that failed, by name; `absent` says for each capability why it is not there.
    """

    def __init__(self) -> None:
        self.faults: dict[str, Finding] = {}
        self.absent: dict[Kind, str] = {}

    def lenient(self, service: Service) -> Service:
        """The same service, which provides nothing when it, or what it requires, does not start."""

        @asynccontextmanager
        async def factory(capabilities: Capabilities) -> AsyncIterator[object]:
            why = self.missing(service.requires)
            if why:
                self.absent[service.provides] = why
                yield None
                return
            async with AsyncExitStack() as stack:
                provider = None
                try:
                    provider = await stack.enter_async_context(service.factory(capabilities))
                    del self.absent[service.provides]
                except Exception as error:
                    self._fault(service.name, first_of(error))
                yield provider

        self.absent[service.provides] = f"service {service.name} does not start"
        start_timeout = min(START_S, service.start_timeout)
        return replace(service, factory=factory, on_crash="leave", start_timeout=start_timeout)

    def missing(self, requires: Sequence[Kind]) -> str:
        """Why one of them is not there; nothing when all are."""
        return next((self.absent[kind] for kind in requires if kind in self.absent), "")

    def service_down(self, name: str, why: str) -> None:
        """It did not start in time, or crashed later."""
        self.faults.setdefault(name, Finding("failed", why))

    def service_up(self, name: str) -> None:
        """Nothing is started a second time."""

    def _fault(self, name: str, error: BaseException) -> None:
        _log.debug("service %s does not start", name, exc_info=error)
        if isinstance(error, ChorusError):
            self.faults[name] = Finding("failed", error.message, error.hint)
        else:
            text = f"it does not start: {type(error).__name__}: {error}"
            self.faults[name] = Finding(
                "failed", text, "report it to the author of the plugin; -vv shows where"
            )
