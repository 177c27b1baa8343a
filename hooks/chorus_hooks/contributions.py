"""What plugins contribute to the work of another one: routes to the API, families to the metrics."""

from typing import Any, Protocol

from chorus_hooks.metric import Metric
from chorus_hooks.route import Route
from chorus_hooks.service import Capabilities


class Contributions(Protocol):
    """Given by the core in a node. What requires a capability that nobody provides is left out and logged."""

    def routes(self) -> tuple[Route, ...]:
        """Every registered route."""
        ...

    def metrics(self) -> tuple[Metric, ...]:
        """Every registered family."""
        ...

    def capabilities(self, requires: tuple[type[Any], ...]) -> Capabilities:
        """What a contribution asked for. Raises Unreachable while the node is starting or stopping."""
        ...
