"""The two services of this plugin: the packer of sources and the executor of tasks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chorus_hooks.blob import Blobs
from chorus_hooks.executor import Executor
from chorus_hooks.node import Node
from chorus_hooks.reasoner import Reasoner
from chorus_hooks.sandbox import Sandboxes
from chorus_hooks.service import Capabilities, Service, find
from chorus_hooks.setting import Config
from chorus_hooks.source import Packer


def services(config: Config) -> tuple[Service, ...]:
    """Both of them."""

    @asynccontextmanager
    async def packer(capabilities: Capabilities) -> AsyncIterator[object]:
        from chorus_executor.packer import BlobPacker

        yield BlobPacker(capabilities.get(Blobs))

    @asynccontextmanager
    async def executor(capabilities: Capabilities) -> AsyncIterator[object]:
        import trio

        from chorus_executor.executor import LocalExecutor
        from chorus_executor.reaper import reap
        from chorus_executor.settings import GOAL_WAIT, IMAGES, SANDBOX

        node, sandboxes = capabilities.get(Node), capabilities.get(Sandboxes)
        local = LocalExecutor(
            node=node,
            blobs=capabilities.get(Blobs),
            sandboxes=sandboxes,
            sandbox=config[SANDBOX],
            images={language: config[setting] for language, setting in IMAGES.items()},
            goal_wait_s=config[GOAL_WAIT],
            reasoner=find(capabilities, Reasoner),
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reap, sandboxes, node)
            try:
                yield local
            finally:
                nursery.cancel_scope.cancel()

    return (
        Service("packer", Packer, packer, requires=(Blobs,)),
        Service("executor", Executor, executor, requires=(Node, Blobs, Sandboxes), optional=(Reasoner,)),
    )
