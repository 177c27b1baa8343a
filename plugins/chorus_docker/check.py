"""The check `docker`: the engine answers, and can hold what a sandbox promises."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chorus_docker.capability import shortcomings
from chorus_docker.endpoint import parse_endpoint
from chorus_docker.engine import Engine
from chorus_hooks.errors import Unreachable
from chorus_hooks.health import Check, Finding
from chorus_hooks.service import Capabilities

ANOTHER = "see docker info, or set DOCKER_HOST to another engine"


def docker_check(host: str, pull: str, *, asked: bool) -> Check:
    """`host` is DOCKER_HOST, `pull` CHORUS_IMAGE_PULL; `asked` says that somebody set the host.

    A machine may do without an engine: none is a warning. It is a failure when one is expected: because
    somebody named it, its socket is there, or it answered before.
    """
    answered = False

    async def probe(_: Capabilities) -> Finding:
        nonlocal answered
        try:
            endpoint = parse_endpoint(host)
        except ValueError as error:
            return Finding("failed", str(error), "set DOCKER_HOST to a socket of the engine")
        engine = Engine(endpoint)
        try:
            info = await engine.call("GET", "/info")
            version = await engine.call("GET", "/version")
        except Unreachable as error:
            expected = asked or answered or _is_ours(endpoint.path)
            return Finding("failed" if expected else "warning", error.message, error.hint)
        answered = True
        return judge(endpoint.url, info, version, pull)

    return Check("docker", probe, every=30.0)


def _is_ours(path: str) -> bool:
    """A socket that is there, and that this user may use: the engine of others is nothing to count on."""
    return Path(path).is_socket() and os.access(path, os.W_OK)


def judge(url: str, info: Mapping[str, Any], version: Mapping[str, Any], pull: str) -> Finding:
    """What an engine that answers says of itself (`GET /info`, `GET /version`). Pure."""
    missing = shortcomings(info)
    if missing:
        return Finding(
            "failed", f"the Docker engine at {url} cannot hold a sandbox: {', '.join(missing)}", ANOTHER
        )
    images = "missing images are pulled" if pull == "missing" else "images are never pulled"
    return Finding(
        "ok",
        f"engine {version.get('Version', 'unknown')} at {url}, API {version.get('ApiVersion', 'unknown')},"
        f" cgroup v{info.get('CgroupVersion', '1')}, {info.get('Images', 0)} images here, {images}",
    )
