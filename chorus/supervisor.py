"""A node's life, from top to bottom: start the services in order, do the work, stop them in reverse.

Every service lives in one task of its own, shielded from the others' ends, so that it is stopped when its
turn comes and not before. A crash cancels the work, names the service, and the rest stops in order.
SIGINT and SIGTERM cancel the work; a service that does not stop in its time is named and cancelled.
"""

import logging
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import trio

from chorus.errors import Interrupted
from chorus_hooks.errors import ChorusError
from chorus_hooks.service import Capabilities, Service

T = TypeVar("T")
Kind = type[Any]

_log = logging.getLogger("chorus.supervisor")


class Supervisor:
    """Runs the services of one process, in the order of a plan; `given` are the core's own capabilities."""

    def __init__(self, services: Sequence[Service], given: Mapping[Kind, object]) -> None:
        self._services = services
        self._providers: dict[Kind, object] = dict(given)
        self._running: list[_Running] = []
        self._work = trio.CancelScope()
        self._crash: ChorusError | None = None
        self._signal: int | None = None

    async def run(self, main: Callable[[Capabilities], Awaitable[T]], requires: tuple[Kind, ...]) -> T:
        """Start everything, run `main`, stop everything.

        Raises what `main` raises; ChorusError when a service fails, Interrupted after a signal.
        """
        outcome: list[T] = []
        async with trio.open_nursery() as nursery:
            await nursery.start(self._watch_signals)
            try:
                with self._work:
                    for service in self._services:
                        await self._start(service, nursery)
                    outcome.append(await main(_Declared("this command", self._providers, requires)))
            finally:
                await self._stop_all()
                nursery.cancel_scope.cancel()
        if self._crash:
            raise self._crash
        if not outcome:
            raise Interrupted(self._signal or signal.SIGINT)
        return outcome[0]

    async def _start(self, service: Service, nursery: trio.Nursery) -> None:
        declared = _Declared(service.name, self._providers, (*service.requires, *service.optional))
        running = _Running(service, declared, self._crashed)
        with trio.move_on_after(service.start_timeout) as patience:
            self._providers[service.provides] = await nursery.start(running.live)
            self._running.append(running)
        if patience.cancelled_caught:
            raise ChorusError(f"service {service.name!r} did not start within {service.start_timeout:g} s")
        _log.debug("service %s is ready", service.name)

    async def _stop_all(self) -> None:
        while self._running:
            await self._running.pop().stop()

    def _crashed(self, service: Service, error: Exception) -> None:
        _log.debug("service %s crashed", service.name, exc_info=error)
        self._crash = ChorusError(f"service {service.name!r} failed: {error}", hint="-vv shows where")
        self._crash.__cause__ = error
        self._work.cancel()

    async def _watch_signals(self, *, task_status: trio.TaskStatus[None]) -> None:
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            task_status.started()
            async for number in signals:
                self._signal = self._signal or number
                self._work.cancel()


class _Running:
    """One service in its task."""

    def __init__(
        self, service: Service, capabilities: Capabilities, crashed: Callable[[Service, Exception], None]
    ) -> None:
        self._service = service
        self._capabilities = capabilities
        self._crashed = crashed
        self._scope = trio.CancelScope()
        self._leave = trio.Event()
        self._ended = trio.Event()

    async def live(self, *, task_status: trio.TaskStatus[object]) -> None:
        """Enter the service, report ready, stay until stopped."""
        ready = False
        try:
            with self._scope:
                async with self._service.factory(self._capabilities) as provider:
                    self._scope.shield = True
                    ready = True
                    task_status.started(provider)
                    await self._leave.wait()
        except Exception as error:
            if not ready:
                raise
            self._crashed(self._service, error)
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Leave the service: it may take its time to end well, then it is cancelled."""
        self._leave.set()
        with trio.move_on_after(self._service.stop_timeout, shield=True) as patience:
            await self._ended.wait()
        if patience.cancelled_caught:
            _log.error("service %s did not stop within %g s", self._service.name, self._service.stop_timeout)
            self._scope.cancel()


class _Declared:
    """The capabilities that somebody declared, and no others."""

    def __init__(self, owner: str, providers: Mapping[Kind, object], kinds: tuple[Kind, ...]) -> None:
        self._owner = owner
        self._providers = providers
        self._kinds = kinds

    def get(self, kind: type[T]) -> T:
        if kind not in self._kinds:
            raise LookupError(f"{self._owner} uses {kind.__name__} without requiring it")
        provider: T = self._providers[kind]  # type: ignore[assignment]
        return provider
