"""A container's life on the engine: create, start, close."""

import logging
from typing import Any, Final

import trio

from chorus_docker.body import KEEPER_PROCESSES
from chorus_docker.engine import ApiError, Engine
from chorus_docker.keeper import Keeper
from chorus_hooks.errors import ChorusError, Refused, Unreachable

_log = logging.getLogger(__name__)

CREATE_S: Final = 10.0
"""Not cancellable, so that no container is made after we stopped caring: bounded tightly."""

REMOVE_S: Final = 12.0
"""A forced removal takes 40 ms; the engine waits up to 10 s for a container's last stream."""


async def create(engine: Engine, name: str, body: dict[str, Any]) -> None:
    """Create it under this name. Raises Refused when the engine will not, or not with all limits."""
    query = {"name": name}
    try:
        with trio.CancelScope(shield=True):
            made = await engine.call("POST", "/containers/create", body, query=query, timeout_s=CREATE_S)
    except ApiError as error:
        raise Refused("the Docker engine refuses the container of a sandbox", hint=error.text) from error
    await trio.lowlevel.checkpoint()
    for warning in made.get("Warnings") or ():
        if "discarded" in warning and "swap" not in warning.lower():
            raise Refused("the Docker engine cannot hold the limits of a sandbox here", hint=warning)


async def start(engine: Engine, name: str, keeper: Keeper) -> None:
    """Start it, and wait until its keeper answers. Raises Refused with what the image lacks."""
    try:
        await engine.call("POST", f"/containers/{name}/start")
    except ApiError as error:
        raise Refused("the container does not start", hint=error.text) from error
    try:
        facts = await keeper.facts()
    except Unreachable as error:
        raise Refused("the container does not stay up", hint="its image needs /bin/sh and sleep") from error
    if facts.processes > KEEPER_PROCESSES:
        raise Refused(f"the container started with {facts.processes} processes, not {KEEPER_PROCESSES}")


async def close(engine: Engine, name: str, keeper: Keeper | None) -> None:
    """Remove it. When the engine does not answer, letting go of the lifeline has the same effect later."""
    try:
        await remove(engine, name)
    except ChorusError as error:
        _log.warning("the container %s could not be removed: %s", name, error)
    finally:
        if keeper is not None:
            await keeper.aclose()


async def remove(engine: Engine, name: str) -> None:
    """Until it is gone. One that the engine is removing already is waited for."""
    try:
        await engine.call("DELETE", f"/containers/{name}", query={"force": "1", "v": "1"}, timeout_s=REMOVE_S)
    except ApiError as error:
        if error.status == 409:
            await _wait_removed(engine, name)
        elif error.status != 404:
            raise


async def _wait_removed(engine: Engine, name: str) -> None:
    try:
        await engine.call(
            "POST", f"/containers/{name}/wait", query={"condition": "removed"}, timeout_s=REMOVE_S
        )
    except ApiError as error:
        if error.status != 404:
            raise
