"""What the plugins of a node contribute to one another's work, as far as somebody provides what it needs."""

import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from chorus.registry import Entry, Registry
from chorus_hooks.errors import Unreachable
from chorus_hooks.health import Check
from chorus_hooks.leftover import Sweeper
from chorus_hooks.metric import Metric
from chorus_hooks.route import Route
from chorus_hooks.service import Capabilities
from chorus_hooks.setting import Config

T = TypeVar("T")
Kind = type[Any]

_log = logging.getLogger("chorus.contributions")


class NodeContributions:
    """Implements `chorus_hooks.contributions.Contributions`. `provided` is what services provide."""

    def __init__(self, registry: Registry, config: Config, provided: Collection[Kind]) -> None:
        self._registry = registry
        self._config = config
        self._provided = frozenset(provided)
        self._open: Callable[[str, tuple[Kind, ...]], Capabilities] | None = None

    def open(self, capabilities: Callable[[str, tuple[Kind, ...]], Capabilities]) -> None:
        """The node is up: capabilities are handed out."""
        self._open = capabilities

    def routes(self) -> tuple[Route, ...]:
        """Every registered route that can be served."""
        return tuple(self._possible(self._registry.routes(self._config)))

    def metrics(self) -> tuple[Metric, ...]:
        """Every registered family that can be read."""
        return tuple(self._possible(self._registry.metrics(self._config)))

    def checks(self) -> tuple[Check, ...]:
        """Every registered check that can be run."""
        return tuple(self._possible(self._registry.checks(self._config)))

    def sweepers(self) -> tuple[Sweeper, ...]:
        """Every registered sweeper that can be built."""
        return tuple(self._possible(self._registry.sweepers(self._config)))

    def capabilities(self, requires: tuple[Kind, ...]) -> Capabilities:
        """What a contribution asked for."""
        if self._open is None:
            raise Unreachable("the node is starting", hint="ask again in a second")
        return self._open("this contribution", requires)

    def _possible(self, entries: Mapping[str, Entry]) -> list[Any]:
        possible = []
        for name, entry in entries.items():
            missing = [kind.__name__ for kind in entry.value.requires if kind not in self._provided]
            if missing:
                _log.warning("%s of plugin %s needs %s: left out", name, entry.plugin, ", ".join(missing))
            else:
                possible.append(entry.value)
        return possible
