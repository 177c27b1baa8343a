"""Whether images can be had from their registries, without asking for the same one again and again.

Registries count such questions as pulls, and refuse who asks too often.
"""

from typing import Final

import trio

from chorus_docker import images
from chorus_docker.endpoint import Endpoint

YES_KEPT_S: Final = 600.0
"""Pulling it finds out anyway when it is not true any more."""

NO_KEPT_S: Final = 30.0
"""When the network is back, tasks should not wait for long."""

MOST: Final = 64
"""Tasks name images as they like; more of them than this are asked for anew."""


class Registry:
    """Remembers what was answered about each image."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, str]] = {}

    async def objection(self, endpoint: Endpoint, name: str) -> str:
        """Why the image cannot be pulled; empty if it can."""
        until, why = self._known.get(name, (float("-inf"), ""))
        if trio.current_time() < until:
            return why
        why = await images.objection(endpoint, name)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[name] = (trio.current_time() + (NO_KEPT_S if why else YES_KEPT_S), why)
        return why
