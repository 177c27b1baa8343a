"""The backend `docker`: whether it works here, opening a container, and cleaning up after the dead."""

import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import trio

from chorus_docker import containers, images
from chorus_docker.body import MARK, create_body
from chorus_docker.box import DockerBox
from chorus_docker.capability import shortcomings
from chorus_docker.endpoint import Endpoint, parse_endpoint
from chorus_docker.engine import Engine
from chorus_docker.keeper import Keeper
from chorus_docker.leftovers import leftovers
from chorus_docker.registry import Registry
from chorus_hooks.errors import ChorusError, Refused
from chorus_hooks.failpoint import failpoint
from chorus_hooks.sandbox import Availability, BoxSpec, Limit

LIFELINE: Final = {"stream": "1", "stdin": "1", "stdout": "1"}

PROBE_S: Final = 15.0
"""Two milliseconds when all is here; asking a registry about an image takes seconds."""


class DockerSandbox:
    """A `Sandbox` out of a Docker engine. `owner` marks its containers, so that only they are cleaned up."""

    name = "docker"
    needs_image = True
    enforces: frozenset[Limit] = frozenset({"timeout", "memory", "cpus", "pids", "disk", "inodes", "output"})

    def __init__(self, host: str = "", *, may_pull: bool = False, owner: str = "") -> None:
        self._host = host
        self._may_pull = may_pull
        self._owner = owner
        self._engine: Engine | None = None
        self._registry = Registry()
        self._shortcomings: tuple[str, ...] | None = None

    async def probe(self, image: str | None) -> Availability:
        """See `Sandbox.probe`: the engine answers, and has the image or may pull it."""
        with trio.move_on_after(PROBE_S):
            try:
                return await self._look(image)
            except ChorusError as error:
                return Availability(False, error.message, error.hint)
        return Availability(False, f"the Docker engine did not answer within {PROBE_S:g} s", "docker info")

    @asynccontextmanager
    async def open(self, spec: BoxSpec) -> AsyncIterator[DockerBox]:
        """See `Sandbox.open`. A missing image is pulled first, if that is allowed."""
        engine = self._connected()
        volumes = (await self._image(engine, spec.image)).volumes
        body = create_body(spec, owner=self._owner, now=time.time(), volumes=volumes)
        limits = {name: body["HostConfig"][name] for name in ("PidsLimit", "CpuPeriod", "CpuQuota")}
        name = f"chorus-{secrets.token_hex(8)}"
        keeper: Keeper | None = None
        failpoint("sandbox.start.before")
        try:
            await containers.create(engine, name, body)
            keeper = Keeper(await engine.upgrade(f"/containers/{name}/attach", query=LIFELINE))
            await containers.start(engine, name, keeper)
            failpoint("sandbox.start.after")
            yield DockerBox(engine, name, keeper, limits)
            failpoint("sandbox.close")
        finally:
            with trio.CancelScope(shield=True):
                await containers.close(engine, name, keeper)

    async def reap(self, alive: Callable[[str], bool]) -> int:
        """See `Sandbox.reap`. Removes too whatever has outlived its deadline. No engine, no containers."""
        try:
            engine = self._connected()
            await engine.ping()
        except ChorusError:
            return 0
        query = {"all": "1", "filters": json.dumps({"label": [f"{MARK}=1"]})}
        listed = await engine.call("GET", "/containers/json", query=query)
        gone = leftovers(listed, owner=self._owner, alive=alive, now=time.time())
        for container in gone:
            await containers.remove(engine, container)
        return len(gone)

    async def _look(self, image: str | None) -> Availability:
        engine = self._connected()
        try:
            await engine.ping()
        except ChorusError:
            self._shortcomings = None  # another one may answer next
            raise
        if self._shortcomings is None:
            self._shortcomings = shortcomings(await engine.call("GET", "/info"))
        if self._shortcomings:
            why = f"the Docker engine cannot hold a sandbox: {', '.join(self._shortcomings)}"
            return Availability(False, why, "see docker info, or set DOCKER_HOST to another engine")
        if image is None or await images.find_image(engine, image):
            return Availability(True)
        return await self._pullable(engine.endpoint, image)

    def _connected(self) -> Engine:
        if self._engine is None:
            try:
                self._engine = Engine(parse_endpoint(self._host))
            except ValueError as error:
                raise Refused(str(error), hint="set DOCKER_HOST to a socket of the engine") from error
        return self._engine

    async def _pullable(self, endpoint: Endpoint, image: str) -> Availability:
        if not self._may_pull:
            no = _missing(image)
            return Availability(False, no.message, no.hint)
        why = await self._registry.objection(endpoint, image)
        if why:
            return Availability(False, f"the image {image} is not here, and {why}", f"docker pull {image}")
        return Availability(True)

    async def _image(self, engine: Engine, name: str | None) -> images.Image:
        if name is None:
            raise Refused("a Docker sandbox needs an image", hint="name one with --image")
        found = await images.find_image(engine, name)
        if found is None and self._may_pull:
            await images.pull(engine.endpoint, name)
            found = await images.find_image(engine, name)
        if found is None:
            raise _missing(name)
        return found


def _missing(image: str) -> Refused:
    return Refused(
        f"the image {image} is not here, and CHORUS_IMAGE_PULL is never",
        hint=f"docker pull {image}, or set CHORUS_IMAGE_PULL=missing",
    )
