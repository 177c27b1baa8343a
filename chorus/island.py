"""The asyncio side of a node: one thread, one loop, and calls across in both directions.

Each side only posts callbacks to the other (`run_sync_soon`, `call_soon_threadsafe`) and never blocks its
own loop, so two loops that call each other cannot deadlock. A caller that is cancelled cancels the other
side and waits until it has unwound. The context (log fields) follows the call.
"""

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final, Generic, ParamSpec, TypeVar

import outcome
import trio

from chorus.mailbox import Mailbox
from chorus_hooks.errors import ChorusError, Unreachable
from chorus_hooks.service import Capabilities

P = ParamSpec("P")
T = TypeVar("T")

STOP_S: Final = 5.0
"""Ending the loop cancels what is left on it; what does not unwind in this time never will."""


class AsyncioIsland:
    """Implements `chorus_hooks.island.Island`. `nursery` owns the trio tasks that the island asks for."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        to_asyncio: Mailbox,
        token: trio.lowlevel.TrioToken,
        nursery: trio.Nursery,
    ) -> None:
        self._loop = loop
        self._nursery = nursery
        self._to_trio = Mailbox(token.run_sync_soon)
        self._to_asyncio = to_asyncio

    async def call(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """From trio to asyncio."""
        await trio.lowlevel.checkpoint_if_cancelled()
        call: _Call[T] = _Call(self._to_trio, partial(function, *args, **kwargs))
        self._post(call.start)

        def abort(raise_cancel: Callable[[], Any]) -> trio.lowlevel.Abort:
            call.raise_cancel = raise_cancel
            self._post(call.cancel)
            return trio.lowlevel.Abort.FAILED  # not before the other side has unwound

        result: T = await trio.lowlevel.wait_task_rescheduled(abort)
        return result

    async def call_trio(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """From asyncio to trio."""
        answered: asyncio.Future[T] = self._loop.create_future()
        scope = trio.CancelScope()
        run = partial(self._run, answered, scope, partial(function, *args, **kwargs))
        try:
            self._to_trio.post(partial(self._start, answered, run, contextvars.copy_context()))
        except trio.RunFinishedError:
            raise _stopping() from None
        try:
            return await asyncio.shield(answered)
        except asyncio.CancelledError:
            if not answered.done():
                self._to_trio.post(scope.cancel)
                await asyncio.wait([answered])
            if not answered.cancelled():
                answered.exception()  # seen; the cancellation is what counts
            raise

    def _start(
        self,
        answered: asyncio.Future[T],
        run: Callable[[], Awaitable[None]],
        context: contextvars.Context,
    ) -> None:
        try:
            context.run(self._nursery.start_soon, run)
        except RuntimeError:  # the nursery is closed
            self._answer(answered, outcome.Error(_stopping()))

    async def _run(
        self, answered: asyncio.Future[T], scope: trio.CancelScope, function: Callable[[], Awaitable[T]]
    ) -> None:
        result: outcome.Outcome[T] = outcome.Error(_stopping())
        try:
            with scope:
                try:
                    result = outcome.Value(await function())
                except Exception as error:
                    result = outcome.Error(error)
        finally:
            self._answer(answered, result)

    def _answer(self, answered: asyncio.Future[T], result: outcome.Outcome[T]) -> None:
        with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
            self._to_asyncio.post(partial(_resolve, answered, result))

    def _post(self, callback: Callable[[], object]) -> None:
        try:
            self._to_asyncio.post(callback)
        except RuntimeError:
            raise _stopping() from None


class _Call(Generic[T]):
    """One call from trio while it runs on the island. All but `raise_cancel` is touched there only."""

    def __init__(self, to_trio: Mailbox, function: Callable[[], Awaitable[T]]) -> None:
        self._caller = trio.lowlevel.current_task()
        self._to_trio = to_trio
        self._function = function
        self._context = contextvars.copy_context()
        self._task: asyncio.Task[T] | None = None
        self.raise_cancel: Callable[[], Any] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._await(), context=self._context)
        self._task.add_done_callback(self._done)

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _await(self) -> T:
        return await self._function()

    def _done(self, task: "asyncio.Task[T]") -> None:
        with suppress(trio.RunFinishedError):
            self._to_trio.post(partial(trio.lowlevel.reschedule, self._caller, self._outcome(task)))

    def _outcome(self, task: "asyncio.Task[T]") -> outcome.Outcome[Any]:
        if task.cancelled():
            return outcome.capture(self.raise_cancel) if self.raise_cancel else outcome.Error(_stopping())
        error = task.exception()
        return outcome.Value(task.result()) if error is None else outcome.Error(error)


class _Thread:
    """The thread that the loop lives in, from its start to its join."""

    def __init__(self, token: trio.lowlevel.TrioToken) -> None:
        self._token = token
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._live, name="asyncio-island", daemon=True)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.mail: Mailbox | None = None
        self.error: BaseException | None = None
        self.stopping = False
        self.started = trio.Event()
        self.ended = trio.Event()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping = True
        if self.loop is not None and self._stop is not None:
            with suppress(RuntimeError):  # it has ended by itself
                self.loop.call_soon_threadsafe(self._stop.set)

    async def watch(self) -> None:
        """Fail when the thread ends without being told to: whoever calls it would wait for ever."""
        await self.ended.wait()
        if not self.stopping:
            raise ChorusError(f"the asyncio thread ended by itself: {self.error}")

    def _live(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # also SystemExit, which libraries raise here
            self.error = error
        finally:
            if self.mail is not None:
                self.mail.end()
            with suppress(trio.RunFinishedError):
                self._token.run_sync_soon(self.ended.set)
                self._token.run_sync_soon(self.started.set)

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self.mail = Mailbox(self.loop.call_soon_threadsafe)
        self._token.run_sync_soon(self.started.set)
        await self._stop.wait()


@asynccontextmanager
async def open_island(_: Capabilities) -> AsyncIterator[AsyncioIsland]:
    """Start the thread; leaving it cancels what still runs on the loop, waits, and ends the thread."""
    token = trio.lowlevel.current_trio_token()
    thread = _Thread(token)
    async with trio.open_nursery() as nursery:
        thread.start()
        try:
            await thread.started.wait()
            if thread.loop is None or thread.mail is None:
                raise ChorusError(f"the asyncio thread did not start: {thread.error}")
            nursery.start_soon(thread.watch)
            yield AsyncioIsland(thread.loop, thread.mail, token, nursery)
        finally:
            thread.stop()
            with trio.CancelScope(deadline=trio.current_time() + STOP_S, shield=True):
                await thread.ended.wait()
            nursery.cancel_scope.cancel()


def _resolve(answered: "asyncio.Future[T]", result: outcome.Outcome[T]) -> None:
    if answered.done():
        return
    match result:
        case outcome.Value(value):
            answered.set_result(value)
        case outcome.Error(error):
            answered.set_exception(error)


def _stopping() -> Unreachable:
    return Unreachable("the node is stopping", hint="ask again when it has been started again")
