"""The sweeper `containers`: sandboxes whose process died, while the engine could not be told."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chorus_docker import containers
from chorus_docker.body import MARK
from chorus_docker.endpoint import parse_endpoint
from chorus_docker.engine import Engine
from chorus_docker.leftovers import leftovers
from chorus_docker.owner import owner_of
from chorus_hooks.errors import Refused, Unreachable
from chorus_hooks.leftover import Leftover
from chorus_hooks.node import Node


class ContainerSweep:
    """Implements `chorus_hooks.leftover.Sweep`. Without an engine there are no containers."""

    def __init__(self, engine: Engine, owner: str, node: Node) -> None:
        self._engine = engine
        self._owner = owner
        self._node = node

    async def find(self) -> tuple[Leftover, ...]:
        """Containers of ours that no living process has, with what they wrote to their own layer."""
        try:
            await self._engine.ping()
        except Unreachable:
            return ()
        query = {"all": "1", "size": "1", "filters": json.dumps({"label": [f"{MARK}=1"]})}
        listed = await self._engine.call("GET", "/containers/json", query=query)
        gone = set(leftovers(listed, owner=self._owner, alive=self._node.alive, now=time.time()))
        return tuple(_leftover(container) for container in listed if container["Id"] in gone)

    async def remove(self) -> tuple[Leftover, ...]:
        """Remove them, with their volumes."""
        found = await self.find()
        for leftover in found:
            await containers.remove(self._engine, leftover.name)
        return found


def container_sweep(host: str, state_dir: Path, node: Node) -> ContainerSweep:
    """On the engine of DOCKER_HOST, for the sandboxes of a state dir. Raises Refused for an odd address."""
    try:
        endpoint = parse_endpoint(host)
    except ValueError as error:
        raise Refused(str(error), hint="set DOCKER_HOST to a socket of the engine") from error
    return ContainerSweep(Engine(endpoint), owner_of(state_dir), node)


def _leftover(container: Mapping[str, Any]) -> Leftover:
    return Leftover("container", str(container["Id"])[:12], int(container.get("SizeRw") or 0))
