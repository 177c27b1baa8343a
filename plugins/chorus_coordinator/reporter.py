"""What an executor is given to report to: the live attempt, and the soft state that others see."""

from chorus_coordinator import view
from chorus_coordinator.live import LiveAttempt
from chorus_coordinator.store import Store
from chorus_hooks.executor import Phase
from chorus_hooks.output import Stream


class Reporter:
    """Implements `chorus_hooks.executor.Report`."""

    def __init__(self, live: LiveAttempt, store: Store) -> None:
        self._live = live
        self._store = store

    async def output(self, stream: Stream, data: bytes) -> None:
        """Keep a piece of output, and let who follows read it."""
        await self._live.output(stream, data)

    async def phase(self, phase: Phase, text: str) -> None:
        """Tell who follows; that a task is being verified is told to every process."""
        self._live.phase(phase, text)
        if phase == "verifying":
            task, attempt = self._live.task, self._live.attempt
            await self._store.change(
                lambda control: view.set_soft_state(control.tx, task, attempt, "verifying")
            )
