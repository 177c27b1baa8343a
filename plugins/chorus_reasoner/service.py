"""The services of the reasoner. It has no life of its own, and most processes that could reason never do."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from chorus_hooks.agent import Lent, Models
from chorus_hooks.blob import Blobs
from chorus_hooks.direction import Direction
from chorus_hooks.errors import ConfigError, NotFound, UsageError
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.gate import Gate
from chorus_hooks.node import Node
from chorus_hooks.provider import Providers
from chorus_hooks.reasoner import Ending, Lasting, Reasoner, Roles, Workbench
from chorus_hooks.replay import Replayer
from chorus_hooks.scanner import Scanner
from chorus_hooks.service import Capabilities, Service, find
from chorus_hooks.setting import Config
from chorus_hooks.subtasks import Subtasks

if TYPE_CHECKING:
    from chorus_reasoner.library import Library
    from chorus_reasoner.market import Market


class DeferredReasoner:
    """Implements `chorus_hooks.reasoner.Reasoner`; the loop is imported and made for the first goal."""

    def __init__(self, make: Callable[[], Reasoner]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Reasoner:
        return self._make()

    async def ready(self, assignment: Assignment) -> Ending | None:
        """As the loop does."""
        return await self._made.ready(assignment)

    async def work(self, assignment: Assignment, language: str, bench: Workbench, report: Report) -> Ending:
        """As the loop does."""
        return await self._made.work(assignment, language, bench, report)


class DeferredModels:
    """Implements `chorus_hooks.agent.Models`; made for the first agent."""

    def __init__(self, make: Callable[[], Models]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Models:
        return self._make()

    def lend(
        self, assignment: Assignment, bench: Lasting, report: Report
    ) -> AbstractAsyncContextManager[Lent]:
        """As the lending does."""
        return self._made.lend(assignment, bench, report)


def reasoner_services(config: Config) -> tuple[Service, Service]:
    """Who works on goals, and who lends models to agents that do."""
    shared = _Shared(config)

    @asynccontextmanager
    async def reasoner(capabilities: Capabilities) -> AsyncIterator[object]:
        yield DeferredReasoner(lambda: _reasoner(config, capabilities, shared))

    @asynccontextmanager
    async def models(capabilities: Capabilities) -> AsyncIterator[object]:
        yield DeferredModels(lambda: _models(config, capabilities, shared))

    needs = (Providers, Blobs, Node, Scanner)
    return (
        Service("reasoner", Reasoner, reasoner, requires=needs, optional=(Gate, Direction, Subtasks)),
        Service("models", Models, models, requires=needs, optional=(Gate, Direction)),
    )


class DeferredRoles:
    """Implements `chorus_hooks.reasoner.Roles`; prompts are read for the first task that names a role."""

    def __init__(self, config: Config) -> None:
        self._config = config

    @cached_property
    def _library(self) -> "Library":
        return _library(self._config)

    def check(self, role: str) -> None:
        """Prompts that cannot be read are no fault of who names a role: the attempt tells of them."""
        try:
            prompts = self._library.prompts()
        except ConfigError:
            return
        try:
            prompts.get(role)
        except NotFound as error:
            raise UsageError(error.message, hint=error.hint) from None


def roles_service(config: Config) -> Service:
    """Which roles there are, for whoever takes tasks."""

    @asynccontextmanager
    async def roles(capabilities: Capabilities) -> AsyncIterator[object]:
        yield DeferredRoles(config)

    return Service("roles", Roles, roles)


def replayer_service() -> Service:
    """What replays goals, for `chorus task replay`."""

    @asynccontextmanager
    async def replayer(capabilities: Capabilities) -> AsyncIterator[object]:
        from chorus_reasoner.replayer import TranscriptReplayer

        yield TranscriptReplayer(capabilities.get(Blobs), capabilities.get(Scanner))

    return Service("replayer", Replayer, replayer, requires=(Blobs, Scanner))


class _Shared:
    """The market: how providers stand is one thing, whoever asks them."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._market: Market | None = None

    def market(self, capabilities: Capabilities) -> "Market":
        from chorus_reasoner.market import Market
        from chorus_reasoner.reloads import RELOADS

        if self._market is None:
            providers = capabilities.get(Providers)
            self._market = Market(self._config, providers.all, lambda: RELOADS.count)
        return self._market


def _reasoner(config: Config, capabilities: Capabilities, shared: _Shared) -> Reasoner:
    from chorus_reasoner.reasoner import LoopReasoner

    return LoopReasoner(
        config=config,
        market=shared.market(capabilities),
        library=_library(config),
        blobs=capabilities.get(Blobs),
        scanner=capabilities.get(Scanner),
        scratch=capabilities.get(Node).scratch,
        gate=find(capabilities, Gate),
        direction=find(capabilities, Direction),
        subtasks=find(capabilities, Subtasks),
    )


def _models(config: Config, capabilities: Capabilities, shared: _Shared) -> Models:
    from chorus_reasoner.lending import LendingModels

    return LendingModels(
        config=config,
        market=shared.market(capabilities),
        blobs=capabilities.get(Blobs),
        scanner=capabilities.get(Scanner),
        scratch=capabilities.get(Node).scratch,
        gate=find(capabilities, Gate),
        direction=find(capabilities, Direction),
    )


def _library(config: Config) -> "Library":
    from chorus_reasoner.library import Library
    from chorus_reasoner.reloads import RELOADS
    from chorus_reasoner.settings import INSTRUCTIONS, PROMPTS_DIR

    return Library(lambda: config[PROMPTS_DIR], lambda: config[INSTRUCTIONS], lambda: RELOADS.count)
