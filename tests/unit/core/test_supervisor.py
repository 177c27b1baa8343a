"""A node's life: start in order, stop in reverse, whatever happens in between."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.lowlevel
import trio.testing

from chorus.errors import Interrupted, first_of
from chorus.supervisor import Supervisor
from chorus_hooks.errors import ChorusError
from chorus_hooks.service import Capabilities, Service


class A: ...


class B: ...


class Diary:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def service(self, name: str, provides: type[object], *requires: type[object]) -> Service:
        @asynccontextmanager
        async def live(capabilities: Capabilities) -> AsyncIterator[str]:
            got = [capabilities.get(kind) for kind in requires]
            self.lines.append(f"{name} starts with {got}" if got else f"{name} starts")
            try:
                yield f"<{name}>"
            finally:
                await trio.lowlevel.checkpoint()
                self.lines.append(f"{name} stops")

        return Service(name, provides=provides, factory=live, requires=requires)


async def idle(_: Capabilities) -> None:
    """A command with nothing to do."""


@asynccontextmanager
async def crashing(_: Capabilities) -> AsyncIterator[None]:
    async def crash() -> None:
        raise OSError("radio died")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(crash)
        yield


async def test_services_start_in_order_and_stop_in_reverse_around_the_work() -> None:
    diary = Diary()

    async def main(capabilities: Capabilities) -> object:
        diary.lines.append("work")
        return capabilities.get(B)

    supervisor = Supervisor([diary.service("a", A), diary.service("b", B, A)], {})
    assert await supervisor.run(main, (B,)) == "<b>"
    assert diary.lines == ["a starts", "b starts with ['<a>']", "work", "b stops", "a stops"]


async def test_the_work_sees_only_what_it_declared() -> None:
    async def main(capabilities: Capabilities) -> object:
        return capabilities.get(A)

    with pytest.raises(BaseExceptionGroup) as caught:
        await Supervisor([Diary().service("a", A)], {}).run(main, ())
    assert "uses A without requiring it" in str(first_of(caught.value))


async def test_an_error_of_the_work_comes_through_after_everything_stopped() -> None:
    diary = Diary()

    async def main(_: Capabilities) -> None:
        raise ChorusError("no luck")

    with pytest.raises(BaseExceptionGroup) as caught:
        await Supervisor([diary.service("a", A)], {}).run(main, ())
    assert str(first_of(caught.value)) == "no luck"
    assert diary.lines[-1] == "a stops"


async def test_a_crash_names_the_service_and_stops_the_rest_in_order() -> None:
    diary = Diary()

    async def main(_: Capabilities) -> None:
        await trio.sleep_forever()

    supervisor = Supervisor([diary.service("a", A), Service("b", provides=B, factory=crashing)], {})
    with pytest.raises(ChorusError, match="service 'b' failed"):
        await supervisor.run(main, ())
    assert diary.lines == ["a starts", "a stops"]


async def test_a_service_that_fails_to_start_leaves_nothing_running() -> None:
    diary = Diary()

    @asynccontextmanager
    async def broken(_: Capabilities) -> AsyncIterator[None]:
        raise ChorusError("no disk")
        yield

    supervisor = Supervisor([diary.service("a", A), Service("b", provides=B, factory=broken)], {})
    with pytest.raises(BaseExceptionGroup) as caught:
        await supervisor.run(idle, ())
    assert str(first_of(caught.value)) == "no disk"
    assert diary.lines == ["a starts", "a stops"]


async def test_a_signal_cancels_the_work_and_is_told() -> None:
    diary = Diary()

    async def main(_: Capabilities) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await trio.sleep_forever()
        finally:
            diary.lines.append("work unwinds")

    with pytest.raises(Interrupted) as caught:
        await Supervisor([diary.service("a", A)], {}).run(main, ())
    assert caught.value.number == signal.SIGTERM
    assert diary.lines == ["a starts", "work unwinds", "a stops"]


class TestWithAVirtualClock:
    @pytest.fixture
    def anyio_backend(self) -> tuple[str, dict[str, object]]:
        return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}

    async def test_a_service_that_does_not_start_in_time_is_named(self) -> None:
        @asynccontextmanager
        async def slow(_: Capabilities) -> AsyncIterator[None]:
            await trio.sleep_forever()
            yield

        service = Service("slow", provides=A, factory=slow, start_timeout=5)
        with pytest.raises(BaseExceptionGroup) as caught:
            await Supervisor([service], {}).run(idle, ())
        assert str(first_of(caught.value)) == "service 'slow' did not start within 5 s"

    async def test_a_service_that_does_not_stop_is_named_and_cancelled(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        @asynccontextmanager
        async def stubborn(_: Capabilities) -> AsyncIterator[None]:
            try:
                yield
            finally:
                await trio.sleep_forever()

        service = Service("stubborn", provides=A, factory=stubborn, stop_timeout=5)
        await Supervisor([service], {}).run(idle, ())
        assert "service stubborn did not stop within 5 s" in caplog.text
