"""Images: whether one is here, whether a registry would give it, and getting it.

docker-py knows how to log in to registries (~/.docker/config.json, credential helpers); it is imported only
when an image is missing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import quote

import trio

from chorus_docker.endpoint import Endpoint
from chorus_docker.engine import ApiError, Engine
from chorus_hooks.errors import ChorusError, Refused, Unreachable

T = TypeVar("T")

ASK_S: Final = 8.0
"""A registry answers in a second; without a network the engine's name look-up fails in a few."""

PULL_S: Final = 600.0
"""A gigabyte over a slow line."""

_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,254}")


@dataclass(frozen=True)
class Image:
    """An image that the engine has. `volumes` are the paths that it declares as volumes."""

    name: str
    volumes: tuple[str, ...]


async def find_image(engine: Engine, name: str) -> Image | None:
    """The image if it is here. Raises Refused for what cannot name one."""
    if not _REFERENCE.fullmatch(name) or ".." in name or "//" in name:
        raise Refused(f"{name!r} is not the name of an image", hint="name one like python:3.12-slim")
    try:
        seen: dict[str, Any] = await engine.call("GET", f"/images/{quote(name, safe='/:@')}/json")
    except ApiError as error:
        if error.status == 404:
            return None
        raise
    return Image(name, tuple((seen.get("Config") or {}).get("Volumes") or ()))


async def objection(endpoint: Endpoint, name: str) -> str:
    """Why the image cannot be pulled, by asking its registry for no more than its digest; empty if it can."""
    try:
        await _with_docker(endpoint, ASK_S, lambda client: client.images.get_registry_data(name))
    except ChorusError as error:
        return error.message
    return ""


async def pull(endpoint: Endpoint, name: str) -> None:
    """Pull it. Raises Refused when the registry says no, Unreachable when it does not answer."""
    tagged = name if "@" in name or ":" in name.rpartition("/")[2] else f"{name}:latest"
    await _with_docker(endpoint, PULL_S, lambda client: client.images.pull(tagged))


async def _with_docker(endpoint: Endpoint, bound_s: float, work: Callable[[Any], T]) -> T:
    with trio.move_on_after(bound_s):
        return await trio.to_thread.run_sync(_call, endpoint.url, bound_s, work, abandon_on_cancel=True)
    raise Unreachable(f"the registry did not answer within {bound_s:g} s", hint="is there a network?")


def _call(url: str, bound_s: float, work: Callable[[Any], T]) -> T:
    import docker
    import docker.errors
    import requests

    try:
        client = docker.DockerClient(base_url=url, version="auto", timeout=bound_s)
        try:
            return work(client)
        finally:
            client.close()
    except docker.errors.NotFound as error:
        raise Refused(_told(error), hint="check the name, or log in with docker login") from error
    except docker.errors.APIError as error:
        if error.is_client_error():
            raise Refused(_told(error), hint="log in with docker login, or use another image") from error
        raise Unreachable(_told(error), hint="check the network, or pull the image yourself") from error
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise Unreachable(f"the registry cannot be asked: {error}") from error


def _told(error: Any) -> str:
    return f"the registry says: {str(error.explanation or error).strip()}"
