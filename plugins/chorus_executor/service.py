"""The services of this plugin: the packer of sources, the executor of tasks, and one that runs them again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from chorus_hooks.agent import Agents
from chorus_hooks.blob import Blobs
from chorus_hooks.executor import Executor
from chorus_hooks.node import Node
from chorus_hooks.reasoner import Reasoner
from chorus_hooks.replay import Rerunner
from chorus_hooks.sandbox import Sandboxes
from chorus_hooks.service import Capabilities, Service, find
from chorus_hooks.setting import Config
from chorus_hooks.source import Packer

if TYPE_CHECKING:
    from chorus_executor.executor import LocalExecutor


def services(config: Config) -> tuple[Service, ...]:
    """All of them."""

    @asynccontextmanager
    async def packer(capabilities: Capabilities) -> AsyncIterator[object]:
        from chorus_executor.packer import BlobPacker

        yield BlobPacker(capabilities.get(Blobs))

    @asynccontextmanager
    async def executor(capabilities: Capabilities) -> AsyncIterator[object]:
        import trio

        from chorus_executor.reaper import reap

        reasoner, agents = find(capabilities, Reasoner), find(capabilities, Agents)
        local = _executor(config, capabilities, capabilities.get(Blobs), reasoner, agents)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reap, capabilities.get(Sandboxes), capabilities.get(Node))
            try:
                yield local
            finally:
                nursery.cancel_scope.cancel()

    @asynccontextmanager
    async def rerunner(capabilities: Capabilities) -> AsyncIterator[object]:
        from chorus_executor.rerun import LocalRerunner

        def make(blobs: Blobs, reasoner: Reasoner) -> "LocalExecutor":
            return _executor(config, capabilities, blobs, reasoner)

        yield LocalRerunner(capabilities.get(Blobs), capabilities.get(Node).scratch, make)

    return (
        Service("packer", Packer, packer, requires=(Blobs,)),
        Service(
            "executor", Executor, executor, requires=(Node, Blobs, Sandboxes), optional=(Reasoner, Agents)
        ),
        Service("rerunner", Rerunner, rerunner, requires=(Node, Blobs, Sandboxes)),
    )


def _executor(
    config: Config,
    capabilities: Capabilities,
    blobs: Blobs,
    reasoner: Reasoner | None,
    agents: Agents | None = None,
) -> "LocalExecutor":
    from chorus_executor.executor import LocalExecutor
    from chorus_executor.settings import GOAL_WAIT, IMAGES, SANDBOX

    return LocalExecutor(
        node=capabilities.get(Node),
        blobs=blobs,
        sandboxes=capabilities.get(Sandboxes),
        sandbox=config[SANDBOX],
        images={language: config[setting] for language, setting in IMAGES.items()},
        goal_wait_s=config[GOAL_WAIT],
        reasoner=reasoner,
        agents=agents,
    )
