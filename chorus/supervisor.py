"""A node's life, from top to bottom: start the services in order, do the work, stop them in reverse.

Every service lives in one task of its own, shielded from the others' ends, so that it is stopped when its
turn comes and not before. A crash cancels the work, names the service, and the rest stops in order; in a node
a service may have declared that it is started again, or left out. SIGINT and SIGTERM cancel the work, SIGHUP
reloads. A service that does not stop in its time is named and cancelled; a second signal cancels all at once.
"""

import logging
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

import trio

from chorus.errors import Interrupted, first_of
from chorus_hooks.errors import ChorusError
from chorus_hooks.service import Capabilities, Service

T = TypeVar("T")
Kind = type[Any]

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0

_log = logging.getLogger("chorus.supervisor")


class Watch(Protocol):
    """Who hears of services that fail while the node goes on."""

    def service_down(self, name: str, why: str) -> None:
        """It failed, and is not running now."""
        ...

    def service_up(self, name: str) -> None:
        """It runs again."""
        ...


class Supervisor:
    """Runs the services of one process, in the order of a plan; `given` are the core's own capabilities.

    A node has a `watch`; without one, in a command, every crash ends the work.
    """

    def __init__(
        self, services: Sequence[Service], given: Mapping[Kind, object], watch: Watch | None = None
    ) -> None:
        self._services = services
        self._providers: dict[Kind, object] = dict(given)
        self._watch = watch
        self._running: list[_Running] = []
        self._work = trio.CancelScope()
        self._crash: ChorusError | None = None
        self._signal: int | None = None

    async def run(
        self,
        main: Callable[[Capabilities], Awaitable[T]],
        requires: tuple[Kind, ...],
        hang_up: Callable[[], None] | None = None,
    ) -> T:
        """Start everything, run `main`, stop everything. SIGHUP calls `hang_up`.

        Raises what `main` raises; ChorusError when a service fails, Interrupted after a signal.
        """
        outcome: list[T] = []
        async with trio.open_nursery() as nursery:
            await nursery.start(self._watch_signals, hang_up)
            try:
                with self._work:
                    for service in self._services:
                        await self._start(service, nursery)
                    outcome.append(await main(self.capabilities("this command", requires)))
            finally:
                await self._stop_all()
                nursery.cancel_scope.cancel()
        if self._crash:
            raise self._crash
        if not outcome:
            raise Interrupted(self._signal or signal.SIGINT)
        return outcome[0]

    def capabilities(self, owner: str, kinds: tuple[Kind, ...]) -> Capabilities:
        """What `owner` declared, and nothing else. What is not running is simply absent."""
        return _Declared(owner, self._providers, kinds)

    async def _start(self, service: Service, nursery: trio.Nursery) -> None:
        declared = self.capabilities(service.name, (*service.requires, *service.optional))
        running = _Running(service, declared, self._crashed, self._watch)
        with trio.move_on_after(service.start_timeout) as patience:
            provider = await nursery.start(running.live)
            if provider is not None:
                self._providers[service.provides] = provider
            self._running.append(running)
        if patience.cancelled_caught:
            late = f"service {service.name!r} did not start within {service.start_timeout:g} s"
            if self._watch is None or service.on_crash == "stop":
                raise ChorusError(late)
            self._watch.service_down(service.name, late)
        _log.debug("service %s is ready", service.name)

    async def _stop_all(self) -> None:
        while self._running:
            await self._running[-1].stop()
            self._running.pop()

    def _crashed(self, service: Service, error: Exception) -> None:
        _log.debug("service %s crashed", service.name, exc_info=error)
        self._crash = ChorusError(
            f"service {service.name!r} failed: {first_of(error)}", hint="-vv shows where"
        )
        self._crash.__cause__ = error
        self._work.cancel()

    async def _watch_signals(
        self, hang_up: Callable[[], None] | None, *, task_status: trio.TaskStatus[None]
    ) -> None:
        numbers = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hang_up else [])]
        with trio.open_signal_receiver(*numbers) as signals:
            task_status.started()
            async for number in signals:
                if number == signal.SIGHUP and hang_up:
                    hang_up()
                elif self._signal is None:
                    self._signal = number
                    self._work.cancel()
                else:  # whoever asks twice does not want to wait
                    for running in self._running:
                        running.cancel()


class _Running:
    """One service in its task."""

    def __init__(
        self,
        service: Service,
        capabilities: Capabilities,
        crashed: Callable[[Service, Exception], None],
        watch: Watch | None,
    ) -> None:
        self._service = service
        self._capabilities = capabilities
        self._crashed = crashed
        self._watch = watch if service.on_crash != "stop" else None
        self._scope = trio.CancelScope()
        self._leave = trio.Event()
        self._ended = trio.Event()
        self._ready = False

    async def live(self, *, task_status: trio.TaskStatus[object]) -> None:
        """Enter the service, report ready, stay until stopped; again after a crash, if it is to be."""
        pause = FIRST_PAUSE_S
        try:
            with self._scope:
                while not await self._once(task_status):
                    with trio.move_on_after(pause):
                        await self._leave.wait()
                        return
                    pause = min(2 * pause, LONGEST_PAUSE_S)
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Leave the service: it may take its time to end well, then it is cancelled."""
        self._leave.set()
        with trio.move_on_after(self._service.stop_timeout, shield=True) as patience:
            await self._ended.wait()
        if patience.cancelled_caught:
            _log.error("service %s did not stop within %g s", self._service.name, self._service.stop_timeout)
            self.cancel()

    def cancel(self) -> None:
        """End it at once."""
        self._scope.cancel()

    async def _once(self, task_status: trio.TaskStatus[object]) -> bool:
        """One life of the service. False when there is to be another one after a pause."""
        try:
            async with self._service.factory(self._capabilities) as provider:
                self._scope.shield = True
                self._report(task_status, provider)
                await self._leave.wait()
        except Exception as error:
            if self._watch is None:
                if not self._ready:
                    raise
                self._crashed(self._service, error)
                return True
            why = str(first_of(error))
            _log.error("service %s failed: %s", self._service.name, why, exc_info=error)
            self._watch.service_down(self._service.name, why)
            self._scope.shield = True
            if not self._ready:
                self._ready = True
                task_status.started(None)
            return self._service.on_crash == "leave"
        return True

    def _report(self, task_status: trio.TaskStatus[object], provider: object) -> None:
        if not self._ready:
            self._ready = True
            task_status.started(provider)
        elif self._watch is not None:
            self._watch.service_up(self._service.name)


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
