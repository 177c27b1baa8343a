"""A node's life: start in order, stop in reverse, whatever happens in between."""

import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import trio
import trio.lowlevel
import trio.testing

from chorus.errors import Interrupted, first_of
from chorus.supervisor import Supervisor
from chorus_hooks.errors import ChorusError
from chorus_hooks.service import Capabilities, Service, find


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
    with pytest.raises(ChorusError, match="service 'b' failed: radio died"):
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


class Watched:
    """Hears of failing services, as the health of a node does."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.up = trio.Event()

    def service_down(self, name: str, why: str) -> None:
        self.heard.append(f"{name} down: {why}")

    def service_up(self, name: str) -> None:
        self.heard.append(f"{name} up")
        self.up.set()


def failing(times: int, *, at_start: bool) -> Callable[[Capabilities], AbstractAsyncContextManager[None]]:
    """A service that fails the first `times` times, then lives."""
    lives = iter(range(times + 1))

    @asynccontextmanager
    async def live(_: Capabilities) -> AsyncIterator[None]:
        number = next(lives)
        if number < times and at_start:
            raise OSError("no radio")
        async with trio.open_nursery() as nursery:
            if number < times:
                nursery.start_soon(die)
            yield
            nursery.cancel_scope.cancel()

    async def die() -> None:
        raise OSError("radio died")

    return live


async def test_a_second_signal_does_not_wait_for_services_that_take_their_time() -> None:
    @asynccontextmanager
    async def slow(_: Capabilities) -> AsyncIterator[None]:
        yield
        os.kill(os.getpid(), signal.SIGTERM)
        await trio.sleep_forever()

    async def main(_: Capabilities) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await trio.sleep_forever()

    with trio.fail_after(5), pytest.raises(Interrupted):
        await Supervisor([Service("slow", provides=A, factory=slow)], {}).run(main, ())


async def test_sighup_reloads_and_the_work_goes_on() -> None:
    reloaded = trio.Event()

    async def main(_: Capabilities) -> str:
        os.kill(os.getpid(), signal.SIGHUP)
        with trio.fail_after(5):
            await reloaded.wait()
        return "done"

    assert await Supervisor([], {}).run(main, (), reloaded.set) == "done"


async def test_a_node_without_a_service_that_may_be_left_out_goes_on_and_tells() -> None:
    watch, diary = Watched(), Diary()
    radio = Service("radio", provides=B, factory=failing(1, at_start=True), on_crash="leave")

    async def main(capabilities: Capabilities) -> object:
        with pytest.raises(LookupError):
            capabilities.get(B)
        assert find(capabilities, B) is None
        with pytest.raises(LookupError, match="without requiring it"):
            find(capabilities, str)
        return find(capabilities, A)

    supervisor = Supervisor([radio, diary.service("a", A)], {}, watch)
    assert await supervisor.run(main, (A, B)) == "<a>"
    assert watch.heard == ["radio down: no radio"]


async def test_in_a_command_any_crash_ends_the_work() -> None:
    radio = Service("radio", provides=B, factory=failing(1, at_start=True), on_crash="leave")
    with pytest.raises(BaseExceptionGroup) as caught:
        await Supervisor([radio], {}).run(idle, ())
    assert str(first_of(caught.value)) == "no radio"


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

    @pytest.mark.parametrize("at_start", [True, False])
    async def test_a_service_that_may_is_started_again_with_growing_pauses(self, at_start: bool) -> None:
        watch = Watched()
        radio = Service("radio", provides=B, factory=failing(3, at_start=at_start), on_crash="restart")

        async def main(_: Capabilities) -> float:
            began = trio.current_time()
            while len([line for line in watch.heard if "down" in line]) < 3 or watch.heard[-1] != "radio up":
                watch.up = trio.Event()
                await watch.up.wait()
            return trio.current_time() - began

        with trio.fail_after(100):
            assert await Supervisor([radio], {}, watch).run(main, ()) == 1 + 2 + 4
        assert "radio down: " + ("no radio" if at_start else "radio died") in watch.heard

    async def test_a_stop_does_not_wait_for_the_pause_before_a_restart(self) -> None:
        radio = Service("radio", provides=B, factory=failing(9, at_start=True), on_crash="restart")

        async def main(_: Capabilities) -> None:
            await trio.sleep(30)

        await Supervisor([radio], {}, Watched()).run(main, ())
        assert trio.current_time() < 31
